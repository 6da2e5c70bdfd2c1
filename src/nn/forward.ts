/**
 * From a description and its parameters to expressions: what each layer computes.
 */

import { OptionError } from "../errors.ts";
import { affine } from "../ops/affine.ts";
import { add, div, mul, sub } from "../ops/binary.ts";
import { dropout } from "../ops/dropout.ts";
import type { ActivationLayer } from "../ops/elementwise.ts";
import { gelu, leakyRelu, relu, sigmoid, softplus, sqrt, square, tanh } from "../ops/elementwise.ts";
import { mean } from "../ops/reduce.ts";
import { type Expression, expressionOf } from "../tensor/expression.ts";
import type { Shape } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { BatchNormLayer, Layer } from "./layers.ts";

/** Layers do more while training: units are dropped, and batches are normalised by themselves. */
export type Mode = "train" | "predict";

/** A network's tensors by name. */
export type Named<V> = Readonly<Record<string, V>>;

/** What layers compute with. */
export type ForwardParts<D extends FloatType> = {
  readonly parameters: Named<Expression<D>>;
  /** Running means and variances. */
  readonly statistics: Named<Tensor<D>>;
  /** [seed, step] of the dropout masks, where there is dropout. */
  readonly counter: Tensor<"int32"> | undefined;
};

/** Logits, and what training leaves in the statistics. */
export type Forward<D extends FloatType> = {
  /** m × outputSize: the last layer's output, before any softmax. */
  readonly z: Expression<D>;
  /** The new running averages, and where they go; none when predicting. */
  readonly statistics: readonly (readonly [Expression<D>, Tensor<D>])[];
};

/**
 * The shapes of parameters and statistics: W1 fanIn × fanOut and b1 of the first dense layer, W2, b2 … ; gamma1, beta1,
 * mean1, variance1 of the first batch normalisation, as wide as what comes before it.
 */
export function shapesOf(layers: readonly Layer[]): {
  readonly parameters: Record<string, Shape>;
  readonly statistics: Record<string, Shape>;
} {
  const parameters: Record<string, Shape> = {};
  const statistics: Record<string, Shape> = {};
  let [denses, norms, width] = [0, 0, 0];
  for (const layer of layers) {
    if (layer.kind === "dense") {
      denses += 1;
      width = layer.outputSize;
      parameters[`W${denses}`] = [layer.inputSize, width];
      parameters[`b${denses}`] = [width];
    } else if (layer.kind === "batchNorm") {
      norms += 1;
      for (const name of ["gamma", "beta"]) parameters[`${name}${norms}`] = [width];
      for (const name of ["mean", "variance"]) statistics[`${name}${norms}`] = [width];
    }
  }
  return { parameters, statistics };
}

/**
 * What the layers make of x (m × inputSize, dense or sparse rows).
 *
 * @throws {OptionError} batch normalisation while training, of fewer than two rows: one row has no variance
 */
export function forward<D extends FloatType>(
  layers: readonly Layer[],
  x: Expression<D>,
  mode: Mode,
  { parameters, statistics, counter }: ForwardParts<D>,
): Forward<D> {
  const updated: (readonly [Expression<D>, Tensor<D>])[] = [];
  let [denses, norms, dropouts] = [0, 0, 0];
  let z = x;
  for (const layer of layers) {
    switch (layer.kind) {
      case "dense":
        denses += 1;
        z = affine(z, parameters[`W${denses}`] as Expression<D>, parameters[`b${denses}`] as Expression<D>);
        break;
      case "activation":
        z = activate(layer, z);
        break;
      case "dropout":
        dropouts += 1;
        if (mode === "train" && layer.rate > 0)
          z = dropout(z, counter as Tensor<"int32">, { rate: layer.rate, stream: dropouts });
        break;
      default: {
        norms += 1;
        const of = (name: string) => `${name}${norms}`;
        const [gamma, beta] = [parameters[of("gamma")], parameters[of("beta")]] as [Expression<D>, Expression<D>];
        const [meanTensor, varianceTensor] = [statistics[of("mean")], statistics[of("variance")]] as [
          Tensor<D>,
          Tensor<D>,
        ];
        // Leaves, which are read when the program runs: operations on the tensors themselves would compute at once.
        const [runningMean, runningVariance] = [expressionOf(meanTensor), expressionOf(varianceTensor)];
        if (mode === "predict") {
          z = normalise(z, runningMean, runningVariance, layer, gamma, beta);
          break;
        }
        const [m = 0] = z.shape;
        if (m < 2) throw new OptionError("batchNorm", "at least 2 rows in a training minibatch", m, CURE);
        const average = mean(z, { axes: [0] });
        const variance = mean(square(sub(z, average)), { axes: [0] });
        const unbiased = mul(variance, m / (m - 1)); // as PyTorch keeps it
        updated.push([running(runningMean, average, layer), meanTensor]);
        updated.push([running(runningVariance, unbiased, layer), varianceTensor]);
        z = normalise(z, average, variance, layer, gamma, beta);
      }
    }
  }
  return { z, statistics: updated };
}

const CURE = "dropLast: true leaves out a short last one";

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

function activate<D extends FloatType>(layer: ActivationLayer, z: Expression<D>): Expression<D> {
  if (layer.name === "leakyRelu") return leakyRelu(z, layer.slope === undefined ? {} : { slope: layer.slope });
  return ACTIVATIONS[layer.name](z);
}

const ACTIVATIONS = { sigmoid, tanh, relu, softplus, gelu };
