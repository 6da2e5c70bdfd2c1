import { bytes, lanes, loadShort } from "../simd/lanes";

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
 * multiple of the lanes.
 */
export function pack<T>(width: i32, extent: i32, kc: i32, x: usize, across: i32, along: i32, out: usize): void {
  assert(extent >= 0 && kc >= 0 && width % lanes<T>() == 0);
  const line = bytes<T>(width);
  const vector = <usize>across << 4; // from one vector across to the next
  if (across == 1) {
    // Whole cache lines of 64 bytes, four vectors: rows a power of two apart would drive a line out before its next use.
    const second = width > lanes<T>() ? <usize>16 : line * <usize>kc;
    const half = width > lanes<T>() ? line * <usize>kc : 2 * second;
    for (; extent >= 4 * lanes<T>(); extent -= 4 * lanes<T>(), x += 64, out += (bytes<T>(kc) << 2) * <usize>lanes<T>()) {
      packLines4<T>(kc, x, along, out, second, half, line);
    }
  }
  for (; extent > 0; extent -= width, out += line * <usize>kc) {
    // A panel is made one vector wide at a time.
    for (let i: usize = 0; i < line; i += 16, x += vector) {
      const live = extent - <i32>(i >> alignof<T>());
      if (across == 1 && live > 0) packLines<T>(live, kc, x, along, out + i, line);
      else if (along == 1 && live >= lanes<T>()) packTransposed<T>(kc, x, across, out + i, line);
      else packElements<T>(live, kc, x, across, along, out + i, line);
    }
  }
}

/** across = 1: four vectors of each line, the second of each pair at `second` behind the first, the pairs at `half`. */
function packLines4<T>(kc: i32, x: usize, along: i32, out: usize, second: usize, half: usize, line: usize): void {
  const step = <usize>along << alignof<T>();
  for (const end = out + line * <usize>kc; out < end; out += line, x += step) {
    const v0 = v128.load(x), v1 = v128.load(x, 16), v2 = v128.load(x, 32), v3 = v128.load(x, 48);
    v128.store(out, v0);
    v128.store(out + second, v1);
    v128.store(out + half, v2);
    v128.store(out + half + second, v3);
  }
}

/** across = 1: each vector is in one piece; of the last one, `live` elements. */
function packLines<T>(live: i32, kc: i32, x: usize, along: i32, out: usize, line: usize): void {
  const step = <usize>along << alignof<T>();
  const end = out + line * <usize>kc;
  if (live >= lanes<T>()) {
    for (; out < end; out += line, x += step) v128.store(out, v128.load(x));
  } else {
    for (; out < end; out += line, x += step) v128.store(out, loadShort<T>(x, live, v128.splat<T>(<T>0.0)));
  }
}

/** along = 1: lanes × lanes squares are transposed in registers. */
export function packTransposed<T>(kc: i32, x: usize, across: i32, out: usize, line: usize): void {
  const step = <usize>across << alignof<T>();
  let p = kc;
  for (; p >= lanes<T>(); p -= lanes<T>(), x += 16, out += line * lanes<T>()) transposeSquare<T>(x, step, out, line);
  packElements<T>(lanes<T>(), p, x, across, 1, out, line);
}

/** Lanes × lanes elements in registers, from rows `step` bytes apart to rows `line` apart. */
// @ts-ignore: decorator
@inline
export function transposeSquare<T>(x: usize, step: usize, out: usize, line: usize): void {
  const r0 = v128.load(x), r1 = v128.load(x + step);
  if (sizeof<T>() == 8) {
    v128.store(out, v128.shuffle<f64>(r0, r1, 0, 2));
    v128.store(out + line, v128.shuffle<f64>(r0, r1, 1, 3));
    return;
  }
  const r2 = v128.load(x + 2 * step), r3 = v128.load(x + 3 * step);
  const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), b = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const c = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(a, c, 0, 2));
  v128.store(out + line, v128.shuffle<f64>(a, c, 1, 3));
  v128.store(out + 2 * line, v128.shuffle<f64>(b, d, 0, 2));
  v128.store(out + 3 * line, v128.shuffle<f64>(b, d, 1, 3));
}

/** Any strides, and any number of live lanes, none or fewer included. */
function packElements<T>(live: i32, kc: i32, x: usize, across: i32, along: i32, out: usize, line: usize): void {
  const step = <usize>across << alignof<T>();
  for (let p = 0; p < kc; p++, x += <usize>along << alignof<T>(), out += line) {
    v128.store(out, v128.splat<T>(<T>0.0));
    let from = x;
    for (let i = 0; i < min(live, lanes<T>()); i++, from += step) store<T>(out + bytes<T>(i), load<T>(from));
  }
}
