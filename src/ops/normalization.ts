/**
 * Normalisation of what belongs to one example: over its last axes, or over groups of an image's channels.
 *
 *   h = (x - mean) / √(variance + ε),   y = h · gain + bias
 *
 * The variance is the biased one, of squared distances from the mean. h is one operation; its Jacobian J is symmetric.
 */
import { checkNumbers } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, mul } from "./binary.ts";
import { checkAlike, checkFloat, checkShapeIs } from "./check.ts";
import { rsqrt } from "./logarithms.ts";
import { operate } from "./operation.ts";
import { checkImages } from "./pooling.ts";
import { reshape } from "./rows.ts";
import { checkAxes, sum } from "./sum.ts";
import { transpose } from "./transpose.ts";
import { variance } from "./variance.ts";

type Floats = Expression<FloatType>;

/** What follows a normalisation, and what is added to the variance. */
export type NormalizationOptions<V> = {
  /** What each normalised element is multiplied by, of the shape of the normalised axes, for groups [C]; default 1. */
  readonly gain?: V;
  /** What is added to it then, of the same shape; default 0. */
  readonly bias?: V;
  /** Added to the variance, a positive number. Default 1e-5. */
  readonly epsilon?: number;
};

/** Of `layerNorm`. */
export type LayerNormOptions<V> = NormalizationOptions<V> & {
  /** The last axes, or some of the last; from the end where negative. Default: the last one. */
  readonly axes?: readonly number[];
};

/** The last axes, from `axis` on, are one row. */
type Rows = { readonly axis: number; readonly epsilon: number };

/**
 * Layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450): each row of the last axes made mean 0 and variance 1, then scaled and
 * shifted. Equal elements give 0. Means and variances are computed in float64.
 *
 * @param x of any shape with an axis
 * @returns as many elements: a tensor, or an expression where an operand is one
 * @throws {OptionError} axes that are not the last ones, or epsilon that is not positive
 * @throws {ShapeError} no element along the axes, or another shape of gain or bias
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {EngineMismatchError} operands of several engines
 * @example
 * using x = tensor(engine, [[1, 3], [5, 5]]);
 * using bias = tensor(engine, [10, 10]);
 * using y = layerNorm(x, { bias, epsilon: 1e-12 });
 * y.toArray(); // → [[9, 11], [10, 10]]
 */
export function layerNorm<D extends FloatType>(x: Tensor<D>, options?: LayerNormOptions<Tensor<D>>): Tensor<D>;
export function layerNorm<D extends FloatType>(x: Value<D>, options?: LayerNormOptions<Value<D>>): Expression<D>;
export function layerNorm<D extends FloatType>(x: Value<D>, options: LayerNormOptions<Value<D>> = {}): Value<D> {
  checkFloat("layerNorm", "x", x);
  checkOptions<LayerNormOptions<Value<D>>>("layerNorm", options, { gain: 1, bias: 1, epsilon: 1, axes: 1 });
  const { axes: given = [-1], epsilon = 1e-5 } = options;
  checkNumbers("layerNorm: axes", given);
  const { axes } = checkAxes("layerNorm", x, { axes: given });
  const axis = x.shape.length - axes.length;
  if (axes.length === 0 || axes[0] !== axis)
    throw new OptionError("layerNorm: axes", `the last axes of ${show(x.shape)}`, given);
  const row = x.shape.slice(axis);
  if (countOf(row) === 0)
    throw new ShapeError("layerNorm", "x", `at least one element along axes ${show(axes)}`, show(x.shape));
  checkScale("layerNorm", x, row, options);
  return scaled(normalized("layerNorm", beside(x, options), axis, epsilon), options);
}

/**
 * Group normalisation (Wu and He, arXiv 1803.08494) of images: the channels of each image in as many groups, one after the other, each of
 * which is made mean 0 and variance 1 over its pixels and channels; then each channel is scaled and shifted. One group is PyTorch's
 * `GroupNorm(1, C)`, as many as channels are instance normalisation.
 *
 * @param x images [N, H, W, C]
 * @param groups a divisor of C
 * @returns images [N, H, W, C]: a tensor, or an expression where an operand is one
 * @throws {OptionError} groups that do not divide the channels, or epsilon that is not positive
 * @throws {ShapeError} not four axes, an image without elements, or another shape of gain or bias
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {EngineMismatchError} operands of several engines
 * @example
 * using x = tensor(engine, [1, 7, 3, 7], { shape: [1, 1, 2, 2] });
 * using y = groupNorm(x, 2, { epsilon: 1e-12 });
 * y.toArray(); // → [[[[-1, 0], [1, 0]]]]
 */
