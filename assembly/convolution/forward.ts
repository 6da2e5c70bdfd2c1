import { blockOf, roundUp } from "../gemm/gemm";
import { pack } from "../gemm/pack";
import { Activation, activate } from "../kernels/activations";
import { kc as kcOf, nr } from "../params";
import { bytes, madd } from "../simd/lanes";
import { isWinograd, winograd, winogradScratch } from "./winograd";
import { areSizes, coveredBy, copyLines, isPadded, piecesOf, positionsOf } from "./windows";

/**
 * Y ← f(X ∗ W + bias), a cross-correlation:
 *
 *   y[n, p, q, g, o] = f(bias[g, o] + Σ over i, j, c of x[n, p·sh + i·dh - top, q·sw + j·dw - left, g, c] · w[i, j, c, g, o])
 *
 * where x is 0 outside of the image.
 *
 *   n, h, w, groups, c    x has n images of h × w pixels of groups · c channels
 *   oh, ow, oc            y has n images of oh × ow pixels of groups · oc channels: any number, also fewer than fit
 *   kh, kw                weights are kh × kw × c × groups × oc
 *   sh, sw, dh, dw        stride and dilation
 *   top, left             zeros before the first row and column of x; as many follow the last as windows reach
 *   bias                  groups · oc elements, or 0
 *   activation            f, of `Activation`
 *   scratch               sconvolutionScratch(…) or dconvolutionScratch(…) bytes, 16-byte aligned
 *
 * The indirect algorithm (Dukhan, "The Indirect Convolution Algorithm", 2019): weights are packed in panels as gemm packs B, and x
 * is read where it is, by a table of where each window starts. Each sum is that of gemm on the matrix that im2col would make, from
 * the first tap to the last, cut where a block of kc terms ends: its bits are those of the product.
 *
 * # Safety
 * src/ops/convolution.ts has checked: sizes are not negative, operands hold what is said above, y is disjoint from the others.
 */
export function direct<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, weights: usize, bias: usize, y: usize, activation: i32, scratch: usize,
): void {
  assert(n >= 0 && areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) && scratch % 16 == 0);
  assert(activation >= Activation.None && activation <= Activation.Relu);
  const m = oh * ow, k = kh * kw * c, kcMax = max(blockOf(k, kcOf<T>()), 1);
  if (m == 0 || oc == 0 || groups == 0) return;
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const padded = isPadded(hp, top, h) || isPadded(wp, left, w);
  const pixel = bytes<T>(groups * c), pixelY = bytes<T>(groups * oc), panel = <usize>k << 5;
  const pitch = <usize>(padded ? wp : w) * pixel, image = <usize>h * <usize>w * pixel;
  const isRow = groups == 1 && dw == 1;

  const tile = scratch;
  const biases = tile + TILE;
  const positions = biases + bytes<T>(roundUp(groups * oc, 16));
  const pieces = positions + sizeof<usize>() * <usize>roundUp(m, 16);
  const packed = pieces + 2 * sizeof<usize>() * <usize>roundUp(kh * kw + k / kcMax, 8);
  const all = <usize>(roundUp(oc, nr<T>()) / nr<T>()) * panel;
  const copied = packed + <usize>groups * all;
  if (bias != 0) copyLines<T>(1, pixelY, bias, 0, biases, 0); // a vector at their end may be read whole
  positionsOf(1, 0, oh, <usize>sh * pitch, ow, <usize>sw * pixel, positions);
  if (isRow) piecesOf<T>(kh, <usize>dh * pitch, 1, 0, kw * c, kcMax, pieces);
  else piecesOf<T>(kh, <usize>dh * pitch, kw, <usize>dw * pixel, c, kcMax, pieces);
  for (let g = 0; g < groups; g++) pack<T>(nr<T>(), oc, k, weights + bytes<T>(g * oc), 1, groups * oc, packed + <usize>g * all);
  if (padded) memory.fill(copied, 0, <usize>hp * pitch);

  const end = y + <usize>n * <usize>m * pixelY;
  for (; n > 0; n--, x += image) {
    let from = x;
    if (padded) {
      const inside = copied + <usize>top * pitch + <usize>left * pixel;
      if (wp > left) copyLines<T>(min(h, hp - top), <usize>min(w, wp - left) * pixel, x, <usize>w * pixel, inside, pitch);
      from = copied;
    }
    for (let g = 0; g < groups; g++) {
      // From the last panel to the first: vectors of one that is not whole also cover channels that come later.
      for (let o = (oc - 1) / (2 * nr<T>()) * (2 * nr<T>()); o >= 0; o -= 2 * nr<T>()) {
        const columns = min(oc - o, 2 * nr<T>()), isWide = columns > nr<T>();
        const width = isWide ? 2 * nr<T>() : nr<T>();
        const to = y + bytes<T>(g * oc + o), xg = from + bytes<T>(g * c);
        let b = packed + <usize>g * all + <usize>(o / nr<T>()) * panel;
        for (let pc = 0, piece = pieces; pc == 0 || pc < k; pc += kcMax) {
          const isFirst = pc == 0, last = b + (<usize>min(kcMax, k - pc) << 5);
          const add = <i32>(!isFirst || bias != 0);
          const d = isFirst ? biases + bytes<T>(g * oc + o) : to, rowD = isFirst ? 0 : pixelY;
          // How many positions may be stored in whole vectors: what they cover beyond a pixel is written later, where it is in y.
          let direct = m;
          if (columns < width) {
            const room = <isize>(end - to) - <isize>bytes<T>(width);
            direct = isFirst && groups == 1 && room >= 0 ? min(m, <i32>(<usize>room / pixelY) + 1) : 0;
          }
          tiles<T>(isWide, direct, positions, xg, piece, b, last, panel, to, pixelY, add, d, rowD);
          for (let p = direct; p < m; p += TILE_ROWS) {
            const count = min(TILE_ROWS, m - p), start = positions + sizeof<usize>() * <usize>p;
            tiles<T>(isWide, count, start, xg, piece, b, last, panel, tile, bytes<T>(width), 0, 0, 0);
            copyColumns<T>(count, columns, tile, bytes<T>(width), to + <usize>p * pixelY, pixelY, add, d + <usize>p * rowD, rowD);
          }
          for (; b < last; piece += 2 * sizeof<usize>()) b += load<usize>(piece, sizeof<usize>());
        }
      }
    }
    if (activation != Activation.None) activate<T>(activation, m * groups * oc, y, scratch);
    y += <usize>m * pixelY;
  }
}

