/**
 * The parts of a dataset, and their validation.
 *
 *   inputs    n × size: bytes, or floats
 *   targets   n class labels, or n × width numbers
 */

import { checkList, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { checkReadable } from "../readable.ts";
import { isNumberArray, tagOf } from "../values.ts";
import { DatasetError } from "./dataset_error.ts";

/** Examples as they came: bytes stay bytes until a minibatch is gathered. */
export type InputArray = Uint8Array | Float32Array | Float64Array;
/** Class numbers from 0 on. */
export type LabelArray = Uint8Array | Int32Array;
/** What a regression is to give. */
export type NumberArray = Float32Array | Float64Array;

/** What the targets are in a batch: class numbers, rows with a single 1, or rows of numbers. */
export type TargetForm = "labels" | "oneHot" | "numbers";

/** Where the elements came from, for errors. */
export type DatasetFiles = { readonly inputs: string; readonly labels: string };

/** What labelled examples and those with numbers share. */
export type InputParts<I extends InputArray> = {
  /** What the examples are, for people: "MNIST train". */
  readonly name: string;
  /** n × size elements, row-major; kept, not copied. */
  readonly inputs: I;
  /** The shape of one example: [784], or [1, 28, 28] for channels, rows, columns. */
  readonly shape: readonly number[];
  /** What a byte is multiplied with on its way to a float; floats are taken as they are. */
  readonly scale?: number;
  /** What the elements of an example are called, where they have names: the columns of a table. */
  readonly inputNames?: readonly string[];
  /** Where inputs and labels came from, for errors. */
  readonly files?: DatasetFiles;
};

/** Examples with class labels. */
export type LabelledParts<I extends InputArray = InputArray> = InputParts<I> & {
  /** n class numbers, each below `classes`; kept, not copied. */
  readonly labels: LabelArray;
  /** How many classes there are, 1 to 2³¹ − 1. */
  readonly classes: number;
  /** What the classes are called, one name each. */
  readonly classNames?: readonly string[];
  /** What they become in a batch. Default: labels. */
  readonly targets?: "labels" | "oneHot";
  readonly targetValues?: undefined;
};

/** Examples with numbers to learn. */
export type NumberParts<I extends InputArray = InputArray> = InputParts<I> & {
  /** n × width, row-major, finite */
  readonly targetValues: NumberArray;
  /** What they are in a batch, too. */
  readonly targets?: "numbers";
  readonly labels?: undefined;
  readonly classes?: undefined;
  readonly classNames?: undefined;
};

/** Examples with what is to be learned of them: labels or numbers. */
export type DatasetParts<I extends InputArray = InputArray> = LabelledParts<I> | NumberParts<I>;

/** Labels live as int32 in an engine. */
const MAX_CLASSES = 2 ** 31 - 1;
/** A row for each example: more would be a mistake that fills the memory. */
const MAX_ONE_HOT = 65_536;

/** The classes that a dataset keeps; bytes that a canvas clamps are bytes. */
const KEPT = { Uint8Array, Uint8ClampedArray: Uint8Array, Int32Array, Float32Array, Float64Array };

/** The classes of each part. */
const PARTS = {
  inputs: ["Uint8Array", "Float32Array", "Float64Array"],
  labels: ["Uint8Array", "Int32Array"],
  targetValues: ["Float32Array", "Float64Array"],
};

/**
 * The parts with arrays of this realm: views of the same elements where they came from another one.
 *
 * @throws {OptionError} no object, an unknown key, both kinds of targets or none, a typed array of a class that a dataset
 *   does not have there, or one that cannot be read
 */
export function ownParts<I extends InputArray>(parts: DatasetParts<I>): DatasetParts<I> {
  checkType("Dataset: parts", "object", parts);
  checkOptions<LabelledParts>("Dataset", parts, PART_KEYS);
  const given = [parts.labels, parts.targetValues].filter((targets) => targets !== undefined).length;
  if (given !== 1)
    throw new OptionError("Dataset", `pass either labels or targetValues${given === 0 ? "" : ", not both"}`);
  const own: Record<string, unknown> = { ...parts };
  for (const [part, classes] of Object.entries(PARTS)) {
    const array = own[part];
    if (array === undefined && part !== "inputs") continue;
    checkReadable(part, array);
    const Class = isNumberArray(array) ? KEPT[tagOf(array) as keyof typeof KEPT] : undefined;
    if (Class === undefined || !classes.includes(Class.name))
      throw new OptionError(`Dataset: ${part}`, classes.join(" or "), array);
    const { buffer, byteOffset, length } = array as Uint8Array<ArrayBuffer>;
    if (!(array instanceof Class)) own[part] = new Class(buffer, byteOffset, length);
  }
  return own as DatasetParts<I>;
}

/**
 * How many examples the parts hold.
 *
 * @throws {DatasetError} no examples, inputs and targets of different count, a label that is not a class, a number that is
 *   not finite
 * @throws {OptionError} `classes`, `classNames`, `inputNames` or `scale` cannot be meant
 */
export function checkParts(parts: DatasetParts, files: DatasetFiles): number {
  checkList("Dataset: shape", parts.shape, "an array of sizes");
  const forms = parts.targetValues === undefined ? ["labels", "oneHot"] : ["numbers"];
  if (parts.targets !== undefined && !forms.includes(parts.targets)) {
    throw new OptionError("Dataset: targets", forms.join(" or "), parts.targets);
  }
  checkScale(parts);
  if (parts.targetValues === undefined) checkClasses(parts);
  const count = exampleCount(parts, files);
  checkNames("inputNames", parts.inputNames, parts.inputs.length / count);
  if (!(parts.inputs instanceof Uint8Array)) checkFinite(parts.inputs, files.inputs);
  if (parts.targetValues === undefined) checkLabels(parts.labels, parts.classes, files.labels);
  else checkFinite(parts.targetValues, files.labels);
  return count;
}

const PART_KEYS: KeysOf<LabelledParts> = {
  ...{ name: 1, inputs: 1, shape: 1, scale: 1, inputNames: 1, files: 1 },
  ...{ labels: 1, classes: 1, classNames: 1, targets: 1, targetValues: 1 },
};

function checkScale({ inputs, scale = 1 }: DatasetParts): void {
  if (!Number.isFinite(scale)) throw new OptionError("scale", "a finite number", scale);
  if (scale !== 1 && !(inputs instanceof Uint8Array)) {
    throw new OptionError("scale", "1 for floats, which are taken as they are", scale, "standardize() fits a scale");
  }
}

function checkClasses({ classes, classNames, targets }: LabelledParts): void {
  const most = targets === "oneHot" ? MAX_ONE_HOT : MAX_CLASSES;
  if (!(Number.isInteger(classes) && classes >= 1 && classes <= most)) {
    throw new OptionError("classes", `an integer from 1 to ${most}`, classes);
  }
  checkNames("classNames", classNames, classes);
}

/** @throws {OptionError} not so many names */
export function checkNames(option: string, names: readonly string[] | undefined, count: number): void {
  if (names === undefined) return;
  checkList(option, names, "an array of names");
  for (const [i, name] of names.entries()) checkType(`${option}[${i}]`, "string", name);
  if (names.length === count) return;
  throw new OptionError(option, `${count} names`, names.length);
}

function exampleCount(parts: DatasetParts, files: DatasetFiles): number {
  const { inputs, shape } = parts;
  if (!shape.every((dim) => Number.isSafeInteger(dim) && dim >= 1)) {
    const expected = "examples of at least one element";
    throw new DatasetError({ kind: "shape", file: files.inputs, expected, found: showShape(shape) });
  }
  const count = inputs.length / shape.reduce((size, dim) => size * dim, 1);
  if (!Number.isInteger(count)) {
    const expected = `a whole number of examples of shape ${showShape(shape)}`;
    const found = `${inputs.length} ${inputs instanceof Uint8Array ? "bytes" : "numbers"}`;
    throw new DatasetError({ kind: "shape", file: files.inputs, expected, found });
  }
  if (parts.targetValues === undefined) {
    const { length } = parts.labels;
    if (count !== length) {
      const both = `${files.inputs}, ${files.labels}`;
      throw new DatasetError({ kind: "count", images: count, labels: length, files: both });
    }
  }
  if (count === 0) throw new DatasetError({ kind: "empty", file: files.inputs });
  if (parts.targetValues !== undefined) {
    const width = parts.targetValues.length / count;
    if (!(Number.isInteger(width) && width >= 1)) {
      const expected = `as many target numbers for each of ${count} examples`;
      const found = `${parts.targetValues.length} numbers`;
      throw new DatasetError({ kind: "shape", file: files.labels, expected, found });
    }
  }
  return count;
}

function checkLabels(labels: LabelArray, classes: number, file: string): void {
  for (let position = 0; position < labels.length; position++) {
    const value = labels[position] as number;
    if (value < 0 || value >= classes) throw new DatasetError({ kind: "label", file, position, value, classes });
  }
}

/** Without this check, a NaN among the examples would show only as a loss of NaN. */
function checkFinite(values: NumberArray, file: string): void {
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number;
    if (!Number.isFinite(value)) throw new DatasetError({ kind: "number", file, position, value });
  }
}

/** New zeros of the same element type. */
export function zerosLike<A extends InputArray | LabelArray>(array: A, length: number): A {
  if (array instanceof Float32Array) return new Float32Array(length) as A;
  if (array instanceof Float64Array) return new Float64Array(length) as A;
  if (array instanceof Int32Array) return new Int32Array(length) as A;
  return new Uint8Array(length) as A;
}

export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
