/** Convolution of images: the operation of src/ops/convolution.ts, and the layer. */
import { OptionError, ShapeError } from "../../errors.ts";
import { type Conv2dOptions, conv2d as conv2dOf } from "../../ops/convolution.ts";
import { type Padding, type Pair, pairOf, type WindowOptions } from "../../ops/convolution_sizes.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkSize } from "../inputs.ts";
import { checkBoolean, checkImage, checkWindow, described, windowsOver } from "./images.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import { onnxWindows } from "./onnx_windows.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** A convolution as a layer's description. */
export type Conv2dLayer = {
  readonly kind: "conv2d";
  /** Channels of the images; where it is left out, as many as the layer before it gives. */
  readonly inChannels?: number;
  /** Channels of the output. */
  readonly outChannels: number;
  /** One number, or height and width. */
  readonly kernelSize: Pair;
} & Conv2dLayerOptions;

/** How a convolution moves over an image, and starts. */
export type Conv2dLayerOptions = {
  /** From one window to the next; default 1. */
  readonly stride?: Pair;
  /** Default 0; `"same"`: as many outputs as pixels, divided by the stride. */
  readonly padding?: Padding;
  /** From one tap of the kernel to the next; default 1. */
  readonly dilation?: Pair;
  /** Parts of the channels that are convolved separately; default 1. */
  readonly groups?: number;
  /** Whether a number is added to each channel; default true. Without effect before `batchNorm`. */
  readonly bias?: boolean;
  /** How W starts: default He's rule where a rectifier follows, else Xavier's. b starts at 0. */
  readonly weights?: Initializer;
};

const OPTIONS = { stride: 1, padding: 1, dilation: 1, groups: 1, bias: 1, weights: 1 } as const;

/**
 * A layer that convolves images, m × height × width × channels (a cross-correlation, as everywhere). The number of their
 * channels is that of the output before it.
 *
 * @param outChannels channels of the output
 * @param kernelSize one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, negative padding, groups that do not divide the channels, or an
 *   unknown initializer
 * @example
 * const layers = sequential(conv2d(6, 5, { padding: 2 }), relu(), maxPool2d(2), flatten(), dense(10));
 * using net = network(engine, layers, { inputShape: [28, 28, 1] });
 */
export function conv2d(outChannels: number, kernelSize: Pair, options?: Conv2dLayerOptions): Conv2dLayer;
/**
 * A layer that convolves images of so many channels.
 *
 * @param inChannels channels of the images
 * @param outChannels channels of the output
 * @param kernelSize one number, or height and width
 * @throws {OptionError} sizes that are not integers from 1 on, negative padding, groups that do not divide the channels, or an
 *   unknown initializer
 * @example
 * const layers = sequential(conv2d(1, 6, 5, { padding: 2 }), relu(), conv2d(6, 16, 5));
 */
export function conv2d(
  inChannels: number,
  outChannels: number,
  kernelSize: Pair,
  options?: Conv2dLayerOptions,
): Conv2dLayer;
/**
 * The convolution of images with a kernel, which moves over height and width:
 *
 * y[n, p, q, o] = bias[o] + Σ over i, j, c of x[n, p·stride + i·dilation - top, q·stride + j·dilation - left, c] · w[i, j, c, o],
 * where x is 0 outside of the image.
 *
 * @param x images × height × width × channels
 * @param w kernel height × kernel width × channels / groups × output channels
 * @returns images × height × width × output channels; an expression where an operand is one
 * @throws {ShapeError} shapes do not fit, the kernel is larger than the image with its padding, or a window sees padding alone
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an invalid stride, padding, dilation or number of groups
 * @example
 * using x = tensor(engine, [[[[1], [2], [3]], [[4], [5], [6]]]]); // one image of 2 × 3 pixels, one channel
 * using w = tensor(engine, [[[[1]], [[-1]]]]); // each pixel minus the one to its right
 * using y = conv2d(x, w);
 * y.toArray(); // → [[[[-1], [-1]], [[-1], [-1]]]]
 */
