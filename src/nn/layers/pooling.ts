/** Pooling of images: the operations of src/ops/pooling.ts, and the layers. */

import type { Into } from "../../ops/check.ts";
import type { Pair, WindowOptions } from "../../ops/convolution_sizes.ts";
import {
  type AvgPoolOptions,
  avgPool2d as avgPool2dOf,
  globalAvgPool2d as globalAvgPool2dOf,
  maxPool2d as maxPool2dOf,
  type PoolOptions,
} from "../../ops/pooling.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkBoolean, checkImage, checkWindow, described, windowsOver } from "./images.ts";
import { onnxWindows } from "./onnx_windows.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** The largest element of each window as a layer's description. */
export type MaxPool2dLayer = {
  readonly kind: "maxPool2d";
  /** Of a window: one number, or height and width. */
  readonly size: Pair;
} & PoolOptions;

/** The mean of each window as a layer's description. */
export type AvgPool2dLayer = {
  readonly kind: "avgPool2d";
  /** Of a window: one number, or height and width. */
  readonly size: Pair;
} & AvgPoolOptions;

/** The mean of each channel as a layer's description. */
export type GlobalAvgPool2dLayer = { readonly kind: "globalAvgPool2d" };

const OPTIONS = { stride: 1, padding: 1 } as const;
const AVG_OPTIONS = { stride: 1, padding: 1, countIncludePad: 1 } as const;

/**
 * A layer of the largest element of each window, of each channel of images.
 *
 * @param size one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, or negative padding
 * @example
 * const layers = sequential(conv2d(1, 6, 5), relu(), maxPool2d(2));
 */
export function maxPool2d(size: Pair, options?: PoolOptions): MaxPool2dLayer;
/**
 * The largest element of each window, channel by channel: NaN where there is one. The gradient goes to the first of the largest,
 * row by row; where windows overlap, gradients add up.
 *
 * Padding is -∞, so that it is never the largest.
 *
 * @param x images [N, H, W, C]
 * @param size of a window, n or [h, w]
 * @returns [N, OH, OW, C], with OH = ⌊(H + padding - size) / stride⌋ + 1
 * @throws {ShapeError} not four axes, an image without elements or smaller than a window, or an `out` that does not fit or overlaps
 * @throws {OptionError} a size or stride that is not positive, or padding of more than half of the window
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [1, 5, 2, 3], { shape: [1, 2, 2, 1] });
 * using y = maxPool2d(x, 2);
 * y.toArray(); // → [[[[5]]]]
 */
export function maxPool2d<D extends FloatType>(x: Tensor<D>, size: Pair, options?: PoolOptions & Into<D>): Tensor<D>;
export function maxPool2d<D extends FloatType>(x: Expression<D>, size: Pair, options?: PoolOptions): Expression<D>;
export function maxPool2d<D extends FloatType>(x: Value<D>, size: Pair, options?: PoolOptions): Value<D>;
export function maxPool2d(...given: readonly unknown[]): unknown {
  const [first, second, third] = given;
  if (first instanceof Tensor || first instanceof Expression)
    return maxPool2dOf(first as never, second as never, third as never);
  const options = (second === undefined ? {} : second) as PoolOptions;
  checkOptions<PoolOptions>("maxPool2d", options, OPTIONS);
  const layer = layerOf<MaxPool2dLayer>(described({ kind: "maxPool2d", size: first as Pair, ...options }), MAX_POOL2D);
  checkPool("maxPool2d", layer);
  return layer;
}

/**
 * A layer of the mean of each window, of each channel of images.
 *
 * @param size one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, or negative padding
 * @example
 * const layers = sequential(conv2d(1, 6, 5), relu(), avgPool2d(2));
 */
export function avgPool2d(size: Pair, options?: AvgPoolOptions): AvgPool2dLayer;
/**
 * The mean of each window, channel by channel: elements are added row by row, and divided by their number.
 *
 * @param x images [N, H, W, C]
 * @param size of a window, n or [h, w]
 * @returns [N, OH, OW, C]; sizes and errors as for `maxPool2d`
 * @throws {OptionError} countIncludePad is not a boolean
 * @example
 * using x = tensor(engine, [1, 5, 2, 4], { shape: [1, 2, 2, 1] });
 * using y = avgPool2d(x, 2);
 * y.toArray(); // → [[[[3]]]]
 */
