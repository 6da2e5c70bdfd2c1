import { bytes } from "../simd/lanes";

/**
 * The index of the largest element along an axis, and how often it is the label.
 *
 *   argmax         y_ij = the first p with s·x_ipj = max_p s·x_ipj; the first NaN where there is one (NumPy's rule)
 *   countCorrect   returned: the number of rows i of an m × n matrix whose largest element is in column label i
 *
 *   m, k, n  x is m × k × n, dense; of countCorrect m × n
 *   y        m × n indices, i32
 *   isSmallest   s is -1 where it is not 0, for the smallest element; else 1
 *   labels   m class indices, i32
 *
 * # Safety
 * src/ops/argmax.ts has checked: the fold has at least one element, other sizes are not negative, the operands hold what is said above, y is disjoint from x.
 */

// @ts-ignore: decorator
@inline
function first<T>(k: i32, x: usize, step: usize, sign: T): i32 {
  let best = 0;
  let top = sign * load<T>(x);
  for (let p = 1; p < k; p++) {
    x += step;
    const value = sign * load<T>(x);
    // !(value <= top) also holds when value is NaN; from then on nothing replaces it.
    if (!(value <= top) && top == top) {
      best = p;
      top = value;
    }
  }
  return best;
}

// @ts-ignore: decorator
@inline
function argmax<T>(m: i32, k: i32, n: i32, x: usize, y: usize, isSmallest: i32): void {
  assert(m >= 0 && k > 0 && n >= 0 && isSmallest >>> 1 == 0);
  const sign: T = isSmallest ? -1 : 1;
  const row = bytes<T>(n), rest = row * <usize>(k - 1);
  for (; m > 0; m--, x += rest) {
    for (const end = x + row; x < end; x += sizeof<T>(), y += 4) store<i32>(y, first<T>(k, x, row, sign));
  }
}

// @ts-ignore: decorator
@inline
function countCorrect<T>(m: i32, n: i32, x: usize, labels: usize): i32 {
  assert(m >= 0 && n > 0);
  let count = 0;
  for (let i = 0; i < m; i++, x += bytes<T>(n), labels += 4) count += <i32>(first<T>(n, x, sizeof<T>(), 1) == load<i32>(labels));
  return count;
}

export function sargmax(m: i32, k: i32, n: i32, x: usize, y: usize, isSmallest: i32): void {
  argmax<f32>(m, k, n, x, y, isSmallest);
}
export function dargmax(m: i32, k: i32, n: i32, x: usize, y: usize, isSmallest: i32): void { argmax<f64>(m, k, n, x, y, isSmallest); }

export function scountCorrect(m: i32, n: i32, x: usize, labels: usize): i32 { return countCorrect<f32>(m, n, x, labels); }
export function dcountCorrect(m: i32, n: i32, x: usize, labels: usize): i32 { return countCorrect<f64>(m, n, x, labels); }
