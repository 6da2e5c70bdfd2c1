import { blockOf, roundUp } from "../gemm/gemm";
import { nr } from "../params";
import { bytes, madd } from "../simd/lanes";
import { storeSome } from "./forward";
import { areSizes, coveredBy, copyLines, isPadded, positionsOf } from "./windows";

/**
 * The gradient of a convolution's weights: dW ← Xᵀ ∗ dY, or
 *
 *   dw[i, j, c, g, o] = Σ over n, p, q of x[n, p·sh + i·dh - top, q·sw + j·dw - left, g, c] · dy[n, p, q, g, o]
 *
 *   x, dy      as x and y of forward.ts, with the same sizes
 *   dWeights   kh × kw × c × groups × oc
 *   scratch    sconvolutionWeightsScratch(…) or dconvolutionWeightsScratch(…) bytes, 16-byte aligned
 *
 * Nothing is packed: two taps × 4 vectors of channels stay in registers, x is read by a table of where windows start, dy where it is.
 * Sums are added from the first position to the last, in blocks of at most 256 positions, each of which starts at 0 and is added to
 * dW: one chain over all of them would have ten times the error. A block is part of an image, or several whole images.
 *
 * # Safety
 * src/ops/convolution.ts has checked: sizes are not negative, operands hold what is said above, dWeights is disjoint from the others.
 */
// @ts-ignore: decorator
@inline
function convolutionWeights<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize,
): void {
  assert(n >= 0 && areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) && scratch % 16 == 0);
  const m = oh * ow, k = kh * kw * c;
  memory.fill(dWeights, 0, <usize>k * bytes<T>(groups * oc));
  if (m == 0 || k == 0 || groups == 0) return;
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const padded = isPadded(hp, top, h) || isPadded(wp, left, w);
  const pixel = bytes<T>(groups * c), row = bytes<T>(groups * oc);
  const pitch = <usize>(padded ? wp : w) * pixel, image = <usize>h * <usize>w * pixel;
  const step = padded ? <usize>hp * pitch : image;
  const together = imagesOf(m), block = blockOf(m, POSITIONS);

  const positions = scratch;
  const taps = positions + sizeof<usize>() * <usize>roundUp(together * m, 16);
  const ends = taps + sizeof<usize>() * <usize>roundUp(k, 16);
  const columns = roundUp(oc, nr<T>());
  const copied = ends + bytes<T>(columns) * <usize>(together * block);
  positionsOf(together, step, oh, <usize>sh * pitch, ow, <usize>sw * pixel, positions);
  for (let i = 0, tap = taps; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const at = <usize>i * <usize>dh * pitch + <usize>j * <usize>dw * pixel;
      for (let e = 0; e < c; e++, tap += sizeof<usize>()) store<usize>(tap, at + bytes<T>(e));
    }
  }
  if (padded) memory.fill(copied, 0, <usize>together * step);

  const end = dy + <usize>n * <usize>m * row;
  while (n > 0) {
    const images = min(together, n);
    let from = x;
    if (padded) {
      from = copied;
      if (wp > left) {
        const inside = copied + <usize>top * pitch + <usize>left * pixel;
        for (let i = 0; i < images; i++) {
          copyLines<T>(min(h, hp - top), <usize>min(w, wp - left) * pixel, x + <usize>i * image, <usize>w * pixel, inside + <usize>i * step, pitch);
        }
      }
    }
    for (let p = 0; p < images * m; p += together * block) {
      const count = min(together * block, images * m - p);
      const last = dy + <usize>(count - 1) * row;
      for (let g = 0; g < groups; g++) {
        let d = dy + bytes<T>(g * oc), rowD = row;
        // Vectors of a row's end take in what follows it: at the end of dy nothing does.
        if (last + bytes<T>(g * oc + columns) > end) {
          copyLines<T>(count, bytes<T>(oc), d, row, ends, bytes<T>(columns));
          d = ends, rowD = bytes<T>(columns);
        }
        const at = positions + sizeof<usize>() * <usize>p;
        tiles<T>(count, at, from + bytes<T>(g * c), k, taps, d, rowD, dWeights + bytes<T>(g * oc), row, oc);
      }
      dy += <usize>count * row;
    }
    x += <usize>images * image;
    n -= images;
  }
}

/** Terms of a sum before it is added to dW. */
const POSITIONS: i32 = 256;

/** How many whole images a block has. */
// @ts-ignore: decorator
@inline
function imagesOf(m: i32): i32 {
  return max(POSITIONS / max(m, 1), 1);
}

/** All taps and channels of one block. */
function tiles<T>(
  count: i32, positions: usize, x: usize, k: i32, taps: usize, dy: usize, rowY: usize, to: usize, rowW: usize, oc: i32,
): void {
  for (; oc > 0; ) {
    if (oc > nr<T>()) {
      const columns = min(oc, 2 * nr<T>());
      for (let t = 0, tap = taps, w = to; t < k; t += 2, tap += 2 * sizeof<usize>(), w += 2 * rowW) {
        wide<T>(count, positions, x, tap, k - t, dy, rowY, w, rowW, columns);
      }
    } else {
      for (let t = 0, tap = taps, w = to; t < k; t += 4, tap += 4 * sizeof<usize>(), w += 4 * rowW) {
        narrow<T>(count, positions, x, tap, k - t, dy, rowY, w, rowW, oc);
      }
    }
    const done = oc > nr<T>() ? 2 * nr<T>() : nr<T>();
    oc -= done, dy += bytes<T>(done), to += bytes<T>(done);
  }
}

