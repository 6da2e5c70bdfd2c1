import { bytes, lanes, loadNext, madd, storeNext } from "../simd/lanes";

/**
 * The first layer's product with rows that are mostly zero:
 *
 *   Z ← b + X·W      z_i = b + Σ over the nonzeros of row i of value · (row `column` of W), in their order
 *
 *   m, n   X is m × k (sparse), W k × n, b n, Z m × n; dense but X
 *   starts    m + 1 positions, u32: the nonzeros of row i are starts[i] … starts[i + 1] - 1
 *   columns   the column of each nonzero, u16, ascending in a row; one more may be read behind the last
 *   values    T
 *
 * Z is made in strips of thirteen, four or one vectors, whose sums stay in registers for a whole row of X. In float64
 * there are none of thirteen, to be small.
 *
 * # Safety
 * src/ops/sparse.ts has checked: m >= 0, n >= 0, every column is a row of W, the operands hold what is said above,
 * Z is disjoint from all of them.
 */

/**
 * A strip of thirteen vectors or twelve, the last of them at `last`: it may overlap the one before, or be the same,
 * which gives the same sums.
 *
 * The loop over the nonzeros is in the loop over the rows, and in no other: the compiler of V8 would unroll it
 * elsewhere, load everything before it multiplies, and run out of registers. The place of the next row of W is found
 * while this one is multiplied: a fifth of the time went into waiting for it.
 */
function forwardThirteen<T>(
  m: i32, starts: usize, columns: usize, values: usize,
  w: usize, stride: usize, b: usize, z: usize, last: usize,
): void {
  for (let i = 0; i < m; i++, starts += 4, z += stride) {
    const first = <usize>load<u32>(starts);
    const end = columns + (<usize>load<u32>(starts, 4) << 1);
    let c = columns + (first << 1), v = values + (first << alignof<T>());
    let next = w + <usize>load<u16>(c) * stride;
    let z0 = v128.load(b);
    let z1 = v128.load(b, 16);
    let z2 = v128.load(b, 32);
    let z3 = v128.load(b, 48);
    let z4 = v128.load(b, 64);
    let z5 = v128.load(b, 80);
    let z6 = v128.load(b, 96);
    let z7 = v128.load(b, 112);
    let z8 = v128.load(b, 128);
    let z9 = v128.load(b, 144);
    let z10 = v128.load(b, 160);
    let z11 = v128.load(b, 176);
    let z12 = v128.load(b + last);
    for (; c < end; c += 2, v += sizeof<T>()) {
      const row = next;
      next = w + <usize>load<u16>(c, 2) * stride;
      const x = v128.load_splat<T>(v);
      z0 = madd<T>(x, v128.load(row), z0);
      z1 = madd<T>(x, v128.load(row, 16), z1);
      z2 = madd<T>(x, v128.load(row, 32), z2);
      z3 = madd<T>(x, v128.load(row, 48), z3);
      z4 = madd<T>(x, v128.load(row, 64), z4);
      z5 = madd<T>(x, v128.load(row, 80), z5);
      z6 = madd<T>(x, v128.load(row, 96), z6);
      z7 = madd<T>(x, v128.load(row, 112), z7);
      z8 = madd<T>(x, v128.load(row, 128), z8);
      z9 = madd<T>(x, v128.load(row, 144), z9);
      z10 = madd<T>(x, v128.load(row, 160), z10);
      z11 = madd<T>(x, v128.load(row, 176), z11);
      z12 = madd<T>(x, v128.load(row + last), z12);
    }
    v128.store(z, z0);
    v128.store(z, z1, 16);
    v128.store(z, z2, 32);
    v128.store(z, z3, 48);
    v128.store(z, z4, 64);
    v128.store(z, z5, 80);
    v128.store(z, z6, 96);
    v128.store(z, z7, 112);
    v128.store(z, z8, 128);
    v128.store(z, z9, 144);
    v128.store(z, z10, 160);
    v128.store(z, z11, 176);
    v128.store(z + last, z12);
  }
}

/** The same with four vectors. */
function forwardFour<T>(
  m: i32, starts: usize, columns: usize, values: usize,
  w: usize, stride: usize, b: usize, z: usize, last: usize,
): void {
  for (let i = 0; i < m; i++, starts += 4, z += stride) {
    const first = <usize>load<u32>(starts);
    const end = columns + (<usize>load<u32>(starts, 4) << 1);
    let c = columns + (first << 1), v = values + (first << alignof<T>());
    let next = w + <usize>load<u16>(c) * stride;
    let z0 = v128.load(b);
    let z1 = v128.load(b, 16);
    let z2 = v128.load(b, 32);
    let z3 = v128.load(b + last);
    for (; c < end; c += 2, v += sizeof<T>()) {
      const row = next;
      next = w + <usize>load<u16>(c, 2) * stride;
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
}

/** The same with one vector, or with the `count` elements that are left. */
function forwardOne<T>(
  m: i32, starts: usize, columns: usize, values: usize,
  w: usize, stride: usize, b: usize, z: usize, count: i32,
): void {
  const zero = v128.splat<T>(<T>0.0);
  for (let i = 0; i < m; i++, starts += 4, z += stride) {
    const first = <usize>load<u32>(starts);
    const end = columns + (<usize>load<u32>(starts, 4) << 1);
    let c = columns + (first << 1), v = values + (first << alignof<T>());
    let sum = loadNext<T>(b, count, zero);
    for (; c < end; c += 2, v += sizeof<T>()) {
      sum = madd<T>(v128.load_splat<T>(v), loadNext<T>(w + <usize>load<u16>(c) * stride, count, zero), sum);
    }
    storeNext<T>(z, sum, count);
  }
}

/** Columns of the next strip: twelve vectors or thirteen, as many of each as leave nothing over where that can be. */
export function stripOf(n: i32, lanes: i32): i32 {
  const vectors = (n + lanes - 1) / lanes;
  const strips = (vectors + 12) / 13;
  const even = (vectors + strips - 1) / strips;
  return min(n, (even >= 12 ? even : 13) * lanes);
}

// @ts-ignore: decorator
@inline
function sparseForward<T>(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void {
  assert(m >= 0 && n >= 0);
  const stride = bytes<T>(n);
  while (sizeof<T>() == 4 && n >= 12 * lanes<T>()) {
    const count = stripOf(n, lanes<T>());
    forwardThirteen<T>(m, starts, columns, values, w, stride, b, z, bytes<T>(count - lanes<T>()));
    n -= count; w += bytes<T>(count); b += bytes<T>(count); z += bytes<T>(count);
  }
  while (n > 3 * lanes<T>()) {
    const count = min(n, 4 * lanes<T>());
    forwardFour<T>(m, starts, columns, values, w, stride, b, z, bytes<T>(count - lanes<T>()));
    n -= count; w += bytes<T>(count); b += bytes<T>(count); z += bytes<T>(count);
  }
  while (n > 0) {
    const count = min(n, lanes<T>());
    forwardOne<T>(m, starts, columns, values, w, stride, b, z, count);
    n -= count; w += bytes<T>(count); b += bytes<T>(count); z += bytes<T>(count);
  }
}

export function ssparseForward(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void { sparseForward<f32>(m, n, starts, columns, values, w, b, z); }
export function dsparseForward(m: i32, n: i32, starts: usize, columns: usize, values: usize, w: usize, b: usize, z: usize): void { sparseForward<f64>(m, n, starts, columns, values, w, b, z); }
