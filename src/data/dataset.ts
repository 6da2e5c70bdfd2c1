/**
 * Examples and what is to be learned of them, kept as the elements they came as.
 *
 *   inputs    n × size bytes or floats, row-major, one example after another
 *   targets   n labels, each below `classes`; or n × targetWidth numbers
 *
 * A float copy is made of a few examples at a time, when a batch is asked for.
 */

import { checkList, checkType } from "../arguments.ts";
import { IndexError, OptionError } from "../errors.ts";
import { Shown } from "../shown.ts";
import { unreachable } from "../unreachable.ts";
import { DatasetError } from "./dataset_error.ts";
import {
  checkParts,
  type DatasetParts,
  type InputArray,
  type LabelArray,
  type NumberArray,
  ownParts,
  showShape,
  type TargetForm,
  zerosLike,
} from "./parts.ts";

/** A few examples as floats, ready for a tensor. */
export type Batch = {
  /** `inputShape` elements: byte × scale as float32, or the floats themselves in their own type. */
  readonly inputs: Float32Array | Float64Array;
  /** [k, …shape] for k examples. */
  readonly inputShape: readonly number[];
  /** Class numbers in the type of the labels, one-hot rows as float32, or the numbers in their own type. */
  readonly targets: LabelArray | NumberArray;
  /** [k]; [k, classes] for one-hot rows; [k, targetWidth] for numbers. */
  readonly targetShape: readonly number[];
};

/**
 * Examples with targets. Once made, every label is below `classes`, and every example has its elements and its target.
 *
 * `I` is the type of the inputs, where it is known: `Dataset<Uint8Array>` for pixels.
 */
export class Dataset<I extends InputArray = InputArray> extends Shown {
  static override get name(): string {
    return "Dataset";
  }
  /** What the examples are, for people. */
  readonly name: string;
  /** The shape of one example. */
  readonly shape: readonly number[];
  /** How many elements one example has: the product of `shape`. */
  readonly size: number;
  /** How many classes there are; 0 where the targets are numbers. */
  readonly classes: number;
  /** What the classes are called, where they have names. */
  readonly classNames: readonly string[] | undefined;
  /** What the elements of an example are called, where they have names. */
  readonly inputNames: readonly string[] | undefined;
  /** How many numbers one target has; 0 where the targets are classes. */
  readonly targetWidth: number;
  /** What a byte is multiplied with on its way to a float. */
  readonly scale: number;
  /** What targets become in a batch. */
  readonly targets: TargetForm;
  /** How many examples there are, at least one. */
  readonly length: number;
  /** All inputs as one array: [n, …shape]. */
  readonly inputShape: readonly number[];
  /** All targets as one array: [n]; [n, classes] for one-hot rows; [n, targetWidth] for numbers. */
  readonly targetShape: readonly number[];
  readonly #inputs: I;
  readonly #labels: LabelArray | undefined;
  readonly #targetValues: NumberArray | undefined;
  #isSlice = false;

  /**
   * @throws {DatasetError} no examples, inputs and targets of different count, a label not below `classes`, a number that
   *   is not finite
   * @throws {OptionError} `classes`, `scale` or names cannot be meant, not exactly one kind of targets, or a typed array of
   *   a class that is not that of its part
   *
   * @example
   * new Dataset({ name: "line", inputs: Float32Array.of(0, 1, 2), shape: [1], targetValues: Float32Array.of(1, 3, 5) });
   */
  constructor(given: DatasetParts<I>) {
    super();
    const parts = ownParts(given);
    checkType("Dataset: name", "string", parts.name);
    const { name, inputs, shape, scale = 1 } = parts;
    const length = checkParts(parts, parts.files ?? { inputs: `${name} inputs`, labels: `${name} labels` });
    this.name = name;
    this.#inputs = inputs;
    this.#labels = parts.labels;
    this.#targetValues = parts.targetValues;
    this.shape = [...shape]; // a copy, as of the names: a caller's may be a Proxy, which cannot be posted
    this.size = inputs.length / length;
    this.classes = parts.classes ?? 0;
    this.classNames = parts.classNames && [...parts.classNames];
    this.inputNames = parts.inputNames && [...parts.inputNames];
    this.targetWidth = (parts.targetValues?.length ?? 0) / length;
    this.scale = scale;
    this.targets = parts.targetValues === undefined ? (parts.targets ?? "labels") : "numbers";
    this.length = length;
    this.inputShape = [length, ...shape];
    this.targetShape = targetShapeOf(this, length);
  }

