import { bytes, lanes, loadPart, madd, scaledSumPart, storePart } from "../simd/lanes";

/**
 * Updates of whole vectors.
 *
 *   axpby  y_i ← α·x_i + β·y_i     β = 0 never reads y; one step of gradient descent has α = -learningRate, β = 1
 *   fill   y_i ← α
 *   copy   y_i ← x_i
 *   store  y ← α                   one element
 *
 *   n      elements
 *   x, y   n elements each
 *
 * # Safety
 * src/ops/vectors.ts has checked: n >= 0, the operands hold n elements, x and y are equal or disjoint.
 * src/autodiff/program.ts stores only to elements of its own.
 */

export function axpby<T>(n: i32, x: usize, y: usize, alpha: T, beta: T): void {
  assert(n >= 0);
  const factor = v128.splat<T>(alpha), share = v128.splat<T>(beta);
  if (beta != <T>0.0) {
    for (; n >= lanes<T>(); n -= lanes<T>(), x += 16, y += 16) {
      v128.store(y, madd<T>(factor, v128.load(x), v128.mul<T>(share, v128.load(y))));
    }
  }
  for (; n >= lanes<T>(); n -= lanes<T>(), x += 16, y += 16) v128.store(y, v128.mul<T>(factor, v128.load(x)));
  storePart<T>(y, scaledSumPart<T>(alpha, loadPart<T>(x, n, factor), beta, y, n), n);
}

// @ts-ignore: decorator
@inline
function fill<T>(n: i32, y: usize, alpha: T): void {
  assert(n >= 0);
  const value = v128.splat<T>(alpha);
  for (; n >= lanes<T>(); n -= lanes<T>(), y += 16) v128.store(y, value);
  storePart<T>(y, value, n);
}

export function saxpby(n: i32, x: usize, y: usize, alpha: f32, beta: f32): void { axpby<f32>(n, x, y, alpha, beta); }
export function daxpby(n: i32, x: usize, y: usize, alpha: f64, beta: f64): void { axpby<f64>(n, x, y, alpha, beta); }

export function sfill(n: i32, y: usize, alpha: f32): void { fill<f32>(n, y, alpha); }
export function dfill(n: i32, y: usize, alpha: f64): void { fill<f64>(n, y, alpha); }

export function scopy(n: i32, x: usize, y: usize): void { assert(n >= 0); memory.copy(y, x, bytes<f32>(n)); }
export function dcopy(n: i32, x: usize, y: usize): void { assert(n >= 0); memory.copy(y, x, bytes<f64>(n)); }

export function sstore(y: usize, value: f64): void { store<f32>(y, <f32>value); }
export function dstore(y: usize, value: f64): void { store<f64>(y, value); }
