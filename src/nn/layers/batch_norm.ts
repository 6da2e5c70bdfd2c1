/** Batch normalisation: the layer, its checks, and what it computes. */
import { OptionError } from "../../errors.ts";
import { add, div, mul, sub } from "../../ops/binary.ts";
import { sqrt, square } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/rows.ts";
import { checkOptions } from "../../options.ts";
import type { Expression } from "../../tensor/expression.ts";
import { countOf, type Shape } from "../../tensor/layout.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type LayerFormats, type LayerRecord, layerOf, type ParameterSpec } from "./record.ts";

/**
 * Each column, of images each channel, made mean 0 and variance 1, then scaled and shifted (Ioffe and Szegedy,
 * arXiv 1502.03167). The rows of images are their pixels, of all images together.
 *
 * While training, by the minibatch's mean and (biased) variance. The running mean and variance, by which it predicts,
 * become `(1 - momentum)·running + momentum·minibatch`, with the unbiased variance, Σ(z - mean)² / (m - 1), of m rows. Every
 * minibatch has the same weight, a short last one too.
 */
export type BatchNormLayer = {
  readonly kind: "batchNorm";
  /** The fraction of a minibatch's mean and variance in the running ones, as in PyTorch. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly epsilon: number;
};

/** Options of `batchNorm`, which its layer holds. */
export type BatchNormOptions = {
  /** Default 0.1. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
};

/**
 * A layer that normalises each column, or each channel of images (the last axis): by its minibatch while training, by running
 * averages when predicting.
 *
 * One row has no variance, so that a minibatch of one row, or of one pixel, cannot be trained on: it is an `OptionError`. Where the last
 * minibatch of an epoch would have one row, `train` refuses to start; `dropLast: true` leaves that minibatch out.
 *
 * @throws {OptionError} momentum outside 0..1, or epsilon that is not positive
 * @example
 * const layers = sequential(dense(784, 50), batchNorm({ momentum: 0.01 }), relu(), dense(50, 10));
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  checkOptions<BatchNormOptions>("batchNorm", options, { momentum: 1, epsilon: 1 });
  const { momentum = 0.1, epsilon = 1e-5 } = options;
  const layer = layerOf<BatchNormLayer>({ kind: "batchNorm", momentum, epsilon }, BATCH_NORM);
  check("batchNorm", layer);
  return layer;
}

export const BATCH_NORM: LayerRecord<BatchNormLayer> = {
  kind: "batchNorm",
  keys: { kind: 1, momentum: 1, epsilon: 1 },
  check,
  keepsShape: true,
  parameters: (_, input) => ({ gamma: filled(input, 1), beta: filled(input, 0) }),
  statistics: (_, input) => ({ mean: filled(input, 0), variance: filled(input, 1) }),
  forward(z, layer, { mode, parameter, statistic, update }) {
    const x = asRows(z);
    const [gamma, beta] = [parameter("gamma"), parameter("beta")];
    const [runningMean, runningVariance] = [statistic("mean"), statistic("variance")];
    if (mode === "predict") return reshape(normalise(x, runningMean, runningVariance, layer, gamma, beta), z.shape);
    const [m = 0] = x.shape;
    if (m < 2) throw new OptionError("batchNorm", "at least 2 rows in a training minibatch", m, CURE);
    const average = mean(x, { axes: [0] });
    const variance = mean(square(sub(x, average)), { axes: [0] });
    const unbiased = mul(variance, m / (m - 1)); // as PyTorch keeps it
    update("mean", running(runningMean, average, layer));
    update("variance", running(runningVariance, unbiased, layer));
    return reshape(normalise(x, average, variance, layer, gamma, beta), z.shape);
  },
};

export const BATCH_NORM_FORMATS: LayerFormats<BatchNormLayer> = {
  pytorch: { gamma: "weight", beta: "bias", mean: "running_mean", variance: "running_var" },
  ignored: ["num_batches_tracked"],
  features: ["gamma", "beta", "mean", "variance"],
  isOfImages: true,
  onnx: ({ epsilon }) => ({
    op: "BatchNormalization",
    tensors: ["gamma", "beta", "mean", "variance"],
    attributes: { epsilon: { float: epsilon } },
  }),
};

/** One number for each column: of images, for each channel. */
function filled(input: Shape, start: number): ParameterSpec {
  return { shape: input.slice(-1), start };
}

/** A matrix of the last axis: m rows of examples of one axis, m · height · width rows of images. */
function asRows<D extends FloatType>(x: Expression<D>): Expression<D> {
  if (x.shape.length === 2) return x;
  const columns = x.shape.at(-1) as number;
  return reshape(x, [countOf(x.shape) / columns, columns]);
}

const CURE = "dropLast: true leaves out a short last one";

function check(option: string, { momentum, epsilon }: BatchNormLayer): void {
  if (!Number.isFinite(momentum) || momentum < 0 || momentum > 1)
    throw new OptionError(`${option}: momentum`, "a number from 0 to 1", momentum);
  if (!Number.isFinite(epsilon) || epsilon <= 0)
    throw new OptionError(`${option}: epsilon`, "a number above 0", epsilon);
}

/** γ(z - mean) / √(variance + ε) + β */
function normalise<D extends FloatType>(
  z: Expression<D>,
  average: Expression<D>,
  variance: Expression<D>,
  { epsilon }: BatchNormLayer,
  gamma: Expression<D>,
  beta: Expression<D>,
): Expression<D> {
  const deviation = sqrt(add(variance, epsilon));
  return add(mul(div(sub(z, average), deviation), gamma), beta);
}

function running<D extends FloatType>(
  before: Expression<D>,
  now: Expression<D>,
  { momentum }: BatchNormLayer,
): Expression<D> {
  return add(mul(now, momentum), mul(before, 1 - momentum));
}