  /** Whether `slice` made it, so that its elements are another dataset's as well. */
  get isSlice(): boolean {
    Dataset.#checkOwn(this);
    return this.#isSlice;
  }

  /**
   * n × size elements; the caller's own, not a copy.
   *
   * @throws {DatasetError} they were transferred, to a worker perhaps: nothing is left of them here
   * @throws {OptionError} asked of a Proxy of the dataset
   */
  get inputs(): I {
    Dataset.#checkOwn(this);
    return this.#present(this.#inputs);
  }

  /**
   * n class labels; the caller's own, not a copy.
   *
   * @throws {DatasetError} the targets are numbers, or the labels were transferred
   */
  get labels(): LabelArray {
    Dataset.#checkOwn(this);
    if (this.#labels !== undefined) return this.#present(this.#labels);
    throw new DatasetError({ kind: "targets", name: this.name, expected: "class labels", found: "numbers" });
  }

  /**
   * n × targetWidth numbers, the caller's own; undefined where the targets are classes.
   *
   * @throws {DatasetError} they were transferred
   */
  get targetValues(): NumberArray | undefined {
    Dataset.#checkOwn(this);
    return this.#targetValues && this.#present(this.#targetValues);
  }

  /**
   * The examples at `indices`, in that order, as floats.
   *
   * @throws {IndexError} an index is not an integer from 0 to length − 1
   *
   * @example
   * const { inputs, inputShape } = mnist.train.batch([0, 1, 2]);  // 3 × 784 floats
   */
  batch(indices: ArrayLike<number>): Batch {
    const { inputs: elements, size, scale, shape } = this;
    checkList("batch: indices", indices, "an array of indices");
    checkRows("batch", indices, this.length);
    const count = indices.length;
    const inputs = elements instanceof Float64Array ? new Float64Array(count * size) : new Float32Array(count * size);
    for (let row = 0; row < count; row++) {
      const from = (indices[row] as number) * size;
      for (let at = 0; at < size; at++) inputs[row * size + at] = (elements[from + at] as number) * scale;
    }
    const { targetValues } = this;
    const rows = targetValues === undefined ? undefined : pick(targetValues, indices, this.targetWidth);
    return {
      inputs,
      inputShape: [count, ...shape],
      targets: rows ?? this.#batchLabels(indices),
      targetShape: targetShapeOf(this, count),
    };
  }

  /**
   * The examples from `start` up to but without `end`, as a view: no element is copied.
   *
   * @throws {OptionError} the bounds are not 0 ≤ start < end ≤ length
   *
   * @example
   * const few = mnist.test.slice(0, 100);
   */
  slice(start: number, end: number = this.length): Dataset<I> {
    if (!(Number.isInteger(start) && start >= 0 && start < this.length)) {
      throw new OptionError("start", `an integer from 0 to ${this.length - 1}`, start);
    }
    if (!(Number.isInteger(end) && end > start && end <= this.length)) {
      throw new OptionError("end", `an integer from ${start + 1} to ${this.length}`, end);
    }
    const { size, targetWidth, targetValues } = this;
    const part = alike(this, {
      inputs: this.inputs.subarray(start * size, end * size) as I,
      labels: this.#labels?.subarray(start, end),
      targetValues: targetValues?.subarray(start * targetWidth, end * targetWidth),
    });
    part.#isSlice = true;
    return part;
  }

  /**
   * The examples at `indices`, in that order, as a dataset of its own: their elements are copied.
   *
   * @throws {IndexError} an index is not an integer from 0 to length − 1
   * @throws {DatasetError} no indices
   */
  pick(indices: ArrayLike<number>): Dataset<I> {
    checkList("pick: indices", indices, "an array of indices");
    checkRows("pick", indices, this.length);
    const { targetValues } = this;
    return alike(this, {
      inputs: pick(this.inputs, indices, this.size),
      labels: this.#labels === undefined ? undefined : pick(this.#labels, indices, 1),
      targetValues: targetValues === undefined ? undefined : pick(targetValues, indices, this.targetWidth),
    });
  }

  /** A Proxy inherits from the class, but has none of its private fields. */
  static #checkOwn(dataset: object): void {
    if (#inputs in dataset) return;
    throw new OptionError(
      "dataset",
      "a Proxy of a Dataset cannot be read; pass the dataset itself, such as toRaw(dataset)",
    );
  }

  /** There is at least one example: an array without elements was transferred. */
  #present<A extends InputArray | LabelArray>(elements: A): A {
    if (elements.length > 0) return elements;
    throw new DatasetError({ kind: "moved", name: this.name });
  }

