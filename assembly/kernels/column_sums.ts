import { bytes, lanes, loadTail, storeTail } from "../simd/lanes";

/**
 * The sums of a matrix's columns: the gradient of a bias, which is added to every row.
 *
 *   y_j = Σ_i x_ij        added from the first row to the last, for every j
 *
 *   m, n   rows and columns
 *   x      m × n, dense
 *   y      n
 *
 * # Safety
 * src/ops/bias.ts has checked: m >= 0, n >= 0, the operands hold what is said above, y is disjoint from x.
 */

// @ts-ignore: decorator
@inline
function columnSums<T>(m: i32, n: i32, x: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  const stride = bytes<T>(n);
  const end = x + <usize>m * stride; // below the first row's own end only when m is 0
  const zero = v128.splat<T>(<T>0.0);
  let j = 0;
  // Four vectors side by side, so that a row's cache line is used while it is there.
  for (; j <= n - 4 * lanes<T>(); j += 4 * lanes<T>(), x += 64, y += 64) {
    let y0 = zero, y1 = zero, y2 = zero, y3 = zero;
    for (let row = x, last = end + bytes<T>(j); row < last; row += stride) {
      y0 = v128.add<T>(y0, v128.load(row));
      y1 = v128.add<T>(y1, v128.load(row, 16));
      y2 = v128.add<T>(y2, v128.load(row, 32));
      y3 = v128.add<T>(y3, v128.load(row, 48));
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  for (; j < n; j += lanes<T>(), x += 16, y += 16) {
    const count = min(n - j, lanes<T>());
    let sum = zero;
    for (let row = x, last = end + bytes<T>(j); row < last; row += stride) {
      sum = v128.add<T>(sum, loadTail<T>(row, count));
    }
    storeTail<T>(y, sum, count);
  }
}

export function scolumnSums(m: i32, n: i32, x: usize, y: usize): void { columnSums<f32>(m, n, x, y); }
export function dcolumnSums(m: i32, n: i32, x: usize, y: usize): void { columnSums<f64>(m, n, x, y); }
