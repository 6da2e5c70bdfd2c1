/** What a `RandomState` accepts. Every check runs before the first draw. */

import { OptionError } from "../errors.ts";
import { isArrayOf } from "../values.ts";

/** The most draws of one call: 4 GiB of float64, all that a WebAssembly memory can address. */
export const MAX_COUNT: number = 2 ** 29;

/** The most examples to choose from: indices are int32. */
export const MAX_POPULATION: number = 2 ** 31;

const MAX_SEED = 0xffffffff;

/** 2⁵³ */
const MAX_EXACT = 2 ** 53;

/** One integer from 0 to 2³² − 1, or a non-empty list of them. */
export function checkSeed(seed: number | readonly number[]): void {
  if (!Array.isArray(seed)) {
    checkWhole("seed", seed, MAX_SEED);
    return;
  }
  if (seed.length === 0) throw new OptionError("seed: length", "at least 1", 0);
  for (const [i, word] of seed.entries()) checkWhole(`seed[${i}]`, word, MAX_SEED);
}

/** The range low ≤ x < high; returns the last offset from low, high − 1 − low. */
export function checkRange(low: number, high: number): number {
  checkExact("randint: low", low);
  checkExact("randint: high", high);
  // Compared first: −2⁵³ − 1 is rounded to −2⁵³.
  if (high <= low) throw new OptionError("randint: high", `more than low = ${low}`, high);
  const last = high - 1 - low;
  if (last > Number.MAX_SAFE_INTEGER) throw new OptionError("randint: high", `at most low + 2⁵³, low = ${low}`, high);
  return last;
}

/** The integers from −2⁵³ to 2⁵³, which float64 holds exactly, as all between them. */
function checkExact(option: string, bound: unknown): void {
  if (Number.isInteger(bound) && Math.abs(bound as number) <= MAX_EXACT) return;
  throw new OptionError(option, "an integer within ±2⁵³", bound);
}

/** `size` indices from 0 ≤ x < n, and the array that receives them. */
export function checkChoice(n: number, size: number, replace: boolean, out: Int32Array | undefined): void {
  if (typeof replace !== "boolean") throw new OptionError("choice: replace", "a boolean", replace);
  if (out !== undefined && !isArrayOf(out, "Int32Array")) throw new OptionError("choice: out", "an Int32Array", out);
  checkWhole("choice: n", n, replace ? MAX_POPULATION : MAX_COUNT);
  checkWhole("choice: size", size, MAX_COUNT);
  if (n === 0 && size > 0) throw new OptionError("choice: n", "at least 1, to draw from", n);
  if (!replace && size > n) {
    throw new OptionError("choice: size", `at most n = ${n} without replacement`, size, "draw with replacement");
  }
  if (out !== undefined && out.length !== size) {
    throw new OptionError("choice: out", `length ${size}`, out.length);
  }
}

/** The product of a shape, outermost size first. */
export function countDraws(op: string, shape: readonly number[]): number {
  let count = 1;
  for (const [axis, size] of shape.entries()) {
    checkWhole(`${op}: shape[${axis}]`, size, MAX_COUNT);
    count *= size;
  }
  checkWhole(`${op}: product of the shape`, count, MAX_COUNT);
  return count;
}

/** An integer from 0 to `most`. */
export function checkWhole(option: string, value: unknown, most: number): void {
  if (!(typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most)) {
    throw new OptionError(option, `an integer from 0 to ${most}`, value);
  }
}
