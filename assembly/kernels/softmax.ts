import { bytes } from "../simd/lanes";
import { exponentials, rowShift, rowsOfBlock, rowSum } from "../simd/rows";

/**
 * Softmax of each row.
 *
 *   p_ij = e^(z_ij - max_j z_ij) / Σ_j e^(z_ij - max_j z_ij)
 *
 *   m, n     rows and columns
 *   z        m × n logits, dense
 *   p        m × n, dense; may be z itself
 *   scratch  64 bytes
 *
 * # Safety
 * src/ops/softmax.ts has checked: m >= 0, n >= 1, both operands hold m × n, p is z or disjoint from it.
 */
// @ts-ignore: decorator
@inline
function softmax<T>(m: i32, n: i32, z: usize, p: usize, scratch: usize): void {
  assert(m >= 0 && n > 0 && scratch % 16 == 0);
  const row = bytes<T>(n);
  for (const block = rowsOfBlock(n); m > 0; m -= block) {
    const rows = min(m, block), start = p;
    for (let i = 0; i < rows; i++, z += row, p += row) rowShift<T>(n, z, p);
    exponentials<T>(rows * n, start, scratch);
    for (let x = start; x < p; x += row) rowSum<T>(n, x, <T>1.0);
  }
}

export function ssoftmax(m: i32, n: i32, z: usize, p: usize, scratch: usize): void { softmax<f32>(m, n, z, p, scratch); }
export function dsoftmax(m: i32, n: i32, z: usize, p: usize, scratch: usize): void { softmax<f64>(m, n, z, p, scratch); }
