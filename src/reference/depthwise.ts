/** Convolutions of each channel by itself: the reference for assembly/kernels/depthwise.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

/** A tap, and the element that it reads. */
type Tap = readonly [tap: number, element: number];

export function depthwiseConvolutions({
  floats,
  at,
  add,
  madd,
}: Element): Pick<FloatKernels, "depthwise" | "depthwiseWeights"> {
  return {
    depthwise: (n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, isAdjoint, x, weights, b, y) => {
      const v = floats();
      const [from, factor, bias] = [at(x), at(weights), at(b)];
      const tapsOf = isAdjoint ? adjointTaps : taps;
      const columns = Array.from({ length: ow }, (_, j) => tapsOf(j, kw, sw, dw, left, w));
      let to = at(y);
      for (let image = 0; image < n; image++) {
        for (let i = 0; i < oh; i++) {
          const rows = tapsOf(i, kh, sh, dh, top, h);
          for (let j = 0; j < ow; j++) {
            for (let channel = 0; channel < c; channel++, to++) {
              let sum = b === 0 ? 0 : v[bias + channel]!;
              for (const [q, column] of columns[j]!) {
                for (const [p, row] of rows) {
                  const element = v[from + ((image * h + row) * w + column) * c + channel]!;
                  sum = madd(element, v[factor + (p * kw + q) * c + channel]!, sum);
                }
              }
              v[to] = sum;
            }
          }
        }
      }
    },
    depthwiseWeights: (n, h, w, c, kh, kw, oh, ow, sh, sw, dh, dw, top, left, x, dy, dWeights) => {
      const v = floats();
      const [from, gradient, to] = [at(x), at(dy), at(dWeights)];
      v.fill(0, to, to + kh * kw * c);
      const columns = Array.from({ length: ow }, (_, j) => taps(j, kw, sw, dw, left, w));
      for (let image = 0; image < n; image++) {
        for (let i = 0; i < oh; i++) {
          for (const [p, row] of taps(i, kh, sh, dh, top, h)) {
            const [line, lineY] = [from + (image * h + row) * w * c, gradient + (image * oh + i) * ow * c];
            for (let q = 0; q < kw; q++) {
              for (let channel = 0; channel < c; channel++) {
                let sum: number | undefined;
                for (let j = 0; j < ow; j++) {
                  const column = columns[j]!.find(([tap]) => tap === q)?.[1];
                  if (column === undefined) continue;
                  sum = madd(v[line + column * c + channel]!, v[lineY + j * c + channel]!, sum ?? 0);
                }
                const place = to + (p * kw + q) * c + channel;
                if (sum !== undefined) v[place] = add(v[place]!, sum);
              }
            }
          }
        }
      }
    },
  };
}

/** The taps of window i that are within the image. */
function taps(i: number, kernel: number, stride: number, dilation: number, before: number, size: number): Tap[] {
  const all = Array.from({ length: kernel }, (_, tap): Tap => [tap, i * stride - before + tap * dilation]);
  return all.filter(([, element]) => element >= 0 && element < size);
}

/** The taps by which windows read element i, and those windows, from the first on. */
function adjointTaps(i: number, kernel: number, stride: number, dilation: number, before: number, size: number): Tap[] {
  const all = Array.from({ length: kernel }, (_, tap): Tap => [tap, (i + before - tap * dilation) / stride]);
  return all.filter(([, window]) => Number.isInteger(window) && window >= 0 && window < size).reverse();
}
