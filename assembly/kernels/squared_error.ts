import { bytes, lanes, loadPart, storePart, whole } from "../simd/lanes";

/**
 * Squared error, as the chapter defines it: half the sum, not a mean.
 *
 *   loss = ½ Σ_i (y_i - t_i)²          returned, added up in float64
 *   dy_i = (y_i - t_i) · scale
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

// @ts-ignore: decorator
@inline
function half(sum: v128): f64 {
  return 0.5 * (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
}

// @ts-ignore: decorator
@inline
function squaredError<T>(n: i32, y: usize, t: usize): f64 {
  assert(n >= 0);
  const tail = y + bytes<T>(whole<T>(n));
  const rest = n & (lanes<T>() - 1);
  let sum = f64x2.splat(0);
  for (; y < tail; y += 16, t += 16) sum = addSquares<T>(sum, v128.sub<T>(v128.load(y), v128.load(t)));
  if (rest != 0) {
    const zero = f64x2.splat(0);
    sum = addSquares<T>(sum, v128.sub<T>(loadPart<T>(y, rest, zero), loadPart<T>(t, rest, zero)));
  }
  return half(sum);
}

// @ts-ignore: decorator
@inline
function squaredErrorGradient<T>(n: i32, y: usize, t: usize, dy: usize, scale: T): f64 {
  assert(n >= 0);
  const tail = y + bytes<T>(whole<T>(n));
  const rest = n & (lanes<T>() - 1);
  const scales = v128.splat<T>(scale);
  let sum = f64x2.splat(0);
  for (; y < tail; y += 16, t += 16, dy += 16) {
    const d = v128.sub<T>(v128.load(y), v128.load(t));
    sum = addSquares<T>(sum, d);
    v128.store(dy, v128.mul<T>(d, scales));
  }
  if (rest != 0) {
    const zero = f64x2.splat(0);
    const d = v128.sub<T>(loadPart<T>(y, rest, zero), loadPart<T>(t, rest, zero));
    sum = addSquares<T>(sum, d);
    storePart<T>(dy, v128.mul<T>(d, scales), rest);
  }
  return half(sum);
}

export function ssquaredError(n: i32, y: usize, t: usize): f64 { return squaredError<f32>(n, y, t); }
export function dsquaredError(n: i32, y: usize, t: usize): f64 { return squaredError<f64>(n, y, t); }

export function ssquaredErrorGradient(n: i32, y: usize, t: usize, dy: usize, scale: f32): f64 { return squaredErrorGradient<f32>(n, y, t, dy, scale); }
export function dsquaredErrorGradient(n: i32, y: usize, t: usize, dy: usize, scale: f64): f64 { return squaredErrorGradient<f64>(n, y, t, dy, scale); }
