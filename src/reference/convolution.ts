/**
 * Convolutions and their gradients: the reference for assembly/convolution/. Sums are added in the same order, and cut at the same
 * terms: those of Y where gemm cuts them, those of dW after at most 128 positions, which are a part of an image or several images.
 */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Activations } from "./activations.ts";
import type { Element } from "./element.ts";
import { blockOf, products, rounded } from "./gemm.ts";
import type { Pages } from "./pages.ts";
import { BLOCK, isWinograd, winogradOf, winogradScratch } from "./winograd.ts";

/** Terms of a sum of dW, and rows of a product for dX. */
const [POSITIONS, ROWS] = [128, 256];

type Kernel =
  | "convolution"
  | "convolutionScratch"
  | "convolutionWeights"
  | "convolutionWeightsScratch"
  | "convolutionInput"
  | "convolutionInputScratch";

export function convolutions(memory: Pages, element: Element, functions: Activations): Pick<FloatKernels, Kernel> {
  const { isSingle, bytes, floats, at, add, madd } = element;
  const nr = isSingle ? 8 : 4;
  const kcMost = isSingle ? 256 : 192;
  const { gemmScratch } = products(memory, element, functions);
  const winograd = winogradOf(element);
  const directScratch: FloatKernels["convolutionScratch"] = (
    h,
    w,
    c,
    oh,
    ow,
    oc,
    groups,
    kh,
    kw,
    sh,
    sw,
    dh,
    dw,
    top,
    left,
  ) => {
    const k = kh * kw * c;
    const cuts = Math.floor(k / Math.max(blockOf(k, kcMost), 1));
    const tables = 4 * (rounded(oh * ow, 16) + 2 * rounded(kh * kw + cuts, 8));
    const copied = copiedBy(h, w, oh, ow, kh, kw, sh, sw, dh, dw, top, left) * groups * c;
    return 1024 + tables + bytes * (rounded(groups * oc, 16) + groups * k * rounded(oc, nr) + copied);
  };

  return {
    convolution: (
      n,
      h,
      w,
      c,
      oh,
      ow,
      oc,
      groups,
      kh,
      kw,
      sh,
      sw,
      dh,
      dw,
      top,
      left,
      x,
      weights,
      bias,
      y,
      activation,
      _scratch,
    ) => {
      if (isWinograd(c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left)) {
        winograd(n, h, w, c, oh, ow, oc, top, left, at(x), at(weights), bias === 0 ? -1 : at(bias), at(y));
        if (n > 0) functions.activate(activation, n * oh * ow * oc, y);
        return;
      }
      const v = floats();
      const k = kh * kw * c;
      const kc = Math.max(blockOf(k, kcMost), 1);
      const [from, by, to] = [at(x), at(weights), at(y)];
      walk(n, oh, ow, (image, p, q, position) => {
        const [first, start] = [p * sh - top, q * sw - left];
        for (let column = 0; column < groups * oc; column++) {
          const g = Math.floor(column / oc);
          let total = bias === 0 ? 0 : v[at(bias) + column]!;
          let [sum, t] = [0, 0];
          for (let i = 0; i < kh; i++) {
            const row = first + i * dh;
            for (let j = 0; j < kw; j++) {
              const pixel = start + j * dw;
              const isInside = row >= 0 && row < h && pixel >= 0 && pixel < w;
              const read = from + (((image * h + row) * w + pixel) * groups + g) * c;
              for (let e = 0; e < c; e++) {
                sum = madd(isInside ? v[read + e]! : 0, v[by + t * groups * oc + column]!, sum);
                t++;
                if (t % kc !== 0 && t !== k) continue;
                total = bias === 0 && t <= kc ? sum : add(total, sum);
                sum = 0;
              }
            }
          }
          v[to + position * groups * oc + column] = k === 0 && bias !== 0 ? add(total, 0) : total;
        }
      });
      if (n > 0) functions.activate(activation, n * oh * ow * groups * oc, y);
    },
    convolutionWeights: (
      n,
      h,
      w,
      c,
      oh,
      ow,
      oc,
      groups,
      kh,
      kw,
      sh,
      sw,
      dh,
      dw,
      top,
      left,
      x,
      dy,
      dWeights,
      _scratch,
      taps,
      first,
    ) => {
      const v = floats();
      const m = oh * ow;
      const [from, by, to] = [at(x), at(dy), at(dWeights)];
      const columns = groups * oc;
      v.fill(0, to, to + taps * columns);
      const sums = new Float64Array(columns);
      const block = m > POSITIONS ? blockOf(m, POSITIONS) : Math.floor(POSITIONS / Math.max(m, 1)) * m;
      for (let start = 0; start < n * m; ) {
        // The last block of an image ends with it.
        const end =
          m > POSITIONS ? Math.min(start + block, (Math.floor(start / m) + 1) * m) : Math.min(start + block, n * m);
        for (let t = first; t < Math.min(first + taps, kh * kw * c); t++) {
          const [e, tap] = [t % c, Math.floor(t / c)];
          const [i, j] = [Math.floor(tap / kw), tap % kw];
          sums.fill(0);
          for (let position = start; position < end; position++) {
            const row = (Math.floor(position / ow) % oh) * sh + i * dh - top;
            const pixel = (position % ow) * sw + j * dw - left;
            const isInside = row >= 0 && row < h && pixel >= 0 && pixel < w;
            const read = from + ((Math.floor(position / m) * h + row) * w + pixel) * groups * c + e;
            for (let column = 0; column < columns; column++) {
              const xi = isInside ? v[read + Math.floor(column / oc) * c]! : 0;
              sums[column] = madd(xi, v[by + position * columns + column]!, sums[column]!);
            }
          }
          for (let column = 0; column < columns; column++) {
            const write = to + (t - first) * columns + column;
            v[write] = add(v[write]!, sums[column]!);
          }
        }
        start = end;
      }
    },
    convolutionInput: (
      n,
      h,
      w,
      c,
      oh,
      ow,
      oc,
      groups,
      kh,
      kw,
      sh,
      sw,
      dh,
      dw,
      top,
      left,
      dy,
      weights,
      dx,
      _scratch,
    ) => {
      const v = floats();
      const kc = blockOf(oc, kcMost);
      const [from, by, to] = [at(dy), at(weights), at(dx)];
      v.fill(0, to, to + n * h * w * groups * c);
      walk(n, oh, ow, (image, p, q, position) => {
        for (let tap = 0; tap < kh * kw; tap++) {
          const row = p * sh + Math.floor(tap / kw) * dh - top;
          const pixel = q * sw + (tap % kw) * dw - left;
          if (row < 0 || row >= h || pixel < 0 || pixel >= w) continue;
          for (let g = 0; g < groups; g++) {
            const write = to + (((image * h + row) * w + pixel) * groups + g) * c;
            const read = from + (position * groups + g) * oc;
            for (let e = 0; e < c; e++) {
              const terms = by + ((tap * c + e) * groups + g) * oc;
              let total = 0;
              for (let start = 0; start < oc; start += kc) {
                let sum = 0;
                for (let o = start; o < Math.min(start + kc, oc); o++) sum = madd(v[read + o]!, v[terms + o]!, sum);
                total = start === 0 ? sum : add(total, sum);
              }
              v[write + e] = add(v[write + e]!, total);
            }
          }
        }
      });
    },
    convolutionScratch: (h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) => {
      if (!isWinograd(c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left))
        return directScratch(h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left);
      const ofProducts = directScratch(1, BLOCK, c, 1, BLOCK, oc, 16, 1, 1, 1, 1, 1, 1, 0, 0);
      return winogradScratch(bytes, c, oh, ow, oc, ofProducts);
    },
    convolutionWeightsScratch: (h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) => {
      const m = oh * ow;
      const together = Math.max(Math.floor(POSITIONS / Math.max(m, 1)), 1);
      const tables = 4 * (rounded(together * m, 16) + rounded(kh * kw * c, 16));
      const copied = together * copiedBy(h, w, oh, ow, kh, kw, sh, sw, dh, dw, top, left) * groups * c;
      const partial = oc % nr === 0 ? 0 : 64 * groups * kh * kw * c;
      return tables + partial + bytes * (rounded(oc, nr) * together * blockOf(m, POSITIONS) + copied);
    },
    convolutionInputScratch: (h, w, c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left) => {
      const [m, k] = [oh * ow, kh * kw * c];
      const block = blockOf(m, ROWS);
      const summed = copiedBy(h, w, oh, ow, kh, kw, sh, sw, dh, dw, top, left) * groups * c;
      const product = rounded(gemmScratch(block, k, oc), 64);
      return 4 * rounded(m, 16) + product + bytes * (rounded(block * k, 16) + summed);
    },
  };
}

/** Each position of the output. */
function walk(
  n: number,
  oh: number,
  ow: number,
  visit: (image: number, p: number, q: number, position: number) => void,
): void {
  for (let position = 0; position < n * oh * ow; position++) {
    const row = Math.floor(position / ow);
    visit(Math.floor(row / oh), row % oh, position % ow, position);
  }
}

/** Pixels of an image with the zeros around it; 0 where none are needed. */
function copiedBy(
  ...[h, w, oh, ow, kh, kw, sh, sw, dh, dw, top, left]: readonly [
    ...[h: number, w: number, oh: number, ow: number, kh: number, kw: number],
    ...[sh: number, sw: number, dh: number, dw: number, top: number, left: number],
  ]
): number {
  const covered = (windows: number, stride: number, kernel: number, dilation: number): number =>
    windows > 0 && kernel > 0 ? (windows - 1) * stride + (kernel - 1) * dilation + 1 : 0;
  const [hp, wp] = [covered(oh, sh, kh, dh), covered(ow, sw, kw, dw)];
  return top > 0 || left > 0 || hp > h || wp > w ? hp * wp : 0;
}
