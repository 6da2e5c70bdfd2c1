/** The losses that networks know by name, custom losses, and what a loss is of several minibatches together. */
import { OptionError } from "../errors.ts";
import { binaryCrossEntropyWithLogits } from "../ops/binary_cross_entropy.ts";
import { softmaxCrossEntropy } from "../ops/cross_entropy.ts";
import type { CrossEntropyOptions, HuberOptions, ReductionOptions } from "../ops/losses.ts";
import { meanSquaredError, squaredError } from "../ops/squared_error.ts";
import type { Expression } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";

/**
 * The losses that have names.
 *
 * - `softmaxCrossEntropy`: the mean over rows, for classes. Needs at least two outputs.
 * - `binaryCrossEntropyWithLogits`: the mean over rows and outputs, for independent yes-or-no answers.
 * - `meanSquaredError`: the mean of (y - t)² over rows and outputs, for numbers, as PyTorch's MSELoss.
 * - `squaredError`: ½ Σ (y - t)² over rows and outputs, a sum: its gradient, and so the step that a learning rate makes,
 *   grows with the number of rows. Training and evaluation report it divided by the number of rows.
 */
export type LossName = "softmaxCrossEntropy" | "binaryCrossEntropyWithLogits" | "meanSquaredError" | "squaredError";

/**
 * A loss by name, one with options such as `crossEntropyLoss({ labelSmoothing: 0.1 })`, `meanAbsoluteError` or `huber`, or a
 * function of the network's output and the targets. A function returns the mean over its minibatch: epochs, evaluations and
 * accumulated gradients weight it by the number of rows.
 */
export type Loss<D extends FloatType> = LossName | CustomLoss<D>["of"];

/** What a loss is in a file: plain data. */
export type LossDescription =
  | ({ readonly kind: "crossEntropy" } & CrossEntropyOptions)
  | ({ readonly kind: "huber" } & HuberOptions)
  | ({ readonly kind: "meanAbsoluteError" } & ReductionOptions);

/**
 * A loss with options, such as `crossEntropyLoss({ classWeights: [1, 4] })`: a function that says what it is. Files and workers
 * keep its description.
 */
export type DescribedLoss = CustomLoss<FloatType>["of"] & {
  /** What files have of it. */
  readonly description: LossDescription;
  /** The loss whose outputs mean the same; missing of numbers. */
  readonly like?: LossName;
  /** Whether it is a sum over rows. */
  readonly isSum?: boolean;
  /** A label whose rows do not count. */
  readonly ignored?: number | undefined;
  /** @throws {ShapeError} options for another number of outputs */
  readonly check?: (outputs: number) => void;
  /** What the mean weights a label's row by. */
  readonly weightOf?: (label: number) => number;
};

/** What a loss says of itself: nothing, where it is one's own. */
export function partsOf<D extends FloatType>(loss: Loss<D>): Partial<DescribedLoss> {
  return loss as Partial<DescribedLoss>;
}

/** The named loss whose outputs mean the same as this one's, if any. */
export function likeOf<D extends FloatType>(loss: Loss<D>): unknown {
  return partsOf(loss).like ?? loss;
}

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
  meanSquaredError,
  squaredError,
};

/** @throws {OptionError} neither a name nor a function */
export function checkLoss<D extends FloatType>(loss: Loss<D>): void {
  if (typeof loss === "function" || Object.hasOwn(LOSSES, loss)) return;
  throw new OptionError("network: loss", `a function, ${Object.keys(LOSSES).join(", ")}`, loss);
}

/**
 * A softmax over one output is 1 whatever the weights are: its loss is 0, and nothing can be learned.
 *
 * @throws {OptionError} that loss for one output
 */
export function checkOutputs<D extends FloatType>(loss: Loss<D>, outputSize: number): void {
  partsOf(loss).check?.(outputSize);
  if (likeOf(loss) !== "softmaxCrossEntropy" || outputSize > 1) return;
  throw new OptionError(
    "network: loss",
    "softmaxCrossEntropy of one output is always 0; use binaryCrossEntropyWithLogits, or two outputs",
  );
}

/** The factor from a minibatch's loss, or its gradient, to the sum over its rows: 1 of a sum, such as `squaredError`. */
export function factorToSum<D extends FloatType>(loss: Loss<D>, rows: number): number {
  return loss === "squaredError" || partsOf(loss).isSum ? 1 : rows;
}
