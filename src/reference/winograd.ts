/** A convolution of 3 × 3 taps by Winograd's F(2 × 2, 3 × 3): the reference for assembly/convolution/winograd.ts. */
import type { Element } from "./element.ts";
import { blockOf, rounded } from "./gemm.ts";

/** Tiles of 2 × 2 outputs for which there is scratch. */
export const BLOCK = 128;

/** Whether a convolution is computed in this way. */
export function isWinograd(
  ...[c, oh, ow, oc, groups, kh, kw, sh, sw, dh, dw, top, left]: readonly [
    ...[c: number, oh: number, ow: number, oc: number, groups: number, kh: number, kw: number],
    ...[sh: number, sw: number, dh: number, dw: number, top: number, left: number],
  ]
): boolean {
  const isPlain = kh === 3 && kw === 3 && [groups, sh, sw, dh, dw].every((size) => size === 1);
  return isPlain && (c | oc) % 8 === 0 && Math.max(top, left) <= 2 && Math.min(c, oc) >= 32 && Math.min(oh, ow) >= 4;
}

/** Bytes of scratch, of which those of the products are given. */
export function winogradScratch(
  bytes: number,
  c: number,
  oh: number,
  ow: number,
  oc: number,
  ofProducts: number,
): number {
  const image = rounded(oh + 2, 2) * rounded(ow + 2, 2) * c;
  return bytes * (16 * (BLOCK * (c + oc) + c * oc) + image) + ofProducts;
}

type Line = { [element: number]: number };

/** Operands are indices of their first elements; `bias` is negative where there is none. */
export function winogradOf({ isSingle, floats, add, sub, mul, madd }: Element) {
  const kcMost = isSingle ? 256 : 192;

  /** Gx, Bᵀx and Aᵀx of the elements at `from`, from + gap … */
  const ofWeights = (x: Line, from: number, gap: number, y: Line, to: number, gapY: number): void => {
    const [a, b, c] = [x[from]!, x[from + gap]!, x[from + 2 * gap]!];
    const ends = add(a, c);
    y[to] = a;
    y[to + gapY] = mul(0.5, add(ends, b));
    y[to + 2 * gapY] = mul(0.5, sub(ends, b));
    y[to + 3 * gapY] = c;
  };
  const ofPixels = (x: Line, from: number, gap: number, y: Line): void => {
    const [a, b, c, d] = [x[from]!, x[from + gap]!, x[from + 2 * gap]!, x[from + 3 * gap]!];
    y[from] = sub(a, c);
    y[from + gap] = add(b, c);
    y[from + 2 * gap] = sub(c, b);
    y[from + 3 * gap] = sub(b, d);
  };
  const toOutputs = (x: Line, from: number, gap: number): readonly [number, number] => {
    const [a, b, c, d] = [x[from]!, x[from + gap]!, x[from + 2 * gap]!, x[from + 3 * gap]!];
    return [add(add(a, b), c), sub(sub(b, c), d)];
  };

  return (
    ...[n, h, w, c, oh, ow, oc, top, left, x, weights, bias, y]: readonly [
      ...[n: number, h: number, w: number, c: number, oh: number, ow: number, oc: number, top: number, left: number],
      ...[x: number, weights: number, bias: number, y: number],
    ]
  ): void => {
    const v = floats();
    const kc = blockOf(c, kcMost);
    // Element 4·r + s of each pair of channels.
    const u = new Float64Array(16 * c * oc);
    const rows = new Float64Array(12);
    for (let pair = 0; pair < c * oc; pair++) {
      for (let j = 0; j < 3; j++) ofWeights(v, weights + j * c * oc + pair, 3 * c * oc, rows, j, 3);
      for (let r = 0; r < 4; r++) ofWeights(rows, 3 * r, 1, u, 16 * pair + 4 * r, 1);
    }
    const pixels = new Float64Array(16 * c);
    const m = new Float64Array(16);
    for (let image = 0; image < n; image++) {
      for (let p = 0; p < oh; p += 2) {
        for (let q = 0; q < ow; q += 2) {
          for (let e = 0; e < c; e++) {
            for (let at = 0; at < 16; at++) {
              const [row, pixel] = [p + (at >> 2) - top, q + (at & 3) - left];
              // Where the last windows end there are zeros, whatever the image has there.
              const isSeen = p + (at >> 2) < oh + 2 && q + (at & 3) < ow + 2;
              const isInside = isSeen && row >= 0 && row < h && pixel >= 0 && pixel < w;
              pixels[16 * e + at] = isInside ? v[x + ((image * h + row) * w + pixel) * c + e]! : 0;
            }
            for (let j = 0; j < 4; j++) ofPixels(pixels, 16 * e + j, 4, pixels);
            for (let r = 0; r < 4; r++) ofPixels(pixels, 16 * e + 4 * r, 1, pixels);
          }
          for (let o = 0; o < oc; o++) {
            for (let at = 0; at < 16; at++) {
              for (let start = 0; start < c; start += kc) {
                let sum = 0;
                for (let e = start; e < Math.min(start + kc, c); e++) {
                  sum = madd(pixels[16 * e + at]!, u[16 * (e * oc + o) + at]!, sum);
                }
                m[at] = start === 0 ? sum : add(m[at]!, sum);
              }
            }
            for (let j = 0; j < 4; j++) [m[j], m[4 + j]] = toOutputs(m, j, 4);
            for (let at = 0; at < 4; at++) {
              const [row, pixel] = [p + (at >> 1), q + (at & 1)];
              if (row >= oh || pixel >= ow) continue;
              const value = toOutputs(m, 4 * (at >> 1), 1)[at & 1]!;
              v[y + ((image * oh + row) * ow + pixel) * oc + o] = bias < 0 ? value : add(v[bias + o]!, value);
            }
          }
        }
      }
    }
  };
}
