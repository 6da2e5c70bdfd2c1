import { transposeSquare } from "../gemm/pack";
import { bytes, lanes, whole } from "../simd/lanes";

/**
 * Whole rows, moved or added up.
 *
 *   scatterAdd     y_(r_i) ← y_(r_i) + x_i, one i after the other
 *   transpose      y_klji = x_klij       d0 × d1 matrices; strides are elements, those of columns of x and y are 1
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

/** Elements of a tile's side: rows of one are whole cache lines. */
const TILE: i32 = 16;

/**
 * Tile by tile down columns of x, so that rows of y are written from their start to their end. Where rows of y are pages apart,
 * they share few places of a cache, and each line is written whole before the next.
 */
// @ts-ignore: decorator
@inline
function transpose<T>(
  d0: i32, d1: i32, m: i32, n: i32, x: usize, x0: i32, x1: i32, rx: i32, y: usize, y0: i32, y1: i32, ry: i32,
): void {
  assert(d0 >= 0 && d1 >= 0 && m >= 0 && n >= 0 && x0 >= 0 && x1 >= 0 && rx >= 0 && y0 >= 0 && y1 >= 0 && ry >= m);
  const rowX = bytes<T>(rx), rowY = bytes<T>(ry), rows = whole<T>(m), columns = whole<T>(n);
  const isByLine = (rowY & 4095) == 0, height = isByLine ? TILE : rows;
  for (; d0 > 0; d0--, x += bytes<T>(x0), y += bytes<T>(y0)) {
    for (let k = 0, xk = x, yk = y; k < d1; k++, xk += bytes<T>(x1), yk += bytes<T>(y1)) {
      for (let j = 0; j < columns; j += TILE) {
        const width = min(TILE, columns - j);
        for (let i = 0; i < rows; i += height) {
          squares<T>(isByLine, min(height, rows - i), width, xk + rowX * i + bytes<T>(j), rowX, yk + rowY * j + bytes<T>(i), rowY);
        }
      }
      elements<T>(m - rows, n, xk + rowX * rows, rowX, yk + bytes<T>(rows), rowY);
      elements<T>(rows, n - columns, xk + bytes<T>(columns), rowX, yk + rowY * columns, rowY);
    }
  }
}

/** Lanes × lanes elements at a time: row of squares by row, or column by column. */
function squares<T>(isByLine: bool, m: i32, n: i32, x: usize, rowX: usize, y: usize, rowY: usize): void {
  const across = rowX * lanes<T>(), down = rowY * lanes<T>();
  let outer = m, inner = n, outerX = across, innerX: usize = 16, outerY: usize = 16, innerY = down;
  if (isByLine) outer = n, inner = m, outerX = 16, innerX = across, outerY = down, innerY = 16;
  for (; outer > 0; outer -= lanes<T>(), x += outerX, y += outerY) {
    for (let left = inner, from = x, to = y; left > 0; left -= lanes<T>(), from += innerX, to += innerY) {
      transposeSquare<T>(from, rowX, to, rowY);
    }
  }
}

/** Rows or columns that do not fill squares: along the longer side. */
function elements<T>(m: i32, n: i32, x: usize, rowX: usize, y: usize, rowY: usize): void {
  let outer = m, inner = n, innerX: usize = sizeof<T>(), innerY = rowY, outerX = rowX, outerY: usize = sizeof<T>();
  if (m > n) {
    outer = n, inner = m;
    innerX = rowX, innerY = sizeof<T>(), outerX = sizeof<T>(), outerY = rowY;
  }
  for (; outer > 0; outer--, x += outerX, y += outerY) {
    for (let left = inner, from = x, to = y; left > 0; left--, from += innerX, to += innerY) store<T>(to, load<T>(from));
  }
}

export function sscatterAdd(m: i32, n: i32, x: usize, indices: usize, y: usize): void { scatterAdd<f32>(m, n, x, indices, y); }
export function dscatterAdd(m: i32, n: i32, x: usize, indices: usize, y: usize): void { scatterAdd<f64>(m, n, x, indices, y); }

export function stranspose(
  d0: i32, d1: i32, m: i32, n: i32, x: usize, x0: i32, x1: i32, rx: i32, y: usize, y0: i32, y1: i32, ry: i32,
): void {
  transpose<f32>(d0, d1, m, n, x, x0, x1, rx, y, y0, y1, ry);
}
export function dtranspose(
  d0: i32, d1: i32, m: i32, n: i32, x: usize, x0: i32, x1: i32, rx: i32, y: usize, y0: i32, y1: i32, ry: i32,
): void {
  transpose<f64>(d0, d1, m, n, x, x0, x1, rx, y, y0, y1, ry);
}

/**
 * y ← x, n bytes: a call of memory.copy takes as long as a few lines of the cache. The end may be copied twice. It calls itself,
 * so that the compiler keeps one copy of it.
 */
export function copyBytes(n: usize, x: usize, y: usize): void {
  if (n > 1024 || n < 16) {
    memory.copy(y, x, n);
    return;
  }
  if (n & 15) copyBytes(16, x + n - 16, y + n - 16);
  for (; n >= 16; n -= 16, x += 16, y += 16) v128.store(y, v128.load(x));
}

export function copyRows(m: i32, n: i32, x: usize, strideX: i32, y: usize, strideY: i32): void {
  assert(m >= 0 && n >= 0 && strideY >= n);
  if (n == 0) return; // a copy of nothing traps as well where it begins beyond memory
  for (; m > 0; m--, x += strideX, y += strideY) copyBytes(n, x, y);
}

export function gatherCopies(m: i32, n: i32, x: usize, indices: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  for (; m > 0; m--, indices += 4, y += n) copyBytes(n, x + <usize>load<u32>(indices) * <usize>n, y);
}
