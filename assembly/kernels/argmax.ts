import { bytes } from "../simd/lanes";

/**
 * The column of each row's largest element, and how many of them are the label.
 *
 *   argmax         y_i = the first j with x_ij = max_j x_ij; the first NaN where the row has one (NumPy's rule)
 *   countCorrect   returned: the number of rows i with y_i = label i
 *
 *   m, n     rows and columns
 *   x        m × n, dense
 *   y        m column indices, i32
 *   labels   m class indices, i32
 *
 * # Safety
 * src/ops/argmax.ts has checked: m >= 0, n >= 1, the operands hold what is said above, y is disjoint from x.
 */

// @ts-ignore: decorator
@inline
function rowArgmax<T>(n: i32, x: usize): i32 {
  let best = 0;
  let top = load<T>(x);
  for (let j = 1; j < n; j++) {
    const value = load<T>(x + bytes<T>(j));
    // !(value <= top) also holds when value is NaN; from then on nothing replaces it.
    if (!(value <= top) && top == top) {
      best = j;
      top = value;
    }
  }
  return best;
}

// @ts-ignore: decorator
@inline
function argmax<T>(m: i32, n: i32, x: usize, y: usize): void {
  assert(m >= 0 && n > 0);
  for (let i = 0; i < m; i++, x += bytes<T>(n), y += 4) store<i32>(y, rowArgmax<T>(n, x));
}

// @ts-ignore: decorator
@inline
function countCorrect<T>(m: i32, n: i32, x: usize, labels: usize): i32 {
  assert(m >= 0 && n > 0);
  let count = 0;
  for (let i = 0; i < m; i++, x += bytes<T>(n), labels += 4) count += <i32>(rowArgmax<T>(n, x) == load<i32>(labels));
  return count;
}

export function sargmax(m: i32, n: i32, x: usize, y: usize): void { argmax<f32>(m, n, x, y); }
export function dargmax(m: i32, n: i32, x: usize, y: usize): void { argmax<f64>(m, n, x, y); }

export function scountCorrect(m: i32, n: i32, x: usize, labels: usize): i32 { return countCorrect<f32>(m, n, x, labels); }
export function dcountCorrect(m: i32, n: i32, x: usize, labels: usize): i32 { return countCorrect<f64>(m, n, x, labels); }
