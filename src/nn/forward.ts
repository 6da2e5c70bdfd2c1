/**
 * From a description and its parameters to expressions: what each layer computes.
 */

import { type LayerRecord, type Mode, recordOf } from "../ops/layer.ts";
import type { Expression } from "../tensor/expression.ts";
import type { Shape } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Layer } from "./layers.ts";

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
  const counts: Record<string, number> = {};
  let z = x;
  for (const layer of layers) {
    const number = (counts[layer.kind] ?? 0) + 1;
    counts[layer.kind] = number;
    const { forward } = recordOf(layer) as LayerRecord<Layer>;
    z = forward(z, layer, {
      mode,
      number,
      parameter: (name) => parameters[`${name}${number}`] as Expression<D>,
      statistic: (name) => statistics[`${name}${number}`] as Tensor<D>,
      counter,
      update: (statistic, value) => updated.push([value, statistic]),
    });
  }
  return { z, statistics: updated };
}
