/**
 * Convolutions of images whose last axis is channels (NHWC), and their gradients, which are convolutions in turn:
 *
 *   Y  = X ∗ W         conv2d
 *   dX = dY ∗ᵀ W       the transposed convolution
 *   dW = Xᵀ ∗ dY
 *
 * Each is linear in both operands, so that the gradients of any of the three are the other two. As everywhere in the field,
 * "convolution" is cross-correlation: the kernel is not flipped.
 */
import { allOrNothing } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Call, Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION, type FloatKernels, type Pointer } from "../wasm/abi.ts";
import { bytesPerElement, type FloatType } from "../wasm/dtype.ts";
import type { Activation } from "./affine.ts";
import { add } from "./binary.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import {
  checkAddressable,
  type Padding,
  type Pair,
  paddingOf,
  pairOf,
  type Sides,
  sidesOf,
  spanOf,
  type WindowOptions,
  type Windows,
  windowsOf,
} from "./convolution_sizes.ts";
import { operate } from "./operation.ts";
import { reshape } from "./rows.ts";
import { sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** Of a convolution of images. */
export type Conv2dOptions<B> = WindowOptions & {
  /** One number for each output channel, which is added to it. */
  readonly bias?: B | undefined;
  /** Into how many groups channels are cut: each output channel sees the input channels of its own group. Default 1. */
  readonly groups?: number;
};

/** Of a convolution of sequences. */
export type Conv1dOptions<B> = {
  /** One number for each output channel, which is added to it. */
  readonly bias?: B | undefined;
  /** From one window to the next; default 1. */
  readonly stride?: number;
  /** Elements before and after each sequence; default 0. */
  readonly padding?: number | readonly [before: number, after: number] | "same" | "valid";
  /** From one tap of the kernel to the next; default 1. */
  readonly dilation?: number;
  /** Into how many groups channels are cut. Default 1. */
  readonly groups?: number;
};

/** Of a transposed convolution. */
export type ConvTranspose2dOptions<B> = Conv2dOptions<B> & {
  /** Additional rows and columns at the end of the result, fewer than the stride; default 0. Not with `"same"`. */
  readonly outputPadding?: Pair;
};

const CONV2D_KEYS: KeysOf<Conv2dOptions<unknown>> = { bias: 1, stride: 1, padding: 1, dilation: 1, groups: 1 };

/**
 * The convolution of images with a kernel, which moves over height and width:
 *
 * y[n, p, q, o] = bias[o] + Σ over i, j, c of x[n, p·stride + i·dilation - top, q·stride + j·dilation - left, c] · w[i, j, c, o],
 * where x is 0 outside of the image. With a group for each of 16 channels or more, `depthwiseConv2d` is faster in float32; it
 * adds the same products in another order, so that last bits differ.
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
export function conv2d<D extends FloatType>(x: Value<D>, w: Value<D>, options: Conv2dOptions<Value<D>> = {}): Value<D> {
  checkOptions<Conv2dOptions<Value<D>>>("conv2d", options, CONV2D_KEYS);
  checkAxes("conv2d", "x", x, x, ["images", "height", "width", "channels"]);
  checkAxes("conv2d", "w", w, x, ["kernel height", "kernel width", "channels", "output channels"]);
  const { bias, groups = 1 } = options;
  const [, height = 0, width = 0, channels = 0] = x.shape;
  const [kh = 0, kw = 0, own = 0, outputs = 0] = w.shape;
  checkGroups("conv2d", groups, ["x", channels], ["w", outputs]);
  checkChannels("conv2d", x, w, own, groups);
  checkKernel("conv2d", w, [kh, kw]);
  const shownKernel = `w is ${show(w.shape)}`;
  const windows = windowsOf({ op: "conv2d", shape: x.shape, kernel: [kh, kw], shownKernel }, options);
  return convolved("conv2d", x, w, bias, geometryOf("images", [height, width], windows, groups));
}

/**
 * The convolution of sequences with a kernel: `conv2d` of images of one row.
 *
 * @param x sequences × length × channels
 * @param w kernel length × channels / groups × output channels
 * @returns sequences × length × output channels; an expression where an operand is one
 * @throws {ShapeError} shapes do not fit, the kernel is longer than a sequence with its padding, or a window sees padding alone
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an invalid stride, padding, dilation or number of groups
 * @example
 * using x = tensor(engine, [[[1], [2], [4]]]);
 * using w = tensor(engine, [[[1]], [[1]]]);
 * using y = conv1d(x, w);
 * y.toArray(); // → [[[3], [6]]]
 */
export function conv1d<D extends FloatType>(x: Tensor<D>, w: Tensor<D>, options?: Conv1dOptions<Tensor<D>>): Tensor<D>;
export function conv1d<D extends FloatType>(x: Value<D>, w: Value<D>, options?: Conv1dOptions<Value<D>>): Expression<D>;
export function conv1d<D extends FloatType>(x: Value<D>, w: Value<D>, options: Conv1dOptions<Value<D>> = {}): Value<D> {
  checkOptions<Conv1dOptions<Value<D>>>("conv1d", options, CONV2D_KEYS);
  checkAxes("conv1d", "x", x, x, ["sequences", "length", "channels"]);
  checkAxes("conv1d", "w", w, x, ["kernel length", "channels", "output channels"]);
  const { bias, groups = 1, stride = 1, padding = 0, dilation = 1 } = options;
  const [, length = 0, channels = 0] = x.shape;
  const [kernel = 0, own = 0, outputs = 0] = w.shape;
  checkGroups("conv1d", groups, ["x", channels], ["w", outputs]);
  checkChannels("conv1d", x, w, own, groups);
  checkKernel("conv1d", w, [1, kernel]);
  const along: WindowOptions = {
    stride: [1, positive("conv1d: stride", stride)],
    padding: typeof padding === "string" ? padding : sequencePadding(padding),
    dilation: [1, positive("conv1d: dilation", dilation)],
  };
  const shownKernel = `w is ${show(w.shape)}`;
  const image = [1, length] as const;
  const sizes = { op: "conv1d", shape: x.shape, image, kernel: [1, kernel], shownKernel } as const;
  const windows = windowsOf({ ...sizes, axes: ["height", "length"] }, along);
  return convolved("conv1d", x, w, bias, geometryOf("sequences", image, windows, groups));
}

/**
 * The transposed convolution, which is the gradient of `conv2d` with respect to its input: each pixel of x times the kernel is added
 * where the window of that pixel is. Height and width are (size - 1) · stride - padding + dilation · (kernel - 1) + 1 +
 * outputPadding; with `"same"` size · stride.
 *
 * @param x images × height × width × channels
 * @param w kernel height × kernel width × output channels / groups × channels
 * @returns images × height × width × output channels; an expression where an operand is one
 * @throws {ShapeError} shapes do not fit, nothing is left of the result without its padding, or a window sees padding alone
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an invalid stride, padding, dilation or number of groups, or an output padding of a stride or more
 * @example
 * using x = tensor(engine, [[[[1], [2]]]]);
 * using w = tensor(engine, [[[[1]], [[10]]]]);
 * using y = convTranspose2d(x, w, { stride: [1, 2] });
 * y.toArray(); // → [[[[1], [10], [2], [20]]]]
 */
export function convTranspose2d<D extends FloatType>(
  x: Tensor<D>,
  w: Tensor<D>,
  options?: ConvTranspose2dOptions<Tensor<D>>,
): Tensor<D>;
export function convTranspose2d<D extends FloatType>(
  x: Value<D>,
  w: Value<D>,
  options?: ConvTranspose2dOptions<Value<D>>,
): Expression<D>;
export function convTranspose2d<D extends FloatType>(
  x: Value<D>,
  w: Value<D>,
  options: ConvTranspose2dOptions<Value<D>> = {},
): Value<D> {
  const op = "convTranspose2d";
  checkOptions<ConvTranspose2dOptions<Value<D>>>(op, options, { ...CONV2D_KEYS, outputPadding: 1 });
  checkAxes(op, "x", x, x, ["images", "height", "width", "channels"]);
  checkAxes(op, "w", w, x, ["kernel height", "kernel width", "output channels", "channels"]);
  const { bias, groups = 1 } = options;
  const [n = 0, , , channels = 0] = x.shape;
  const [kh = 0, kw = 0, own = 0, inputs = 0] = w.shape;
  checkGroups(op, groups, ["x", channels], ["w", inputs]);
  if (inputs !== channels) {
    const expected = `${channels} channels (axis 3), as x has, which is ${show(x.shape)}`;
    throw new ShapeError(op, "w", expected, show(w.shape), `${inputs} ≠ ${channels}`);
  }
  checkKernel(op, w, [kh, kw]);
  const geometry = transposedGeometry(op, x.shape, w.shape, options);
  checkAddressable(op, "result", resultOf(geometry, n, own * groups, "image"));
  checkScratch(op, x, w, own * groups, geometry);
  const operands = bias === undefined ? [x, w] : [x, w, bias];
  const isLazy = operands.some((operand) => operand instanceof Expression);
  if (bias !== undefined) checkBias(op, bias, x, own * groups);
  // A bias that is refused, as one that was disposed of, leaves no result behind.
  return allOrNothing((own) => {
    const y = own(operate<D, Geometry>(CONV_INPUT, [isLazy ? expressionOf(x) : x, w], geometry));
    if (bias === undefined) return y;
    return isLazy ? (add(y, bias) as Expression<D>) : add(y as Tensor<D>, bias as Tensor<D>, { out: y as Tensor<D> });
  });
}

/** What a convolution's three operations know of it: numbers of pixels, and how windows move. */
type Geometry = {
  /** The axes of images or of sequences, whose images have one row. */
  readonly of: "images" | "sequences";
  readonly image: Sides;
  readonly output: Sides;
  readonly kernel: Sides;
  readonly stride: Sides;
  readonly dilation: Sides;
  /** Padding: top and left. */
  readonly before: Sides;
  readonly groups: number;
};

type Convolution = Geometry & { readonly activation: Activation };

function geometryOf(of: Geometry["of"], image: Sides, windows: Windows, groups: number): Geometry {
  const { kernel, stride, dilation, output, padding } = windows;
  return { of, image, output, kernel, stride, dilation, before: [padding[0], padding[3]], groups };
}

function convolved<D extends FloatType>(
  op: string,
  x: Value<D>,
  w: Value<D>,
  bias: Value<D> | undefined,
  geometry: Geometry,
): Value<D> {
  const outputs = w.shape.at(-1) ?? 0;
  if (bias !== undefined) checkBias(op, bias, x, outputs);
  checkAddressable(op, "result", resultOf(geometry, x.shape[0] ?? 0, outputs, "output"));
  checkScratch(op, x, w, last(x.shape), geometry);
  return operate<D, Convolution>(CONV2D, bias === undefined ? [x, w] : [x, w, bias], {
    ...geometry,
    activation: "none",
  });
}

/** The shape of images or sequences with so many channels. */
function resultOf({ of, ...sizes }: Geometry, n: number, channels: number, side: "image" | "output"): Shape {
  return of === "images" ? [n, ...sizes[side], channels] : [n, sizes[side][1], channels];
}

const CONV2D: Operation<Convolution> = {
  name: "conv2d",
  spec([x, w], geometry) {
    const [images, weights] = [x as Value, w as Value];
    return { dtype: images.dtype, shape: resultOf(geometry, images.shape[0] ?? 0, last(weights.shape), "output") };
  },
  bind({ kernels, specs, attributes, at, out, scratch }) {
    const [x, w, bias] = at;
    const [{ shape }, weights] = specs;
    const biases = specs.length > 2 ? bias.pointer : 0;
    const activation = ACTIVATION[attributes.activation];
    const sizes = sizesOf(attributes, shape[0] ?? 0, last(shape), last(weights.shape));
    if (!isProduct(attributes)) {
      return [kernels.convolution(...sizes, x.pointer, w.pointer, biases, out.pointer, activation, scratch)];
    }
    const [m, c, oc] = productSizes(sizes);
    if (m === 0 || oc === 0) return [];
    const matrices = [x.pointer, c, 1, w.pointer, oc, 1, out.pointer, oc] as const;
    return [kernels.gemm(m, oc, c, ...matrices, biases, activation, scratch, 1, 0, 0)];
  },
  gradient(which, { operands: [x, w], attributes: { activation: _, ...geometry } }, dy) {
    if (which === 0) return operate(CONV_INPUT, [dy, w], geometry) as Floats;
    if (which === 1) return operate(CONV_WEIGHTS, [x, dy], geometry) as Floats;
    const outputs = last(dy.shape);
    return sum(reshape(dy, [countOf(dy.shape.slice(0, -1)), outputs]), { axes: [0] });
  },
  takesActivation: true,
  scratchBytes: ({ specs: [{ shape }, w], attributes }, kernels) =>
    scratchOf("convolutionScratch", kernels, attributes, shape, last(w.shape)),
  flops: (call) => flopsOf(call.attributes, call.specs[0].shape, call.result.shape) + countOf(call.result.shape),
};

const CONV_WEIGHTS: Operation<Geometry> = {
  name: "conv2dWeightsGradient",
  spec([x, dy], { of, kernel, groups }) {
    const [images, gradient] = [x as Value, dy as Value];
    const channels = [last(images.shape) / groups, last(gradient.shape)];
    return { dtype: images.dtype, shape: [...(of === "images" ? kernel : [kernel[1]]), ...channels] };
  },
  bind({ kernels, specs, attributes, at, out, scratch }) {
    const [x, dy] = at;
    const [{ shape }, gradient] = specs;
    const sizes = sizesOf(attributes, shape[0] ?? 0, last(shape), last(gradient.shape));
    if (!isProduct(attributes)) {
      const taps = sizes[8] * sizes[9] * sizes[3];
      return [kernels.convolutionWeights(...sizes, x.pointer, dy.pointer, out.pointer, scratch, taps, 0)];
    }
    const [m, c, oc] = productSizes(sizes);
    if (c === 0 || oc === 0) return [];
    return [
      kernels.gemm(c, oc, m, x.pointer, 1, c, dy.pointer, oc, 1, out.pointer, oc, 0, ACTIVATION.none, scratch, 1, 0, 0),
    ];
  },
  gradient(which, { operands: [x, dy], attributes }, dw) {
    if (which === 0) return operate(CONV_INPUT, [dy, dw], attributes) as Floats;
    return operate(CONV2D, [x, dw], { ...attributes, activation: "none" }) as Floats;
  },
  scratchBytes: ({ specs: [{ shape }, dy], attributes }, kernels) =>
    scratchOf("convolutionWeightsScratch", kernels, attributes, shape, last(dy.shape)),
  flops: ({ specs, attributes }) => flopsOf(attributes, specs[0].shape, specs[1].shape),
};

const CONV_INPUT: Operation<Geometry> = {
  name: "convTranspose2d",
  spec([dy, w], geometry) {
    const [gradient, weights] = [dy as Value, w as Value];
    const channels = (weights.shape.at(-2) ?? 0) * geometry.groups;
    return { dtype: gradient.dtype, shape: resultOf(geometry, gradient.shape[0] ?? 0, channels, "image") };
  },
  bind(call) {
    const { kernels, result, specs, attributes, at, out, scratch } = call;
    const [dy, w] = at;
    const [{ shape }] = specs;
    const sizes = sizesOf(attributes, shape[0] ?? 0, last(result.shape), last(shape));
    if (isProduct(attributes)) {
      const [m, c, oc] = productSizes(sizes);
      if (m === 0 || c === 0) return [];
      const matrices = [dy.pointer, oc, 1, w.pointer, 1, oc, out.pointer, c] as const;
      return [kernels.gemm(m, c, oc, ...matrices, 0, ACTIVATION.none, scratch, 1, 0, 0)];
    }
    if (isFlipped(sizes)) return flippedConvolution(call, sizes);
    return [kernels.convolutionInput(...sizes, dy.pointer, w.pointer, out.pointer, scratch)];
  },
  gradient(which, { operands: [dy, w], attributes }, dx) {
    if (which === 0) return operate(CONV2D, [dx, w], { ...attributes, activation: "none" }) as Floats;
    return operate(CONV_WEIGHTS, [dx, dy], attributes) as Floats;
  },
  scratchBytes({ specs: [{ shape }], result, attributes }, kernels) {
    const sizes = sizesOf(attributes, shape[0] ?? 0, last(result.shape), last(shape));
    if (isProduct(attributes) || !isFlipped(sizes)) {
      return scratchOf("convolutionInputScratch", kernels, attributes, result.shape, last(shape));
    }
    const [, ...flipped] = flippedSizes(sizes);
    return flippedBytes(sizes, result.dtype as FloatType) + kernels.convolutionScratch(...flipped);
  },
  flops: ({ specs, result, attributes }) => flopsOf(attributes, result.shape, specs[0].shape),
};

/** The sizes that the kernels are given. */
type KernelSizes = readonly [
  ...[n: number, h: number, w: number, c: number, oh: number, ow: number, oc: number, groups: number],
  ...[kh: number, kw: number, sh: number, sw: number, dh: number, dw: number, top: number, left: number],
];

function sizesOf(geometry: Geometry, n: number, channels: number, outputs: number): KernelSizes {
  const { image, output, kernel, stride, dilation, before, groups } = geometry;
  return [
    n,
    ...image,
    channels / groups,
    ...output,
    outputs / groups,
    groups,
    ...kernel,
    ...stride,
    ...dilation,
    ...before,
  ];
}

/** Whether each window is one pixel, so that the images are a matrix of pixels, and the convolution their product with w. */
function isProduct({ kernel, stride, before, image, output, groups }: Geometry): boolean {
  const isPixel = [...kernel, ...stride, groups].every((size) => size === 1) && before.every((size) => size === 0);
  return isPixel && image.every((size, axis) => size === output[axis]);
}

/** Rows, columns and terms of that product. */
function productSizes([n, h, w, c, , , oc]: KernelSizes): readonly [m: number, c: number, oc: number] {
  return [n * h * w, c, oc];
}

function scratchOf(
  name: "convolutionScratch" | "convolutionWeightsScratch" | "convolutionInputScratch",
  kernels: FloatKernels,
  geometry: Geometry,
  images: Shape,
  outputs: number,
): number {
  const sizes = sizesOf(geometry, images[0] ?? 0, last(images), outputs);
  if (!isProduct(geometry)) {
    const [, ...others] = sizes;
    return kernels[name](...others);
  }
  const [m, c, oc] = productSizes(sizes);
  if (name === "convolutionScratch") return kernels.gemmScratch(m, oc, c);
  return name === "convolutionWeightsScratch" ? kernels.gemmScratch(c, oc, m) : kernels.gemmScratch(m, c, oc);
}

/**
 * Whether the gradient of the input is a convolution of dY with the kernel flipped and its channels exchanged, which writes each element
 * once. It computes whole vectors of channels at every pixel of x, where the other way computes each window once.
 */
function isFlipped([, h, w, c, oh, ow, , , kh, kw, sh, sw]: KernelSizes): boolean {
  const vectors = (channels: number) => Math.ceil(channels / 8) * 8;
  return sh === 1 && sw === 1 && h * w * vectors(c) * kh * kw <= 1.15 * oh * ow * vectors(kh * kw * c);
}

/** The sizes of that convolution, whose images are dY's. */
function flippedSizes(sizes: KernelSizes): KernelSizes {
  const [n, h, w, c, oh, ow, oc, groups, kh, kw, , , dh, dw, top, left] = sizes;
  const before = [spanOf(kh, dh) - 1 - top, spanOf(kw, dw) - 1 - left] as const;
  return [n, oh, ow, oc, h, w, c, groups, kh, kw, 1, 1, dh, dw, ...before];
}

function flippedBytes([, , , c, , , oc, groups, kh, kw]: KernelSizes, dtype: FloatType): number {
  return Math.ceil((kh * kw * c * groups * oc * bytesPerElement(dtype)) / 64) * 64;
}

function flippedConvolution({ kernels, common, result, at, out, scratch }: Call<Geometry>, sizes: KernelSizes): Step[] {
  const [, , , c, , , oc, groups, kh, kw] = sizes;
  const [dy, w] = at;
  const dtype = result.dtype as FloatType;
  const size = bytesPerElement(dtype);
  const [taps, tap] = [kh * kw, c * groups * oc * size];
  const rest: Pointer = scratch + flippedBytes(sizes, dtype);
  if (taps === 0) return [kernels.fill(countOf(result.shape), out.pointer, 0)];
  const from = [w.pointer + (taps - 1) * tap, -tap, size, oc * size, groups * oc * size] as const;
  const to = [scratch, tap, groups * c * size, c * size, size] as const;
  return [
    common.copyStrided(size, taps, oc, groups, c, ...from, ...to),
    kernels.convolution(...flippedSizes(sizes), dy.pointer, scratch, 0, out.pointer, ACTIVATION.none, rest),
  ];
}

/** Two for each term: x has `images`, y `outputs`. */
function flopsOf({ kernel, groups }: Geometry, images: Shape, outputs: Shape): number {
  return (2 * countOf(outputs) * kernel[0] * kernel[1] * last(images)) / groups;
}

/** The geometry of the convolution that a transposed one is the gradient of: x has its outputs. */
function transposedGeometry(
  op: string,
  x: Shape,
  w: Shape,
  { stride = 1, padding = 0, dilation = 1, outputPadding = 0, groups = 1 }: ConvTranspose2dOptions<unknown>,
): Geometry {
  const output: Sides = [x[1] ?? 0, x[2] ?? 0];
  const kernel: Sides = [w[0] ?? 0, w[1] ?? 0];
  const strides = pairOf(`${op}: stride`, stride, 1);
  const dilations = pairOf(`${op}: dilation`, dilation, 1);
  const ends = pairOf(`${op}: outputPadding`, outputPadding, 0);
  const isSame = padding === "same";
  const spans = kernel.map((size, axis) => spanOf(size, dilations[axis]!));
  for (const [axis, end] of ends.entries()) {
    if (isSame ? end === 0 : end < strides[axis]!) continue;
    const expected = isSame ? '0 with the padding "same"' : `less than the stride, which is ${strides.join(", ")}`;
    throw new OptionError(`${op}: outputPadding`, expected, outputPadding);
  }
  // With "same", each of the strides[axis] · size pixels is under a window or behind the last one.
  const around = paddingOf(op, padding, (axis) => {
    const all = Math.max(spans[axis]! - strides[axis]!, 0);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  });
  const image = ["height", "width"].map((name, axis) => {
    const [before, after] = sidesOf(around, axis);
    const [size, span, step] = [output[axis]!, spans[axis]!, strides[axis]!];
    if (size < 1) throw new ShapeError(op, "x", `a ${name} of at least 1`, show(x));
    const all = (size - 1) * step + span + (isSame ? Math.max(step - span, 0) : ends[axis]!);
    const left = all - before - after;
    const sum = `(${size} - 1) · ${step} + ${span} with padding ${before + after}`;
    if (left < 1)
      throw new ShapeError(
        op,
        "padding",
        "a result of at least one pixel",
        show([before, after]),
        `the ${name} is ${sum}`,
      );
    if (before >= span || after >= span + ends[axis]!) {
      const cure = `a window of the ${name} covers ${span}`;
      throw new ShapeError(op, "padding", "windows that are not within the padding alone", show([before, after]), cure);
    }
    return left;
  }) as unknown as Sides;
  return {
    of: "images",
    image,
    output,
    kernel,
    stride: strides,
    dilation: dilations,
    before: [around[0], around[3]],
    groups,
  };
}

/** @throws {ShapeError} other axes than these */
function checkAxes(op: string, argument: string, x: Value, like: Value, axes: readonly string[]): void {
  checkFloat(op, argument, x);
  if (x !== like) checkAlike(op, argument, x, like);
  if (x.shape.length === axes.length) return;
  throw new ShapeError(op, argument, `${axes.length} axes, ${axes.join(" × ")}`, show(x.shape));
}

/** @throws {OptionError} channels are not a multiple of the groups */
function checkGroups(
  op: string,
  groups: number,
  ...channels: readonly (readonly [argument: string, channels: number])[]
): void {
  positive(`${op}: groups`, groups);
  for (const [argument, count] of channels) {
    if (count % groups === 0) continue;
    throw new OptionError(
      `${op}: groups`,
      `a divisor of the ${count} channels on the last axis of ${argument}`,
      groups,
    );
  }
}

/** @throws {ShapeError} w has other channels than a group of x */
function checkChannels(op: string, x: Value, w: Value, own: number, groups: number): void {
  const channels = last(x.shape) / groups;
  if (own === channels) return;
  const axis = w.shape.length - 2;
  const of = groups === 1 ? "as x has" : `those of each of ${groups} groups of x`;
  const expected = `${channels} channels (axis ${axis}), ${of}, which is ${show(x.shape)}`;
  throw new ShapeError(op, "w", expected, show(w.shape), `${own} ≠ ${channels}`);
}

/** @throws {ShapeError} a kernel without taps */
function checkKernel(op: string, w: Value, kernel: Sides): void {
  if (kernel.every((size) => size > 0)) return;
  throw new ShapeError(op, "w", "a kernel of at least one tap", show(w.shape));
}

function checkBias(op: string, bias: Value, x: Value, outputs: number): void {
  checkAlike(op, "bias", bias, x);
  checkShapeIs(op, "bias", bias, [outputs]);
}

function positive(option: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new OptionError(option, "a positive integer", value);
}

function sequencePadding(padding: number | readonly [number, number]): Padding {
  const [before, after] = pairOf(
    "conv1d: padding",
    padding,
    0,
    '"same", "valid", integers ≥ 0 as n or [before, after]',
  );
  return [0, after, 0, before];
}

/** @throws {ShapeError} kernels could not count the bytes of their scratch */
function checkScratch(op: string, x: Value, w: Value, channels: number, geometry: Geometry): void {
  const { image, output, kernel, stride, dilation, groups } = geometry;
  const covered = image.map((_, axis) => (output[axis]! - 1) * stride[axis]! + spanOf(kernel[axis]!, dilation[axis]!));
  const [positions, padded] = [countOf(output) + countOf(image), countOf(covered) + countOf(image)];
  const together = Math.max(256 / countOf(output), 1); // images of a block
  const outer = [w.shape.at(-1) ?? 0, channels].map((count) => count + 8 * groups);
  const weights = (countOf(kernel) * outer[0]! * outer[1]!) / groups;
  const products = 4 * weights + (2048 * weights) / outer[0]! + 2048 * outer[0]!;
  const elements = padded * Math.max(channels, last(x.shape)) * together + products + 2 * positions;
  if (elements * bytesPerElement(x.dtype) < 2 ** 31 - 2 ** 23) return;
  const cure = `an image with its padding is ${covered.join(" × ")}`;
  const expected = `images and a kernel that take less than 2 GiB of scratch, w is ${show(w.shape)}`;
  throw new ShapeError(op, "x", expected, show(x.shape), cure);
}

function last(shape: Shape): number {
  return shape.at(-1) ?? 0;
}
