/**
 * A dataset whose inputs are mostly zero: it is trained on, evaluated and split as any other, and its rows are never dense.
 */

import { checkList, checkNumbers, checkType } from "../../arguments.ts";
import { type Batch, Dataset } from "../../data/dataset.ts";
import { DatasetError } from "../../data/dataset_error.ts";
import { checkNames, type DatasetParts, type LabelArray, type NumberArray } from "../../data/parts.ts";
import { denseRows, pickRows, type SparseRows, sliceRows, sparseRows } from "../../data/tables/sparse_rows.ts";
import { OptionError } from "../../errors.ts";
import { sparseMatrix, sparseRowsOf } from "../../ops/sparse_rows.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import type { SparseMatrix } from "../../tensor/sparse.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Engine } from "../../wasm/engine.ts";
import { type InputLayout, ResidentDataset } from "./resident.ts";
import type { WeightedRows } from "./weighted.ts";

/** Sparse rows with what is to be learned of them: labels or numbers. */
export type SparseDatasetParts = {
  /** What the examples are, for people. */
  readonly name: string;
  /** n × size, from `sparseRows` or `vectorize` */
  readonly rows: SparseRows;
  /** n class numbers from 0, or n class names. */
  readonly labels?: LabelArray | readonly number[] | readonly string[];
  /** How many classes there are. Default: one more than the largest number, or as many as there are names. */
  readonly classes?: number;
  /** What the classes are called, in the order of their numbers. Default: the names among the labels, sorted. */
  readonly classNames?: readonly string[];
  /** n × width numbers. */
  readonly targetValues?: NumberArray | readonly number[];
  /** What the columns are called: the words of a vocabulary. */
  readonly inputNames?: readonly string[];
};

const KEYS: KeysOf<SparseDatasetParts> = {
  ...{ name: 1, rows: 1, labels: 1, classes: 1, classNames: 1, targetValues: 1, inputNames: 1 },
};

/**
 * Examples of at most 65,536 columns that are mostly zero. `train`, `evaluate`, `split` and `batches` take it as they take any
 * dataset; the first layer must be `dense`. Its rows are not scaled: `standardize` would make every element nonzero.
 *
 * @example
 * const rows = sparseRows([{ 0: 1, 3: 2 }, { 1: 1 }, { 3: 1 }]);
 * const mails = new SparseDataset({ name: "mails", rows, labels: ["spam", "ham", "spam"] });
 * mails.classNames; // → ["ham", "spam"]
 * mails.size; // → 4
 */
export class SparseDataset extends Dataset<Float32Array | Float64Array> {
  /** The name of the class, also in minified code. */
  static override get name(): string {
    return "SparseDataset";
  }
  /** The inputs. */
  readonly rows: SparseRows;
  override readonly shape: readonly number[];
  override readonly size: number;
  override readonly inputShape: readonly number[];
  override readonly inputNames: readonly string[] | undefined;
  /** All but the rows: one number stands for the inputs of each example. */
  readonly #kept: Dataset<Float32Array>;

  /**
   * @throws {DatasetError} no examples, rows and targets of different count, a label that is not a class, a number that is not
   *   finite
   * @throws {OptionError} rows, classes or names that cannot be meant, or not exactly one kind of targets
   */
  constructor(parts: SparseDatasetParts) {
    checkType("SparseDataset: parts", "object", parts);
    checkOptions<SparseDatasetParts>("SparseDataset", parts, KEYS);
    const rows = sparseRows(parts.rows);
    const kept = keptOf(parts, rows.shape[0]);
    super(kept);
    const [count, size] = rows.shape;
    const { inputNames } = parts;
    checkNames("inputNames", inputNames, size);
    this.rows = rows;
    this.shape = [size];
    this.size = size;
    this.inputShape = [count, size];
    this.inputNames = inputNames && [...inputNames];
    this.#kept = new Dataset(kept);
  }

  /** @throws {DatasetError} always: `rows` are the inputs, and `batch` makes dense ones of a few */
  override get inputs(): never {
    const found = "sparse rows: they are in `rows`, and batch(indices) makes dense ones of a few";
    throw new DatasetError({ kind: "array", name: this.name, expected: "dense inputs", found });
  }

  /** The examples at `indices`, in that order, as dense floats. */
  override batch(indices: ArrayLike<number>): Batch {
    const { targets, targetShape } = this.#kept.batch(indices);
    const inputs = denseRows(pickRows(this.rows, indices));
    return { inputs, inputShape: [indices.length, this.size], targets, targetShape };
  }

  /** The examples from `start` up to but without `end`; columns and values are views. */
  override slice(start: number, end: number = this.length): SparseDataset {
    return this.#with(this.#kept.slice(start, end), sliceRows(this.rows, start, end));
  }

