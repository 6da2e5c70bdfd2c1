import { bytes } from "../simd/lanes";

/**
 * Rows made mean 0 and variance 1, and the gradient.
 *
 *   normalize           y = h = (x - mean)·r,   r = 1 / √(Σ (x - mean)² / n + epsilon)
 *   normalizeGradient   dx = r·(dy - mean dy - h · mean(dy · h))
 *
 *   m, n    rows, and elements of each, from 1 on; all operands are m × n, dense
 *
 * Two passes, and everything in float64 until it is stored. The mean is the first element and the mean distance from it, so that equal
 * elements give 0. Sums go to two vectors of two lanes in turn.
 *
 * # Safety
 * src/ops/normalization.ts has checked: m >= 0, n > 0, the operands hold m · n elements, y may be x, dx may be x or dy.
 */

/** Two elements in float64, or one and 0. */
// @ts-ignore: decorator
@inline
function pair<T>(x: usize, left: i32): v128 {
  if (left < 2) return f64x2.replace_lane(f64x2.splat(0), 0, <f64>load<T>(x));
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(x)) : v128.load(x);
}

// @ts-ignore: decorator
@inline
function storePair<T>(y: usize, v: v128, left: i32): void {
  if (left < 2) store<T>(y, <T>f64x2.extract_lane(v, 0));
  else if (sizeof<T>() == 4) v128.store64_lane(y, f32x4.demote_f64x2_zero(v), 0);
  else v128.store(y, v);
}

const enum Sum {
  Elements,
  Squares,
  Products,
}

/** Σ (x - mean), Σ (x - mean)² or Σ (x - mean)·r·g of n elements. */
function total<T>(f: Sum, n: i32, x: usize, g: usize, mean: v128, r: v128): f64 {
  let now = f64x2.splat(0), next = now;
  for (; n > 0; n -= 2, x += bytes<T>(2), g += bytes<T>(2)) {
    let v = f64x2.sub(pair<T>(x, n), mean);
    if (f != Sum.Elements) v = f64x2.mul(v, f == Sum.Squares ? v : f64x2.mul(r, pair<T>(g, n)));
    if (n == 1) v = f64x2.replace_lane(v, 1, 0);
    const sum = f64x2.add(now, v);
    now = next, next = sum;
  }
  now = f64x2.add(now, next);
  return f64x2.extract_lane(now, 0) + f64x2.extract_lane(now, 1);
}

/** The gradient where dy is not 0. */
function normalize<T>(m: i32, n: i32, x: usize, dy: usize, y: usize, epsilon: f64): void {
  assert(m >= 0 && n > 0);
  const zero = f64x2.splat(0), size = <f64>n;
  for (; m > 0; m--) {
    const start = <f64>load<T>(x), mean = f64x2.splat(start + total<T>(Sum.Elements, n, x, x, f64x2.splat(start), zero) / size);
    const r = f64x2.splat(1 / sqrt(total<T>(Sum.Squares, n, x, x, mean, zero) / size + epsilon));
    let average = zero, slope = zero;
    if (dy) {
      average = f64x2.splat(total<T>(Sum.Elements, n, dy, dy, zero, zero) / size);
      slope = f64x2.splat(total<T>(Sum.Products, n, x, dy, mean, r) / size);
    }
    for (let left = n; left > 0; left -= 2) {
      const step = bytes<T>(min(left, 2)), h = f64x2.mul(f64x2.sub(pair<T>(x, left), mean), r);
      x += step;
      if (dy) {
        storePair<T>(y, f64x2.mul(r, f64x2.sub(f64x2.sub(pair<T>(dy, left), average), f64x2.mul(h, slope))), left);
        dy += step;
      } else storePair<T>(y, h, left);
      y += step;
    }
  }
}

export function snormalize(m: i32, n: i32, x: usize, y: usize, epsilon: f64): void { normalize<f32>(m, n, x, 0, y, epsilon); }
export function dnormalize(m: i32, n: i32, x: usize, y: usize, epsilon: f64): void { normalize<f64>(m, n, x, 0, y, epsilon); }

export function snormalizeGradient(m: i32, n: i32, x: usize, dy: usize, dx: usize, epsilon: f64): void { normalize<f32>(m, n, x, dy, dx, epsilon); }
export function dnormalizeGradient(m: i32, n: i32, x: usize, dy: usize, dx: usize, epsilon: f64): void { normalize<f64>(m, n, x, dy, dx, epsilon); }
