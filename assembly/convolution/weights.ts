import { blockOf, roundUp } from "../gemm/gemm";
import { pack } from "../gemm/pack";
import { nr } from "../params";
import { bytes, madd } from "../simd/lanes";
import { areSizes, coveredBy, copyLines, isPadded, positionsOf } from "./windows";

/**
 * The gradient of a convolution's weights: dW ← Xᵀ ∗ dY, or
 *
 *   dw[i, j, c, g, o] = Σ over n, p, q of x[n, p·sh + i·dh - top, q·sw + j·dw - left, g, c] · dy[n, p, q, g, o]
 *
 *   x, dy      as x and y of forward.ts, with the same sizes
 *   dWeights   taps × groups × oc: those of the kh · kw · c taps from `first` on; rows beyond these are 0
 *   scratch    sconvolutionWeightsScratch(…) or dconvolutionWeightsScratch(…) bytes, 16-byte aligned
 *
 * Two taps × 4 vectors of channels stay in registers, dY is packed in panels as gemm packs B, and x is read where it is, by a table of
 * where windows start.
 * Sums are added from the first position to the last, in blocks of at most 128 positions, each of which starts at 0 and is added to
 * dW: one chain over all of them would have ten times the error. A block is part of an image, or several whole images. Channels at the
 * end that do not fill panels are added up in scratch, where vectors may be stored whole.
 *
 * # Safety
 * src/ops/convolution.ts has checked: sizes are not negative, operands hold what is said above, dWeights is disjoint from the others.
 */
// @ts-ignore: decorator
@inline
function convolutionWeights<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize, count: i32, first: i32,
): void {
  assert(n >= 0 && areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) && scratch % 16 == 0);
  assert(count >= 0);
  const m = oh * ow, k = kh * kw * c;
  memory.fill(dWeights, 0, <usize>count * bytes<T>(groups * oc));
  const live = min(k - first, count);
  if (m == 0 || live <= 0 || groups == 0) return;
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const padded = isPadded(hp, top, h) || isPadded(wp, left, w);
  const pixel = bytes<T>(groups * c), row = bytes<T>(groups * oc);
  const pitch = <usize>(padded ? wp : w) * pixel, image = <usize>h * <usize>w * pixel;
  const step = padded ? <usize>hp * pitch : image;
  const together = imagesOf(m), block = blockOf(m, POSITIONS);

  const positions = scratch;
  const taps = positions + sizeof<usize>() * <usize>roundUp(together * m, 16);
  const packed = taps + sizeof<usize>() * <usize>roundUp(k, 16);
  const columns = roundUp(oc, nr<T>());
  let sums = packed + bytes<T>(columns) * <usize>(together * block), partial = partialOf<T>(k, oc);
  const copied = sums + <usize>groups * partial;
  memory.fill(sums, 0, <usize>groups * partial);
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
      const rows = min(together * block, images * m - p);
      for (let g = 0; g < groups; g++) {
        let d = dy + bytes<T>(g * oc), rowD = row, panel = bytes<T>(nr<T>());
        // Few taps do not make up for packing; but vectors also take in what follows the last channels, and at dy's end nothing does.
        if (k >= TAPS || d + <usize>(rows - 1) * row + bytes<T>(columns) > end) {
          pack<T>(nr<T>(), oc, rows, d, 1, groups * oc, packed);
          d = packed, rowD = bytes<T>(nr<T>()), panel = rowD * <usize>rows;
        }
        const start = positions + sizeof<usize>() * <usize>p, stop = start + sizeof<usize>() * <usize>rows;
        const own = taps + sizeof<usize>() * <usize>first;
        tiles<T>(start, stop, from + bytes<T>(g * c), live, own, d, rowD, panel, dWeights + bytes<T>(g * oc), row, oc, sums + <usize>g * partial);
      }
      dy += <usize>rows * row;
    }
    x += <usize>images * image;
    n -= images;
  }
  if (partial == 0) return;
  const rest = oc % (2 * nr<T>());
  for (let to = dWeights + bytes<T>(oc - rest); groups > 0; groups--, sums += partial, to += bytes<T>(oc)) {
    copyLines<T>(live, bytes<T>(rest), sums, 64, to, row);
  }
}

/** Bytes of the sums, in rows of 64, of a group's last channels, where these do not fill vectors. */
// @ts-ignore: decorator
@inline
function partialOf<T>(k: i32, oc: i32): usize {
  return oc % nr<T>() == 0 ? 0 : <usize>k << 6;
}

/** So many taps make up for the packing of dY. */
const TAPS: i32 = 64;

/** Terms of a sum before it is added to dW. */
const POSITIONS: i32 = 128;

