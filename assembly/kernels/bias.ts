import { bytes, lanes, loadPart, loadTail, storePart, storeTail, whole } from "../simd/lanes";

/**
 * A bias row added to each row of a matrix, and its gradient, the sums of the columns.
 *
 *   addBias      y_ij = x_ij + b_j
 *   columnSums   y_j  = Σ_i x_ij        added from the first row to the last, for every j
 *
 *   m, n   rows and columns
 *   x      m × n, dense
 *   b      n
 *   y      m × n (may be x), or n
 *
 * # Safety
 * src/ops/bias.ts has checked: m >= 0, n >= 0, the operands hold what is said above, y is x or disjoint
 * from all inputs (columnSums: disjoint).
 */

// @ts-ignore: decorator
@inline
function addBias<T>(m: i32, n: i32, x: usize, b: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  const wide = bytes<T>(whole<T>(n));
  const rest = n & (lanes<T>() - 1);
  const zero = v128.splat<T>(<T>0.0);
  for (let i = 0; i < m; i++) {
    for (let j: usize = 0; j < wide; j += 16) v128.store(y + j, v128.add<T>(v128.load(x + j), v128.load(b + j)));
    if (rest != 0) {
      const sum = v128.add<T>(loadPart<T>(x + wide, rest, zero), loadPart<T>(b + wide, rest, zero));
      storePart<T>(y + wide, sum, rest);
    }
    x += bytes<T>(n);
    y += bytes<T>(n);
  }
}

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

export function saddBias(m: i32, n: i32, x: usize, b: usize, y: usize): void { addBias<f32>(m, n, x, b, y); }
export function daddBias(m: i32, n: i32, x: usize, b: usize, y: usize): void { addBias<f64>(m, n, x, b, y); }

export function scolumnSums(m: i32, n: i32, x: usize, y: usize): void { columnSums<f32>(m, n, x, y); }
export function dcolumnSums(m: i32, n: i32, x: usize, y: usize): void { columnSums<f64>(m, n, x, y); }