  #batchLabels(indices: ArrayLike<number>): LabelArray | Float32Array {
    const labels = pick(this.labels, indices, 1);
    return this.targets === "oneHot" ? oneHot(labels, this.classes) : labels;
  }
}

/**
 * A dataset with other examples and the same metadata: name, shape, scale, classes and names are those of `dataset`.
 *
 * @throws {DatasetError} inputs and targets of different count, or none
 */
export function alike<I extends InputArray>(
  dataset: Dataset,
  elements: {
    readonly inputs: I;
    readonly labels: LabelArray | undefined;
    readonly targetValues: NumberArray | undefined;
  },
): Dataset<I> {
  const { name, shape, classes, classNames, inputNames, targets } = dataset;
  const { inputs, labels, targetValues } = elements;
  const scale = inputs instanceof Uint8Array ? dataset.scale : 1;
  const given = { name, inputs, shape, scale, ...(inputNames === undefined ? {} : { inputNames }) };
  if (targetValues !== undefined) return new Dataset({ ...given, targetValues });
  const names = classNames === undefined ? {} : { classNames };
  const form = targets === "oneHot" ? targets : "labels";
  return new Dataset({ ...given, labels: labels ?? new Uint8Array(0), classes, ...names, targets: form });
}

/** As `alike`, of as many examples: weights that a dataset carries are kept. */
export function alikeAll<I extends InputArray>(dataset: Dataset, elements: Parameters<typeof alike<I>>[1]): Dataset<I> {
  const made = alike(dataset, elements);
  return ((dataset as { reweighted?(other: Dataset): Dataset }).reweighted?.(made) as Dataset<I> | undefined) ?? made;
}

/** Whether examples of both can be in one minibatch: the same shape, type and scale of inputs, and the same kind of targets. */
export function isAlike(a: Dataset, b: Dataset): boolean {
  if (a.shape.length !== b.shape.length) return false;
  for (let axis = 0; axis < a.shape.length; axis++) if (a.shape[axis] !== b.shape[axis]) return false;
  const isInputs = a.scale === b.scale && a.inputs.BYTES_PER_ELEMENT === b.inputs.BYTES_PER_ELEMENT;
  const isNumbers = a.targetValues?.BYTES_PER_ELEMENT === b.targetValues?.BYTES_PER_ELEMENT;
  return isInputs && isNumbers && a.classes === b.classes && a.targetWidth === b.targetWidth;
}

/** What `isAlike` compares, for errors. */
export function kindOf({ inputs, shape, scale, classes, targetWidth, targetValues }: Dataset): string {
  const examples = `${typeOf(inputs)} ${showShape(shape)}${scale === 1 ? "" : ` × ${scale}`}`;
  const targets =
    targetValues === undefined ? `labels of ${classes} classes` : `${targetWidth} ${typeOf(targetValues)}`;
  return `${examples} with ${targets}`;
}

function typeOf(array: InputArray): string {
  if (array instanceof Float64Array) return "float64";
  return array instanceof Float32Array ? "float32" : "uint8";
}

/**
 * Makes no string where every index is right: a minibatch that is loaded is checked.
 *
 * @throws {IndexError} the first index that is not an integer from 0 to length − 1
 */
export function checkRows(op: string, indices: ArrayLike<number>, length: number): void {
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row] ?? Number.NaN;
    if (Number.isInteger(index) && index >= 0 && index < length) continue;
    checkType(`${op}: indices[${row}]`, "number", index);
    throw new IndexError(op, "indices", row, index, length);
  }
}

/** A new array of the same type: the rows of `width` elements that the indices name. */
function pick<A extends InputArray | LabelArray>(rows: A, indices: ArrayLike<number>, width: number): A {
  const to = zerosLike(rows, indices.length * width);
  for (let row = 0; row < indices.length; row++) {
    const from = (indices[row] as number) * width;
    to.set(rows.subarray(from, from + width), row * width);
  }
  return to;
}

function targetShapeOf(
  { targets, classes, targetWidth }: Pick<Dataset, "targets" | "classes" | "targetWidth">,
  count: number,
): readonly number[] {
  switch (targets) {
    case "labels":
      return [count];
    case "oneHot":
      return [count, classes];
    case "numbers":
      return [count, targetWidth];
    default:
      return unreachable(targets);
  }
}

function oneHot(labels: LabelArray, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) rows[row * classes + label] = 1;
  return rows;
}