  /** The examples at `indices`, in that order, as a dataset of its own. */
  override pick(indices: ArrayLike<number>): SparseDataset {
    return this.#with(this.#kept.pick(indices), pickRows(this.rows, indices));
  }

  /**
   * The same in an engine's memory, which the caller disposes of. `train` and `evaluate` call it themselves.
   *
   * @throws {AllocationError} the engine's memory is too small
   * @example
   * const rows = sparseRows([{ 0: 1, 3: 2 }, { 1: 1 }]);
   * using mails = new SparseDataset({ name: "mails", rows, labels: [0, 1] }).resident(engine);
   * mails.layout; // → "sparse"
   */
  resident(engine: Engine): ResidentDataset {
    const made = new SparseResident(engine, this.#kept, this.rows);
    made.rowWeights = (this as Partial<WeightedRows>).rowWeights;
    return made;
  }

  #with(kept: Dataset, rows: SparseRows): SparseDataset {
    const { name, inputNames, classes, classNames } = this;
    const named = { name, rows, ...(inputNames && { inputNames }) };
    const { targetValues } = kept;
    if (targetValues !== undefined) return new SparseDataset({ ...named, targetValues });
    return new SparseDataset({ ...named, labels: kept.labels, classes, ...(classNames && { classNames }) });
  }
}

/** Sparse rows of floats in an engine's memory, of the dtype that a minibatch asks for. */
class SparseResident extends ResidentDataset {
  override readonly size: number;
  readonly #rows: SparseRows;
  readonly #matrices: { [D in FloatType]?: SparseMatrix<D> } = {};

  constructor(engine: Engine, kept: Dataset, rows: SparseRows) {
    super(engine, kept);
    this.size = rows.shape[1];
    this.#rows = rows;
  }

  override get layout(): InputLayout {
    return "sparse";
  }

  override inputs<D extends FloatType>(dtype: D): SparseMatrix<D> {
    const known = this.#matrices[dtype] as SparseMatrix<D> | undefined;
    if (known !== undefined) return known;
    const made = sparseMatrix(this.engine, this.#rows, { dtype });
    Object.assign(this.#matrices, { [dtype]: made });
    return made;
  }

  override gathered<D extends FloatType>(indices: Value<"int32">, dtype: D): Expression<D> {
    return sparseRowsOf(this.inputs(dtype), indices);
  }

  override dispose(): void {
    super.dispose();
    this.#matrices.float32?.dispose();
    this.#matrices.float64?.dispose();
  }
}

/** The parts of a dataset of `count` examples whose inputs are one number each. */
function keptOf(
  { name, labels, classes, classNames, targetValues }: SparseDatasetParts,
  count: number,
): DatasetParts<Float32Array> {
  const stub = { name, inputs: new Float32Array(count), shape: [1] };
  if ((labels === undefined) === (targetValues === undefined)) {
    const both = labels === undefined ? "" : ", not both";
    throw new OptionError("SparseDataset", `pass either labels or targetValues${both}`);
  }
  if (targetValues !== undefined) {
    checkNumbers("SparseDataset: targetValues", targetValues);
    return { ...stub, targetValues: ArrayBuffer.isView(targetValues) ? targetValues : Float64Array.from(targetValues) };
  }
  if (classes !== undefined) checkType("SparseDataset: classes", "number", classes);
  if (classNames !== undefined) checkNames("classNames", classNames, classes ?? classNames.length);
  checkList("SparseDataset: labels", labels);
  const isNamed = labels.length > 0 && typeof labels[0] === "string";
  if (!isNamed) checkNumbers("SparseDataset: labels", labels);
  const names = isNamed ? (classNames ?? [...new Set(labels as readonly string[])].sort()) : classNames;
  const numbers = isNamed ? numbersOf(labels as readonly string[], names ?? []) : (labels as LabelArray);
  const most = classes ?? names?.length ?? largest(numbers) + 1;
  const wrong = Array.prototype.findIndex.call(numbers, (label) => !Number.isInteger(label));
  if (wrong >= 0) {
    const value = numbers[wrong] as number;
    throw new DatasetError({ kind: "label", file: `${name} labels`, position: wrong, value, classes: most });
  }
  const own = numbers instanceof Uint8Array || numbers instanceof Int32Array ? numbers : Int32Array.from(numbers);
  return { ...stub, labels: own, classes: most, ...(names && { classNames: names }) };
}

function numbersOf(labels: readonly string[], names: readonly string[]): Int32Array {
  const numbers = new Map(names.map((name, label) => [name, label]));
  return Int32Array.from(labels, (name, position) => {
    const label = numbers.get(name);
    if (label !== undefined) return label;
    throw new OptionError(`SparseDataset: labels[${position}]`, `one of ${names.join(", ")}`, name);
  });
}

function largest(labels: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < labels.length; i++) most = Math.max(most, labels[i] ?? 0);
  return most;
}