export function groupNorm<D extends FloatType>(
  x: Tensor<D>,
  groups: number,
  options?: NormalizationOptions<Tensor<D>>,
): Tensor<D>;
export function groupNorm<D extends FloatType>(
  x: Value<D>,
  groups: number,
  options?: NormalizationOptions<Value<D>>,
): Expression<D>;
export function groupNorm<D extends FloatType>(
  x: Value<D>,
  groups: number,
  options: NormalizationOptions<Value<D>> = {},
): Value<D> {
  const [height, width] = checkImages("groupNorm", x);
  checkOptions<NormalizationOptions<Value<D>>>("groupNorm", options, { gain: 1, bias: 1, epsilon: 1 });
  const { epsilon = 1e-5 } = options;
  const [n = 0, , , c = 0] = x.shape;
  if (!Number.isInteger(groups) || groups < 1 || c === 0 || c % groups !== 0) {
    throw new OptionError("groupNorm: groups", `a divisor of the ${c} channels (axis 3 of x)`, groups);
  }
  checkScale("groupNorm", x, [c], options);
  const axes = [0, 2, 1, 3];
  const h = scoped((own) => {
    const apart = own(transpose(own(reshape(beside(x, options), [n, height * width, groups, c / groups])), { axes }));
    return reshape(own(transpose(own(normalized("groupNorm", apart, 2, epsilon)), { axes })), x.shape);
  });
  return scaled(h, options);
}

/** Beside an expression x is a node: a tensor made of it here would be gone when the program runs. */
function beside<D extends FloatType>(x: Value<D>, { gain, bias }: NormalizationOptions<Value<D>>): Value<D> {
  return gain instanceof Expression || bias instanceof Expression ? expressionOf(x) : x;
}

function normalized<D extends FloatType>(op: string, x: Value<D>, axis: number, epsilon: number): Value<D> {
  if (!Number.isFinite(epsilon) || epsilon <= 0) throw new OptionError(`${op}: epsilon`, "a number above 0", epsilon);
  return operate(NORMALIZE, [x], { axis, epsilon }) as Value<D>;
}

/** @throws {ShapeError} gain or bias is not of this shape */
function checkScale<D extends FloatType>(
  op: string,
  x: Value<D>,
  shape: Shape,
  { gain, bias }: NormalizationOptions<Value<D>>,
): void {
  for (const [argument, value] of [["gain", gain] as const, ["bias", bias] as const]) {
    if (value === undefined) continue;
    checkAlike(op, argument, value, x);
    checkShapeIs(op, argument, value, shape);
  }
}

/** h · gain + bias; h, where it is not the result, is disposed of. */
function scaled<D extends FloatType>(h: Value<D>, { gain, bias }: NormalizationOptions<Value<D>>): Value<D> {
  if (gain === undefined && bias === undefined) return h;
  return scoped((own) => {
    own(h);
    if (gain === undefined) return add(h, bias as Value<D>);
    return bias === undefined ? mul(h, gain) : add(own(mul(h, gain)), bias);
  });
}

function sizesOf(shape: Shape, axis: number): [m: number, n: number] {
  return [countOf(shape.slice(0, axis)), countOf(shape.slice(axis))];
}

const sameSpec: Operation<Rows>["spec"] = ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape });

const NORMALIZE: Operation<Rows> = {
  name: "normalize",
  spec: sameSpec,
  bind: ({ kernels, result, attributes: { axis, epsilon }, at: [x], out }) => [
    kernels.normalize(...sizesOf(result.shape, axis), x.pointer, out.pointer, epsilon),
  ],
  gradient: (_, { operands: [x], attributes }, dy) => operate(NORMALIZE_GRADIENT, [x, dy], attributes) as Floats,
  inPlace: [0],
  flops: ({ result }) => 6 * countOf(result.shape),
};

/**
 * J g = r·(g - mean g - h · mean(g · h)) with r = 1 / √(variance + ε). Of a sum v · J g the gradients are J v with respect to g, and
 * with respect to x
 *
 *   -(r / n) · (v · J g) · h - r · (mean(g · h) · J v + mean(v · h) · J g)
 */
const NORMALIZE_GRADIENT: Operation<Rows> = {
  name: "normalizeGradient",
  spec: sameSpec,
  bind: ({ kernels, result, attributes: { axis, epsilon }, at: [x, g], out }) => [
    kernels.normalizeGradient(...sizesOf(result.shape, axis), x.pointer, g.pointer, out.pointer, epsilon),
  ],
  gradient(which, { operands: [x, g], attributes, result }, v) {
    const jv = operate(NORMALIZE_GRADIENT, [x, v], attributes) as Floats;
    if (which === 1) return jv;
    const { axis, epsilon } = attributes;
    const [, n] = sizesOf(x.shape, axis);
    const over = { axes: [...x.shape.keys()].slice(axis), keepAxes: true };
    const total = (a: Floats, b: Floats): Floats => sum(mul(a, b), over);
    const h = operate(NORMALIZE, [x], attributes) as Floats;
    const factor = mul(rsqrt(add(variance(x, over), epsilon)), -1 / n);
    const along = add(mul(jv, total(g, h)), mul(result, total(v, h)));
    return mul(factor, add(mul(h, total(v, result)), along));
  },
  inPlace: [0, 1],
  flops: ({ result }) => 12 * countOf(result.shape),
};
