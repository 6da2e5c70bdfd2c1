import { bytes } from "../simd/lanes";
import { dgemm, sgemm } from "./gemm";

/**
 * C_ij ← αA_ij·B_ij + βC_ij for d0 × d1 pairs of matrices, as gemm.ts multiplies one.
 *
 *   a0, a1   strides of A's matrices in elements; 0 repeats one along an axis. b0, b1 likewise
 *   c        d0 × d1 × m × n, dense
 *
 * # Safety
 * src/ops/batched_product.ts has checked what gemm.ts demands of each pair.
 */
// @ts-ignore: decorator
@inline
function batchedGemm<T>(
  d0: i32, d1: i32, m: i32, n: i32, k: i32, a: usize, a0: i32, a1: i32, rsa: i32, csa: i32,
  b: usize, b0: i32, b1: i32, rsb: i32, csb: i32, c: usize, scratch: usize, alpha: f64, beta: f64,
): void {
  assert(d0 >= 0 && d1 >= 0);
  for (; d0 > 0; d0--, a += bytes<T>(a0), b += bytes<T>(b0)) {
    for (let j = 0, x = a, y = b; j < d1; j++, x += bytes<T>(a1), y += bytes<T>(b1), c += bytes<T>(m) * n) {
      if (sizeof<T>() == 4) sgemm(m, n, k, x, rsa, csa, y, rsb, csb, c, n, 0, 0, scratch, alpha, beta, 0);
      else dgemm(m, n, k, x, rsa, csa, y, rsb, csb, c, n, 0, 0, scratch, alpha, beta, 0);
    }
  }
}

export function sbatchedGemm(
  d0: i32, d1: i32, m: i32, n: i32, k: i32, a: usize, a0: i32, a1: i32, rsa: i32, csa: i32,
  b: usize, b0: i32, b1: i32, rsb: i32, csb: i32, c: usize, scratch: usize, alpha: f64, beta: f64,
): void {
  batchedGemm<f32>(d0, d1, m, n, k, a, a0, a1, rsa, csa, b, b0, b1, rsb, csb, c, scratch, alpha, beta);
}
export function dbatchedGemm(
  d0: i32, d1: i32, m: i32, n: i32, k: i32, a: usize, a0: i32, a1: i32, rsa: i32, csa: i32,
  b: usize, b0: i32, b1: i32, rsb: i32, csb: i32, c: usize, scratch: usize, alpha: f64, beta: f64,
): void {
  batchedGemm<f64>(d0, d1, m, n, k, a, a0, a1, rsa, csa, b, b0, b1, rsb, csb, c, scratch, alpha, beta);
}
