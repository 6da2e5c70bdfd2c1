/** Floats for tests: rounding units, lanes, and seeded draws. */
import { bytesPerElement, type FloatType } from "../../src/wasm/dtype.ts";

export const FLOATS = ["float32", "float64"] as const;

/** From 1 to the next number. */
export const EPS: { readonly [D in FloatType]: number } = { float32: 2 ** -23, float64: 2 ** -52 };

/** Elements in a vector. */
export function lanesOf(dtype: FloatType): number {
  return 16 / bytesPerElement(dtype);
}

/** Numbers in [0, 1), the same for a seed on every machine: mulberry32 (Tommy Ettinger, 2017). */
export function draws(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whole numbers from -4 to 4: their products and long sums are exact in both float types. */
export function integers(count: number, seed: number): Float64Array {
  const draw = draws(seed);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = Math.floor(9 * draw()) - 4;
  return values;
}

/** Numbers between -1 and 1 with as many digits as the type holds, so that sums and products of them round. */
export function reals(count: number, seed: number, dtype: FloatType): Float64Array {
  const draw = draws(seed);
  const round = dtype === "float32" ? Math.fround : (value: number) => value;
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = round(2 * (draw() + draw() / 2 ** 32) - 1);
  return values;
}
