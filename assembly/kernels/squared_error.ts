import { lanes, loadNext, storeNext } from "../simd/lanes";

/**
 * Squared error, as the chapter defines it: half the sum, not a mean.
 *
 *   loss = ½ Σ_i (y_i - t_i)²          returned, added up in float64
 *   dy_i = (y_i - t_i) · scale
 *   to ← factor · loss                 of storeSquaredError
 *
 *   n      elements
 *   y, t   n outputs and n targets
 *   dy     n; may be y or t
 *
 * # Safety
 * src/ops/squared_error.ts has checked: n >= 0, the operands hold n elements, dy is y or t or disjoint from both.
 */

/** The squares of a vector's elements added to two lanes of float64. */
// @ts-ignore: decorator
@inline
function addSquares<T>(sum: v128, d: v128): v128 {
  if (sizeof<T>() == 8) return f64x2.add(sum, f64x2.mul(d, d));
  const low = f64x2.promote_low_f32x4(d);
  const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(d, d, 2, 3, 0, 1));
  return f64x2.add(f64x2.add(sum, f64x2.mul(low, low)), f64x2.mul(high, high));
}

/** The loss and, where dy is not 0, its gradient. */
function squaredError<T>(n: i32, y: usize, t: usize, dy: usize, scale: T): f64 {
  assert(n >= 0);
  const scales = v128.splat<T>(scale), zero = v128.splat<T>(<T>0.0);
  let sum = f64x2.splat(0);
  for (; n > 0; n -= lanes<T>(), y += 16, t += 16) {
    const d = v128.sub<T>(loadNext<T>(y, n, zero), loadNext<T>(t, n, zero));
    sum = addSquares<T>(sum, d);
    if (dy == 0) continue;
    storeNext<T>(dy, v128.mul<T>(d, scales), n);
    dy += 16;
  }
  return 0.5 * (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

export function ssquaredError(n: i32, y: usize, t: usize): f64 { return squaredError<f32>(n, y, t, 0, 0); }
export function dsquaredError(n: i32, y: usize, t: usize): f64 { return squaredError<f64>(n, y, t, 0, 0); }

export function sstoreSquaredError(n: i32, y: usize, t: usize, factor: f64, to: usize): void { store<f32>(to, <f32>(factor * squaredError<f32>(n, y, t, 0, 0))); }
export function dstoreSquaredError(n: i32, y: usize, t: usize, factor: f64, to: usize): void { store<f64>(to, factor * squaredError<f64>(n, y, t, 0, 0)); }

export function ssquaredErrorGradient(n: i32, y: usize, t: usize, dy: usize, scale: f32): f64 { return squaredError<f32>(n, y, t, dy, scale); }
export function dsquaredErrorGradient(n: i32, y: usize, t: usize, dy: usize, scale: f64): f64 { return squaredError<f64>(n, y, t, dy, scale); }
