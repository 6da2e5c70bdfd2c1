import { bytes } from "../simd/lanes";

/**
 * Rows of bytes picked by index and made floats; numbers picked by index; and the check of such indices.
 *
 *   gatherRows        y_ij = x_(r_i)j · scale          a byte times 1/255 is a pixel in 0..1
 *   gatherIndices     y_i  = x_(r_i)
 *   firstOutOfRange   returned: the first i with r_i outside 0..bound-1, or -1
 *
 *   m, n      rows picked, elements in a row
 *   x         a table of rows of n u8, or a vector of i32
 *   indices   m row numbers r, i32
 *   y         m × n floats, or m i32
 *
 * # Safety
 * src/ops/gather.ts has checked: m >= 0, n >= 0, every index names a row of x (firstOutOfRange is that
 * check), the operands hold what is said above, y is disjoint from x and indices.
 */

/** Four bytes to four floats, times scale. */
// @ts-ignore: decorator
@inline
function storeScaled<T>(y: usize, four: v128, scale: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(y, f32x4.mul(f32x4.convert_i32x4_u(four), scale));
  } else {
    v128.store(y, f64x2.mul(f64x2.convert_low_i32x4_u(four), scale));
    v128.store(y, f64x2.mul(f64x2.convert_low_i32x4_u(v128.shuffle<i64>(four, four, 1, 0)), scale), 16);
  }
}

// @ts-ignore: decorator
@inline
function gatherRows<T>(m: i32, n: i32, x: usize, indices: usize, y: usize, scale: T): void {
  assert(m >= 0 && n >= 0);
  const scales = v128.splat<T>(scale);
  for (let i = 0; i < m; i++, indices += 4) {
    let row = x + <usize>load<u32>(indices) * <usize>n;
    const end = row + <usize>n;
    for (const tail = end - 15; sizeof<T>() == 4 && row < tail; row += 16) {
      const all = v128.load(row);
      const low = i16x8.extend_low_i8x16_u(all);
      const high = i16x8.extend_high_i8x16_u(all);
      storeScaled<T>(y, i32x4.extend_low_i16x8_u(low), scales);
      storeScaled<T>(y + bytes<T>(4), i32x4.extend_high_i16x8_u(low), scales);
      storeScaled<T>(y + bytes<T>(8), i32x4.extend_low_i16x8_u(high), scales);
      storeScaled<T>(y + bytes<T>(12), i32x4.extend_high_i16x8_u(high), scales);
      y += bytes<T>(16);
    }
    for (const tail = end - 3; sizeof<T>() == 8 && row < tail; row += 4, y += 32) {
      storeScaled<T>(y, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(row))), scales);
    }
    for (; row < end; row++, y += sizeof<T>()) store<T>(y, <T>load<u8>(row) * scale);
  }
}

export function sgatherRows(m: i32, n: i32, x: usize, indices: usize, y: usize, scale: f32): void { gatherRows<f32>(m, n, x, indices, y, scale); }
export function dgatherRows(m: i32, n: i32, x: usize, indices: usize, y: usize, scale: f64): void { gatherRows<f64>(m, n, x, indices, y, scale); }

export function gatherIndices(m: i32, x: usize, indices: usize, y: usize): void {
  assert(m >= 0);
  for (let i = 0; i < m; i++, indices += 4, y += 4) store<i32>(y, load<i32>(x + (<usize>load<u32>(indices) << 2)));
}

export function firstOutOfRange(m: i32, indices: usize, bound: i32): i32 {
  assert(m >= 0 && bound >= 0);
  for (let i = 0; i < m; i++, indices += 4) {
    if (load<u32>(indices) >= <u32>bound) return i;
  }
  return -1;
}
