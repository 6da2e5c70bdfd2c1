import { dexp, sexp } from "../kernels/activations";
import { lanes, loadShort, storeShort } from "./lanes";
import { log } from "./log";
import { maxOfLanes, sumOfLanes } from "./reduce";

/**
 * Softmax by blocks of rows, in three passes over a block that stays in the cache: rows are shifted, all of the block's
 * exponentials are taken at once, rows are summed and divided. Row by row, each step would wait for the one before.
 *
 * The rest of a row beyond whole vectors goes through the same lanes, so a value never depends on its column.
 */

/** Elements of a block of rows: 8 KB in float32. A longer row is a block. */
const BLOCK: i32 = 2048;

/** Rows of n elements that make a block. */
export function rowsOfBlock(n: i32): i32 {
  return max(BLOCK / n, 1);
}

/** Bytes for a block and for what its exponentials need: 64 behind it. */
export function blockScratch<T>(n: i32): i32 {
  assert(n > 0);
  return max(n, BLOCK) * <i32>sizeof<T>() + 80;
}

/** max_j x_j, of the elements that are numbers, in every lane: `pmax` is one instruction, `max` eight. */
export function rowMax<T>(n: i32, x: usize): v128 {
  const lowest = v128.splat<T>(<T>-Infinity);
  let top = lowest;
  for (; n > 0; n -= lanes<T>(), x += 16) top = v128.pmax<T>(top, loadShort<T>(x, n, lowest));
  return maxOfLanes<T>(top);
}

/**
 * out_j ← x_j - top; returns top = max_j x_j. A NaN that the maximum left out comes back in the row's sum of
 * exponentials, so that a poisoned row yields a NaN rather than something plausible.
 */
export function rowShift<T>(n: i32, x: usize, out: usize): T {
  const top = rowMax<T>(n, x);
  for (; n > 0; n -= lanes<T>(), x += 16, out += 16) storeShort<T>(out, v128.sub<T>(loadShort<T>(x, n, top), top), n);
  return v128.extract_lane<T>(top, 0);
}

/** x_i ← e^x_i for n elements; `scratch` of 64 bytes, aligned here. */
// @ts-ignore: decorator
@inline
export function exponentials<T>(n: i32, x: usize, scratch: usize): void {
  if (sizeof<T>() == 4) sexp(n, x, x, (scratch + 15) & ~15);
  else dexp(n, x, x, (scratch + 15) & ~15);
}

/** Σ_j x_j. Where scale is not 0, also x_j ← x_j / Σ · scale. */
export function rowSum<T>(n: i32, x: usize, scale: T): T {
  const zero = v128.splat<T>(<T>0.0);
  let sum = zero;
  for (let left = n, from = x; left > 0; left -= lanes<T>(), from += 16) sum = v128.add<T>(sum, loadShort<T>(from, left, zero));
  sum = sumOfLanes<T>(sum);
  if (scale != <T>0.0) {
    const factor = v128.splat<T>(scale);
    for (; n > 0; n -= lanes<T>(), x += 16) storeShort<T>(x, v128.mul<T>(v128.div<T>(loadShort<T>(x, n, sum), sum), factor), n);
  }
  return v128.extract_lane<T>(sum, 0);
}

/** ln of a sum, in float64 for both element types, so that a loss keeps its digits. */
export function logOf(sum: f64): f64 {
  return f64x2.extract_lane(log<f64>(f64x2.splat(sum)), 0);
}
