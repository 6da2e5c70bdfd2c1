import { bytes, madd } from "../simd/lanes";

/**
 * One microtile of C: 4 rows × 2 vectors, from a micropanel of A and one of B.
 *
 *   C ← αAB        accumulate = 0: C is not read
 *   C ← C + αAB    accumulate = 1
 *
 *   kc   terms of each sum, added from the first to the last
 *   a    kc × 4 elements, b   kc × 2 vectors, packed (pack.ts)
 *   c    4 rows of 2 vectors, row stride ldc in elements
 *
 * Its name in the registers: c<row>_<vector>. Not inlined: an engine replaces a function that runs in its
 * baseline compiler only at the next call.
 */
export function microkernel<T>(kc: i32, a: usize, b: usize, c: usize, ldc: i32, accumulate: i32, alpha: T): void {
  const zero = v128.splat<T>(<T>0.0);
  let c0_0 = zero, c0_1 = zero, c1_0 = zero, c1_1 = zero;
  let c2_0 = zero, c2_1 = zero, c3_0 = zero, c3_1 = zero;
  const end = b + (<usize>kc << 5);
  for (; b < end; b += 32, a += bytes<T>(4)) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let ai = v128.load_splat<T>(a);
    c0_0 = madd<T>(ai, b0, c0_0);
    c0_1 = madd<T>(ai, b1, c0_1);
    ai = v128.load_splat<T>(a, sizeof<T>());
    c1_0 = madd<T>(ai, b0, c1_0);
    c1_1 = madd<T>(ai, b1, c1_1);
    ai = v128.load_splat<T>(a, 2 * sizeof<T>());
    c2_0 = madd<T>(ai, b0, c2_0);
    c2_1 = madd<T>(ai, b1, c2_1);
    ai = v128.load_splat<T>(a, 3 * sizeof<T>());
    c3_0 = madd<T>(ai, b0, c3_0);
    c3_1 = madd<T>(ai, b1, c3_1);
  }

  const factor = v128.splat<T>(alpha);
  const row = bytes<T>(ldc);
  storeRow<T>(c, c0_0, c0_1, factor, accumulate);
  storeRow<T>(c + row, c1_0, c1_1, factor, accumulate);
  storeRow<T>(c + 2 * row, c2_0, c2_1, factor, accumulate);
  storeRow<T>(c + 3 * row, c3_0, c3_1, factor, accumulate);
}

// @ts-ignore: decorator
@inline
function storeRow<T>(c: usize, ab0: v128, ab1: v128, alpha: v128, accumulate: i32): void {
  let c0 = v128.mul<T>(ab0, alpha), c1 = v128.mul<T>(ab1, alpha);
  if (accumulate) {
    c0 = v128.add<T>(v128.load(c), c0);
    c1 = v128.add<T>(v128.load(c, 16), c1);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}
