/**
 * Pooling of images [N, H, W, C]: each window of a channel becomes one element, its largest or its mean.
 *
 *   maxPool2d ── gradient ──▶ maxPool2dGradient ◀── gradients of each other ──▶ maxPool2dPick
 *   avgPool2d ◀── gradients of each other ──▶ avgPool2dGradient
 *
 * No index is kept: a gradient goes to the first element of a window that equals its maximum.
 */
import { checkType } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { AnyValue, Expression, Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Attributes, Operation, ProgramValue, Rewriting, TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MAP_SCRATCH } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Activation } from "./affine.ts";
import { checkFloat, type Into } from "./check.ts";
import {
  checkAddressable,
  type Padding,
  type Pair,
  pairOf,
  type Sides,
  type Windows,
  windowsOf,
} from "./convolution_sizes.ts";
import { type ComposedFunction, relu, reluGradient } from "./elementwise.ts";
import { operate, operationOf } from "./operation.ts";
import { mean } from "./reduce.ts";
import { RESHAPE, reshape } from "./rows.ts";
import { sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** How the windows of a pooling move over an image. */
export type PoolOptions = {
  /** From one window to the next; default: the window's size. */
  readonly stride?: Pair;
  /** Default 0; at most half of the window's size. */
  readonly padding?: Padding;
};

/** Of `avgPool2d`. */
export type AvgPoolOptions = PoolOptions & {
  /** Whether the padding counts as elements, which are 0. Default true, as in PyTorch; TensorFlow and ONNX leave it out. */
  readonly countIncludePad?: boolean;
};

/** A pooling by windows of one size: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type PoolFunction<Options> = {
  <D extends FloatType>(x: Tensor<D>, size: Pair, options?: Options & Into<D>): Tensor<D>;
  <D extends FloatType>(x: Expression<D>, size: Pair, options?: Options): Expression<D>;
  <D extends FloatType>(x: Value<D>, size: Pair, options?: Options): Value<D>;
};

/** Windows, and the height and width of the images that they are over. */
type Pool = Omit<Windows, "dilation"> & { readonly image: Sides };
type Average = Pool & { readonly isPadded: boolean; readonly isAdaptive: boolean };

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
export const maxPool2d: PoolFunction<PoolOptions> = ((
  x: Value<FloatType>,
  size: Pair,
  options: PoolOptions & Into<FloatType> = {},
): Value<FloatType> => {
  checkOptions<PoolOptions & Into<FloatType>>("maxPool2d", options, { stride: 1, padding: 1, out: 1 });
  const pool = { ...poolOf("maxPool2d", x, size, options), activation: "none" } as const;
  return operate(MAX_POOL, [x], pool, intoOf(options));
}) as PoolFunction<PoolOptions>;

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
export const avgPool2d: PoolFunction<AvgPoolOptions> = ((
  x: Value<FloatType>,
  size: Pair,
  options: AvgPoolOptions & Into<FloatType> = {},
): Value<FloatType> => {
  const keys = { stride: 1, padding: 1, countIncludePad: 1, out: 1 } as const;
  checkOptions<AvgPoolOptions & Into<FloatType>>("avgPool2d", options, keys);
  const { countIncludePad = true } = options;
  checkType("avgPool2d: countIncludePad", "boolean", countIncludePad);
  const pool = poolOf("avgPool2d", x, size, options);
  return operate(AVG_POOL, [x], { ...pool, isPadded: countIncludePad, isAdaptive: false }, intoOf(options));
}) as PoolFunction<AvgPoolOptions>;

/**
 * Means of as many windows as are asked for: window i of n has the rows from ⌊i · H / n⌋ to before ⌈(i + 1) · H / n⌉, and columns
 * likewise, as in PyTorch.
 *
 * @param x images [N, H, W, C]
 * @param size of the result, n or [h, w]
 * @returns [N, h, w, C]
 * @throws {ShapeError} not four axes, an image without elements, too large a result, or an `out` that does not fit or overlaps
 * @throws {OptionError} a size that is not positive
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [1, 2, 3], { shape: [1, 1, 3, 1] });
 * using y = adaptiveAvgPool2d(x, [1, 2]);
 * y.toArray(); // → [[[[1.5], [2.5]]]]
 */
export const adaptiveAvgPool2d: PoolFunction<unknown> = ((
  x: Value<FloatType>,
  size: Pair,
  options: Into<FloatType> = {},
): Value<FloatType> => {
  checkOptions<Into<FloatType>>("adaptiveAvgPool2d", options, { out: 1 });
  const image = checkImages("adaptiveAvgPool2d", x);
  const output = pairOf("adaptiveAvgPool2d: size", size, 1);
  checkAddressable("adaptiveAvgPool2d", "result", [x.shape[0] ?? 0, ...output, x.shape[3] ?? 0]);
  const [kernel, stride, padding] = [[0, 0] as const, [1, 1] as const, [0, 0, 0, 0] as const];
  const pool = { kernel, stride, padding, output, image, isPadded: false, isAdaptive: true };
  return operate(AVG_POOL, [x], pool, intoOf(options));
}) as PoolFunction<unknown>;

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
export const globalAvgPool2d: ComposedFunction = ((x: Value<FloatType>): Value<FloatType> => {
  checkImages("globalAvgPool2d", x);
  return mean(x, { axes: [1, 2] });
}) as ComposedFunction;

/**
 * The largest element of each channel of an image, as `maxPool2d` of all of it: [N, H, W, C] becomes [N, C]. Errors as for
 * `globalAvgPool2d`.
 */
export const globalMaxPool2d: ComposedFunction = ((x: Value<FloatType>): Value<FloatType> => {
  const image = checkImages("globalMaxPool2d", x);
  const [n = 0, , , c = 0] = x.shape;
  return scoped((own) => reshape(own(maxPool2d(x, image)), [n, c]));
}) as ComposedFunction;

/**
 * Images of floats with at least one pixel.
 *
 * @returns their height and width
 * @throws {ShapeError} not four axes, or no pixels
 */
export function checkImages(op: string, x: AnyValue): Sides {
  checkFloat(op, "x", x);
  const [, h = 0, w = 0] = x.shape;
  if (x.shape.length !== 4) throw new ShapeError(op, "x", "images [N, H, W, C] (4 axes)", show(x.shape));
  if (h === 0 || w === 0) throw new ShapeError(op, "x", "images of at least one pixel", show(x.shape));
  return [h, w];
}

/** Where `out` is given, and not undefined. */
export function intoOf<D extends FloatType>({ out }: Into<D>): Into<D> {
  return out === undefined ? {} : { out };
}

function poolOf(op: string, x: Value, size: Pair, options: PoolOptions): Pool {
  const image = checkImages(op, x);
  const kernel = pairOf(`${op}: size`, size, 1);
  const { stride = kernel, padding = 0 } = options;
  const sizes = { op, shape: x.shape, kernel, shownKernel: `size is ${show(kernel)}` };
  const windows = windowsOf(sizes, { stride, padding });
  for (const [side, amount] of windows.padding.entries()) {
    if (2 * amount > (kernel[side % 2] as number)) {
      throw new OptionError(`${op}: padding`, `at most half of the window's ${show(kernel)}`, padding);
    }
  }
  const { padding: around, output, stride: strides } = windows;
  return { kernel, stride: strides, padding: around, output, image };
}

function pooled(op: string): Operation<Pool>["spec"] {
  return ([x], { output }) => {
    const { dtype, shape } = x as Value;
    const result = [shape[0] ?? 0, ...output, shape[3] ?? 0];
    checkAddressable(op, "result", result);
    return { dtype, shape: result };
  };
}

/** The numbers of a kernel's call: `shape` is that of the images. */
export function geometryOf(
  { kernel, stride, padding: [top, , , left], output }: Omit<Windows, "dilation">,
  { shape }: TensorSpec,
): [
  ...images: [number, number, number, number],
  ...windows: [number, number, number, number, number, number, number, number],
] {
  const [n = 0, h = 0, w = 0, c = 0] = shape;
  return [n, h, w, c, ...kernel, ...output, ...stride, top, left];
}

/** Elements in the windows of a result or of its gradient. */
function reads({ kernel }: Pool, { shape }: TensorSpec): number {
  return countOf(shape) * countOf(kernel);
}

const MAX_POOL: Operation<Pool & { readonly activation: Activation }> = {
  name: "maxPool2d",
  spec: /* @__PURE__ */ pooled("maxPool2d"),
  bind({ kernels, specs: [x], attributes, result, at, out, scratch }) {
    const { activation } = attributes;
    const isRelu = activation === "relu";
    const pool = kernels.maxPool(
      ...geometryOf(attributes, x),
      at[0].pointer,
      out.pointer,
      isRelu ? 0 : Number.NEGATIVE_INFINITY,
    );
    if (isRelu || activation === "none") return [pool];
    return [pool, kernels[activation](countOf(result.shape), out.pointer, out.pointer, scratch)];
  },
  rewrite: reluLast,
  gradient: (_, { operands: [x], attributes: { activation: __, ...pool }, result: y }, dy) =>
    operate(MAX_GRADIENT, [x, y, dy], pool) as Floats,
  takesActivation: true,
  scratchBytes: () => MAP_SCRATCH,
  flops: ({ attributes, result }) => reads(attributes, result),
};

/**
 * maxPool2d(relu(x)) as relu(maxPool2d(x)), and its gradient with it: the same bits from fewer elements. Where an activation is free,
 * because a convolution before it takes it, and there is no gradient, it stays.
 */
function reluLast(y: ProgramValue, { values, put, replace }: Rewriting): void {
  const [rectify, gradient] = [operationOf(relu), operationOf(reluGradient)];
  const [r] = y.origin.operands as [ProgramValue];
  if (r.origin.operation !== rectify) return;
  const [x] = r.origin.operands as [ProgramValue];
  const by = (operation: object, ...operands: readonly ProgramValue[]) =>
    values.find(
      ({ origin }) => origin.operation === operation && operands.every((one, i) => one === origin.operands?.[i]),
    );
  const g = by(MAX_GRADIENT, r, y);
  const dx = g && by(gradient, r, g);
  if (r.uses !== (g === undefined ? 1 : 3) || (g !== undefined && (dx === undefined || g.uses !== 1))) return;
  if (g === undefined && x.uses === 1 && x.origin.operation?.takesActivation === true) return;
  const attributes = y.origin.attributes as Attributes;
  replace(y, rectify, [put(y, y, MAX_POOL, [x], attributes)], {});
  if (g !== undefined && dx !== undefined) {
    // Where y is not m, it is 0, and so is its gradient.
    const [, , dy] = g.origin.operands as [ProgramValue, ProgramValue, ProgramValue];
    replace(dx, MAX_GRADIENT, [x, y, put(dx, y, gradient, [y, dy], {})], attributes);
    replace(g, MAX_GRADIENT, [], attributes);
  }
  replace(r, rectify, [], {});
}

/**
 * Sums of each channel of a gradient dx, as of a bias before the pooling, as those of dy: each of its elements is at one place of dx, and
 * the others are 0. These are fewer elements, and not added in the same order.
 */
function sumsFirst(dx: ProgramValue, { values, replace }: Rewriting): void {
  const [, , dy] = dx.origin.operands as readonly ProgramValue[];
  if (dy === undefined) return;
  for (const total of values) {
    const { operation, operands, attributes } = total.origin;
    if (operation !== operationOf(sum)) continue;
    const [x] = operands as [ProgramValue];
    const isMatrix =
      x !== dx && x.origin.operation === RESHAPE && x.origin.operands?.[0] === dx && x.spec.shape.length === 2;
    const axes = (attributes as { readonly axes: readonly number[] }).axes.join();
    if (isMatrix ? axes !== "0" || x.spec.shape[1] !== dx.spec.shape[3] : x !== dx || axes !== "0,1,2") continue;
    replace(total, operationOf(sum), [dy], { ...attributes, axes: [0, 1, 2] });
    if (isMatrix && x.uses === 0) replace(x, RESHAPE, [], {});
  }
}

/** dx from x, y and dy. */
const MAX_GRADIENT: Operation<Pool> = {
  name: "maxPool2dGradient",
  spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  bind: ({ kernels, specs: [x], attributes, at: [from, y, dy], out }) => [
    kernels.maxPoolGradient(...geometryOf(attributes, x), from.pointer, y.pointer, dy.pointer, out.pointer),
  ],
  rewrite: sumsFirst,
  gradient: (which, { operands: [x, y], attributes }, v) =>
    which === 2 ? (operate(MAX_PICK, [x, y, v], attributes) as Floats) : undefined,
  flops: ({ attributes, specs: [, y] }) => reads(attributes, y),
};

/** The elements of v where x is the first of the largest. */
const MAX_PICK: Operation<Pool> = {
  name: "maxPool2dPick",
  spec: ([, y]) => ({ dtype: (y as Value).dtype, shape: (y as Value).shape }),
  bind: ({ kernels, specs: [x], attributes, at: [from, y, v], out }) => [
    kernels.maxPoolPick(...geometryOf(attributes, x), from.pointer, y.pointer, v.pointer, out.pointer),
  ],
  gradient: (which, { operands: [x, y], attributes }, dy) =>
    which === 2 ? (operate(MAX_GRADIENT, [x, y, dy], attributes) as Floats) : undefined,
  flops: ({ attributes, result }) => reads(attributes, result),
};

const AVG_POOL: Operation<Average> = {
  name: "avgPool2d",
  spec: /* @__PURE__ */ pooled("avgPool2d"),
  bind: ({ kernels, specs: [x], attributes, at, out }) => [
    kernels.avgPool(...geometryOf(attributes, x), ...flagsOf(attributes), at[0].pointer, out.pointer),
  ],
  gradient: (_, { attributes }, dy) => operate(AVG_GRADIENT, [dy], attributes) as Floats,
  flops: ({ attributes, result }) => reads(attributes, result),
};

const AVG_GRADIENT: Operation<Average> = {
  name: "avgPool2dGradient",
  spec([dy], { image }) {
    const { dtype, shape } = dy as Value;
    return { dtype, shape: [shape[0] ?? 0, ...image, shape[3] ?? 0] };
  },
  bind: ({ kernels, attributes, result, at, out }) => [
    kernels.avgPoolGradient(...geometryOf(attributes, result), ...flagsOf(attributes), at[0].pointer, out.pointer),
  ],
  gradient: (_, { attributes }, v) => operate(AVG_POOL, [v], attributes) as Floats,
  flops: ({ attributes, specs: [dy] }) => reads(attributes, dy),
};

function flagsOf({ isPadded, isAdaptive }: Average): [number, number] {
  return [Number(isPadded), Number(isAdaptive)];
}
