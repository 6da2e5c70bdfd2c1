/**
 * Arrays as files have them: a name, a shape, and elements in one of a dozen types and two byte orders.
 *
 *   float16    sign 1, exponent 5, fraction 10     widened to float32, exactly
 *   bfloat16   the upper half of a float32         widened to float32, exactly
 *   bool       a byte, 0 or not                    a Uint8Array of 0 and 1
 */

import { checkList, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { countOf } from "../shape.ts";
import { describeValue, tagOf } from "../values.ts";

/** The elements of an array that a file can hold. */
export type ArrayData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Elements, row-major, under a shape; no axis is one element. */
export type ShapedArray = {
  /** Extents, the outermost axis first. */
  readonly shape: readonly number[];
  /** As many elements as the shape has. */
  readonly data: ArrayData;
  /** The type that the elements had in the file that they were read from, where no typed array has it. */
  readonly storedAs?: WidenedType;
};

/** Element types of files that are read as others: float32, and uint8 for bool. */
export type WidenedType = "float16" | "bfloat16" | "bool";

/** A tensor's elements by name, as files have them. */
export type NamedArray = ShapedArray & {
  /** Such as `W1`. */
  readonly name: string;
};

/** An element in a file. */
export type ElementType =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "bool";

export type ByteOrder = "little" | "big";

/** The most axes that an array from a file may have. */
export const MAX_RANK = 8;

/** Bytes of one element in a file. */
export const ELEMENT_BYTES: { readonly [T in ElementType]: 1 | 2 | 4 | 8 } = {
  ...{ float64: 8, float32: 4, float16: 2, bfloat16: 2, int64: 8, int32: 4, int16: 2, int8: 1 },
  ...{ uint64: 8, uint32: 4, uint16: 2, uint8: 1, bool: 1 },
};

/** Unsigned integers of an element's size: bits pass through them unchanged, as a NaN may not through a float. */
const UNSIGNED = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

const VIEWS = {
  ...{ float64: Float64Array, float32: Float32Array, float16: Uint16Array, bfloat16: Uint16Array },
  ...{ int64: BigInt64Array, int32: Int32Array, int16: Int16Array, int8: Int8Array },
  ...{ uint64: BigUint64Array, uint32: Uint32Array, uint16: Uint16Array, uint8: Uint8Array, bool: Uint8Array },
} as const;

const HOST_ORDER: ByteOrder = /* @__PURE__ */ hostOrder();

function hostOrder(): ByteOrder {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little" : "big";
}

/** Whether a file may have this shape: at most `MAX_RANK` axes, each an integer from 0. */
export function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.length <= MAX_RANK && shape.every(isCount);
}

/** An integer from 0 that a double holds exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

/**
 * Refuses an array whose elements do not fill its shape.
 *
 * @throws {OptionError} more axes than a file may have, an invalid size, or another number of elements
 */
export function checkArray(option: string, array: ShapedArray): void {
  checkType(option, "object", array);
  const { shape, data } = array;
  if (!isShape(shape)) throw new OptionError(`${option}: shape`, `up to ${MAX_RANK} integers from 0`, shape);
  if (typeOf(data) === undefined) throw new OptionError(`${option}: data`, "a typed array", data);
  if (countOf(shape) !== data.length) throw new OptionError(option, `${countOf(shape)} elements`, data.length);
}

/** @throws {OptionError} not a list of arrays with names */
export function checkNamedArrays(option: string, arrays: readonly NamedArray[]): void {
  if (!Array.isArray(arrays)) throw new OptionError(option, "an array of named arrays", arrays);
  for (const [i, array] of arrays.entries()) {
    checkType(`${option}: [${i}].name`, "string", array?.name);
    checkList(`${option}: ${describeValue(array.name)}: shape`, array.shape, "an array of sizes");
  }
}

/** The type of a typed array's elements; undefined for what a file cannot hold. */
export function typeOf(data: ArrayData): ElementType | undefined {
  return ArrayBuffer.isView(data) ? TYPES[tagOf(data)] : undefined;
}

const TYPES: Readonly<Record<string, ElementType>> = {
  ...{ Float64Array: "float64", Float32Array: "float32", Float16Array: "float16" },
  ...{ BigInt64Array: "int64", Int32Array: "int32", Int16Array: "int16", Int8Array: "int8" },
  ...{ BigUint64Array: "uint64", Uint32Array: "uint32", Uint16Array: "uint16" },
  Uint8Array: "uint8",
};

/** An array's bytes, lowest first: a view where the machine has them so, else a copy. */
export function littleEndian(data: ArrayData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (HOST_ORDER === "little") return bytes;
  return swapped(new Uint8Array(bytes), data.BYTES_PER_ELEMENT as 1 | 2 | 4 | 8);
}

/** A copy of a file's elements, which may be at any address; `bytes` holds all bytes of each. */
export function elementsOf(type: ElementType, bytes: Uint8Array, order: ByteOrder): ArrayData {
  const size = ELEMENT_BYTES[type];
  const copy = new Uint8Array(bytes);
  if (order !== HOST_ORDER) swapped(copy, size);
  if (type === "bool") return copy.map((value) => (value === 0 ? 0 : 1));
  if (type === "float16") return widened(new Uint16Array(copy.buffer), bitsOfHalf);
  if (type === "bfloat16") return widened(new Uint16Array(copy.buffer), (half) => half << 16);
  return new VIEWS[type](copy.buffer);
}

/** Elements in the order in which the first axis runs fastest, put into row-major order. Bits are moved, not numbers. */
export function rowMajor(bytes: Uint8Array, shape: readonly number[], size: 1 | 2 | 4 | 8): Uint8Array<ArrayBuffer> {
  const from = new UNSIGNED[size](new Uint8Array(bytes).buffer) as Uint32Array; // or another: all are assigned alike
  const to = new UNSIGNED[size](from.length) as Uint32Array<ArrayBuffer>;
  const strides = shape.map((_, axis) => countOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let source = 0;
  for (let at = 0; at < to.length; at++) {
    to[at] = from[source] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [stride, extent] = [strides[axis] as number, shape[axis] as number];
      source += stride;
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== extent) break;
      source -= stride * extent;
      index[axis] = 0;
    }
  }
  return new Uint8Array(to.buffer);
}

/** The type of an array's elements in the file it was read from. */
export function storedAs(type: ElementType): Pick<ShapedArray, "storedAs"> {
  return type === "float16" || type === "bfloat16" || type === "bool" ? { storedAs: type } : {};
}

function widened(halves: Uint16Array, bitsOf: (half: number) => number): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = bitsOf(halves[i] as number);
  return new Float32Array(bits.buffer);
}

/** A float16's bits as those of the float32 of the same value; a NaN keeps its payload. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13); // biases 15 and 127
  if (fraction === 0) return sign;
  // Below the smallest normal float16: fraction · 2⁻²⁴, which float32 has as a normal number.
  const top = 31 - Math.clz32(fraction);
  return sign | ((top + 103) << 23) | ((fraction << (23 - top)) & 0x7fffff);
}

function swapped(bytes: Uint8Array, size: 1 | 2 | 4 | 8): Uint8Array {
  for (let start = 0; start < bytes.length && size > 1; start += size) bytes.subarray(start, start + size).reverse();
  return bytes;
}
