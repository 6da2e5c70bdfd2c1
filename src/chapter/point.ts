/**
 * Points: what functions of several variables are given.
 *
 *   vector   [3, 4]             a plain array, or a typed array
 *   matrix   [[1, 2], [3, 4]]   rows; deeper nests likewise
 *
 * Functions see a copy: plain arrays stay plain arrays, typed arrays become Float64Arrays.
 */
import { OptionError } from "../errors.ts";
import { isNumberArray } from "../values.ts";

/** Typed arrays of ordinary numbers. */
export type TypedNumbers =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray;

/** The coordinates of a point. */
export type Vector = readonly number[] | TypedNumbers;

/** A vector, a matrix as rows, or a deeper nest. */
export type Point = Vector | readonly Point[];

/** What a function is given at a point of type X: the same nest, of any numbers. */
export type Coordinates<X> = X extends number
  ? number
  : X extends TypedNumbers
    ? Float64Array
    : { [K in keyof X]: Coordinates<X[K]> };

/** A row of a point, with what belongs to it. */
export type Row = {
  readonly value: Vector;
  /** The row of the copy that f is given. */
  readonly moved: { [index: number]: number };
  readonly gradient: Float64Array;
};

/** The deepest nest: what goes deeper is an array that contains itself. */
const MAX_DEPTH = 64;

/** A point's copies. */
export type Copied = {
  /** The nest that f is given. */
  readonly moved: unknown;
  /** A nest of Float64Arrays of zeros. */
  readonly gradient: unknown;
  /** The rows of both, in order. */
  readonly rows: readonly Row[];
};

/**
 * Copies a point and lays out its gradient.
 *
 * @throws {OptionError} something in it is not a number
 */
export function copyPoint(name: string, x: Point, depth = 0): Copied {
  if (isVector(x)) {
    const value = copyVector(name, x);
    const [moved, gradient] = [value.slice(), new Float64Array(x.length)];
    return { moved, gradient, rows: [{ value, moved, gradient }] };
  }
  if (!Array.isArray(x) || depth > MAX_DEPTH) throw new OptionError(name, "an array of numbers, or of rows", x);
  const parts = x.map((row: Point, i) => copyPoint(`${name}[${i}]`, row, depth + 1));
  return {
    moved: parts.map(({ moved }) => moved),
    gradient: parts.map(({ gradient }) => gradient),
    rows: parts.flatMap(({ rows }) => rows),
  };
}

/** @throws {OptionError} an element that is not a number */
export function copyVector(name: string, x: Vector): number[] | Float64Array {
  for (let i = 0; i < x.length; i++) {
    if (typeof x[i] !== "number") throw new OptionError(`${name}[${i}]`, "a number", x[i]);
  }
  return Array.isArray(x) ? [...x] : Float64Array.from(x);
}

/** Whether these are numbers themselves, not rows of them. */
export function isVector(x: unknown): x is Vector {
  if (isNumberArray(x)) return true;
  return Array.isArray(x) && !x.some((element) => Array.isArray(element) || ArrayBuffer.isView(element));
}

/**
 * The value of a function from outside, which may not be what its type says.
 *
 * @throws {OptionError} no number
 */
export function checkValue(op: string, value: unknown): number {
  if (typeof value !== "number") throw new OptionError(`${op}: f(x)`, "a number", value, "f must return one");
  return value;
}
