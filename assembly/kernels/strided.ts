import { copyBytes } from "./rows";

/**
 * Copies between any strides, and positions computed from indices.
 *
 *   copyStrided   y_ijkl ← x_ijkl                           blocks of n bytes
 *   indexSums     y_ijk ← scale · r_ijk + i·o0 + j·o1 + k·o2      + β · y_ijk; y is dense
 *   scatterCopies   y_(r_i) ← x_i                           rows of n bytes, one i after the other; x is dense
 *
 *   m         rows of x
 *   d0 … d3   extents
 *   x0 … x3   x's strides in bytes, of any sign; 0 repeats it along that axis
 *   y0 … y3   y's strides in bytes
 *   r0 … r2   strides of the indices r, in elements; r and y are i32
 *   beta      0 or 1; 0 never reads y
 *
 * # Safety
 * src/ops/strided_copy.ts and src/ops/indexing.ts have checked: n >= 0, extents are not negative, every block is inside
 * its operand, y is disjoint from x and r.
 */

/** One run of the last axis. */
function run(n: i32, count: i32, x: usize, stepX: i32, y: usize, stepY: i32): void {
  if (n == 4) for (; count > 0; count--, x += stepX, y += stepY) store<u32>(y, load<u32>(x));
  else if (n == 8) for (; count > 0; count--, x += stepX, y += stepY) store<u64>(y, load<u64>(x));
  else if (n == 1) for (; count > 0; count--, x += stepX, y += stepY) store<u8>(y, load<u8>(x));
  else for (; count > 0; count--, x += stepX, y += stepY) copyBytes(n, x, y);
}

export function copyStrided(
  n: i32, d0: i32, d1: i32, d2: i32, d3: i32,
  x: usize, x0: i32, x1: i32, x2: i32, x3: i32, y: usize, y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  assert(n >= 0 && d0 >= 0 && d1 >= 0 && d2 >= 0 && d3 >= 0);
  if (n == 0) return; // a copy of nothing traps as well where it begins beyond memory
  for (; d0 > 0; d0--, x += x0, y += y0) {
    for (let j = 0, xj = x, yj = y; j < d1; j++, xj += x1, yj += y1) {
      for (let k = 0, xk = xj, yk = yj; k < d2; k++, xk += x2, yk += y2) run(n, d3, xk, x3, yk, y3);
    }
  }
}

export function scatterCopies(m: i32, n: i32, x: usize, indices: usize, y: usize): void {
  assert(m >= 0 && n >= 0);
  for (; m > 0; m--, indices += 4, x += n) copyBytes(n, x, y + <usize>load<u32>(indices) * <usize>n);
}

export function indexSums(
  d0: i32, d1: i32, d2: i32, r: usize, r0: i32, r1: i32, r2: i32, scale: i32, o0: i32, o1: i32, o2: i32, y: usize, beta: i32,
): void {
  assert(d0 >= 0 && d1 >= 0 && d2 >= 0 && (beta & ~1) == 0);
  for (let i = 0; i < d0; i++, r += r0 << 2) {
    for (let j = 0, rj = r; j < d1; j++, rj += r1 << 2) {
      for (let k = 0, rk = rj; k < d2; k++, rk += r2 << 2, y += 4) {
        const before = beta ? load<i32>(y) : 0;
        store<i32>(y, before + load<i32>(rk) * scale + i * o0 + j * o1 + k * o2);
      }
    }
  }
}
