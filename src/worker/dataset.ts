/** A dataset in a worker, as the program holds it: what it is, without its elements. */
import type { Dataset } from "../data/dataset.ts";
import type { DatasetParts } from "../data/parts.ts";
import type { SparseRows } from "../data/tables/sparse_rows.ts";
import { DisposedError, OptionError } from "../errors.ts";
import { Shown } from "../shown.ts";
import type { SparseDatasetParts } from "../train/feeding/sparse_dataset.ts";
import type { WeightedDataset } from "../train/feeding/weighted.ts";
import { isArrayOf, tagOf } from "../values.ts";
import type { Connection } from "./connection.ts";

/** What becomes of the arrays here. */
export type TransferOptions = {
  /**
   * `move`: arrays go over and are empty here afterwards, but for those of slices, and those that share their buffer with
   * more than a file's header: these are copied. `copy`: all stay. Default `move`: a dataset is held once, not twice.
   */
  readonly transfer?: "move" | "copy";
};

/**
 * What else may be in a moved array's buffer: a file's header. It is also less than half of any of Node's pools, so
 * that no array from a pool, which cannot be moved, is taken for one that can.
 */
const HEADER_BYTES = 4096;

/** What `worker.dataset` gives. Lives until it, or the worker, is disposed of. */
export class WorkerDataset extends Shown {
  static override get name(): string {
    return "WorkerDataset";
  }
  /** What the examples are, for people. */
  readonly name: string;
  /** How many examples there are. */
  readonly length: number;
  /** The shape of one example. */
  readonly shape: readonly number[];
  /** How many elements one example has. */
  readonly size: number;
  /** How many classes there are; 0 where the targets are numbers. */
  readonly classes: number;
  /** What the classes are called, where they have names. */
  readonly classNames: readonly string[] | undefined;
  readonly #connection: Connection;
  readonly #number: number;
  #isDisposed = false;

  constructor(connection: Connection, number: number, dataset: Dataset) {
    super();
    this.#connection = connection;
    this.#number = number;
    this.name = dataset.name;
    this.length = dataset.length;
    this.shape = dataset.shape;
    this.size = dataset.size;
    this.classes = dataset.classes;
    this.classNames = dataset.classNames;
  }

  /**
   * The number that the worker knows it by.
   *
   * @internal
   * @param op the call that asks, for errors
   * @throws {DisposedError} after `dispose()`
   * @throws {OptionError} the dataset is in another worker
   */
  numberFor(op: string, connection: Connection, argument = "dataset"): number {
    if (!(#number in this)) {
      throw new OptionError(op, "a Proxy of a dataset cannot be used; pass the dataset itself, such as toRaw(dataset)");
    }
    if (this.#isDisposed) throw new DisposedError(`dataset ${this.name}`, op);
    if (connection !== this.#connection)
      throw new OptionError(`${op}: ${argument}`, "one of the same worker", this.name);
    return this.#number;
  }

  /** Gives the memory back. Runs under way have what they need; a second call does nothing. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (!this.#connection.isOpen) return; // it went with the worker
    await this.#connection.call("disposeDataset", { dataset: this.#number });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * The number that a worker knows a dataset by.
 *
 * @param op the call, for errors; `argument`: which of its arguments
 * @throws {OptionError} no dataset of this worker
 * @throws {DisposedError} after its `dispose()`
 */
export function numberOf(op: string, dataset: WorkerDataset, connection: Connection, argument = "dataset"): number {
  if (dataset instanceof WorkerDataset) return dataset.numberFor(op, connection, argument);
  throw new OptionError(
    `${op}: ${argument}`,
    "a dataset in the worker, as await worker.dataset(…) returns it",
    dataset,
  );
}

/** What crosses: a dataset's parts, its examples' weights where they have some, and the buffers to transfer. */
type PostedDataset<P> = {
  readonly parts: P;
  readonly weights: Float64Array | undefined;
  readonly buffers: ArrayBuffer[];
};

/** The parts of a dataset, to be posted, and the buffers to transfer. */
export function partsOf(dataset: Dataset, transfer: "move" | "copy"): PostedDataset<DatasetParts> {
  const buffers: ArrayBuffer[] = [];
  const posted = <A extends Uint8Array | Int32Array | Float32Array | Float64Array>(array: A): A => {
    const isAlone = array.buffer.byteLength - array.byteLength < HEADER_BYTES;
    // A copy of the elements alone: posting a view would copy all of its buffer.
    const own = transfer === "move" && isAlone && !dataset.isSlice ? array : copyOf(array);
    if (tagOf(own.buffer) === "ArrayBuffer") buffers.push(own.buffer as ArrayBuffer);
    return own;
  };
  const { name, shape, scale, classes, classNames, inputNames, targets, targetValues } = dataset;
  const { sampleWeights: weights } = dataset as Partial<WeightedDataset>;
  const given = { name, inputs: posted(dataset.inputs), shape, scale, ...(inputNames && { inputNames }) };
  if (targetValues !== undefined) return { parts: { ...given, targetValues: posted(targetValues) }, weights, buffers };
  const form = targets === "oneHot" ? targets : "labels";
  const labelled = { ...given, labels: posted(dataset.labels), classes, targets: form } as const;
  return { parts: { ...labelled, ...(classNames && { classNames }) }, weights, buffers };
}

/** Those of a sparse dataset, copied: its rows are small. */
export function sparsePartsOf(dataset: Dataset & { readonly rows: SparseRows }): PostedDataset<SparseDatasetParts> {
  const { name, rows, classes, classNames, inputNames, targetValues } = dataset;
  const { sampleWeights: weights } = dataset as Partial<WeightedDataset>;
  const { shape, starts, columns, values } = rows;
  const own = { shape, starts: starts.slice(), columns: columns.slice(), values: values.slice() };
  const given = { name, rows: own, ...(inputNames && { inputNames }) };
  if (targetValues !== undefined)
    return { parts: { ...given, targetValues: copyOf(targetValues) }, weights, buffers: [] };
  const labelled = { ...given, labels: copyOf(dataset.labels), classes, ...(classNames && { classNames }) };
  return { parts: labelled, weights, buffers: [] };
}

/** A copy with a buffer of its own; not `slice`, which for one of Node's `Buffer`s is a view. */
export function copyOf<A extends Uint8Array | Int32Array | Float32Array | Float64Array>(array: A): A;
export function copyOf(array: Uint8Array | Int32Array | Float32Array | Float64Array): typeof array {
  if (isArrayOf(array, "Uint8Array")) return new Uint8Array(array);
  if (isArrayOf(array, "Int32Array")) return new Int32Array(array);
  return isArrayOf(array, "Float32Array") ? new Float32Array(array) : new Float64Array(array);
}
