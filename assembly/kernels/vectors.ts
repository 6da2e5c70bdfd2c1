import { bytes, lanes, loadPart, madd, storePart, whole } from "../simd/lanes";

/**
 * Updates of whole vectors.
 *
 *   axpy   y_i ← y_i + α·x_i       one step of gradient descent is axpy with α = -learningRate
 *   fill   y_i ← α
 *   copy   y_i ← x_i
 *
 *   n      elements
 *   x, y   n elements each
 *
 * # Safety
 * src/ops/vectors.ts has checked: n >= 0, the operands hold n elements, x and y are equal or disjoint.
 */

// @ts-ignore: decorator
@inline
function axpy<T>(n: i32, x: usize, y: usize, alpha: T): void {
  assert(n >= 0);
  const tail = x + bytes<T>(whole<T>(n));
  const rest = n & (lanes<T>() - 1);
  const factor = v128.splat<T>(alpha);
  for (; x < tail; x += 16, y += 16) v128.store(y, madd<T>(factor, v128.load(x), v128.load(y)));
  if (rest == 0) return;
  storePart<T>(y, madd<T>(factor, loadPart<T>(x, rest, factor), loadPart<T>(y, rest, factor)), rest);
}

// @ts-ignore: decorator
@inline
function fill<T>(n: i32, y: usize, alpha: T): void {
  assert(n >= 0);
  const tail = y + bytes<T>(whole<T>(n));
  const rest = n & (lanes<T>() - 1);
  const value = v128.splat<T>(alpha);
  for (; y < tail; y += 16) v128.store(y, value);
  if (rest != 0) storePart<T>(y, value, rest);
}

export function saxpy(n: i32, x: usize, y: usize, alpha: f32): void { axpy<f32>(n, x, y, alpha); }
export function daxpy(n: i32, x: usize, y: usize, alpha: f64): void { axpy<f64>(n, x, y, alpha); }

export function sfill(n: i32, y: usize, alpha: f32): void { fill<f32>(n, y, alpha); }
export function dfill(n: i32, y: usize, alpha: f64): void { fill<f64>(n, y, alpha); }

export function scopy(n: i32, x: usize, y: usize): void { assert(n >= 0); memory.copy(y, x, bytes<f32>(n)); }
export function dcopy(n: i32, x: usize, y: usize): void { assert(n >= 0); memory.copy(y, x, bytes<f64>(n)); }
