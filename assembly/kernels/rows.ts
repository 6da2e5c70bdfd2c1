import { packTransposed } from "../gemm/pack";
import { bytes, lanes } from "../simd/lanes";

/**
 * Whole rows, moved or added up.
 *
 *   scatterAdd     y_(r_i) ← y_(r_i) + x_i, one i after the other
 *   transpose      y_bji = x_bij         count matrices; strides are elements, those of columns of x and y are 1
 *   copyRows       y_i ← x_i             rows of n bytes, their starts `strideX` and `strideY` bytes apart
 *   gatherCopies   y_i ← x_(r_i)         rows of n bytes, dense
 *
 *   m, n      rows of x and what a row has: elements, or bytes where it says so. gatherCopies: rows of y
 *   x         m × n, dense but in copyRows; gatherCopies: a table of rows
 *   indices   m row numbers r, i32
 *   y         scatterAdd: a table of rows of n; transpose: n × m matrices
 *
 * # Safety
 * src/ops/rows.ts and src/ops/transpose.ts have checked: m >= 0, n >= 0, every index names a row of its table, the operands hold what is said
 * above, y is disjoint from x and indices.
 */

// @ts-ignore: decorator
@inline
function scatterAdd<T>(m: i32, n: i32, x: usize, indices: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  for (; m > 0; m--, indices += 4) {
    let row = y + <usize>load<u32>(indices) * bytes<T>(n), left = n;
    for (; left >= lanes<T>(); left -= lanes<T>(), x += 16, row += 16) {
      v128.store(row, v128.add<T>(v128.load(row), v128.load(x)));
    }
    for (; left > 0; left--, x += sizeof<T>(), row += sizeof<T>()) store<T>(row, load<T>(row) + load<T>(x));
  }
}

/** As many rows at a time as a vector has lanes, in squares; then row by row. */
// @ts-ignore: decorator
@inline
function transpose<T>(count: i32, m: i32, n: i32, x: usize, bx: i32, rx: i32, y: usize, by: i32, ry: i32): void {
  assert(count >= 0 && m >= 0 && n >= 0 && bx >= 0 && rx >= 0 && by >= 0 && ry >= m);
  const rowX = bytes<T>(rx), rowY = bytes<T>(ry);
  for (; count > 0; count--, x += bytes<T>(bx), y += bytes<T>(by)) {
    let i = m, from = x, to = y;
    for (; i >= lanes<T>(); i -= lanes<T>(), from += <usize>rx << 4, to += 16) packTransposed<T>(n, from, rx, to, rowY);
    for (; i > 0; i--, from += rowX, to += sizeof<T>()) {
      for (let j = 0, a = from, b = to; j < n; j++, a += sizeof<T>(), b += rowY) store<T>(b, load<T>(a));
    }
  }
}

export function sscatterAdd(m: i32, n: i32, x: usize, indices: usize, y: usize): void { scatterAdd<f32>(m, n, x, indices, y); }
export function dscatterAdd(m: i32, n: i32, x: usize, indices: usize, y: usize): void { scatterAdd<f64>(m, n, x, indices, y); }

export function stranspose(
  count: i32, m: i32, n: i32, x: usize, bx: i32, rx: i32, y: usize, by: i32, ry: i32,
): void {
  transpose<f32>(count, m, n, x, bx, rx, y, by, ry);
}
export function dtranspose(
  count: i32, m: i32, n: i32, x: usize, bx: i32, rx: i32, y: usize, by: i32, ry: i32,
): void {
  transpose<f64>(count, m, n, x, bx, rx, y, by, ry);
}

export function copyRows(m: i32, n: i32, x: usize, strideX: i32, y: usize, strideY: i32): void {
  assert(m >= 0 && n >= 0 && strideY >= n);
  if (n == 0) return; // a copy of nothing traps as well where it begins beyond memory
  for (; m > 0; m--, x += strideX, y += strideY) memory.copy(y, x, n);
}

export function gatherCopies(m: i32, n: i32, x: usize, indices: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  for (; m > 0; m--, indices += 4, y += n) memory.copy(y, x + <usize>load<u32>(indices) * <usize>n, n);
}
