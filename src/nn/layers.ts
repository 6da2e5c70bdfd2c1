/**
 * Layers as descriptions without memory, which JSON can write and `parseLayers` reads. `network` gives them parameters.
 *
 *   sequential(dense(784, 512), relu(), dropout(0.2), batchNorm(), dense(512, 10))
 */

import { OptionError, ShapeError } from "../errors.ts";
import { affine } from "../ops/affine.ts";
import type { DropoutLayer } from "../ops/dropout.ts";
import type { ActivationLayer } from "../ops/elementwise.ts";
import { type LayerRecord, layerOf, recordOf } from "../ops/layer.ts";
import { checkOptions } from "../options.ts";
import type { BatchNormLayer } from "./batch_norm.ts";
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

/** A layer's description, made by its function or by `parseLayers`. */
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
  const sizes = { kind: "dense", inputSize, outputSize } as const;
  const layer = layerOf<DenseLayer>(weights === undefined ? sizes : { ...sizes, weights }, DENSE);
  checkDense("dense", layer);
  return layer;
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

/** @throws {OptionError} no layer, an unknown key, or a value outside its range */
function checkLayer(option: string, layer: Layer): void {
  const record = recordOf(layer);
  if (record === undefined || record.kind !== layer.kind) throw new OptionError(option, LAYERS, layer);
  checkOptions(option, layer, record.keys);
  record.check(option, layer);
}

const LAYERS = "a layer: dense(…), relu(), dropout(…), batchNorm(), or one that parseLayers read";

const DENSE: LayerRecord<DenseLayer> = {
  kind: "dense",
  keys: { kind: 1, inputSize: 1, outputSize: 1, weights: 1 },
  check: checkDense,
  forward: (z, _, { parameter }) => affine(z, parameter("W"), parameter("b")),
};

function checkDense(option: string, { inputSize, outputSize, weights }: DenseLayer): void {
  checkSize(`${option}: inputSize`, inputSize);
  checkSize(`${option}: outputSize`, outputSize);
  if (weights !== undefined) checkInitializer(`${option}: weights`, weights);
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
