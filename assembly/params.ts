/**
 * The sizes that the loops of gemm are cut into, in elements.
 *
 *   loop  splits      into  so that                                                   stays in
 *   JC    n           NC    the packed block of B, KC × NC (768 KB in float32)        L2 / L3
 *   PC    k           KC    two micropanels, KC × (MR + NR)  (24 KB in float32)       L1
 *   IC    m           MC    the packed block of A, MC × KC  (256 KB in float32)       L2
 *   JR    NC          NR    a microtile, MR × NR: eight vectors                       registers
 *   IR    MC          MR
 *
 * float64 halves NR, so a microtile is eight vectors in both; its other blocks take twice the bytes.
 */

/** Rows of a microtile. 4 rows × 2 vectors leave 8 of 16 registers for the operands and their products. */
export const MR: i32 = 4;

/** Vectors across a microtile. */
export const NR_VECTORS: i32 = 2;

export const KC: i32 = 256;
/** A multiple of MR. */
export const MC: i32 = 128;
/** A multiple of NR for both element types. */
export const NC: i32 = 768;

/** Columns of a microtile: 8 in float32, 4 in float64. */
// @ts-ignore: decorator
@inline
export function nr<T>(): i32 {
  return NR_VECTORS * (16 / <i32>sizeof<T>());
}