/** Two taps × 4 vectors. */
function wide<T>(
  count: i32, positions: usize, x: usize, taps: usize, live: i32, dy: usize, rowY: usize, w: usize, rowW: usize, columns: i32,
): void {
  const zero = v128.splat<T>(<T>0.0);
  const x0 = x + load<usize>(taps), x1 = live > 1 ? x + load<usize>(taps, sizeof<usize>()) : x0;
  let c0_0 = zero, c0_1 = zero, c0_2 = zero, c0_3 = zero;
  let c1_0 = zero, c1_1 = zero, c1_2 = zero, c1_3 = zero;
  for (const end = positions + sizeof<usize>() * <usize>count; positions < end; positions += sizeof<usize>(), dy += rowY) {
    const at = load<usize>(positions);
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    const d2 = v128.load(dy, 32), d3 = v128.load(dy, 48);
    let xi = v128.load_splat<T>(x0 + at);
    c0_0 = madd<T>(xi, d0, c0_0);
    c0_1 = madd<T>(xi, d1, c0_1);
    c0_2 = madd<T>(xi, d2, c0_2);
    c0_3 = madd<T>(xi, d3, c0_3);
    xi = v128.load_splat<T>(x1 + at);
    c1_0 = madd<T>(xi, d0, c1_0);
    c1_1 = madd<T>(xi, d1, c1_1);
    c1_2 = madd<T>(xi, d2, c1_2);
    c1_3 = madd<T>(xi, d3, c1_3);
  }
  const rest = columns - nr<T>();
  storeSome<T>(w, c0_0, c0_1, 1, w, nr<T>());
  storeSome<T>(w + 32, c0_2, c0_3, 1, w + 32, rest);
  if (live > 1) {
    w += rowW;
    storeSome<T>(w, c1_0, c1_1, 1, w, nr<T>());
    storeSome<T>(w + 32, c1_2, c1_3, 1, w + 32, rest);
  }
}

/** Four taps × 2 vectors. */
function narrow<T>(
  count: i32, positions: usize, x: usize, taps: usize, live: i32, dy: usize, rowY: usize, w: usize, rowW: usize, columns: i32,
): void {
  const zero = v128.splat<T>(<T>0.0);
  const x0 = x + load<usize>(taps);
  const x1 = live > 1 ? x + load<usize>(taps, sizeof<usize>()) : x0;
  const x2 = live > 2 ? x + load<usize>(taps, 2 * sizeof<usize>()) : x0;
  const x3 = live > 3 ? x + load<usize>(taps, 3 * sizeof<usize>()) : x0;
  let c0_0 = zero, c0_1 = zero, c1_0 = zero, c1_1 = zero;
  let c2_0 = zero, c2_1 = zero, c3_0 = zero, c3_1 = zero;
  for (const end = positions + sizeof<usize>() * <usize>count; positions < end; positions += sizeof<usize>(), dy += rowY) {
    const at = load<usize>(positions);
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    let xi = v128.load_splat<T>(x0 + at);
    c0_0 = madd<T>(xi, d0, c0_0);
    c0_1 = madd<T>(xi, d1, c0_1);
    xi = v128.load_splat<T>(x1 + at);
    c1_0 = madd<T>(xi, d0, c1_0);
    c1_1 = madd<T>(xi, d1, c1_1);
    xi = v128.load_splat<T>(x2 + at);
    c2_0 = madd<T>(xi, d0, c2_0);
    c2_1 = madd<T>(xi, d1, c2_1);
    xi = v128.load_splat<T>(x3 + at);
    c3_0 = madd<T>(xi, d0, c3_0);
    c3_1 = madd<T>(xi, d1, c3_1);
  }
  storeSome<T>(w, c0_0, c0_1, 1, w, columns);
  if (live > 1) storeSome<T>(w + rowW, c1_0, c1_1, 1, w + rowW, columns);
  if (live > 2) storeSome<T>(w + 2 * rowW, c2_0, c2_1, 1, w + 2 * rowW, columns);
  if (live > 3) storeSome<T>(w + 3 * rowW, c3_0, c3_1, 1, w + 3 * rowW, columns);
}

/** Bytes of scratch: the two tables, the end of dy, and a block's images with their padding. */
// @ts-ignore: decorator
@inline
function convolutionWeightsScratch<T>(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  assert(areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left));
  const m = oh * ow, together = imagesOf(m);
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const tables = <i32>sizeof<usize>() * (roundUp(together * m, 16) + roundUp(kh * kw * c, 16));
  const copied = isPadded(hp, top, h) || isPadded(wp, left, w) ? together * hp * wp * groups * c : 0;
  return tables + <i32>sizeof<T>() * (roundUp(oc, nr<T>()) * together * blockOf(m, POSITIONS) + copied);
}

export function sconvolutionWeights(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize,
): void {
  convolutionWeights<f32>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, dy, dWeights, scratch);
}
export function dconvolutionWeights(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize,
): void {
  convolutionWeights<f64>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, dy, dWeights, scratch);
}

export function sconvolutionWeightsScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionWeightsScratch<f32>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
export function dconvolutionWeightsScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionWeightsScratch<f64>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