/** How many whole images a block has. */
// @ts-ignore: decorator
@inline
function imagesOf(m: i32): i32 {
  return max(POSITIONS / max(m, 1), 1);
}

/**
 * All taps and channels of one block: dY is in panels that are `panel` bytes apart, with a row every `rowD`. Panels that are not whole
 * are added to `sums`.
 */
function tiles<T>(
  positions: usize, end: usize, x: usize, k: i32, taps: usize, dy: usize, rowD: usize, panel: usize, to: usize, rowW: usize, oc: i32, sums: usize,
): void {
  for (; oc > nr<T>(); oc -= 2 * nr<T>(), dy += 2 * panel, to += 64) {
    if (oc < 2 * nr<T>()) to = sums, rowW = 64;
    for (let t = 0, tap = taps, w = to; t < k; t += 2, tap += 2 * sizeof<usize>(), w += 2 * rowW) {
      wide<T>(positions, end, x, tap, k - t, dy, dy + panel, rowD, w, rowW);
    }
  }
  if (oc <= 0) return;
  if (oc < nr<T>()) to = sums, rowW = 64;
  for (let t = 0; t < k; t += 4, taps += 4 * sizeof<usize>(), to += 4 * rowW) {
    narrow<T>(positions, end, x, taps, k - t, dy, rowD, to, rowW);
  }
}

/** Two taps × 4 vectors. */
function wide<T>(
  positions: usize, end: usize, x: usize, taps: usize, live: i32, dy: usize, dyNext: usize, rowD: usize,
  w: usize, rowW: usize,
): void {
  const zero = v128.splat<T>(<T>0.0);
  const x0 = x + load<usize>(taps), x1 = live > 1 ? x + load<usize>(taps, sizeof<usize>()) : x0;
  let c0_0 = zero, c0_1 = zero, c0_2 = zero, c0_3 = zero;
  let c1_0 = zero, c1_1 = zero, c1_2 = zero, c1_3 = zero;
  for (; positions < end; positions += sizeof<usize>(), dy += rowD, dyNext += rowD) {
    const at = load<usize>(positions);
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    const d2 = v128.load(dyNext), d3 = v128.load(dyNext, 16);
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
  addPair<T>(w, c0_0, c0_1);
  addPair<T>(w + 32, c0_2, c0_3);
  if (live > 1) {
    addPair<T>(w + rowW, c1_0, c1_1);
    addPair<T>(w + rowW + 32, c1_2, c1_3);
  }
}

/** Four taps × 2 vectors. */
function narrow<T>(
  positions: usize, end: usize, x: usize, taps: usize, live: i32, dy: usize, rowD: usize, w: usize, rowW: usize,
): void {
  const zero = v128.splat<T>(<T>0.0);
  const x0 = x + load<usize>(taps);
  const x1 = live > 1 ? x + load<usize>(taps, sizeof<usize>()) : x0;
  const x2 = live > 2 ? x + load<usize>(taps, 2 * sizeof<usize>()) : x0;
  const x3 = live > 3 ? x + load<usize>(taps, 3 * sizeof<usize>()) : x0;
  let c0_0 = zero, c0_1 = zero, c1_0 = zero, c1_1 = zero;
  let c2_0 = zero, c2_1 = zero, c3_0 = zero, c3_1 = zero;
  for (; positions < end; positions += sizeof<usize>(), dy += rowD) {
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
  addPair<T>(w, c0_0, c0_1);
  if (live > 1) addPair<T>(w + rowW, c1_0, c1_1);
  if (live > 2) addPair<T>(w + 2 * rowW, c2_0, c2_1);
  if (live > 3) addPair<T>(w + 3 * rowW, c3_0, c3_1);
}

/** Adds two vectors to those at w. */
// @ts-ignore: decorator
@inline
function addPair<T>(w: usize, c0: v128, c1: v128): void {
  v128.store(w, v128.add<T>(v128.load(w), c0));
  v128.store(w, v128.add<T>(v128.load(w, 16), c1), 16);
}

/** Bytes of scratch: the two tables, a block of dY, sums of channels that do not fill vectors, and a block's images with their padding. */
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
  const partial = groups * <i32>partialOf<T>(kh * kw * c, oc);
  return tables + partial + <i32>sizeof<T>() * (roundUp(oc, nr<T>()) * together * blockOf(m, POSITIONS) + copied);
}

export function sconvolutionWeights(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize, taps: i32, first: i32,
): void {
  convolutionWeights<f32>(
    n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, dy, dWeights, scratch, taps, first,
  );
}
export function dconvolutionWeights(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, dy: usize, dWeights: usize, scratch: usize, taps: i32, first: i32,
): void {
  convolutionWeights<f64>(
    n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, dy, dWeights, scratch, taps, first,
  );
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
