/** Normalisation of each example by itself: the operations of src/ops/normalization.ts, and the layers. */
import { OptionError } from "../../errors.ts";
import {
  groupNorm as groupNormOf,
  type LayerNormOptions,
  layerNorm as layerNormOf,
  type NormalizationOptions,
} from "../../ops/normalization.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import type { Shape } from "../../tensor/layout.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkSize } from "../inputs.ts";
import { checkImage } from "./images.ts";
import { type LayerFormats, type LayerRecord, layerOf, type ParameterSpec } from "./record.ts";

/** Layer normalisation as a layer's description. */
export type LayerNormLayer = {
  readonly kind: "layerNorm";
  /** Added to the variance. */
  readonly epsilon: number;
};

/** Group normalisation as a layer's description. */
export type GroupNormLayer = {
  readonly kind: "groupNorm";
  /** How many groups the channels make. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
};

/** Options of the layers `layerNorm` and `groupNorm`. */
export type NormLayerOptions = {
  /** Added to the variance; default 1e-5. */
  readonly epsilon?: number;
};

const EPSILON = 1e-5;

/**
 * A layer that makes the last axis of each example mean 0 and variance 1, then scales and shifts it.
 *
 * @throws {OptionError} epsilon that is not positive
 * @example
 * const layers = sequential(dense(784, 50), layerNorm(), relu(), dense(50, 10));
 */
export function layerNorm(options?: NormLayerOptions): LayerNormLayer;
/**
 * Layer normalisation (Ba, Kiros and Hinton, arXiv 1607.06450): each row of the last axes made mean 0 and variance 1, then scaled and
 * shifted. Equal elements give 0. Means and variances are computed in float64.
 *
 * @param x of any shape with an axis
 * @param options `gain` is of the shape of the normalised axes, as `bias`
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
export function layerNorm(...given: readonly unknown[]): unknown {
  const [first, second] = given;
  if (first instanceof Tensor || first instanceof Expression) return layerNormOf(first as never, second as never);
  const options = (first === undefined ? {} : first) as NormLayerOptions;
  checkOptions<NormLayerOptions>("layerNorm", options, { epsilon: 1 });
  const { epsilon = EPSILON } = options;
  const layer = layerOf<LayerNormLayer>({ kind: "layerNorm", epsilon }, LAYER_NORM);
  checkEpsilon("layerNorm", layer);
  return layer;
}

/**
 * A layer that makes groups of the channels of each image mean 0 and variance 1, then scales and shifts each channel.
 *
 * @throws {OptionError} groups that are not an integer from 1 on, or epsilon that is not positive
 * @throws {OptionError} where a network is made: groups that do not divide the channels
 * @example
 * const layers = sequential(conv2d(16, 3), groupNorm(4), relu(), globalAvgPool2d(), dense(10));
 * using net = network(engine, layers, { inputShape: [28, 28, 1] });
 */
export function groupNorm(groups: number, options?: NormLayerOptions): GroupNormLayer;
/**
 * Group normalisation (Wu and He, arXiv 1803.08494) of images: the channels of each image in as many groups, one after the other, each of
 * which is made mean 0 and variance 1 over its pixels and channels; then each channel is scaled and shifted. One group is PyTorch's
 * `GroupNorm(1, C)`, as many as channels are instance normalisation.
 *
 * @param x images [N, H, W, C]
 * @param groups a divisor of C
 * @param options `gain` is [C], as `bias`
 * @returns [N, H, W, C], a tensor, or an expression where an operand is one
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
export function groupNorm(...given: readonly unknown[]): unknown {
  const [first, second, third] = given;
  if (first instanceof Tensor || first instanceof Expression)
    return groupNormOf(first as never, second as never, third as never);
  const options = (second === undefined ? {} : second) as NormLayerOptions;
  checkOptions<NormLayerOptions>("groupNorm", options, { epsilon: 1 });
  const { epsilon = EPSILON } = options;
  const layer = layerOf<GroupNormLayer>({ kind: "groupNorm", groups: first as number, epsilon }, GROUP_NORM);
  checkGroupNorm("groupNorm", layer);
  return layer;
}

export const LAYER_NORM: LayerRecord<LayerNormLayer> = {
  kind: "layerNorm",
  keys: { kind: 1, epsilon: 1 },
  check: checkEpsilon,
  keepsShape: true,
  parameters: (_, input) => scales(input),
  forward: (x, { epsilon }, { parameter }) =>
    layerNormOf(x, { gain: parameter("gamma"), bias: parameter("beta"), epsilon }),
};

export const GROUP_NORM: LayerRecord<GroupNormLayer> = {
  kind: "groupNorm",
  keys: { kind: 1, groups: 1, epsilon: 1 },
  check: checkGroupNorm,
  keepsShape: true,
  complete(layer, input, option) {
    checkImage("groupNorm", option, input);
    const [, , channels = 0] = input;
    if (channels % layer.groups !== 0)
      throw new OptionError(`${option}: groups`, `a divisor of the ${channels} channels before it`, layer.groups);
    return layer;
  },
  parameters: (_, input) => scales(input),
  forward: (x, { groups, epsilon }, { parameter }) =>
    groupNormOf(x, groups, { gain: parameter("gamma"), bias: parameter("beta"), epsilon }),
};

export const LAYER_NORM_FORMATS: LayerFormats<LayerNormLayer> = {
  pytorch: { gamma: "weight", beta: "bias" },
  isOfImages: true,
  onnx: ({ epsilon }) => ({
    op: "LayerNormalization",
    tensors: ["gamma", "beta"],
    attributes: { epsilon: { float: epsilon } }, // of the last axis
    isChannelsLast: true,
  }),
  features: ["gamma", "beta"],
};

export const GROUP_NORM_FORMATS: LayerFormats<GroupNormLayer> = {
  pytorch: { gamma: "weight", beta: "bias" },
  isOfImages: true,
  onnx: ({ groups, epsilon }) => ({
    op: "GroupNormalization",
    tensors: ["gamma", "beta"],
    attributes: { num_groups: { int: groups }, epsilon: { float: epsilon } },
    opset: 21,
  }),
};

/** One number for each element of the last axis. */
function scales(input: Shape): { readonly [name: string]: ParameterSpec } {
  const shape = input.slice(-1);
  return { gamma: { shape, start: 1 }, beta: { shape, start: 0 } };
}

function checkEpsilon(option: string, { epsilon }: { readonly epsilon: number }): void {
  if (!Number.isFinite(epsilon) || epsilon <= 0)
    throw new OptionError(`${option}: epsilon`, "a number above 0", epsilon);
}

function checkGroupNorm(option: string, layer: GroupNormLayer): void {
  checkSize(`${option}: groups`, layer.groups);
  checkEpsilon(option, layer);
}
