/**
 * Dropout: elements are left out at random, so that a network does not lean on any of them.
 */

import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, type Into } from "./check.ts";
import { operate } from "./operation.ts";

/** How much is left out, and by which mask. */
export type DropoutOptions = {
  /** The share of elements that are left out, 0 <= rate < 1. */
  readonly rate: number;
  /** Tells apart several dropouts under one counter; default 0. */
  readonly stream?: number;
};

type Dropout = { readonly rate: number; readonly stream: number };

/**
 * y_i = x_i / (1 - rate), or 0 with probability `rate`; src/nn/layers/dropout.ts documents it.
 *
 * @throws {OptionError} a rate outside 0 <= rate < 1, or a stream that is not an integer
 */
export function dropout<D extends FloatType>(
  x: Tensor<D>,
  counter: Tensor<"int32">,
  options: DropoutOptions & Into<D>,
): Tensor<D>;
export function dropout<D extends FloatType>(
  x: Value<D>,
  counter: Value<"int32">,
  options: DropoutOptions,
): Expression<D>;
export function dropout<D extends FloatType>(
  x: Value<D>,
  counter: Value<"int32">,
  options: DropoutOptions & Into<D>,
): Value<D> {
  checkOptions<DropoutOptions & Into<D>>("dropout", options, { rate: 1, stream: 1, out: 1 });
  const { rate, stream = 0, ...into } = options ?? { rate: Number.NaN };
  checkDropoutRate("dropout: rate", rate);
  if (!Number.isInteger(stream)) throw new OptionError("dropout: stream", "an integer", stream);
  return operate(DROPOUT, [x, counter], { rate, stream }, into);
}

/** @throws {OptionError} not 0 <= rate < 1 */
export function checkDropoutRate(option: string, rate: number): void {
  if (!Number.isFinite(rate) || rate < 0 || rate >= 1)
    throw new OptionError(option, "a number from 0 to below 1", rate);
}

const DROPOUT: Operation<Dropout> = {
  name: "dropout",
  spec([x, counter]) {
    checkFloat("dropout", "x", x as Value);
    checkAlike("dropout", "counter", counter as Value, x as Value, "int32");
    const { shape } = counter as Value;
    if (countOf(shape) !== 2) throw new ShapeError("dropout", "counter", "[seed, step]", show(shape));
    return { dtype: (x as Value).dtype, shape: (x as Value).shape };
  },
  bind({ kernels, result, attributes: { rate, stream }, at, out }) {
    const n = countOf(result.shape);
    const [x, counter] = [at[0].pointer, at[1].pointer];
    const threshold = Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1) | 0; // 2^32 would be 0
    const scale = 1 / (1 - rate);
    return [kernels.dropout(n, x, out.pointer, counter, threshold, scale, stream, 0)];
  },
  // It is linear in x, with the same elements left out.
  gradient: (which, { operands: [, counter], attributes }, dy) =>
    which === 0 ? (operate(DROPOUT, [dy, counter as Expression], attributes) as Expression<FloatType>) : undefined,
  inPlace: [0],
  flops: ({ result }) => countOf(result.shape),
};
