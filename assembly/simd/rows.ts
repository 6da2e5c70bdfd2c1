import { exp } from "./exp";
import { lanes, loadNext, storeNext } from "./lanes";
import { log } from "./log";
import { hmax, hsum } from "./reduce";

/**
 * Folds and maps of one row of n elements: each a function of its own, called once a row.
 * The rest beyond whole vectors goes through the same lanes, so a value never depends on its column.
 */

/** max_j x_j. NaN wins, so a poisoned row yields a NaN loss rather than a plausible one. */
export function rowMax<T>(n: i32, x: usize): T {
  const lowest = v128.splat<T>(<T>-Infinity);
  let top = lowest;
  for (; n > 0; n -= lanes<T>(), x += 16) top = v128.max<T>(top, loadNext<T>(x, n, lowest));
  return hmax<T>(top);
}

/**
 * Σ_j e^(x_j - top), at least 1 because some x_j is top.  Where out is not 0: out_j = e^(x_j - top).
 * out may be x.
 */
export function rowExp<T>(n: i32, x: usize, top: T, out: usize): T {
  const lowest = v128.splat<T>(<T>-Infinity); // e^-∞ = 0: the lanes beyond the row add nothing
  const tops = v128.splat<T>(top);
  let sum = v128.splat<T>(<T>0.0);
  for (; n > 0; n -= lanes<T>(), x += 16) {
    const e = exp<T>(v128.sub<T>(loadNext<T>(x, n, lowest), tops));
    sum = v128.add<T>(sum, e);
    if (out == 0) continue;
    storeNext<T>(out, e, n);
    out += 16;
  }
  return hsum<T>(sum);
}

/** x_j ← x_j / by · scale. */
export function rowDivide<T>(n: i32, x: usize, by: T, scale: T): void {
  const divisor = v128.splat<T>(by);
  const factor = v128.splat<T>(scale);
  for (; n > 0; n -= lanes<T>(), x += 16) {
    storeNext<T>(x, v128.mul<T>(v128.div<T>(loadNext<T>(x, n, divisor), divisor), factor), n);
  }
}

/** ln of a row's sum, in float64 for both element types: one per row, and a loss keeps its digits. */
export function rowLog(sum: f64): f64 {
  return f64x2.extract_lane(log<f64>(f64x2.splat(sum)), 0);
}
