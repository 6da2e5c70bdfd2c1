import { stepOf } from "../descent";
import { bytes, lanes, loadNext, madd, storeNext } from "../simd/lanes";
import { stripOf } from "./sparse_forward";

/**
 * The first layer's weight gradient, or its update, with rows that are mostly zero:
 *
 *   W ← W + α·Xᵀ·D      for each row i of X and each of its nonzeros: row `column` of W += α · value · d_i
 *
 *   m, n   X has m rows (sparse), D is m × n, W k × n; rows of D and W are `strideX` elements apart
 *   k, first   nonzeros of the columns first … first + k - 1 are taken, which belong to the rows of W
 *   starts    m + 1 positions, u32: the nonzeros of row i are starts[i] … starts[i + 1] - 1
 *   columns   the column of each nonzero, u16, ascending in a row; one more may be read behind the last
 *   values    T
 *   hyperparameters   of gradient descent: α is -η·α then (descent.ts); or 0
 *
 * Rows of W that meet no nonzero are not touched. D and W are met in strips of thirteen, four or one vectors; those
 * of D stay in registers for a whole row of X. In float64 there are none of thirteen, to be small.
 *
 * # Safety
 * src/ops/sparse.ts has checked: m >= 0, n >= 0, columns ascend in a row, the operands hold what is said above,
 * W is disjoint from all of them.
 */

/** Behind the last nonzero of a row whose column is below `column`. */
function endBelow(starts: usize, columns: usize, column: i32): usize {
  const begin = columns + (<usize>load<u32>(starts) << 1);
  let end = columns + (<usize>load<u32>(starts, 4) << 1);
  while (end > begin && <i32>load<u16>(end - 2) >= column) end -= 2;
  return end;
}

/** The first nonzero of a row, before `end`, whose column is not below `column`. */
function beginAt(starts: usize, columns: usize, column: i32, end: usize): usize {
  let c = columns + (<usize>load<u32>(starts) << 1);
  while (c < end && <i32>load<u16>(c) < column) c += 2;
  return c;
}

/**
 * A strip of thirteen vectors, the last of them at `last`. Where it overlaps the one before, both are read before
 * either is written.
 */
function backwardThirteen<T>(
  m: i32, k: i32, first: i32, starts: usize, columns: usize, values: usize,
  d: usize, w: usize, stride: usize, last: usize, alpha: v128,
): void {
  for (let i = 0; i < m; i++, starts += 4, d += stride) {
    const end = endBelow(starts, columns, first + k);
    let c = beginAt(starts, columns, first, end), v = values + ((c - columns) >> 1 << alignof<T>());
    let next = w + <usize>load<u16>(c) * stride;
    const d0 = v128.load(d);
    const d1 = v128.load(d, 16);
    const d2 = v128.load(d, 32);
    const d3 = v128.load(d, 48);
    const d4 = v128.load(d, 64);
    const d5 = v128.load(d, 80);
    const d6 = v128.load(d, 96);
    const d7 = v128.load(d, 112);
    const d8 = v128.load(d, 128);
    const d9 = v128.load(d, 144);
    const d10 = v128.load(d, 160);
    const d11 = v128.load(d, 176);
    const d12 = v128.load(d + last);
    for (; c < end; c += 2, v += sizeof<T>()) {
      const row = next;
      next = w + <usize>load<u16>(c, 2) * stride;
      const x = v128.mul<T>(v128.load_splat<T>(v), alpha);
      const w12 = madd<T>(x, d12, v128.load(row + last));
      v128.store(row, madd<T>(x, d0, v128.load(row)));
      v128.store(row, madd<T>(x, d1, v128.load(row, 16)), 16);
      v128.store(row, madd<T>(x, d2, v128.load(row, 32)), 32);
      v128.store(row, madd<T>(x, d3, v128.load(row, 48)), 48);
      v128.store(row, madd<T>(x, d4, v128.load(row, 64)), 64);
      v128.store(row, madd<T>(x, d5, v128.load(row, 80)), 80);
      v128.store(row, madd<T>(x, d6, v128.load(row, 96)), 96);
      v128.store(row, madd<T>(x, d7, v128.load(row, 112)), 112);
      v128.store(row, madd<T>(x, d8, v128.load(row, 128)), 128);
      v128.store(row, madd<T>(x, d9, v128.load(row, 144)), 144);
      v128.store(row, madd<T>(x, d10, v128.load(row, 160)), 160);
      v128.store(row, madd<T>(x, d11, v128.load(row, 176)), 176);
      v128.store(row + last, w12);
    }
  }
}

