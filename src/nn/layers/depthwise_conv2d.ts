/** Convolution of each channel by itself: the operation of src/ops/depthwise.ts, and the layer. */
import { ShapeError } from "../../errors.ts";
import type { Into } from "../../ops/check.ts";
import { type Padding, type Pair, pairOf, type WindowOptions } from "../../ops/convolution_sizes.ts";
import { type DepthwiseOptions, depthwiseConv2d as depthwiseConv2dOf } from "../../ops/depthwise.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkSize } from "../inputs.ts";
import { checkBoolean, checkImage, checkWindow, described, windowsOver } from "./images.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import { onnxWindows } from "./onnx_windows.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** A depthwise convolution as a layer's description. */
export type DepthwiseConv2dLayer = {
  readonly kind: "depthwiseConv2d";
  /** Channels of the images; where it is left out, as many as the layer before it gives. */
  readonly channels?: number;
  /** One number, or height and width. */
  readonly kernelSize: Pair;
} & DepthwiseConv2dLayerOptions;

/** How a depthwise convolution moves over an image, and starts. */
export type DepthwiseConv2dLayerOptions = {
  /** Outputs of each channel; default 1. */
  readonly multiplier?: number;
  /** From one window to the next; default 1. */
  readonly stride?: Pair;
  /** Default 0; `"same"`: as many outputs as pixels, divided by the stride. */
  readonly padding?: Padding;
  /** From one tap of the kernel to the next; default 1. */
  readonly dilation?: Pair;
  /** Whether a number is added to each channel; default true. */
  readonly bias?: boolean;
  /** How W starts: default He's rule where a rectifier follows, else Xavier's. b starts at 0. */
  readonly weights?: Initializer;
};

const OPTIONS = { multiplier: 1, stride: 1, padding: 1, dilation: 1, bias: 1, weights: 1 } as const;

/**
 * A layer that convolves each channel of images, m × height × width × channels, by a kernel of its own. The number of
 * channels is that of the output before it.
 *
 * @param kernelSize one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, negative padding, or an unknown initializer
 * @example
 * const layers = sequential(conv2d(8, 3), depthwiseConv2d(3, { padding: "same" }), conv2d(16, 1), globalAvgPool2d(), dense(10));
 * using net = network(engine, layers, { inputShape: [28, 28, 1] });
 */
export function depthwiseConv2d(kernelSize: Pair, options?: DepthwiseConv2dLayerOptions): DepthwiseConv2dLayer;
/**
 * A layer that convolves each of so many channels by a kernel of its own.
 *
 * @param channels of the images
 * @param kernelSize one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, negative padding, or an unknown initializer
 * @example
 * const layers = sequential(conv2d(1, 8, 3), depthwiseConv2d(8, 3), conv2d(8, 16, 1));
 */
export function depthwiseConv2d(
  channels: number,
  kernelSize: Pair,
  options?: DepthwiseConv2dLayerOptions,
): DepthwiseConv2dLayer;
/**
 * Each channel of x convolved (cross-correlated, as everywhere) with M kernels of its own: channel c · M + j of the result is
 * channel c of x with w[…, c, j].
 *
 *   y_(i, j, c) = bias_c + Σ_pq x_(i·stride - top + p·dilation, j·stride - left + q·dilation, c) · w_pqc
 *
 * Padding is left out of the sums.
 *
 * @param x images [N, H, W, C]
 * @param w [KH, KW, C, M]
 * @param options `bias` is [C · M]
 * @returns [N, OH, OW, C · M]: `out`, or a new tensor; an expression where an operand is one
 * @throws {ShapeError} not four axes, another number of channels, an image smaller than the kernel, or an `out` that does not fit
 * @throws {OptionError} an invalid stride, padding or dilation
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {EngineMismatchError} operands of several engines
 * @example
 * using x = tensor(engine, [1, 2, 3, 4], { shape: [1, 1, 2, 2] });
 * using w = tensor(engine, [10, 1], { shape: [1, 1, 2, 1] });
 * using y = depthwiseConv2d(x, w);
 * y.toArray(); // → [[[[10, 2], [30, 4]]]]
 */