/** Positions whose sums are made beside y, and the bytes that they take. */
const TILE_ROWS: i32 = 16;
const TILE: usize = 64 * TILE_ROWS;

// @ts-ignore: decorator
@inline
function tiles<T>(
  isWide: bool, m: i32, positions: usize, x: usize, pieces: usize, panel: usize, last: usize, gap: usize,
  y: usize, rowY: usize, add: i32, d: usize, rowD: usize,
): void {
  if (isWide) wide<T>(m, positions, x, pieces, panel, last, gap, y, rowY, add, d, rowD);
  else narrow<T>(m, positions, x, pieces, panel, last, y, rowY, add, d, rowD);
}

/** The columns that are there, added to those at d where `add` is 1. */
function copyColumns<T>(rows: i32, columns: i32, x: usize, rowX: usize, y: usize, rowY: usize, add: i32, d: usize, rowD: usize): void {
  for (; rows > 0; rows--, x += rowX, y += rowY, d += rowD) {
    for (let j: usize = 0; j < bytes<T>(columns); j += sizeof<T>()) {
      const value = load<T>(x + j);
      store<T>(y + j, add ? load<T>(d + j) + value : value);
    }
  }
}

/**
 * Two positions × 4 vectors of channels, as microkernelWide of gemm (gemm/microkernel.ts says why it is written out), from two panels
 * of weights, the second at `gap` behind the first, up to `last` of the first, and from x where the pieces say.
 */