export function avgPool2d<D extends FloatType>(x: Tensor<D>, size: Pair, options?: AvgPoolOptions & Into<D>): Tensor<D>;
export function avgPool2d<D extends FloatType>(x: Expression<D>, size: Pair, options?: AvgPoolOptions): Expression<D>;
export function avgPool2d<D extends FloatType>(x: Value<D>, size: Pair, options?: AvgPoolOptions): Value<D>;
export function avgPool2d(...given: readonly unknown[]): unknown {
  const [first, second, third] = given;
  if (first instanceof Tensor || first instanceof Expression)
    return avgPool2dOf(first as never, second as never, third as never);
  const options = (second === undefined ? {} : second) as AvgPoolOptions;
  checkOptions<AvgPoolOptions>("avgPool2d", options, AVG_OPTIONS);
  const layer = layerOf<AvgPool2dLayer>(described({ kind: "avgPool2d", size: first as Pair, ...options }), AVG_POOL2D);
  checkAvgPool("avgPool2d", layer);
  return layer;
}

/**
 * A layer of the mean of each channel of images: vectors of as many elements as channels.
 *
 * @example
 * const layers = sequential(conv2d(1, 16, 3), relu(), globalAvgPool2d(), dense(16, 10));
 */
export function globalAvgPool2d(): GlobalAvgPool2dLayer;
/**
 * The mean of each channel of an image: [N, H, W, C] becomes [N, C].
 *
 * @throws {ShapeError} not four axes, or an image without elements
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [1, 2, 3, 6], { shape: [1, 2, 2, 1] });
 * using y = globalAvgPool2d(x);
 * y.toArray(); // → [[3]]
 */
export function globalAvgPool2d<D extends FloatType>(x: Tensor<D>): Tensor<D>;
export function globalAvgPool2d<D extends FloatType>(x: Expression<D>): Expression<D>;
export function globalAvgPool2d<D extends FloatType>(x: Value<D>): Value<D>;
export function globalAvgPool2d(...given: readonly unknown[]): unknown {
  const [first] = given;
  if (given.length > 0) return globalAvgPool2dOf(first as never);
  return layerOf<GlobalAvgPool2dLayer>({ kind: "globalAvgPool2d" }, GLOBAL_AVG_POOL2D);
}

export const MAX_POOL2D: LayerRecord<MaxPool2dLayer> = {
  kind: "maxPool2d",
  keys: { kind: 1, size: 1, stride: 1, padding: 1 },
  check: checkPool,
  complete: completePool,
  forward: (x, { size, ...options }) => maxPool2dOf(x, size, windowOptions(options)),
};

export const AVG_POOL2D: LayerRecord<AvgPool2dLayer> = {
  kind: "avgPool2d",
  keys: { kind: 1, size: 1, stride: 1, padding: 1, countIncludePad: 1 },
  check: checkAvgPool,
  complete: completePool,
  forward: (x, { size, countIncludePad = true, ...options }) =>
    avgPool2dOf(x, size, { ...windowOptions(options), countIncludePad }),
};

export const GLOBAL_AVG_POOL2D: LayerRecord<GlobalAvgPool2dLayer> = {
  kind: "globalAvgPool2d",
  keys: { kind: 1 },
  check() {},
  complete(layer, input, option) {
    checkImage("globalAvgPool2d", option, input);
    return layer;
  },
  forward: (x) => globalAvgPool2dOf(x),
};

export const MAX_POOL2D_FORMATS: LayerFormats<MaxPool2dLayer> = {
  isOfImages: true,
  onnx: ({ size, stride = size, padding = 0 }, input) => ({
    op: "MaxPool",
    attributes: onnxWindows(input, size, { stride, padding }),
  }),
};

export const AVG_POOL2D_FORMATS: LayerFormats<AvgPool2dLayer> = {
  isOfImages: true,
  onnx: ({ size, stride = size, padding = 0, countIncludePad = true }, input) => ({
    op: "AveragePool",
    attributes: {
      ...onnxWindows(input, size, { stride, padding }),
      count_include_pad: { int: countIncludePad ? 1 : 0 },
    },
  }),
};

export const GLOBAL_AVG_POOL2D_FORMATS: LayerFormats<GlobalAvgPool2dLayer> = {
  isOfImages: true,
  onnx: () => [{ op: "GlobalAveragePool" }, { op: "Flatten" }],
};

function windowOptions({ stride, padding = 0 }: PoolOptions): WindowOptions {
  return stride === undefined ? { padding } : { stride, padding };
}

function completePool<L extends MaxPool2dLayer | AvgPool2dLayer>(
  layer: L,
  input: readonly number[],
  option: string,
): L {
  const { kind, size, stride = size, padding = 0 } = layer;
  checkImage(kind, option, input);
  windowsOver(`${option}: ${kind}`, input, size, { stride, padding });
  return layer;
}

function checkPool(option: string, { size, stride = size, padding = 0 }: MaxPool2dLayer | AvgPool2dLayer): void {
  checkWindow(option, { size }, { stride, padding });
}

function checkAvgPool(option: string, layer: AvgPool2dLayer): void {
  checkPool(option, layer);
  checkBoolean(`${option}: countIncludePad`, layer.countIncludePad);
}
