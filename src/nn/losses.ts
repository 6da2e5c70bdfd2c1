/** The losses that networks know by name, and what a loss of one's own is. */
import { OptionError } from "../errors.ts";
import { binaryCrossEntropyWithLogits } from "../ops/binary_cross_entropy.ts";
import { softmaxCrossEntropy } from "../ops/cross_entropy.ts";
import { squaredError } from "../ops/squared_error.ts";
import type { Expression } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";

/** The losses that have names. */
export type LossName = "softmaxCrossEntropy" | "binaryCrossEntropyWithLogits" | "squaredError";

/** A loss by name, or a function of the network's output and the targets. */
export type Loss<D extends FloatType> = LossName | CustomLoss<D>["of"];

/** A method's parameters may be narrower than what is passed on: so a float32 network is a network of either type. */
type CustomLoss<D extends FloatType> = { of(z: Expression<D>, t: Expression<D>): Expression<D> };

/** A loss of tensors is a number, of expressions an expression. */
type LossFunction = {
  <D extends FloatType>(z: Tensor<D>, t: Tensor<D>): number;
  <D extends FloatType>(z: Expression<D>, t: Expression<D>): Expression<D>;
};

/** Losses by name. */
export const LOSSES: { readonly [Name in LossName]: LossFunction } = {
  softmaxCrossEntropy,
  binaryCrossEntropyWithLogits,
  squaredError,
};

/** @throws {OptionError} neither a name nor a function */
export function checkLoss<D extends FloatType>(loss: Loss<D>): void {
  if (typeof loss === "function" || Object.hasOwn(LOSSES, loss)) return;
  throw new OptionError("network: loss", `a function, ${Object.keys(LOSSES).join(", ")}`, loss);
}
