/** The element types that live in WebAssembly memory, and their views. */
import { OptionError } from "../errors.ts";

/** What kernels compute in. */
export type FloatType = "float32" | "float64";

/** What is computed with element by element: floats, and integers that wrap around. */
export type NumberType = FloatType | "int32";

/** What a tensor may hold: floats, class labels and indices (int32), column numbers (uint16), or raw pixels (uint8). */
export type DType = FloatType | "int32" | "uint16" | "uint8";

/** The typed array that shows elements of a dtype. */
export type ArrayOf = {
  readonly float32: Float32Array<ArrayBuffer>;
  readonly float64: Float64Array<ArrayBuffer>;
  readonly int32: Int32Array<ArrayBuffer>;
  readonly uint16: Uint16Array<ArrayBuffer>;
  readonly uint8: Uint8Array<ArrayBuffer>;
};

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
} as const;

/** Whether a value names an element type. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(ARRAYS, value);
}

/** @throws {OptionError} not the name of a dtype */
export function checkDType(option: string, dtype: DType): void {
  if (!isDType(dtype)) throw new OptionError(option, Object.keys(ARRAYS).join(", "), dtype);
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** The elements in `buffer` from `pointer` on: a view, which dies when the memory grows. */
export function viewOf<D extends DType>(dtype: D, buffer: ArrayBuffer, pointer: number, length: number): ArrayOf[D] {
  return new ARRAYS[dtype](buffer, pointer, length) as ArrayOf[D];
}