function wide<T>(
  m: i32, positions: usize, x: usize, pieces: usize, panel: usize, last: usize, gap: usize,
  y: usize, rowY: usize, add: i32, d: usize, rowD: usize,
): void {
  const zero = v128.splat<T>(<T>0.0);
  for (; m > 0; m -= 2, positions += 2 * sizeof<usize>(), y += 2 * rowY, d += 2 * rowD) {
    const x0 = x + load<usize>(positions), x1 = m > 1 ? x + load<usize>(positions, sizeof<usize>()) : x0;
    let c0_0 = zero, c0_1 = zero, c0_2 = zero, c0_3 = zero;
    let c1_0 = zero, c1_1 = zero, c1_2 = zero, c1_3 = zero;
    for (let start = panel, piece = pieces; start < last; piece += 2 * sizeof<usize>()) {
      const at = load<usize>(piece);
      const end = start + load<usize>(piece, sizeof<usize>()), end1 = end - 32, end2 = end - 64, end3 = end - 96;
      let p = x0 + at, q = x1 + at, b = start, bNext = start + gap;
      for (; b < end; b += 512 / sizeof<T>(), bNext += 512 / sizeof<T>(), p += 16, q += 16) {
        {
          const b0 = v128.load(b), b1 = v128.load(b, 16);
          const b2 = v128.load(bNext), b3 = v128.load(bNext, 16);
          let xi = v128.load_splat<T>(p);
          c0_0 = madd<T>(xi, b0, c0_0);
          c0_1 = madd<T>(xi, b1, c0_1);
          c0_2 = madd<T>(xi, b2, c0_2);
          c0_3 = madd<T>(xi, b3, c0_3);
          xi = v128.load_splat<T>(q);
          c1_0 = madd<T>(xi, b0, c1_0);
          c1_1 = madd<T>(xi, b1, c1_1);
          c1_2 = madd<T>(xi, b2, c1_2);
          c1_3 = madd<T>(xi, b3, c1_3);
        }
        if (b >= end1) break;
        {
          const b0 = v128.load(b, 32), b1 = v128.load(b, 48);
          const b2 = v128.load(bNext, 32), b3 = v128.load(bNext, 48);
          let xi = v128.load_splat<T>(p, sizeof<T>());
          c0_0 = madd<T>(xi, b0, c0_0);
          c0_1 = madd<T>(xi, b1, c0_1);
          c0_2 = madd<T>(xi, b2, c0_2);
          c0_3 = madd<T>(xi, b3, c0_3);
          xi = v128.load_splat<T>(q, sizeof<T>());
          c1_0 = madd<T>(xi, b0, c1_0);
          c1_1 = madd<T>(xi, b1, c1_1);
          c1_2 = madd<T>(xi, b2, c1_2);
          c1_3 = madd<T>(xi, b3, c1_3);
        }
        if (sizeof<T>() == 4) {
          if (b >= end2) break;
          {
            const b0 = v128.load(b, 64), b1 = v128.load(b, 80);
            const b2 = v128.load(bNext, 64), b3 = v128.load(bNext, 80);
            let xi = v128.load_splat<T>(p, 2 * sizeof<T>());
            c0_0 = madd<T>(xi, b0, c0_0);
            c0_1 = madd<T>(xi, b1, c0_1);
            c0_2 = madd<T>(xi, b2, c0_2);
            c0_3 = madd<T>(xi, b3, c0_3);
            xi = v128.load_splat<T>(q, 2 * sizeof<T>());
            c1_0 = madd<T>(xi, b0, c1_0);
            c1_1 = madd<T>(xi, b1, c1_1);
            c1_2 = madd<T>(xi, b2, c1_2);
            c1_3 = madd<T>(xi, b3, c1_3);
          }
          if (b >= end3) break;
          {
            const b0 = v128.load(b, 96), b1 = v128.load(b, 112);
            const b2 = v128.load(bNext, 96), b3 = v128.load(bNext, 112);
            let xi = v128.load_splat<T>(p, 3 * sizeof<T>());
            c0_0 = madd<T>(xi, b0, c0_0);
            c0_1 = madd<T>(xi, b1, c0_1);
            c0_2 = madd<T>(xi, b2, c0_2);
            c0_3 = madd<T>(xi, b3, c0_3);
            xi = v128.load_splat<T>(q, 3 * sizeof<T>());
            c1_0 = madd<T>(xi, b0, c1_0);
            c1_1 = madd<T>(xi, b1, c1_1);
            c1_2 = madd<T>(xi, b2, c1_2);
            c1_3 = madd<T>(xi, b3, c1_3);
          }
        }
      }
      start = end;
    }
    storePair<T>(y, c0_0, c0_1, add, d);
    storePair<T>(y + 32, c0_2, c0_3, add, d + 32);
    if (m > 1) {
      storePair<T>(y + rowY, c1_0, c1_1, add, d + rowD);
      storePair<T>(y + rowY + 32, c1_2, c1_3, add, d + rowD + 32);
    }
  }
}

