/** A dataset in a worker, as the program holds it: what it is, without its elements. */
import type { Dataset } from "../data/dataset.ts";
import type { DatasetParts } from "../data/parts.ts";
import { DisposedError, OptionError } from "../errors.ts";
import type { Connection } from "./connection.ts";

export type TransferOptions = {
  /**
   * `move`: arrays go over, with everything else that lies in their buffers, and are empty here afterwards. `copy`: they
   * stay. Default `move`: a dataset is held once, not twice.
   */
  readonly transfer?: "move" | "copy";
};

/** What `worker.dataset` gives. Lives until it, or the worker, is disposed of. */
export class WorkerDataset {
  readonly name: string;
  /** How many examples there are. */
  readonly length: number;
  /** The shape of one example. */
  readonly shape: readonly number[];
  /** How many elements one example has. */
  readonly size: number;
  /** How many classes there are; 0 where the targets are numbers. */
  readonly classes: number;
  readonly classNames: readonly string[] | undefined;
  readonly #connection: Connection;
  readonly #number: number;
  #isDisposed = false;

  constructor(connection: Connection, number: number, dataset: Dataset) {
    this.#connection = connection;
    this.#number = number;
    this.name = dataset.name;
    this.length = dataset.length;
    this.shape = dataset.shape;
    this.size = dataset.size;
    this.classes = dataset.classes;
    this.classNames = dataset.classNames;
  }

  /** The number that the worker knows it by. */
  numberFor(op: string, connection: Connection): number {
    if (this.#isDisposed) throw new DisposedError(`dataset ${this.name}`, op);
    if (connection !== this.#connection) throw new OptionError(`${op}: dataset`, "one of the same worker", this.name);
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

/** What a dataset is made of, to be posted, and the buffers that go over. */
export function partsOf(
  dataset: Dataset,
  transfer: "move" | "copy",
): { readonly parts: DatasetParts; readonly buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const posted = <A extends Uint8Array | Int32Array | Float32Array | Float64Array>(array: A): A => {
    // A copy of the elements alone: posting a view would copy all of its buffer.
    const own = transfer === "copy" ? (array.slice() as A) : array;
    if (own.buffer instanceof ArrayBuffer) buffers.push(own.buffer);
    return own;
  };
  const { name, shape, scale, classes, classNames, inputNames, targets, targetValues } = dataset;
  const given = { name, inputs: posted(dataset.inputs), shape, scale, ...(inputNames && { inputNames }) };
  if (targetValues !== undefined) return { parts: { ...given, targetValues: posted(targetValues) }, buffers };
  const form = targets === "oneHot" ? targets : "labels";
  const labelled = { ...given, labels: posted(dataset.labels), classes, targets: form } as const;
  return { parts: { ...labelled, ...(classNames && { classNames }) }, buffers };
}
