import { dgemm, dgemmScratch, sgemm, sgemmScratch, blockOf, roundUp } from "../gemm/gemm";
import { Activation } from "../kernels/activations";
import { bytes, lanes } from "../simd/lanes";
import { areSizes, coveredBy, copyLines, isPadded, positionsOf } from "./windows";

/**
 * The gradient of a convolution's input, which is the transposed convolution:
 *
 *   dx[n, p·sh + i·dh - top, q·sw + j·dw - left, g, c] ← Σ over p, q, i, j, o of dy[n, p, q, g, o] · w[i, j, c, g, o]
 *
 *   dy, weights, dx   as y, weights and x of forward.ts, with the same sizes; windows may reach beyond dx
 *   scratch           sconvolutionInputScratch(…) or dconvolutionInputScratch(…) bytes, 16-byte aligned
 *
 * dY·Wᵀ for at most 256 positions at a time, by gemm, whose rows are then added where their windows are (col2im). An element of dx is
 * added from the first window that covers it to the last.
 *
 * # Safety
 * src/ops/convolution.ts has checked: sizes are not negative, operands hold what is said above, dx is disjoint from the others.
 */
// @ts-ignore: decorator
@inline
function convolutionInput<T>(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  dy: usize, weights: usize, dx: usize, scratch: usize,
): void {
  assert(n >= 0 && areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) && scratch % 16 == 0);
  const m = oh * ow, k = kh * kw * c, block = blockOf(m, ROWS);
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const padded = isPadded(hp, top, h) || isPadded(wp, left, w);
  const pixel = bytes<T>(groups * c), row = bytes<T>(groups * oc);
  const pitch = <usize>(padded ? wp : w) * pixel, image = <usize>h * <usize>w * pixel;
  memory.fill(dx, 0, <usize>n * image);
  if (m == 0 || k == 0 || groups == 0) return;

  const positions = scratch;
  const product = positions + sizeof<usize>() * <usize>roundUp(m, 16);
  const packed = product + bytes<T>(roundUp(block * k, 16));
  const summed = packed + <usize>productScratch<T>(block, k, oc);
  positionsOf(1, 0, oh, <usize>sh * pitch, ow, <usize>sw * pixel, positions);
  const isRow = groups == 1 && dw == 1;
  const across = isRow ? 1 : kw, length = isRow ? kw * c : c;

  for (; n > 0; n--, dx += image) {
    const to = padded ? summed : dx;
    if (padded) memory.fill(summed, 0, <usize>hp * pitch);
    for (let p = 0; p < m; p += block) {
      const count = min(block, m - p);
      for (let g = 0; g < groups; g++) {
        const w = weights + bytes<T>(g * oc), d = dy + bytes<T>(g * oc);
        if (sizeof<T>() == 4) sgemm(count, k, oc, d, groups * oc, 1, w, 1, groups * oc, product, k, 0, Activation.None, packed, 1, 0, 0);
        else dgemm(count, k, oc, d, groups * oc, 1, w, 1, groups * oc, product, k, 0, Activation.None, packed, 1, 0, 0);
        let from = product;
        for (let q = 0, at = positions + sizeof<usize>() * <usize>p; q < count; q++, at += sizeof<usize>()) {
          let line = to + load<usize>(at) + bytes<T>(g * c);
          for (let i = 0; i < kh; i++, line += <usize>dh * pitch) {
            for (let j = 0, x = line; j < across; j++, x += <usize>dw * pixel, from += bytes<T>(length)) addTo<T>(length, from, x);
          }
        }
      }
      dy += <usize>count * row;
    }
    if (padded && wp > left) {
      const inside = summed + <usize>top * pitch + <usize>left * pixel;
      copyLines<T>(min(h, hp - top), <usize>min(w, wp - left) * pixel, inside, pitch, dx, <usize>w * pixel);
    }
  }
}

/** Rows of a product, in scratch. */
const ROWS: i32 = 256;

// @ts-ignore: decorator
@inline
function addTo<T>(n: i32, x: usize, y: usize): void {
  for (; n >= lanes<T>(); n -= lanes<T>(), x += 16, y += 16) v128.store(y, v128.add<T>(v128.load(y), v128.load(x)));
  for (; n > 0; n--, x += sizeof<T>(), y += sizeof<T>()) store<T>(y, load<T>(y) + load<T>(x));
}

// @ts-ignore: decorator
@inline
function productScratch<T>(m: i32, n: i32, k: i32): i32 {
  return roundUp(sizeof<T>() == 4 ? sgemmScratch(m, n, k) : dgemmScratch(m, n, k), 64);
}

/** Bytes of scratch: the table, a block of the product, what that takes, and an image with its padding. */
// @ts-ignore: decorator
@inline
function convolutionInputScratch<T>(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  assert(areSizes(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left));
  const m = oh * ow, k = kh * kw * c, block = blockOf(m, ROWS);
  const hp = coveredBy(oh, sh, kh, dh), wp = coveredBy(ow, sw, kw, dw);
  const summed = isPadded(hp, top, h) || isPadded(wp, left, w) ? hp * wp * groups * c : 0;
  const table = <i32>sizeof<usize>() * roundUp(m, 16);
  return table + productScratch<T>(block, k, oc) + <i32>sizeof<T>() * (roundUp(block * k, 16) + summed);
}

export function sconvolutionInput(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  dy: usize, weights: usize, dx: usize, scratch: usize,
): void {
  convolutionInput<f32>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, dy, weights, dx, scratch);
}
export function dconvolutionInput(
  n: i32, h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
  dy: usize, weights: usize, dx: usize, scratch: usize,
): void {
  convolutionInput<f64>(n, h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left, dy, weights, dx, scratch);
}

export function sconvolutionInputScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionInputScratch<f32>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
export function dconvolutionInputScratch(
  h: i32, w: i32, c: i32, oh: i32, ow: i32, oc: i32, groups: i32, kh: i32, kw: i32,
  sh: i32, sw: i32, dh: i32, dw: i32, top: i32, left: i32,
): i32 {
  return convolutionInputScratch<f64>(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
}
