import { exp } from "./exp";
import { bytes, lanes, loadNext, storeNext } from "./lanes";
import { log } from "./log";
import { hmax, hsum } from "./reduce";

/**
 * Folds and maps of one row of n elements: each a function of its own, called once a row.
 * The rest beyond whole vectors goes through the same lanes, so a value never depends on its column.
 */

/**
 * max_j x_j, of the elements that are numbers: `pmax` is one instruction, `max` eight. A NaN in the row comes back in
 * Σ e^(x_j - max), so that a poisoned row yields a NaN rather than something plausible.
 */
export function rowMax<T>(n: i32, x: usize): T {
  const lowest = v128.splat<T>(<T>-Infinity);
  let top = lowest;
  for (; n > 0; n -= lanes<T>(), x += 16) top = v128.pmax<T>(top, loadNext<T>(x, n, lowest));
  return hmax<T>(top);
}

/** The vector of a row of which `left` elements remain, some of which may be none: where they do not fill it, `rest` does. */
// @ts-ignore: decorator
@inline
function loadLeft<T>(x: usize, left: i32, rest: v128): v128 {
  return left > 0 ? loadNext<T>(x, left, rest) : rest;
}

/**
 * Σ_j e^(x_j - top), at least 1 because some x_j is top.  Where out is not 0: out_j = e^(x_j - top).
 * out may be x. Three vectors a round in float32, where ten classes are one round, and two in float64.
 */
export function rowExp<T>(n: i32, x: usize, top: T, out: usize): T {
  const lowest = v128.splat<T>(<T>-Infinity); // e^-∞ = 0: the lanes beyond the row add nothing
  const tops = v128.splat<T>(top);
  const round = (sizeof<T>() == 4 ? 3 : 2) * lanes<T>();
  let sum = v128.splat<T>(<T>0.0);
  for (; n > 0; n -= round, x += bytes<T>(round)) {
    const x0 = loadNext<T>(x, n, lowest), x1 = loadLeft<T>(x + 16, n - lanes<T>(), lowest);
    let x2 = lowest;
    if (sizeof<T>() == 4) x2 = loadLeft<T>(x + 32, n - 2 * lanes<T>(), lowest);
    const e0 = exp<T>(v128.sub<T>(x0, tops)), e1 = exp<T>(v128.sub<T>(x1, tops));
    let e2 = x2;
    if (sizeof<T>() == 4) e2 = exp<T>(v128.sub<T>(x2, tops));
    sum = v128.add<T>(v128.add<T>(sum, e0), e1);
    if (sizeof<T>() == 4) sum = v128.add<T>(sum, e2);
    if (out == 0) continue;
    storeNext<T>(out, e0, n);
    if (n > lanes<T>()) storeNext<T>(out + 16, e1, n - lanes<T>());
    if (sizeof<T>() == 4 && n > 2 * lanes<T>()) storeNext<T>(out + 32, e2, n - 2 * lanes<T>());
    out += bytes<T>(round);
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

/** ln of a sum, in float64 for both element types, so that a loss keeps its digits. */
export function logOf(sum: f64): f64 {
  return f64x2.extract_lane(log<f64>(f64x2.splat(sum)), 0);
}
