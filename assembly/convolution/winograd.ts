import { roundUp } from "../gemm/gemm";
import { activate } from "../kernels/activations";
import { bytes } from "../simd/lanes";
import { direct, directScratch } from "./forward";
import { copyLines } from "./windows";

/**
 * A convolution of 3 × 3 taps by Winograd's F(2 × 2, 3 × 3) (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015):
 * 16 products for each 2 × 2 outputs, whose sums have 36.
 *
 *   U = G g Gᵀ           of the weights g            G = 1  0  0    Bᵀ = 1  0 -1  0    Aᵀ = 1  1  1  0
 *   V = Bᵀ d B           of 4 × 4 pixels d of x          ½  ½  ½         0  1  1  0         0  1 -1 -1
 *   M = U · V            summed over channels            ½ -½  ½         0 -1  1  0
 *   y = Aᵀ M A + bias    2 × 2 outputs                   0  0  1         0  1  0 -1
 *
 * Each of the 16 elements is a group of a convolution of 1 × 1 taps, whose positions are 128 tiles of 2 × 2 outputs, of whichever images:
 * M has its sums, cut as they are. Transforms are of rows first. Tiles reach beyond an image of odd height or width, to where x is 0, and
 * outputs there are not stored. Infinite pixels of a tile may make NaN of its other outputs, because what is added may be subtracted.
 *
 * # Safety
 * As for forward.ts, of sizes that `isWinograd`.
 */
// @ts-ignore: decorator
@inline
export function winograd<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, top: i32, left: i32,
  x: usize, weights: usize, bias: usize, y: usize, activation: i32, scratch: usize,
): void {
  const across = (ow + 1) / 2, count = (oh + 1) / 2 * across;
  const pixel = bytes<T>(c), pixelY = bytes<T>(oc), tile = 16 * pixel, tileM = 16 * pixelY, tap = <usize>c * pixelY;
  const pitch = bytes<T>(roundUp(ow + 2, 2) * c), padded = <usize>roundUp(oh + 2, 2) * pitch, image = <usize>(oh * ow) * pixelY;
  const v = scratch, m = v + BLOCK * tile, u = m + BLOCK * tileM, copied = u + 16 * tap, rest = copied + padded;

  for (let from = weights, to = u; from < weights + tap; from += pixelY, to += tileM) {
    // Twelve rows of outputs, where V and M will be.
    for (let j: usize = 0; j < 3; j++) ofWeights<T>(pixelY, from + j * tap, 3 * tap, v + j * pixelY, 3 * pixelY);
    for (let r: usize = 0; r < 4; r++) ofWeights<T>(pixelY, v + 3 * r * pixelY, pixelY, to + 4 * r * pixelY, pixelY);
  }
  memory.fill(copied, 0, padded);
  for (let done = 0, tiles = n * count; done < tiles; done += BLOCK) {
    const end = min(done + BLOCK, tiles);
    for (let t = done, to = v; t < end; t++, to += tile) {
      const i = t % count;
      if (i == 0) {
        const inside = copied + <usize>top * pitch + <usize>left * pixel;
        copyLines<T>(min(h, oh + 2 - top), <usize>min(w, ow + 2 - left) * pixel, x, <usize>w * pixel, inside, pitch);
        x += <usize>(h * w) * pixel;
      }
      ofPixels<T>(4 * pixel, copied + <usize>(i / across) * 2 * pitch + <usize>(i % across) * 2 * pixel, pitch, to, 4 * pixel);
      for (let line = to; line < to + tile; line += 4 * pixel) ofPixels<T>(pixel, line, pixel, line, pixel);
    }
    direct<T>(1, 1, end - done, c, 1, end - done, oc, 16, 1, 1, 1, 1, 1, 1, 0, 0, v, u, 0, m, 0, rest);
    for (let t = done, from = m; t < end; t++, from += tileM) {
      const i = t % count, p = i / across * 2, q = i % across * 2;
      toOutputs<T>(4 * pixelY, from, 4 * pixelY, 0, from, 4 * pixelY, 2);
      for (let r = 0; r < min(oh - p, 2); r++) {
        toOutputs<T>(pixelY, from + <usize>r * 4 * pixelY, pixelY, bias, y + <usize>((p + r) * ow + q) * pixelY, pixelY, ow - q);
      }
      if (i != count - 1) continue;
      activate<T>(activation, oh * ow * oc, y, v);
      y += image;
    }
  }
}

/** Tiles at a time. */
const BLOCK: i32 = 128;

/** Gx of three rows, `gap` bytes apart, as four. */
function ofWeights<T>(row: usize, x: usize, gap: usize, y: usize, gapY: usize): void {
  const half = v128.splat<T>(<T>0.5);
  for (const end = x + row; x < end; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x + gap), c = v128.load(x + 2 * gap), ends = v128.add<T>(a, c);
    v128.store(y, a);
    v128.store(y + gapY, v128.mul<T>(half, v128.add<T>(ends, b)));
    v128.store(y + 2 * gapY, v128.mul<T>(half, v128.sub<T>(ends, b)));
    v128.store(y + 3 * gapY, c);
  }
}

/** Bᵀx of four rows as four, which may be the same. */
function ofPixels<T>(row: usize, x: usize, gap: usize, y: usize, gapY: usize): void {
  for (const end = x + row; x < end; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x + gap), c = v128.load(x + 2 * gap), d = v128.load(x + 3 * gap);
    v128.store(y, v128.sub<T>(a, c));
    v128.store(y + gapY, v128.add<T>(b, c));
    v128.store(y + 2 * gapY, v128.sub<T>(c, b));
    v128.store(y + 3 * gapY, v128.sub<T>(b, d));
  }
}

/** Aᵀx + bias of four rows as two, or as one; they may be of the same. */
function toOutputs<T>(row: usize, x: usize, gap: usize, bias: usize, y: usize, gapY: usize, rows: i32): void {
  for (const end = x + row; x < end; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x + gap), c = v128.load(x + 2 * gap), d = v128.load(x + 3 * gap);
    let first = v128.add<T>(v128.add<T>(a, b), c), second = v128.sub<T>(v128.sub<T>(b, c), d);
    if (bias) {
      first = v128.add<T>(v128.load(bias), first), second = v128.add<T>(v128.load(bias), second);
      bias += 16;
    }
    v128.store(y, first);
    if (rows > 1) v128.store(y + gapY, second);
  }
}

/** Whether this takes less time. */
export function isWinograd(
  c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32, sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): bool {
  const others = kh ^ 3 | kw ^ 3 | groups - 1 | sh - 1 | sw - 1 | dh - 1 | dw - 1 | (c | oc) & 7;
  return others == 0 && max(top, left) <= 2 && min(c, oc) >= 32 && min(oh, ow) >= 4;
}

/** Bytes of scratch: V, M, U, an image with its padding, and what the products take. */
// @ts-ignore: decorator
@inline
export function winogradScratch<T>(c: i32, oh: i32, ow: i32, oc: i32): i32 {
  const all = 16 * (BLOCK * (c + oc) + c * oc) + roundUp(oh + 2, 2) * roundUp(ow + 2, 2) * c;
  return <i32>bytes<T>(all) + directScratch<T>(1, BLOCK, c, 1, BLOCK, oc, 16, 1, 1, 1, 1, 1, 1, 0, 0);
}
