/**
 * From a structure and its parameters to expressions: what each layer computes.
 */

import { OptionError } from "../errors.ts";
import { reshape } from "../ops/rows.ts";
import { type Expression, expressionOf } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type LayerDescription, type Mode, pathOf } from "./layers/record.ts";
import { type Placed, recordIn, type Structure } from "./layers/structure.ts";

/** A network's tensors by name. */
export type Named<V> = Readonly<Record<string, V>>;

/** What layers compute with. */
export type ForwardParts<D extends FloatType> = {
  readonly parameters: Named<Expression<D>>;
  /** Running means and variances. */
  readonly statistics: Named<Tensor<D>>;
  /** [seed, step] of the dropout masks, where there is dropout. */
  readonly counter: Tensor<"int32"> | undefined;
  /** Hears of every layer that is called, and what it makes of x. */
  readonly observe?: (path: string, x: Expression<D>, y: Expression<D>) => void;
};

/** Logits, and what training leaves in the statistics. */
export type Forward<D extends FloatType> = {
  /** m × outputSize: the last layer's output, before any softmax. */
  readonly z: Expression<D>;
  /** The new running averages, and where they go; none when predicting. */
  readonly statistics: readonly (readonly [Expression<D>, Tensor<D>])[];
};

/**
 * What the layers make of x (m × inputSize, dense or sparse rows).
 *
 * @throws {OptionError} batch normalisation while training, of fewer than two rows: one row has no variance
 */
export function forward<D extends FloatType>(
  { layers, description, inputShape, outputShape }: Structure,
  x: Expression<D>,
  mode: Mode,
  { parameters, statistics, counter, observe }: ForwardParts<D>,
): Forward<D> {
  const updated: (readonly [Expression<D>, Tensor<D>])[] = [];
  const call = (path: string, given: LayerDescription, x: Expression<D>): Expression<D> => {
    const { layer, number } = layers.get(path) as Placed;
    const record = recordIn(given);
    const inner = record.inner?.(layer) ?? {};
    const y = record.forward(x, layer, {
      mode,
      number,
      parameter: (name) => parameters[name + number] as Expression<D>,
      // Leaves, which are read when the program runs: operations on the tensors themselves would compute at once.
      statistic: (name) => expressionOf(statistics[name + number] as Tensor<D>),
      update: (name, value) => updated.push([value, statistics[name + number] as Tensor<D>]),
      counter,
      call: (key, x) => call(pathOf(path, key), inner[key] as LayerDescription, x),
    });
    observe?.(path, x, y);
    return y;
  };
  const [m = 0] = x.shape;
  if (x.maxRowNonzeros !== undefined && inputShape.length > 1)
    throw new OptionError("network: x", "dense rows, for examples of several axes", "sparse rows", 'layout: "dense"');
  const y = call("", description, inputShape.length === 1 ? x : reshape(x, [m, ...inputShape]));
  return { z: outputShape.length === 1 ? y : reshape(y, [m, countOf(outputShape)]), statistics: updated };
}
