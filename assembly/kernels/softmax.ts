import { bytes } from "../simd/lanes";
import { rowDivide, rowExp, rowMax } from "../simd/rows";

/**
 * Softmax of each row.
 *
 *   p_ij = e^(z_ij - max_j z_ij) / Σ_j e^(z_ij - max_j z_ij)
 *
 *   m, n   rows and columns
 *   z      m × n logits, dense
 *   p      m × n, dense; may be z itself
 *
 * # Safety
 * src/ops/softmax.ts has checked: m >= 0, n >= 1, both operands hold m × n, p is z or disjoint from it.
 */
// @ts-ignore: decorator
@inline
function softmax<T>(m: i32, n: i32, z: usize, p: usize): void {
  assert(m >= 0 && n > 0);
  for (let i = 0; i < m; i++, z += bytes<T>(n), p += bytes<T>(n)) {
    rowDivide<T>(n, p, rowExp<T>(n, z, rowMax<T>(n, z), p), <T>1.0);
  }
}

export function ssoftmax(m: i32, n: i32, z: usize, p: usize): void { softmax<f32>(m, n, z, p); }
export function dsoftmax(m: i32, n: i32, z: usize, p: usize): void { softmax<f64>(m, n, z, p); }
