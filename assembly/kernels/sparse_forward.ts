import { bytes, lanes, loadTail, madd, storeTail } from "../simd/lanes";

/**
 * The first layer's product with rows that are mostly zero:
 *
 *   Z ← b + X·W      z_i = b + Σ over the nonzeros of row i of value · (row `column` of W), in their order
 *
 *   m, n   X is m × k (sparse), W k × n, b n, Z m × n; dense but X
 *   starts    m + 1 positions, u32: the nonzeros of row i are starts[i] … starts[i + 1] - 1
 *   columns   the column of each nonzero, u16, ascending in a row
 *   values    T
 *
 * A row of Z is made in pieces of seven, six, four or one vectors, which stay in registers for a whole row of X.
 *
 * # Safety
 * src/ops/sparse.ts has checked: m >= 0, n >= 0, every column is a row of W, the operands hold what is said above,
 * Z is disjoint from all of them.
 */

/**
 * Seven vectors of a row of Z, the last of them at `last`: it may overlap the one before, which gives the same
 * sums. Seven, because the compiler loads all of them before it multiplies: more would not fit the registers.
 */
function forwardSeven<T>(c: usize, end: usize, v: usize, w: usize, stride: usize, b: usize, z: usize, last: usize): void {
  let z0 = v128.load(b);
  let z1 = v128.load(b, 16);
  let z2 = v128.load(b, 32);
  let z3 = v128.load(b, 48);
  let z4 = v128.load(b, 64);
  let z5 = v128.load(b, 80);
  let z6 = v128.load(b + last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
    const x = v128.load_splat<T>(v);
    z0 = madd<T>(x, v128.load(row), z0);
    z1 = madd<T>(x, v128.load(row, 16), z1);
    z2 = madd<T>(x, v128.load(row, 32), z2);
    z3 = madd<T>(x, v128.load(row, 48), z3);
    z4 = madd<T>(x, v128.load(row, 64), z4);
    z5 = madd<T>(x, v128.load(row, 80), z5);
    z6 = madd<T>(x, v128.load(row + last), z6);
  }
  v128.store(z, z0);
  v128.store(z, z1, 16);
  v128.store(z, z2, 32);
  v128.store(z, z3, 48);
  v128.store(z, z4, 64);
  v128.store(z, z5, 80);
  v128.store(z + last, z6);
}

/** The same with six vectors. */
function forwardSix<T>(c: usize, end: usize, v: usize, w: usize, stride: usize, b: usize, z: usize, last: usize): void {
  let z0 = v128.load(b);
  let z1 = v128.load(b, 16);
  let z2 = v128.load(b, 32);
  let z3 = v128.load(b, 48);
  let z4 = v128.load(b, 64);
  let z5 = v128.load(b + last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
    const x = v128.load_splat<T>(v);
    z0 = madd<T>(x, v128.load(row), z0);
    z1 = madd<T>(x, v128.load(row, 16), z1);
    z2 = madd<T>(x, v128.load(row, 32), z2);
    z3 = madd<T>(x, v128.load(row, 48), z3);
    z4 = madd<T>(x, v128.load(row, 64), z4);
    z5 = madd<T>(x, v128.load(row + last), z5);
  }
  v128.store(z, z0);
  v128.store(z, z1, 16);
  v128.store(z, z2, 32);
  v128.store(z, z3, 48);
  v128.store(z, z4, 64);
  v128.store(z + last, z5);
}

/** The same with four vectors. */
function forwardFour<T>(c: usize, end: usize, v: usize, w: usize, stride: usize, b: usize, z: usize, last: usize): void {
  let z0 = v128.load(b);
  let z1 = v128.load(b, 16);
  let z2 = v128.load(b, 32);
  let z3 = v128.load(b + last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    const row = w + <usize>load<u16>(c) * stride;
    const x = v128.load_splat<T>(v);
    z0 = madd<T>(x, v128.load(row), z0);
    z1 = madd<T>(x, v128.load(row, 16), z1);
    z2 = madd<T>(x, v128.load(row, 32), z2);
    z3 = madd<T>(x, v128.load(row + last), z3);
  }
  v128.store(z, z0);
  v128.store(z, z1, 16);
  v128.store(z, z2, 32);
  v128.store(z + last, z3);
}

/** One vector of a row of Z, of `last` elements. */
function forwardNarrow<T>(c: usize, end: usize, v: usize, w: usize, stride: usize, b: usize, z: usize, last: i32): void {
  let sum = loadTail<T>(b, last);
  for (; c < end; c += 2, v += sizeof<T>()) {
    sum = madd<T>(v128.load_splat<T>(v), loadTail<T>(w + <usize>load<u16>(c) * stride, last), sum);
  }
  storeTail<T>(z, sum, last);
}

// @ts-ignore: decorator
@inline
function sparseForward<T>(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void {
  assert(m >= 0 && n >= 0);
  const stride = bytes<T>(n);
  for (let i = 0; i < m; i++, starts += 4, z += stride) {
    const first = <usize>load<u32>(starts), last = <usize>load<u32>(starts, 4);
    const c = columns + (first << 1), end = columns + (last << 1), v = values + (first << alignof<T>());
    let j = 0;
    for (; n - j > 6 * lanes<T>(); j += 7 * lanes<T>()) {
      forwardSeven<T>(c, end, v, w + bytes<T>(j), stride, b + bytes<T>(j), z + bytes<T>(j), bytes<T>(min(n - j, 7 * lanes<T>()) - lanes<T>()));
    }
    for (; n - j > 5 * lanes<T>(); j += 6 * lanes<T>()) {
      forwardSix<T>(c, end, v, w + bytes<T>(j), stride, b + bytes<T>(j), z + bytes<T>(j), bytes<T>(min(n - j, 6 * lanes<T>()) - lanes<T>()));
    }
    for (; n - j > 3 * lanes<T>(); j += 4 * lanes<T>()) {
      forwardFour<T>(c, end, v, w + bytes<T>(j), stride, b + bytes<T>(j), z + bytes<T>(j), bytes<T>(min(n - j, 4 * lanes<T>()) - lanes<T>()));
    }
    for (; j < n; j += lanes<T>()) {
      forwardNarrow<T>(c, end, v, w + bytes<T>(j), stride, b + bytes<T>(j), z + bytes<T>(j), min(n - j, lanes<T>()));
    }
  }
}

export function ssparseForward(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void { sparseForward<f32>(m, n, starts, columns, values, w, b, z); }
export function dsparseForward(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void { sparseForward<f64>(m, n, starts, columns, values, w, b, z); }