export function depthwiseConv2d<D extends FloatType>(
  x: Tensor<D>,
  w: Tensor<D>,
  options?: DepthwiseOptions<Tensor<D>> & Into<D>,
): Tensor<D>;
export function depthwiseConv2d<D extends FloatType>(
  x: Value<D>,
  w: Value<D>,
  options?: DepthwiseOptions<Value<D>>,
): Expression<D>;
export function depthwiseConv2d(...given: readonly unknown[]): unknown {
  const [first, second, third] = given;
  if (first instanceof Tensor || first instanceof Expression)
    return depthwiseConv2dOf(first as never, second as never, third as never);
  const isInferred = given.length < 2 || !(typeof second === "number" || Array.isArray(second));
  const [kernelSize, options = {}] = (isInferred ? given : given.slice(1)) as [Pair, DepthwiseConv2dLayerOptions?];
  checkOptions<DepthwiseConv2dLayerOptions>("depthwiseConv2d", options, OPTIONS);
  if (!isInferred) checkSize("depthwiseConv2d: channels", first as number);
  const sizes = { ...(isInferred ? {} : { channels: first as number }), kernelSize };
  const layer = layerOf<DepthwiseConv2dLayer>(
    described({ kind: "depthwiseConv2d", ...sizes, ...options }),
    DEPTHWISE_CONV2D,
  );
  check("depthwiseConv2d", layer);
  return layer;
}

export const DEPTHWISE_CONV2D: LayerRecord<DepthwiseConv2dLayer> = {
  kind: "depthwiseConv2d",
  // The keys of the options again, because bundlers keep what spreads.
  keys: {
    kind: 1,
    channels: 1,
    kernelSize: 1,
    multiplier: 1,
    stride: 1,
    padding: 1,
    dilation: 1,
    bias: 1,
    weights: 1,
  },
  check,
  complete(layer, input, option) {
    checkImage("depthwiseConv2d", option, input);
    const { kind, channels = input[2] as number, ...others } = layer;
    if (channels !== input[2])
      throw new ShapeError("sequential", option, `channels ${input[2]}, those before it`, `${channels}`);
    windowsOver(`${option}: depthwiseConv2d`, input, layer.kernelSize, layer);
    return { kind, channels, ...others };
  },
  parameters({ kernelSize, multiplier = 1, bias = true, weights }, input) {
    const [height, width] = pairOf("depthwiseConv2d", kernelSize, 1);
    const channels = input[2] as number;
    const fans = [height * width, height * width * multiplier] as const;
    return {
      W: { shape: [height, width, channels, multiplier], start: weights ?? "auto", fans },
      ...(bias && { b: { shape: [channels * multiplier], start: 0 } }),
    };
  },
  forward(x, { bias = true, stride = 1, padding = 0, dilation = 1 }, { parameter }) {
    const options = { stride, padding, dilation };
    return depthwiseConv2dOf(x, parameter("W"), bias ? { ...options, bias: parameter("b") } : options);
  },
};

export const DEPTHWISE_CONV2D_FORMATS: LayerFormats<DepthwiseConv2dLayer> = {
  pytorch: { W: "weight", b: "bias" },
  arrange(name, [height = 1, width = 1, channels = 1, multiplier = 1]) {
    return name === "W" ? { axes: [2, 3, 0, 1], shape: [channels * multiplier, 1, height, width] } : undefined;
  },
  isOfImages: true,
  onnx: ({ kernelSize, bias = true, ...options }, input) => ({
    op: "Conv",
    tensors: bias ? ["W", "b"] : ["W"],
    attributes: { ...onnxWindows(input, kernelSize, options), group: { int: input[2] as number } },
  }),
};

function check(option: string, layer: DepthwiseConv2dLayer): void {
  const { channels, kernelSize, multiplier = 1, bias, weights } = layer;
  if (channels !== undefined) checkSize(`${option}: channels`, channels);
  checkWindow(option, { kernelSize }, layer as WindowOptions);
  checkSize(`${option}: multiplier`, multiplier);
  checkBoolean(`${option}: bias`, bias);
  if (weights !== undefined) checkInitializer(`${option}: weights`, weights);
}
