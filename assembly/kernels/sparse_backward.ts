import { bytes, lanes, loadTail, madd, storeTail } from "../simd/lanes";

/**
 * The first layer's weight gradient, or its update, with rows that are mostly zero:
 *
 *   W ← W + α·Xᵀ·D      for each row i of X and each of its nonzeros: row `column` of W += α · value · d_i
 *
 *   m, n   X is m × k (sparse), D m × n, W k × n; dense but X
 *   starts    m + 1 positions, u32: the nonzeros of row i are starts[i] … starts[i + 1] - 1
 *   columns   the column of each nonzero, u16, ascending in a row
 *   values    T
 *
 * Rows of W that meet no nonzero are not touched. A row of D is met in pieces of thirteen, four or one vectors,
 * which stay in registers for a whole row of X.
 *
 * # Safety
 * src/ops/sparse.ts has checked: m >= 0, n >= 0, every column is a row of W, the operands hold what is said above,
 * W is disjoint from all of them.
 */

/**
 * Thirteen vectors of the rows of W that a row of X meets, the last of them at `last`. Where it overlaps the one
 * before, both are read before either is written.
 */
function backwardWide<T>(c: usize, end: usize, v: usize, d: usize, w: usize, stride: usize, alpha: v128, last: usize): void {
  const d0 = v128.load(d), d1 = v128.load(d, 16), d2 = v128.load(d, 32), d3 = v128.load(d, 48);
  const d4 = v128.load(d, 64), d5 = v128.load(d, 80), d6 = v128.load(d, 96), d7 = v128.load(d, 112);
  const d8 = v128.load(d, 128), d9 = v128.load(d, 144), d10 = v128.load(d, 160), d11 = v128.load(d, 176);
  const d12 = v128.load(d + last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
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

/** The same with four vectors. */
function backwardFour<T>(c: usize, end: usize, v: usize, d: usize, w: usize, stride: usize, alpha: v128, last: usize): void {
  const d0 = v128.load(d), d1 = v128.load(d, 16), d2 = v128.load(d, 32), d3 = v128.load(d + last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
    const x = v128.mul<T>(v128.load_splat<T>(v), alpha);
    const w3 = madd<T>(x, d3, v128.load(row + last));
    v128.store(row, madd<T>(x, d0, v128.load(row)));
    v128.store(row, madd<T>(x, d1, v128.load(row, 16)), 16);
    v128.store(row, madd<T>(x, d2, v128.load(row, 32)), 32);
    v128.store(row + last, w3);
  }
}

/** One vector, of `last` elements. */
function backwardNarrow<T>(c: usize, end: usize, v: usize, d: usize, w: usize, stride: usize, alpha: v128, last: i32): void {
  const one = loadTail<T>(d, last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
    storeTail<T>(row, madd<T>(v128.mul<T>(v128.load_splat<T>(v), alpha), one, loadTail<T>(row, last)), last);
  }
}

// @ts-ignore: decorator
@inline
function sparseBackward<T>(m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: T): void {
  assert(m >= 0 && n >= 0);
  const stride = bytes<T>(n);
  const alphas = v128.splat<T>(alpha);
  for (let i = 0; i < m; i++, starts += 4, d += stride) {
    const first = <usize>load<u32>(starts), last = <usize>load<u32>(starts, 4);
    const c = columns + (first << 1), end = columns + (last << 1), v = values + (first << alignof<T>());
    let j = 0;
    for (; n - j > 12 * lanes<T>(); j += 13 * lanes<T>()) {
      backwardWide<T>(c, end, v, d + bytes<T>(j), w + bytes<T>(j), stride, alphas, bytes<T>(min(n - j, 13 * lanes<T>()) - lanes<T>()));
    }
    for (; n - j > 3 * lanes<T>(); j += 4 * lanes<T>()) {
      backwardFour<T>(c, end, v, d + bytes<T>(j), w + bytes<T>(j), stride, alphas, bytes<T>(min(n - j, 4 * lanes<T>()) - lanes<T>()));
    }
    for (; j < n; j += lanes<T>()) {
      backwardNarrow<T>(c, end, v, d + bytes<T>(j), w + bytes<T>(j), stride, alphas, min(n - j, lanes<T>()));
    }
  }
}

export function ssparseBackward(m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: f32): void { sparseBackward<f32>(m, n, starts, columns, values, d, w, alpha); }
export function dsparseBackward(m: i32, n: i32, starts: usize, columns: usize, values: usize, d: usize, w: usize, alpha: f64): void { sparseBackward<f64>(m, n, starts, columns, values, d, w, alpha); }
