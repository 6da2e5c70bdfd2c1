/**
 * Datasets of arrays with shapes: tensors, or what an .npz, .npy or .safetensors file holds.
 *
 *   inputs    [n, …shape of one example]
 *   labels    [n] or [n, 1] integers of any type     or    targets   [n] or [n, width] numbers
 */

import { checkNumbers, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import {
  type ArrayData,
  checkNamedArrays,
  ELEMENT_BYTES,
  type NamedArray,
  type ShapedArray,
  typeOf,
} from "../formats/arrays.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { checkReadable } from "../readable.ts";
import { isNumberArray, tagOf } from "../values.ts";
import { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { type InputArray, type NumberArray, showShape } from "./parts.ts";

/** What arrays do not contain themselves. */
export type DatasetDetails = {
  /** What the examples are, for people. */
  readonly name: string;
  /** What a byte is multiplied with on its way to a float. */
  readonly scale?: number;
  /** How many classes there are. Default: one more than the largest label. */
  readonly classes?: number;
  /** What the classes are called, one name each. */
  readonly classNames?: readonly string[];
  /** What labels become in a batch. */
  readonly form?: "labels" | "oneHot";
};

/** Inputs, and either labels or targets, with a row for each example. */
export type ArrayParts = DatasetDetails & {
  /** [n, …shape of one example] */
  readonly inputs: ShapedArray;
  /** [n] or [n, 1] integers of any type. */
  readonly labels?: ShapedArray;
  /** [n] or [n, width] numbers. */
  readonly targets?: ShapedArray;
};

/** The same with the names that the arrays have in their file. */
export type ArrayNames = DatasetDetails & {
  /** That of ArrayParts' `inputs`. */
  readonly inputs: string;
  /** That of its `labels`. */
  readonly labels?: string;
  /** That of its `targets`. */
  readonly targets?: string;
};

/**
 * A dataset of arrays, which are copied: bytes, float32 and float64 stay what they are, integers of up to 16
 * bits become float32, others float64.
 *
 * @throws {DatasetError} counts that differ, a label that is not a class, a number that is not finite, arrays without axes
 * @throws {OptionError} not exactly one of labels and targets; `classes` or `scale` cannot be meant; a detached array, or
 *   a Proxy of a typed array
 * @example
 * const inputs = { shape: [2, 1], data: Float32Array.of(0.5, 2) }; // or a tensor
 * const points = datasetFromArrays({ name: "points", inputs, labels: { shape: [2], data: Uint8Array.of(0, 1) } });
 * points.classes; // → 2
 */
export function datasetFromArrays(parts: ArrayParts): Dataset {
  checkType("datasetFromArrays", "object", parts);
  checkOptions<ArrayParts>("datasetFromArrays", parts, { ...DETAIL_KEYS, inputs: 1, labels: 1, targets: 1 });
  return datasetOf(parts);
}

function datasetOf({ inputs, labels, targets, ...kept }: ArrayParts): Dataset {
  const { name, scale, classNames, form = "labels" } = kept;
  const given = [labels, targets].filter((array) => array !== undefined).length;
  if (given !== 1) throw new OptionError("targets", `pass either labels or targets${given === 0 ? "" : ", not both"}`);
  checkType("name", "string", name);
  if (form !== "labels" && form !== "oneHot") throw new OptionError("form", "labels or oneHot", form);
  checkFilled(`${name} inputs`, inputs);
  const [count = 0, ...shape] = inputs.shape;
  const parts = { name, inputs: inputsOf(inputs.data), shape, ...(scale === undefined ? {} : { scale }) };
  if (targets !== undefined) {
    checkRows(`${name} targets`, targets, count);
    return new Dataset({ ...parts, targetValues: numbersOf(targets.data) });
  }
  const own = labels as ShapedArray;
  checkRows(`${name} labels`, own, count);
  if (own.data.length !== count) {
    const expected = `one integer for each of ${count} examples`;
    throw new DatasetError({ kind: "array", name: `${name} labels`, expected, found: showShape(own.shape) });
  }
  const classes = kept.classes ?? Math.max(1, 1 + largestOf(own.data));
  const numbers = labelsOf(own.data, classes, `${name} labels`);
  const names = classNames === undefined ? {} : { classNames };
  return new Dataset({ ...parts, labels: numbers, classes, ...names, targets: form });
}

/**
 * A dataset of named arrays.
 *
 * @throws {DatasetError} no array of that name; what `datasetFromArrays` refuses
 * @throws {OptionError} what `datasetFromArrays` refuses
 * @example
 * const x = { name: "x_train", shape: [2, 1], data: Uint8Array.of(0, 255) };
 * const y = { name: "y_train", shape: [2], data: Uint8Array.of(0, 1) };
 * const train = datasetFromNamedArrays([x, y], { name: "dots", inputs: "x_train", labels: "y_train", scale: 1 / 255 });
 */
export function datasetFromNamedArrays(arrays: readonly NamedArray[], names: ArrayNames): Dataset {
  checkType("datasetFromNamedArrays: names", "object", names);
  checkOptions<ArrayNames>("datasetFromNamedArrays", names, { ...DETAIL_KEYS, inputs: 1, labels: 1, targets: 1 });
  checkNamedArrays("datasetFromNamedArrays", arrays);
  const { inputs, labels, targets, ...kept } = names;
  return datasetOf({
    ...kept,
    inputs: arrayNamed(arrays, inputs),
    ...(labels === undefined ? {} : { labels: arrayNamed(arrays, labels) }),
    ...(targets === undefined ? {} : { targets: arrayNamed(arrays, targets) }),
  });
}

/** Keys of `DatasetDetails`. */
export const DETAIL_KEYS: KeysOf<DatasetDetails> = { name: 1, scale: 1, classes: 1, classNames: 1, form: 1 };

function arrayNamed(arrays: readonly NamedArray[], name: string): ShapedArray {
  checkType("datasetFromNamedArrays: name", "string", name);
  const found = arrays.find((array) => array.name === name);
  if (found !== undefined) return found;
  throw noSuchArray(
    name,
    arrays.map((array) => array.name),
  );
}

/** No array of a name among these. */
export function noSuchArray(name: string, known: readonly string[]): DatasetError {
  return new DatasetError({
    kind: "array",
    name,
    expected: `one of ${known.join(", ")}`,
    found: "no array of this name",
  });
}

function checkFilled(name: string, array: ShapedArray): void {
  checkType(name, "object", array);
  const { shape, data } = array;
  checkReadable(name, data);
  checkNumbers(`${name}: shape`, shape);
  if (typeOf(data) === undefined && tagOf(data) !== "Uint8ClampedArray")
    throw new OptionError(`${name}: data`, "a typed array", data);
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length >= 1 && count === data.length) return;
  const found = `${showShape(shape)} with ${data.length} elements`;
  throw new DatasetError({ kind: "array", name, expected: "elements that fill at least one axis", found });
}

function checkRows(name: string, array: ShapedArray, count: number): void {
  checkFilled(name, array);
  if (array.shape[0] === count) return;
  const expected = `a first axis of ${count}, as the inputs have`;
  throw new DatasetError({ kind: "array", name, expected, found: showShape(array.shape) });
}

/** A copy, because a tensor's elements move when its memory grows. */
function inputsOf(data: ArrayData): InputArray {
  return isBytes(data) ? new Uint8Array(data) : numbersOf(data);
}

function numbersOf(data: ArrayData): NumberArray {
  if (!isNumberArray(data)) return Float64Array.from(data as BigInt64Array, Number);
  const type = typeOf(data);
  const isExact = type === "float32" || ELEMENT_BYTES[type ?? "float64"] < 4;
  return isExact ? new Float32Array(data) : new Float64Array(data);
}

function isBytes(data: ArrayData): data is Uint8Array {
  return /^Uint8(Clamped)?Array$/.test(tagOf(data));
}

function largestOf(data: ArrayData): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) if (Number(data[i]) > largest) largest = Number(data[i]);
  return Math.floor(largest);
}

/** @throws {DatasetError} the first number that is not a class */
function labelsOf(data: ArrayData, classes: number, file: string): Uint8Array | Int32Array {
  if (isBytes(data)) return new Uint8Array(data);
  const labels = new Int32Array(data.length);
  for (let position = 0; position < labels.length; position++) {
    const value = Number(data[position]);
    const isClass = Number.isInteger(value) && value >= 0 && value < classes;
    if (!isClass) throw new DatasetError({ kind: "label", file, position, value, classes });
    labels[position] = value;
  }
  return labels;
}
