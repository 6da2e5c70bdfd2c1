import { bytes } from "../simd/lanes";

/**
 * Where the elements under the windows of a convolution are, as tables of offsets in bytes.
 *
 *   position p = (image, row, column) of the output      starts at positions[p]
 *   tap t = (i, j, channel) of the kernel                is taps[t] behind it
 *
 * so that x at positions[p] + taps[t] is element (p, t) of what im2col would copy. Taps that are neighbours in memory are one piece:
 * a row of the kernel where its taps are adjacent pixels of all channels, else the channels of one pixel.
 *
 * An image with padding is copied into scratch among zeros first, one image at a time, so that no window needs to look at edges.
 */

/** What every kernel asserts of its sizes. */
// @ts-ignore: decorator
@inline
export function areSizes(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): bool {
  const isNone = min(min(min(h, w), min(c, oh)), min(min(ow, oc), min(groups, min(kh, kw)))) < 0;
  return !isNone && top >= 0 && left >= 0 && sh >= 1 && sw >= 1 && dh >= 1 && dw >= 1;
}

/** How many elements along an axis the windows cover. */
// @ts-ignore: decorator
@inline
export function coveredBy(windows: i32, stride: i32, kernel: i32, dilation: i32): i32 {
  return windows > 0 && kernel > 0 ? (windows - 1) * stride + (kernel - 1) * dilation + 1 : 0;
}

/** Whether windows over an axis begin before its elements or end behind them. */
// @ts-ignore: decorator
@inline
export function isPadded(covered: i32, before: i32, size: i32): bool {
  return before > 0 || covered > size;
}

/** Offsets of the windows of some images, which are `image` bytes apart, as are their rows and columns. */
export function positionsOf(images: i32, image: usize, oh: i32, row: usize, ow: i32, column: usize, out: usize): void {
  for (let i = 0, x: usize = 0; i < images; i++, x += image) {
    for (let y = 0, line = x; y < oh; y++, line += row) {
      for (let z = 0, at = line; z < ow; z++, at += column, out += sizeof<usize>()) store<usize>(out, at);
    }
  }
}

/**
 * Pieces of kh rows of `across` segments, as pairs of an offset and of how many bytes their weights take in a panel, 32 for each
 * element. None crosses a multiple of kc terms, where sums are cut.
 */
export function piecesOf<T>(kh: i32, row: usize, across: i32, column: usize, length: i32, kc: i32, out: usize): void {
  let room = kc;
  for (let i = 0, line: usize = 0; i < kh; i++, line += row) {
    for (let j = 0, at = line; j < across; j++, at += column) {
      for (let rest = length, from = at; rest > 0; out += 2 * sizeof<usize>()) {
        const taken = min(rest, room);
        store<usize>(out, from);
        store<usize>(out, <usize>taken << 5, sizeof<usize>());
        from += bytes<T>(taken), rest -= taken, room -= taken;
        if (room == 0) room = kc;
      }
    }
  }
}

/** Rows of `length` bytes, a multiple of an element's, copied between strides in bytes. */
export function copyLines<T>(rows: i32, length: usize, x: usize, strideX: usize, y: usize, strideY: usize): void {
  for (; rows > 0; rows--, x += strideX, y += strideY) {
    let at: usize = 0;
    for (; at + 16 <= length; at += 16) v128.store(y + at, v128.load(x + at));
    for (; at < length; at += sizeof<T>()) store<T>(y + at, load<T>(x + at));
  }
}
