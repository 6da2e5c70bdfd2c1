/**
 * Layers as descriptions: plain data without memory, which JSON can write. `network` gives them parameters.
 *
 *   sequential(dense(784, 512), relu(), dropout(0.2), batchNorm(), dense(512, 10))
 */

import { OptionError, ShapeError } from "../errors.ts";
import { checkRate, type DropoutLayer } from "../ops/dropout.ts";
import { ACTIVATION_LAYERS, type ActivationLayer } from "../ops/elementwise.ts";
import { checkOptions } from "../options.ts";
import { checkInitializer, type Initializer } from "./initializers.ts";
import { checkSize } from "./inputs.ts";

/** Y = X·W + b. */
export type DenseLayer = {
  readonly kind: "dense";
  /** Columns of X. */
  readonly inputSize: number;
  /** Columns of Y. */
  readonly outputSize: number;
  /** Default: He's rule where a rectifier follows, else Xavier's. */
  readonly weights?: Initializer;
};

/**
 * Each column made mean 0 and variance 1, then scaled and shifted (Ioffe and Szegedy, arXiv 1502.03167).
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

type BatchNormOptions = { readonly momentum?: number; readonly epsilon?: number };

/** A layer's description: plain data. */
export type Layer = DenseLayer | ActivationLayer | DropoutLayer | BatchNormLayer;

/** Layers one after the other. */
export type Sequential = {
  readonly kind: "sequential";
  /** From the input to the output. */
  readonly layers: readonly Layer[];
};

/**
 * A layer Y = X·W + b.
 *
 * @param inputSize columns of X
 * @param outputSize columns of Y
 * @param options.weights how W starts
 * @throws {OptionError} a size that is not a whole number from 1 on, or an unknown initializer
 * @example
 * const layers = sequential(dense(784, 50, { weights: "he" }), relu(), dense(50, 10));
 */
export function dense(
  inputSize: number,
  outputSize: number,
  options: { readonly weights?: Initializer } = {},
): DenseLayer {
  checkOptions<{ readonly weights?: Initializer }>("dense", options, { weights: 1 });
  const { weights } = options;
  checkSize("dense: inputSize", inputSize);
  checkSize("dense: outputSize", outputSize);
  if (weights === undefined) return { kind: "dense", inputSize, outputSize };
  checkInitializer("dense: weights", weights);
  return { kind: "dense", inputSize, outputSize, weights };
}

/**
 * A layer that normalises each column: by its minibatch while training, by running averages when predicting.
 *
 * One row has no variance, so that a minibatch of one row cannot be trained on: it is an `OptionError`. Where the last
 * minibatch of an epoch would have one row, `train` refuses to start; `dropLast: true` leaves that minibatch out.
 *
 * @throws {OptionError} momentum outside 0..1, or epsilon that is not positive
 * @example
 * const layers = sequential(dense(784, 50), batchNorm({ momentum: 0.01 }), relu(), dense(50, 10));
 */
export function batchNorm(options: BatchNormOptions = {}): BatchNormLayer {
  checkOptions<BatchNormOptions>("batchNorm", options, { momentum: 1, epsilon: 1 });
  const { momentum = 0.1, epsilon = 1e-5 } = options;
  if (!Number.isFinite(momentum) || momentum < 0 || momentum > 1)
    throw new OptionError("batchNorm: momentum", "a number from 0 to 1", momentum);
  if (!Number.isFinite(epsilon) || epsilon <= 0)
    throw new OptionError("batchNorm: epsilon", "a number above 0", epsilon);
  return { kind: "batchNorm", momentum, epsilon };
}

/**
 * Layers one after the other; the first one with parameters says how many values an example has.
 *
 * @throws {OptionError} no dense layer, or something that is no layer
 * @throws {ShapeError} a layer's input is not as large as the output before it
 * @example
 * const layers = sequential(dense(784, 50), sigmoid(), dense(50, 10));
 */
export function sequential(...layers: Layer[]): Sequential {
  const description: Sequential = { kind: "sequential", layers };
  checkSequential(description);
  return description;
}

/** As `sequential` checks: for descriptions from elsewhere, such as a file. */
export function checkSequential(description: Sequential): void {
  const layers: readonly Layer[] | undefined = description?.layers;
  if (!Array.isArray(layers) || description.kind !== "sequential")
    throw new OptionError("network", "a description: sequential(…)", description);
  checkOptions<Sequential>("network", description, { kind: 1, layers: 1 });
  let size: number | undefined;
  for (const [i, layer] of layers.entries()) {
    checkLayer(`layers[${i}]`, layer);
    if (layer.kind === "dense") {
      if (size !== undefined && layer.inputSize !== size) {
        throw new ShapeError(
          "sequential",
          `layers[${i}]`,
          `inputSize ${size}, what comes before it`,
          `${layer.inputSize}`,
        );
      }
      size = layer.outputSize;
    } else if (layer.kind === "batchNorm" && size === undefined) {
      throw new OptionError("sequential: layers[0]", "expected a dense layer before batchNorm");
    }
  }
  if (size === undefined) throw new OptionError("sequential", "expected at least one dense layer");
}

function checkLayer(option: string, layer: Layer): void {
  switch (layer?.kind) {
    case "dense":
      checkOptions<DenseLayer>(option, layer, { kind: 1, inputSize: 1, outputSize: 1, weights: 1 });
      dense(layer.inputSize, layer.outputSize, layer.weights === undefined ? {} : { weights: layer.weights });
      return;
    case "batchNorm": {
      const { kind, ...options } = layer;
      batchNorm(options);
      return;
    }
    case "dropout":
      checkOptions<DropoutLayer>(option, layer, { kind: 1, rate: 1 });
      checkRate(`${option}: rate`, layer.rate);
      return;
    case "activation":
      checkOptions<Required<ActivationLayer>>(option, layer, { kind: 1, name: 1, slope: 1 });
      if (ACTIVATION_LAYERS.includes(layer.name)) return;
      throw new OptionError(`${option}: name`, ACTIVATION_LAYERS.join(", "), layer.name);
    default:
      throw new OptionError(option, "a layer: dense(…), relu(), dropout(…), batchNorm()", layer);
  }
}

/** How a dense layer's weights start: by what follows it, where nothing is said. */
export function initializerOf(layers: readonly Layer[], index: number): Initializer {
  const layer = layers[index];
  if (layer?.kind === "dense" && layer.weights !== undefined) return layer.weights;
  const next = layers.slice(index + 1).find(({ kind }) => kind === "activation" || kind === "dense");
  const isRectifier = next?.kind === "activation" && RECTIFIERS.has(next.name);
  return isRectifier ? "he" : "xavier";
}

const RECTIFIERS: ReadonlySet<string> = new Set(["relu", "leakyRelu", "gelu", "softplus"]);
