/**
 * Labelled examples, kept as the bytes they came as.
 *
 *   inputs   n × size bytes, row-major, one example after another
 *   labels   n bytes, each below `classes`
 *
 * A float copy is made of a few examples at a time, when a batch is asked for.
 */

import { DatasetError, IndexError, OptionError } from "../errors.ts";

/** What the labels become in a batch: class numbers, or rows with a single 1. */
export type TargetForm = "labels" | "oneHot";

/** Where the bytes came from, for errors. */
export type DatasetFiles = { readonly inputs: string; readonly labels: string };

export type DatasetParts = {
  /** What the examples are, for people: "MNIST train". */
  readonly name: string;
  readonly inputs: Uint8Array;
  readonly labels: Uint8Array;
  /** The shape of one example: [784], or [1, 28, 28] for channels, rows, columns. */
  readonly shape: readonly number[];
  /** How many classes there are, 1 to 256. */
  readonly classes: number;
  /** What a byte is multiplied with on its way to a float. */
  readonly scale?: number;
  readonly targets?: TargetForm;
  readonly files?: DatasetFiles;
};

/** A few examples as floats, ready for a tensor. */
export type Batch = {
  /** float32, `inputShape` elements: byte × scale. */
  readonly inputs: Float32Array;
  /** [k, …shape] for k examples. */
  readonly inputShape: readonly number[];
  /** Class numbers as bytes, or one-hot rows as float32. */
  readonly targets: Uint8Array | Float32Array;
  /** [k], or [k, classes] for one-hot rows. */
  readonly targetShape: readonly number[];
};

/** Labelled examples. Once made, every label is below `classes` and every example has its bytes. */
export class Dataset {
  readonly name: string;
  /** n × size bytes; the caller's own, not a copy. */
  readonly inputs: Uint8Array;
  /** n bytes; the caller's own, not a copy. */
  readonly labels: Uint8Array;
  /** The shape of one example. */
  readonly shape: readonly number[];
  /** How many bytes one example has: the product of `shape`. */
  readonly size: number;
  readonly classes: number;
  readonly scale: number;
  readonly targets: TargetForm;
  /** How many examples there are, at least one. */
  readonly length: number;
  /** All inputs as one array: [n, …shape]. */
  readonly inputShape: readonly number[];
  /** All targets as one array: [n], or [n, classes] for one-hot rows. */
  readonly targetShape: readonly number[];

  /**
   * @throws {DatasetError} no examples, inputs and labels of different count, a label not below `classes`
   * @throws {OptionError} `classes` or `scale` cannot be meant
   */
  constructor(parts: DatasetParts) {
    const { name, inputs, labels, shape, classes, scale = 1, targets = "labels" } = parts;
    const files = parts.files ?? { inputs: `${name} inputs`, labels: `${name} labels` };
    checkNumbers(classes, scale);
    checkCounts(parts, files);
    checkLabels(labels, classes, files.labels);

    this.name = name;
    this.inputs = inputs;
    this.labels = labels;
    this.shape = shape;
    this.size = inputs.length / labels.length;
    this.classes = classes;
    this.scale = scale;
    this.targets = targets;
    this.length = labels.length;
    this.inputShape = [labels.length, ...shape];
    this.targetShape = targetShapeOf(labels.length, classes, targets);
  }

  /**
   * The examples at `indices`, in that order, as floats.
   *
   * @throws {IndexError} an index is not a whole number from 0 to length − 1
   *
   * @example
   * const { inputs, inputShape } = mnist.train.batch([0, 1, 2]);  // 3 × 784 floats
   */
  batch(indices: ArrayLike<number>): Batch {
    const { size, classes, scale, shape, targets } = this;
    const count = indices.length;
    const inputs = new Float32Array(count * size);
    const labels = new Uint8Array(count);
    for (let row = 0; row < count; row++) {
      const index = indices[row] ?? Number.NaN;
      if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
        throw new IndexError("batch", "indices", row, index, this.length);
      }
      for (let at = 0; at < size; at++) inputs[row * size + at] = (this.inputs[index * size + at] ?? 0) * scale;
      labels[row] = this.labels[index] ?? 0;
    }
    return {
      inputs,
      inputShape: [count, ...shape],
      targets: targets === "oneHot" ? oneHot(labels, classes) : labels,
      targetShape: targetShapeOf(count, classes, targets),
    };
  }

  /**
   * The examples from `start` up to but without `end`, as a view: no byte is copied.
   *
   * @throws {OptionError} the bounds are not 0 ≤ start < end ≤ length
   *
   * @example
   * const few = mnist.test.slice(0, 100);
   */
  slice(start: number, end: number = this.length): Dataset {
    if (!(Number.isInteger(start) && start >= 0 && start < this.length)) {
      throw new OptionError("start", `a whole number from 0 to ${this.length - 1}`, start);
    }
    if (!(Number.isInteger(end) && end > start && end <= this.length)) {
      throw new OptionError("end", `a whole number from ${start + 1} to ${this.length}`, end);
    }
    return new Dataset({
      name: this.name,
      inputs: this.inputs.subarray(start * this.size, end * this.size),
      labels: this.labels.subarray(start, end),
      shape: this.shape,
      classes: this.classes,
      scale: this.scale,
      targets: this.targets,
    });
  }
}

function checkNumbers(classes: number, scale: number): void {
  // A label is a byte.
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= 256)) {
    throw new OptionError("classes", "a whole number from 1 to 256", classes);
  }
  if (!Number.isFinite(scale)) throw new OptionError("scale", "a finite number", scale);
}

function checkCounts({ inputs, labels, shape }: DatasetParts, files: DatasetFiles): void {
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 1)) {
    const expected = "examples of at least one byte";
    throw new DatasetError({ kind: "shape", file: files.inputs, expected, found: show(shape) });
  }
  const count = inputs.length / shape.reduce((size, dim) => size * dim, 1);
  if (!Number.isInteger(count)) {
    const expected = `a whole number of examples of shape ${show(shape)}`;
    throw new DatasetError({ kind: "shape", file: files.inputs, expected, found: `${inputs.length} bytes` });
  }
  if (count !== labels.length) {
    const both = `${files.inputs}, ${files.labels}`;
    throw new DatasetError({ kind: "count", images: count, labels: labels.length, files: both });
  }
  if (count === 0) throw new DatasetError({ kind: "empty", file: files.inputs });
}

function checkLabels(labels: Uint8Array, classes: number, file: string): void {
  const position = labels.findIndex((label) => label >= classes);
  if (position === -1) return;
  throw new DatasetError({ kind: "label", file, position, value: labels[position] ?? 0, classes });
}

function targetShapeOf(count: number, classes: number, targets: TargetForm): readonly number[] {
  return targets === "oneHot" ? [count, classes] : [count];
}

function oneHot(labels: Uint8Array, classes: number): Float32Array {
  const rows = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) rows[row * classes + label] = 1;
  return rows;
}

function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
