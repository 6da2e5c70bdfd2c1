/** Dropout: the operation of src/ops/dropout.ts, and the layer. */

import type { Into } from "../../ops/check.ts";
import { checkDropoutRate, type DropoutOptions, dropout as dropoutOf } from "../../ops/dropout.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** Dropout as a layer's description. */
export type DropoutLayer = {
  readonly kind: "dropout";
  /** The fraction of units that are left out. */
  readonly rate: number;
};

/**
 * A layer's description: units are left out while training.
 *
 * @throws {OptionError} a rate outside 0 <= rate < 1
 * @example
 * const layers = sequential(dense(784, 256), relu(), dropout(0.2), dense(256, 10));
 */
export function dropout(rate: number): DropoutLayer;
/**
 * y_i = x_i / (1 - rate), or 0 with probability `rate` (Srivastava et al., 2014, scaled while training).
 *
 * Which elements are left out follows from the counter, the stream and the element's position alone: the same call gives
 * the same mask, in both float types, and the gradient needs no copy of it.
 *
 * @param x any shape
 * @param counter [seed, step], int32: another step is another mask
 * @returns a tensor of x's shape (`out`, which may be x, or a new one), or an expression
 * @throws {OptionError} a rate outside 0 <= rate < 1, or a stream that is not an integer
 * @throws {ShapeError} the counter is not two numbers
 * @throws {DTypeError} integers for x, floats for the counter
 * @example
 * using x = tensor(engine, [1, 2, 3, 4]);
 * using counter = tensor(engine, Int32Array.of(0, 1));
 * using y = dropout(x, counter, { rate: 0.5 });
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
  x: Value<D> | number,
  counter?: Value<"int32">,
  options?: DropoutOptions & Into<D>,
): Value<D> | DropoutLayer {
  if (typeof x === "number" || (counter === undefined && options === undefined)) {
    checkDropoutRate("dropout: rate", x as number);
    return layerOf<DropoutLayer>({ kind: "dropout", rate: x as number }, DROPOUT);
  }
  return dropoutOf(x as Tensor<D>, counter as Tensor<"int32">, options as DropoutOptions & Into<D>);
}

export const DROPOUT: LayerRecord<DropoutLayer> = {
  kind: "dropout",
  keys: { kind: 1, rate: 1 },
  check: (option, { rate }) => checkDropoutRate(`${option}: rate`, rate),
  keepsShape: true,
  isRandom: true,
  forward: (x, { rate }, { mode, counter, number }) =>
    mode === "train" && rate > 0 ? dropoutOf(x, counter as Tensor<"int32">, { rate, stream: number }) : x,
};

export const DROPOUT_FORMATS: LayerFormats<DropoutLayer> = { onnx: () => undefined };
