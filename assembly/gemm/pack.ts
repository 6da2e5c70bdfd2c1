import { bytes, lanes } from "../simd/lanes";

/**
 * Packs a block of a matrix into micropanels of `width` rows (of A) or columns (of B).
 *
 *   width = 4, extent = 6, kc = 3             packed
 *
 *        along →                              panel 0              panel 1
 *   across  0  4  8      0 … 5 and so on:     0 1 2 3 | 4 5 6 7 |  16 17 · · | 18 19 · · | …
 *     ↓     1  5  9      element (i, p) of    └ p = 0 ┘ └ p = 1 ┘
 *           2  6  10     the block lands at   · is a zero: the last panel is filled up, so that
 *           3  7  11     panel i / width,     the microkernel never sees an edge
 *           16 18 20     place p·width +
 *           17 19 21     i mod width
 *
 *   extent   elements across (rows of A, columns of B), cut into panels of `width`
 *   kc       elements along, the product's inner dimension
 *   x        element (i, p) at x + i·across + p·along, strides in elements
 *   out      ⌈extent / width⌉ panels of kc · width elements
 *
 * # Safety
 * assembly/gemm/gemm.ts passes a block inside the operand and scratch of the size above; width is a
 * multiple of the lanes, and a constant where it is called.
 */
// @ts-ignore: decorator
@inline
export function pack<T>(width: i32, extent: i32, kc: i32, x: usize, across: i32, along: i32, out: usize): void {
  assert(extent >= 0 && kc >= 0 && width % lanes<T>() == 0);
  const panel = bytes<T>(width) * <usize>kc;
  for (; extent >= width; extent -= width) {
    if (across == 1) packLines<T>(width, kc, x, along, out);
    else if (along == 1) packTransposed<T>(width, kc, x, across, out);
    else packElements<T>(width, width, kc, x, across, along, out);
    x += <usize>bytes<T>(width) * <usize>across;
    out += panel;
  }
  if (extent > 0) packElements<T>(width, extent, kc, x, across, along, out);
}

/** across = 1: each line of the panel lies in one piece. */
// @ts-ignore: decorator
@inline
function packLines<T>(width: i32, kc: i32, x: usize, along: i32, out: usize): void {
  const step = <usize>along << alignof<T>();
  for (let p = 0; p < kc; p++, x += step, out += bytes<T>(width)) {
    for (let i: usize = 0; i < bytes<T>(width); i += 16) v128.store(out + i, v128.load(x + i));
  }
}

/** along = 1: lanes × lanes squares are transposed in registers. */
// @ts-ignore: decorator
@inline
function packTransposed<T>(width: i32, kc: i32, x: usize, across: i32, out: usize): void {
  const step = <usize>across << alignof<T>();
  const line = bytes<T>(width);
  let p = 0;
  for (; p <= kc - lanes<T>(); p += lanes<T>(), x += 16, out += bytes<T>(width) * <usize>lanes<T>()) {
    let from = x;
    for (let i: usize = 0; i < line; i += 16, from += step * <usize>lanes<T>()) {
      const to = out + i;
      const r0 = v128.load(from), r1 = v128.load(from + step);
      if (sizeof<T>() == 8) {
        v128.store(to, v128.shuffle<f64>(r0, r1, 0, 2));
        v128.store(to + line, v128.shuffle<f64>(r0, r1, 1, 3));
      } else {
        const r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
        const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f64>(a, c, 0, 2));
        v128.store(to + line, v128.shuffle<f64>(a, c, 1, 3));
        v128.store(to + 2 * line, v128.shuffle<f64>(b, d, 0, 2));
        v128.store(to + 3 * line, v128.shuffle<f64>(b, d, 1, 3));
      }
    }
  }
  packElements<T>(width, width, kc - p, x, across, 1, out);
}

/** Any strides, and a last panel of which only `live` lines exist. */
// @ts-ignore: decorator
@inline
function packElements<T>(width: i32, live: i32, kc: i32, x: usize, across: i32, along: i32, out: usize): void {
  const step = <usize>across << alignof<T>();
  for (let p = 0; p < kc; p++, x += <usize>along << alignof<T>()) {
    let from = x;
    for (let i = 0; i < width; i++, from += step, out += sizeof<T>()) store<T>(out, i < live ? load<T>(from) : <T>0.0);
  }
}