export function conv2d<D extends FloatType>(x: Tensor<D>, w: Tensor<D>, options?: Conv2dOptions<Tensor<D>>): Tensor<D>;
export function conv2d<D extends FloatType>(x: Value<D>, w: Value<D>, options?: Conv2dOptions<Value<D>>): Expression<D>;
export function conv2d(...given: readonly unknown[]): unknown {
  const [first, second, third] = given;
  if (first instanceof Tensor || first instanceof Expression)
    return conv2dOf(first as never, second as never, third as never);
  const isInferred = given.length < 3 || !(typeof third === "number" || Array.isArray(third));
  const [outChannels, kernelSize, options = {}] = (isInferred ? given : given.slice(1)) as [
    number,
    Pair,
    Conv2dLayerOptions?,
  ];
  checkOptions<Conv2dLayerOptions>("conv2d", options, OPTIONS);
  if (!isInferred) checkSize("conv2d: inChannels", first as number);
  const sizes = { ...(isInferred ? {} : { inChannels: first as number }), outChannels, kernelSize };
  const layer = layerOf<Conv2dLayer>(described({ kind: "conv2d", ...sizes, ...options }), CONV2D);
  check("conv2d", layer);
  return layer;
}

export const CONV2D: LayerRecord<Conv2dLayer> = {
  kind: "conv2d",
  // The keys of the options again, because bundlers keep what spreads.
  keys: {
    kind: 1,
    inChannels: 1,
    outChannels: 1,
    kernelSize: 1,
    stride: 1,
    padding: 1,
    dilation: 1,
    groups: 1,
    bias: 1,
    weights: 1,
  },
  check,
  complete(layer, input, option) {
    checkImage("conv2d", option, input);
    const { kind, inChannels = input[2] as number, ...others } = layer;
    if (inChannels !== input[2]) {
      throw new ShapeError("sequential", option, `inChannels ${input[2]}, the channels before it`, `${inChannels}`);
    }
    const complete = { kind, inChannels, ...others };
    check(option, complete);
    windowsOver(`${option}: conv2d`, input, layer.kernelSize, layer);
    return complete;
  },
  parameters({ outChannels, kernelSize, groups = 1, bias = true, weights }, input) {
    const [height, width] = pairOf("conv2d", kernelSize, 1);
    const channels = (input[2] as number) / groups;
    const fans = [height * width * channels, (height * width * outChannels) / groups] as const;
    return {
      W: { shape: [height, width, channels, outChannels], start: weights ?? "auto", fans },
      ...(bias && { b: { shape: [outChannels], start: 0 } }),
    };
  },
  forward(x, { bias = true, stride = 1, padding = 0, dilation = 1, groups = 1 }, { parameter }) {
    const options = { stride, padding, dilation, groups };
    return conv2dOf(x, parameter("W"), bias ? { ...options, bias: parameter("b") } : options);
  },
};

export const CONV2D_FORMATS: LayerFormats<Conv2dLayer> = {
  pytorch: { W: "weight", b: "bias" },
  arrange: (name) => (name === "W" ? { axes: [3, 2, 0, 1] } : undefined),
  isOfImages: true,
  onnx: ({ kernelSize, groups = 1, bias = true, ...options }, input) => ({
    op: "Conv",
    tensors: bias ? ["W", "b"] : ["W"],
    attributes: { ...onnxWindows(input, kernelSize, options), group: { int: groups } },
  }),
};

function check(option: string, layer: Conv2dLayer): void {
  const { inChannels, outChannels, kernelSize, groups = 1, bias, weights } = layer;
  if (inChannels !== undefined) checkSize(`${option}: inChannels`, inChannels);
  checkSize(`${option}: outChannels`, outChannels);
  checkWindow(option, { kernelSize }, layer as WindowOptions);
  checkSize(`${option}: groups`, groups);
  for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
    if (channels !== undefined && channels % groups !== 0)
      throw new OptionError(`${option}: groups`, `a divisor of ${name} ${channels}`, groups);
  }
  checkBoolean(`${option}: bias`, bias);
  if (weights !== undefined) checkInitializer(`${option}: weights`, weights);
}
