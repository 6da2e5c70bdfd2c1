/**
 * The sizes that the loops of gemm are cut into, in elements.
 *
 *   loop  splits      into  so that                                                          stays in
 *   JC    n           NC    the packed block of B, KC × NC (768 KB in float32)               L2 / L3
 *   PC    k           KC    half a micropanel of A and two of B, KC × (2 + 2·NR)  (18 KB)    L1
 *   IC    m           MC    the packed block of A, MC × KC  (128 KB in float32)              L2
 *   JR    NC          2·NR  a microtile: eight vectors                                       registers
 *   IR    MC          MR/2
 *
 * float64 halves NR, so a microtile is eight vectors in both. Its panels of A are twice as large, so that its KC is
 * smaller: 192 was 1.5 % faster than 256, and 256 than 192 in float32. NC = 768 was 1 % faster than 384, because A is
 * packed again for every block of B.
 */

/** Rows of a micropanel of A. Four lie side by side, so that packing a panel transposes whole squares of lanes. */
export const MR: i32 = 4;

/** Vectors across a micropanel of B. */
export const NR_VECTORS: i32 = 2;

/** A multiple of MR. */
export const MC: i32 = 128;
/** A multiple of NR for both element types. */
export const NC: i32 = 768;

// @ts-ignore: decorator
@inline
export function kc<T>(): i32 {
  return sizeof<T>() == 4 ? 256 : 192;
}

/** Columns of a micropanel of B: 8 in float32, 4 in float64. */
// @ts-ignore: decorator
@inline
export function nr<T>(): i32 {
  return NR_VECTORS * (16 / <i32>sizeof<T>());
}

/** The address of a byte that is 1 where the wider microkernel is the faster one. The compiler's own data starts behind it. */
export const WIDER: usize = 4;
