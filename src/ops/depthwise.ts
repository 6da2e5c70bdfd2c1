/**
 * Convolutions of each channel of images [N, H, W, C] by itself. Three operations are the gradients of each other, by one sum
 *
 *   Σ x_(row, column, c) · w_(p, q, c) · dy_(i, j, c)      over all taps (p, q) of all windows (i, j)
 *
 * with respect to dy (forward), x (input's gradient) and w (weights' gradient).
 */
import { scoped } from "../disposable.ts";
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation, TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkShapeIs, type Into } from "./check.ts";
import {
  checkAddressable,
  type Sides,
  sidesOf,
  type WindowOptions,
  type Windows,
  windowsOf,
} from "./convolution_sizes.ts";
import { operate } from "./operation.ts";
import { checkImages, geometryOf, intoOf } from "./pooling.ts";
import { sum } from "./sum.ts";
import { repeat } from "./tiling.ts";

type Floats = Expression<FloatType>;

/** Of `depthwiseConv2d`. */
export type DepthwiseOptions<V> = WindowOptions & {
  /** Added to each channel of the result: [C · M]. */
  readonly bias?: V;
};

/** Windows, the height and width of the images that they are over, and the shape of the weights. */
type Depthwise = Windows & { readonly image: Sides; readonly weights: Shape };

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
 * @returns images [N, OH, OW, C · M]: `out`, or a new tensor; an expression where an operand is one
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
export function depthwiseConv2d<D extends FloatType>(
  x: Value<D>,
  w: Value<D>,
  options: DepthwiseOptions<Value<D>> & Into<D> = {},
): Value<D> {
  const keys = { bias: 1, stride: 1, padding: 1, dilation: 1, out: 1 } as const;
  checkOptions<DepthwiseOptions<Value<D>> & Into<D>>("depthwiseConv2d", options, keys);
  const image = checkImages("depthwiseConv2d", x);
  const { bias } = options;
  const channels = x.shape[3] ?? 0;
  checkAlike("depthwiseConv2d", "w", w, x);
  const [kh = 0, kw = 0, c, m = 0] = w.shape;
  if (w.shape.length !== 4 || kh < 1 || kw < 1 || m < 1) {
    throw new ShapeError("depthwiseConv2d", "w", "at least one weight [KH, KW, C, M] (4 axes)", show(w.shape));
  }
  if (c !== channels) {
    const why = `axis 2 is the channels of x ${show(x.shape)}`;
    throw new ShapeError("depthwiseConv2d", "w", `[KH, KW, ${channels}, M]`, show(w.shape), why);
  }
  if (bias !== undefined) {
    checkAlike("depthwiseConv2d", "bias", bias, x);
    checkShapeIs("depthwiseConv2d", "bias", bias, [channels * m]);
  }
  const sizes = {
    op: "depthwiseConv2d",
    shape: x.shape,
    kernel: [kh, kw] as const,
    shownKernel: `w is ${show(w.shape)}`,
  };
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const windows = windowsOf(sizes, { stride, padding, dilation });
  checkAddressable("depthwiseConv2d", "result", [x.shape[0] ?? 0, ...windows.output, channels * m]);
  // Kernels count along an axis with its padding.
  for (const [axis, extent] of image.entries()) {
    const [before, after] = sidesOf(windows.padding, axis);
    checkAddressable("depthwiseConv2d", "padded x", [before + extent + after]);
  }
  return scoped((own) => {
    // Beside an expression x is a node: a tensor made of it here would be gone when the program runs.
    const isLazy = w instanceof Expression || bias instanceof Expression;
    const repeated = m === 1 ? x : own(repeat(isLazy ? expressionOf(x) : x, m, { axis: 3 }));
    const operands = bias === undefined ? [repeated, w] : [repeated, w, bias];
    return operate(FORWARD, operands, { ...windows, image, weights: w.shape }, intoOf(options));
  });
}

/** The numbers of a call: `shape` is that of the images which windows are over, or of `windows` for the adjoint. */
function numbersOf(attributes: Depthwise, spec: TensorSpec) {
  const [n, h, w, c, kh, kw, oh, ow, sy, sx, top, left] = geometryOf(attributes, spec);
  return [n, h, w, c, kh, kw, oh, ow, sy, sx, ...attributes.dilation, top, left] as const;
}

/** Multiplications and additions of as many elements of the windows' result. */
function flopsOf({ kernel }: Depthwise, { shape }: TensorSpec): number {
  return 2 * countOf(kernel) * countOf(shape);
}

/** y of x, w and perhaps a bias. */
const FORWARD: Operation<Depthwise> = {
  name: "depthwiseConv2d",
  spec([x], { output }) {
    const { dtype, shape } = x as Value;
    return { dtype, shape: [shape[0] ?? 0, ...output, shape[3] ?? 0] };
  },
  bind({ kernels, specs: [x, , bias], attributes, at: [from, w, b], out }) {
    const to = bias === undefined ? 0 : b.pointer;
    return [kernels.depthwise(...numbersOf(attributes, x), 0, from.pointer, w.pointer, to, out.pointer)];
  },
  gradient(which, { operands: [x, w], attributes }, dy) {
    if (which === 2) return sum(dy, { axes: [0, 1, 2] });
    return operate(which === 0 ? INPUT : WEIGHTS, which === 0 ? [dy, w] : [x, dy], attributes) as Floats;
  },
  flops: ({ attributes, result }) => flopsOf(attributes, result),
};

/** dx of dy and w. */
const INPUT: Operation<Depthwise> = {
  name: "depthwiseConv2dInput",
  spec([dy], { image }) {
    const { dtype, shape } = dy as Value;
    return { dtype, shape: [shape[0] ?? 0, ...image, shape[3] ?? 0] };
  },
  bind({ kernels, specs: [dy], attributes, at: [from, w], out }) {
    const numbers = numbersOf({ ...attributes, output: attributes.image }, dy);
    return [kernels.depthwise(...numbers, 1, from.pointer, w.pointer, 0, out.pointer)];
  },
  gradient: (which, { operands: [dy, w], attributes }, v) =>
    operate(which === 0 ? FORWARD : WEIGHTS, which === 0 ? [v, w] : [v, dy], attributes) as Floats,
  flops: ({ attributes, specs: [dy] }) => flopsOf(attributes, dy),
};

/** dw of x and dy. */
const WEIGHTS: Operation<Depthwise> = {
  name: "depthwiseConv2dWeights",
  spec: ([x], { weights }) => ({ dtype: (x as Value).dtype, shape: weights }),
  bind: ({ kernels, specs: [x], attributes, at: [from, dy], out }) => [
    kernels.depthwiseWeights(...numbersOf(attributes, x), from.pointer, dy.pointer, out.pointer),
  ],
  gradient: (which, { operands: [x, dy], attributes }, u) =>
    operate(which === 0 ? INPUT : FORWARD, which === 0 ? [dy, u] : [x, u], attributes) as Floats,
  flops: ({ attributes, specs: [, dy] }) => flopsOf(attributes, dy),
};
