/**
 * The layers of chapter 7: `Convolution` and `Pooling` of the book's common folder. Images come as
 * [N, C, H, W], as in the book; between the two layers they are [N, H, W, C], as `conv2d` has them.
 *
 *   convolution   what the book computes as im2col(x)·Wᵀ + b, of W [filters, C, filterSize, filterSize]
 *   pooling       the largest of each 2 × 2, and the channels in front again
 */

import { checkSize } from "../nn/inputs.ts";
import { type LayerRecord, layerOf } from "../nn/layers/record.ts";
import { conv2d } from "../ops/convolution.ts";
import { maxPool2d } from "../ops/pooling.ts";
import { transpose } from "../ops/transpose.ts";
import { checkWindow } from "./im2col.ts";

type Convolution = {
  readonly kind: "chapter/convolution";
  readonly filterNum: number;
  readonly filterSize: number;
  readonly stride: number;
  readonly pad: number;
};

/** Filters that move over images. */
export function convolution(config: Omit<Convolution, "kind">): Convolution {
  return layerOf({ ...config, kind: "chapter/convolution" }, CONVOLUTION);
}

const CONVOLUTION: LayerRecord<Convolution> = {
  kind: "chapter/convolution",
  keys: { kind: 1, filterNum: 1, filterSize: 1, stride: 1, pad: 1 },
  check(option, { filterNum, filterSize, stride, pad }) {
    checkSize(`${option}: filterNum`, filterNum);
    checkWindow(option, { filterH: filterSize, filterW: filterSize, stride, pad });
  },
  parameters: ({ filterNum, filterSize }, [channels = 0]) => ({
    W: { shape: [filterNum, channels, filterSize, filterSize], start: 0 },
    b: { shape: [filterNum], start: 0 },
  }),
  forward(x, { stride, pad }, { parameter }) {
    const images = transpose(x, { axes: [0, 2, 3, 1] });
    const filters = transpose(parameter("W"), { axes: [2, 3, 1, 0] });
    return conv2d(images, filters, { bias: parameter("b"), stride, padding: pad });
  },
};

type Pooling = { readonly kind: "chapter/pooling" };

/** The largest number of each 2 × 2; a last row or column that has no partner is left out. */
export function pooling(): Pooling {
  return layerOf({ kind: "chapter/pooling" }, POOL);
}

const POOL: LayerRecord<Pooling> = {
  kind: "chapter/pooling",
  keys: { kind: 1 },
  check() {},
  forward: (x) => transpose(maxPool2d(x, 2), { axes: [0, 3, 1, 2] }),
};
