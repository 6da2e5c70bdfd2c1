import { bytes, lanes, loadNext, madd, storeNext } from "../simd/lanes";

/**
 * One row of C from a block of B that is not packed:
 *
 *   c ← α·aB         add = 0: d is not read
 *   c ← α·aB + d     add = 1
 *
 *   n, kc    c has n elements, a kc, B is kc × n with rows in one piece
 *   a, csa   element p at a + p·csa, stride in elements
 *   b, rsb   row p at b + p·rsb
 *   d        n elements; may be c
 *
 * Each sum is added from the first term to the last, as the microkernels add it: a row gives the same bits alone as
 * among others. Four vectors of c at a time, a cache line of each row of B.
 */
export function rowTimesMatrix<T>(
  n: i32, kc: i32, a: usize, csa: i32, b: usize, rsb: i32, c: usize, add: i32, d: usize, alpha: T,
): void {
  const zero = v128.splat<T>(<T>0.0), factor = v128.splat<T>(alpha);
  const stepA = bytes<T>(csa), stepB = bytes<T>(rsb);
  for (; n >= 4 * lanes<T>(); n -= 4 * lanes<T>(), b += 64, c += 64, d += 64) {
    let c0 = zero, c1 = zero, c2 = zero, c3 = zero;
    let x = a, row = b;
    for (let p = 0; p < kc; p++, x += stepA, row += stepB) {
      const xp = v128.load_splat<T>(x);
      c0 = madd<T>(xp, v128.load(row), c0);
      c1 = madd<T>(xp, v128.load(row, 16), c1);
      c2 = madd<T>(xp, v128.load(row, 32), c2);
      c3 = madd<T>(xp, v128.load(row, 48), c3);
    }
    c0 = v128.mul<T>(c0, factor), c1 = v128.mul<T>(c1, factor);
    c2 = v128.mul<T>(c2, factor), c3 = v128.mul<T>(c3, factor);
    if (add) {
      c0 = v128.add<T>(v128.load(d), c0), c1 = v128.add<T>(v128.load(d, 16), c1);
      c2 = v128.add<T>(v128.load(d, 32), c2), c3 = v128.add<T>(v128.load(d, 48), c3);
    }
    v128.store(c, c0), v128.store(c, c1, 16), v128.store(c, c2, 32), v128.store(c, c3, 48);
  }
  for (; n > 0; n -= lanes<T>(), b += 16, c += 16, d += 16) {
    let sum = zero;
    let x = a, row = b;
    for (let p = 0; p < kc; p++, x += stepA, row += stepB) {
      sum = madd<T>(v128.load_splat<T>(x), loadNext<T>(row, n, zero), sum);
    }
    sum = v128.mul<T>(sum, factor);
    storeNext<T>(c, add ? v128.add<T>(loadNext<T>(d, n, zero), sum) : sum, n);
  }
}