/** Four positions × 2 vectors, from one panel. */
function narrow<T>(
  m: i32, positions: usize, x: usize, pieces: usize, panel: usize, last: usize,
  y: usize, rowY: usize, add: i32, d: usize, rowD: usize,
): void {
  const zero = v128.splat<T>(<T>0.0);
  for (; m > 0; m -= 4, positions += 4 * sizeof<usize>(), y += 4 * rowY, d += 4 * rowD) {
    const x0 = x + load<usize>(positions);
    const x1 = m > 1 ? x + load<usize>(positions, sizeof<usize>()) : x0;
    const x2 = m > 2 ? x + load<usize>(positions, 2 * sizeof<usize>()) : x0;
    const x3 = m > 3 ? x + load<usize>(positions, 3 * sizeof<usize>()) : x0;
    let c0_0 = zero, c0_1 = zero, c1_0 = zero, c1_1 = zero;
    let c2_0 = zero, c2_1 = zero, c3_0 = zero, c3_1 = zero;
    for (let start = panel, piece = pieces; start < last; piece += 2 * sizeof<usize>()) {
      const at = load<usize>(piece);
      const end = start + load<usize>(piece, sizeof<usize>()), end1 = end - 32;
      let p = x0 + at, q = x1 + at, r = x2 + at, s = x3 + at, b = start;
      for (; b < end; b += 64, p += 2 * sizeof<T>(), q += 2 * sizeof<T>(), r += 2 * sizeof<T>(), s += 2 * sizeof<T>()) {
        {
          const b0 = v128.load(b), b1 = v128.load(b, 16);
          let xi = v128.load_splat<T>(p);
          c0_0 = madd<T>(xi, b0, c0_0);
          c0_1 = madd<T>(xi, b1, c0_1);
          xi = v128.load_splat<T>(q);
          c1_0 = madd<T>(xi, b0, c1_0);
          c1_1 = madd<T>(xi, b1, c1_1);
          xi = v128.load_splat<T>(r);
          c2_0 = madd<T>(xi, b0, c2_0);
          c2_1 = madd<T>(xi, b1, c2_1);
          xi = v128.load_splat<T>(s);
          c3_0 = madd<T>(xi, b0, c3_0);
          c3_1 = madd<T>(xi, b1, c3_1);
        }
        if (b >= end1) break;
        {
          const b0 = v128.load(b, 32), b1 = v128.load(b, 48);
          let xi = v128.load_splat<T>(p, sizeof<T>());
          c0_0 = madd<T>(xi, b0, c0_0);
          c0_1 = madd<T>(xi, b1, c0_1);
          xi = v128.load_splat<T>(q, sizeof<T>());
          c1_0 = madd<T>(xi, b0, c1_0);
          c1_1 = madd<T>(xi, b1, c1_1);
          xi = v128.load_splat<T>(r, sizeof<T>());
          c2_0 = madd<T>(xi, b0, c2_0);
          c2_1 = madd<T>(xi, b1, c2_1);
          xi = v128.load_splat<T>(s, sizeof<T>());
          c3_0 = madd<T>(xi, b0, c3_0);
          c3_1 = madd<T>(xi, b1, c3_1);
        }
      }
      start = end;
    }
    storePair<T>(y, c0_0, c0_1, add, d);
    if (m > 1) storePair<T>(y + rowY, c1_0, c1_1, add, d + rowD);
    if (m > 2) storePair<T>(y + 2 * rowY, c2_0, c2_1, add, d + 2 * rowD);
    if (m > 3) storePair<T>(y + 3 * rowY, c3_0, c3_1, add, d + 3 * rowD);
  }
}

/** Two vectors, added to those at d where `add` is 1. */
// @ts-ignore: decorator
@inline
function storePair<T>(y: usize, c0: v128, c1: v128, add: i32, d: usize): void {
  if (add) c0 = v128.add<T>(v128.load(d), c0), c1 = v128.add<T>(v128.load(d, 16), c1);
  v128.store(y, c0);
  v128.store(y, c1, 16);
}

/** Bytes of scratch: a tile, the biases, the two tables, the packed weights, and an image with its padding. */
export function directScratch<T>(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  assert(areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left));
  const k = kh * kw * c, kcMax = max(blockOf(k, kcOf<T>()), 1);
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const tables = <i32>sizeof<usize>() * (roundUp(oh * ow, 16) + 2 * roundUp(kh * kw + k / kcMax, 8));
  const copied = isPadded(hp, top, h) || isPadded(wp, left, w) ? hp * wp * groups * c : 0;
  return <i32>TILE + tables + <i32>sizeof<T>() * (roundUp(groups * oc, 16) + groups * k * roundUp(oc, nr<T>()) + copied);
}

/** By whichever algorithm is faster. */
// @ts-ignore: decorator
@inline
function convolution<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, weights: usize, bias: usize, y: usize, activation: i32, scratch: usize,
): void {
  if (isWinograd(c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)) {
    winograd<T>(n, h, w, c, oh, ow, oc, top, left, x, weights, bias, y, activation, scratch);
  } else direct<T>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, weights, bias, y, activation, scratch);
}

// @ts-ignore: decorator
@inline
function convolutionScratch<T>(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  if (isWinograd(c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)) return winogradScratch<T>(c, oh, ow, oc);
  return directScratch<T>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}

export function sconvolution(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, weights: usize, bias: usize, y: usize, activation: i32, scratch: usize,
): void {
  convolution<f32>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, weights, bias, y, activation, scratch);
}
export function dconvolution(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  x: usize, weights: usize, bias: usize, y: usize, activation: i32, scratch: usize,
): void {
  convolution<f64>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, x, weights, bias, y, activation, scratch);
}

export function sconvolutionScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionScratch<f32>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
export function dconvolutionScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionScratch<f64>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