/** The same with four vectors. */
function backwardFour<T>(
  m: i32, k: i32, first: i32, starts: usize, columns: usize, values: usize,
  d: usize, w: usize, stride: usize, last: usize, alpha: v128,
): void {
  for (let i = 0; i < m; i++, starts += 4, d += stride) {
    const end = endBelow(starts, columns, first + k);
    let c = beginAt(starts, columns, first, end), v = values + ((c - columns) >> 1 << alignof<T>());
    let next = w + <usize>load<u16>(c) * stride;
    const d0 = v128.load(d);
    const d1 = v128.load(d, 16);
    const d2 = v128.load(d, 32);
    const d3 = v128.load(d + last);
    for (; c < end; c += 2, v += sizeof<T>()) {
      const row = next;
      next = w + <usize>load<u16>(c, 2) * stride;
      const x = v128.mul<T>(v128.load_splat<T>(v), alpha);
      const w3 = madd<T>(x, d3, v128.load(row + last));
      v128.store(row, madd<T>(x, d0, v128.load(row)));
      v128.store(row, madd<T>(x, d1, v128.load(row, 16)), 16);
      v128.store(row, madd<T>(x, d2, v128.load(row, 32)), 32);
      v128.store(row + last, w3);
    }
  }
}

/** The same with one vector, or with the `count` elements that are left. */
function backwardOne<T>(
  m: i32, k: i32, first: i32, starts: usize, columns: usize, values: usize,
  d: usize, w: usize, stride: usize, count: i32, alpha: v128,
): void {
  const zero = v128.splat<T>(<T>0.0);
  for (let i = 0; i < m; i++, starts += 4, d += stride) {
    const end = endBelow(starts, columns, first + k);
    let c = beginAt(starts, columns, first, end), v = values + ((c - columns) >> 1 << alignof<T>());
    const d0 = loadNext<T>(d, count, zero);
    for (; c < end; c += 2, v += sizeof<T>()) {
      const row = w + <usize>load<u16>(c) * stride;
      const x = v128.mul<T>(v128.load_splat<T>(v), alpha);
      storeNext<T>(row, madd<T>(x, d0, loadNext<T>(row, count, zero)), count);
    }
  }
}

// @ts-ignore: decorator
@inline
function sparseBackward<T>(
  m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: T, strideX: i32, k: i32, first: i32,
): void {
  assert(m >= 0 && n >= 0 && strideX >= n && k >= 0);
  const stride = bytes<T>(strideX);
  w -= <usize>first * stride; // where row 0 would be
  const alphas = v128.splat<T>(alpha);
  while (sizeof<T>() == 4 && n >= 12 * lanes<T>()) {
    const count = stripOf(n, lanes<T>());
    backwardThirteen<T>(m, k, first, starts, columns, values, d, w, stride, bytes<T>(count - lanes<T>()), alphas);
    n -= count; d += bytes<T>(count); w += bytes<T>(count);
  }
  while (n > 3 * lanes<T>()) {
    const count = min(n, 4 * lanes<T>());
    backwardFour<T>(m, k, first, starts, columns, values, d, w, stride, bytes<T>(count - lanes<T>()), alphas);
    n -= count; d += bytes<T>(count); w += bytes<T>(count);
  }
  while (n > 0) {
    const count = min(n, lanes<T>());
    backwardOne<T>(m, k, first, starts, columns, values, d, w, stride, count, alphas);
    n -= count; d += bytes<T>(count); w += bytes<T>(count);
  }
}

export function ssparseBackward(
  m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: f64, hyperparameters: usize,
  strideX: i32, k: i32, first: i32,
): void {
  sparseBackward<f32>(m, n, starts, columns, values, d, w, <f32>stepOf(alpha, hyperparameters), strideX, k, first);
}

export function dsparseBackward(
  m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: f64, hyperparameters: usize,
  strideX: i32, k: i32, first: i32,
): void {
  sparseBackward<f64>(m, n, starts, columns, values, d, w, stepOf(alpha, hyperparameters), strideX, k, first);
}
