/**
 * Losses with the options that PyTorch's have: class weights, label smoothing, ignored labels, reductions.
 *
 *   crossEntropy        CrossEntropyLoss(weight, ignore_index, reduction, label_smoothing)
 *   meanAbsoluteError   L1Loss(reduction)
 *   huber               HuberLoss(reduction, delta)
 */
import { checkNumbers } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { show } from "../tensor/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { div, mul, sub } from "./binary.ts";
import { checkAlike, checkDense, checkFloat, checkShapeIs } from "./check.ts";
import {
  type ClassTargets,
  type ColumnWeights,
  LABEL_TARGETS,
  LABEL_WEIGHTS,
  PROBABILITY_TARGETS,
} from "./class_targets.ts";
import { clip } from "./clip.ts";
import { softmaxCrossEntropy } from "./cross_entropy.ts";
import { isExpression, operate, withRule } from "./operation.ts";
import { mean } from "./reduce.ts";
import { abs } from "./rounding.ts";
import { checkRows, logSoftmaxRows } from "./softmax_rows.ts";
import { sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** What becomes of the losses of all elements, or of all rows: their mean, their sum, or each by itself. */
export type Reduction = "mean" | "sum" | "none";

/** Options of `crossEntropy`. */
export type CrossEntropyOptions = {
  /** One for each class, from 0 on. The mean divides by the sum of the labels' weights. Default: all 1. */
  readonly classWeights?: readonly number[];
  /** The share of each target that is spread over all classes, from 0 to below 1. Default 0. */
  readonly labelSmoothing?: number;
  /** A label whose rows count for nothing: an integer, of a class or not. Default: none. */
  readonly ignoreLabel?: number;
  /** Default: mean. */
  readonly reduction?: Reduction;
};

/** Options of `huber`. */
export type HuberOptions = {
  /** Where squares become lines, above 0. Default 1. */
  readonly delta?: number;
  /** Default: mean. */
  readonly reduction?: Reduction;
};

/** Options of losses that only have a reduction. */
export type ReductionOptions = {
  /** Default: mean. */
  readonly reduction?: Reduction;
};

/** Of tensors a number, or with `"none"` a tensor, which the caller disposes of; an expression of expressions. */
type Reduced = number | Value<FloatType>;

/**
 * Softmax with cross entropy, as PyTorch's `cross_entropy`: -Σ_j q_ij · ln softmax(z_i)_j of each row, where
 * q_ij = ((1 - s)·t_ij + s/n)·w_j. The mean is Σ losses / Σ weights of the labels, or divided by the rows where t are
 * probabilities; where every weight is 0 it is NaN. Without options, `softmaxCrossEntropy` gives the same faster.
 *
 * @param z m × n logits
 * @param t m class labels (int32), or m × n probabilities
 * @throws {ShapeError} shapes do not fit, there is no row, or not one weight for each class
 * @throws {DTypeError} labels that are not int32, targets of another dtype
 * @throws {OptionError} a weight that is negative or not finite, smoothing outside of [0, 1), an unknown reduction; a
 *   label to ignore where t are probabilities
 * @throws {IndexError} a label outside 0..n-1; of an expression, when the program runs
 * @example
 * using z = tensor(engine, [[0, 0], [0, 0]]);
 * using t = tensor(engine, Int32Array.of(1, 0));
 * crossEntropy(z, t, { classWeights: [1, 3], reduction: "sum" }); // 4 ln 2
 */
export function crossEntropy<D extends FloatType>(
  z: Tensor<D>,
  t: Tensor<D> | Tensor<"int32">,
  options: CrossEntropyOptions & { readonly reduction: "none" },
): Tensor<D>;
export function crossEntropy<D extends FloatType>(
  z: Tensor<D>,
  t: Tensor<D> | Tensor<"int32">,
  options?: CrossEntropyOptions,
): number;
export function crossEntropy<D extends FloatType>(
  z: Value<D>,
  t: Value<D> | Value<"int32">,
  options?: CrossEntropyOptions,
): Expression<D>;
export function crossEntropy(
  z: Value<FloatType>,
  t: Value<FloatType> | Value<"int32">,
  options: CrossEntropyOptions = {},
): Reduced {
  checkFloat("crossEntropy", "z", z);
  checkRows("crossEntropy", "z", z);
  const [m = 0, n = 0] = z.shape;
  const { weights, smoothing, ignored, reduction } = checkCrossEntropy("crossEntropy", options, n);
  if (m === 0) throw new ShapeError("crossEntropy", "z", "at least one row", show(z.shape));
  checkDense("crossEntropy", "t", t as Value);
  const isLabels = (t as Value).dtype === "int32";
  if (!isLabels && ignored !== undefined) {
    throw new OptionError("crossEntropy: ignoreLabel", "undefined where targets are probabilities", ignored);
  }
  checkAlike("crossEntropy", "t", t as Value, z, isLabels ? "int32" : z.dtype);
  checkShapeIs("crossEntropy", "t", t as Value, isLabels ? [m] : [m, n]);
  const [logits, targets] = together(z, t as Value);
  const ofLabels: ClassTargets = { dtype: z.dtype, classes: n, weights, smoothing, ignored };
  return scoped((own) => {
    const q = own(
      isLabels
        ? operate<FloatType, ClassTargets>(LABEL_TARGETS, [targets], ofLabels)
        : operate<FloatType, ColumnWeights>(PROBABILITY_TARGETS, [targets], {
            scale: 1 - smoothing,
            shift: smoothing / n,
            weights,
          }),
    );
    if (reduction === "none") {
      const each = own(mul(q, own(logSoftmaxRows(logits as Tensor<FloatType>) as Value<FloatType>)));
      return mul(own(sum(each as Tensor<FloatType>, { axes: [-1] })), -1);
    }
    const total = softmaxCrossEntropy(logits, q); // Σ / m
    if (reduction === "sum") return scaled(total, m);
    if (!isLabels || (weights === undefined && ignored === undefined)) return total;
    const share = own(
      sum(own(operate<FloatType, ClassTargets>(LABEL_WEIGHTS, [targets], ofLabels)) as Tensor<FloatType>),
    );
    if (isExpression(total)) return div(mul(total, m), share as unknown as Floats);
    return ((total as number) * m) / ((share as Tensor).data[0] ?? Number.NaN);
  });
}

/**
 * The mean of |y - t| over all elements, as PyTorch's `l1_loss`. Its gradient is the sign of y - t, 0 where they are equal.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape
 * @throws {ShapeError} shapes differ
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an unknown reduction
 * @example
 * using y = tensor(engine, [1, 2]);
 * using t = tensor(engine, [1, 4]);
 * meanAbsoluteError(y, t); // → 1
 */
export function meanAbsoluteError<D extends FloatType>(
  y: Tensor<D>,
  t: Tensor<D>,
  options: { readonly reduction: "none" },
): Tensor<D>;
export function meanAbsoluteError<D extends FloatType>(y: Tensor<D>, t: Tensor<D>, options?: ReductionOptions): number;
export function meanAbsoluteError<D extends FloatType>(
  y: Value<D>,
  t: Value<D>,
  options?: ReductionOptions,
): Expression<D>;
export function meanAbsoluteError(y: Value<FloatType>, t: Value<FloatType>, options: ReductionOptions = {}): Reduced {
  checkPair("meanAbsoluteError", y, t);
  checkOptions<ReductionOptions>("meanAbsoluteError", options, { reduction: 1 });
  const reduction = reductionOf("meanAbsoluteError", options);
  const [answers, targets] = together(y, t);
  return scoped((own) => reduced(abs(own(sub(answers, targets)) as Tensor<FloatType>), reduction, own));
}

/**
 * The mean over all elements of d²/2 where |d| ≤ δ, else δ·(|d| - δ/2), for d = y - t: PyTorch's `huber_loss`. Single
 * targets that are far off weigh less than in a squared error.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape
 * @throws {ShapeError} shapes differ
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} a delta that is not above 0, an unknown reduction
 * @example
 * using y = tensor(engine, [1, 2]);
 * using t = tensor(engine, [1, 4]);
 * huber(y, t); // → 0.75
 */
export function huber<D extends FloatType>(
  y: Tensor<D>,
  t: Tensor<D>,
  options: HuberOptions & { readonly reduction: "none" },
): Tensor<D>;
export function huber<D extends FloatType>(y: Tensor<D>, t: Tensor<D>, options?: HuberOptions): number;
export function huber<D extends FloatType>(y: Value<D>, t: Value<D>, options?: HuberOptions): Expression<D>;
export function huber(y: Value<FloatType>, t: Value<FloatType>, options: HuberOptions = {}): Reduced {
  checkPair("huber", y, t);
  const { delta, reduction } = checkHuber("huber", options);
  const [answers, targets] = together(y, t);
  return scoped((own) => {
    const d = own(sub(answers, targets));
    const near = own(clip(d, -delta, delta));
    // near · (d - near / 2), whose derivative is `near`; 0 · ∞ is not asked for
    const value = mul(near, own(sub(d, own(mul(near, 0.5)))));
    return reduced(
      withRule("huber", value, [d], (_, dy) => mul(dy, near as Floats)),
      reduction,
      own,
    );
  });
}

/** @throws {OptionError} options of a cross entropy that cannot be meant, as soon as a network is given them */
export function checkCrossEntropy(
  op: string,
  options: CrossEntropyOptions,
  classes: number | undefined,
): Omit<ClassTargets, "dtype" | "classes"> & { readonly reduction: Reduction } {
  checkOptions<CrossEntropyOptions>(op, options, { classWeights: 1, labelSmoothing: 1, ignoreLabel: 1, reduction: 1 });
  const { classWeights, labelSmoothing: smoothing = 0, ignoreLabel: ignored } = options;
  if (classWeights !== undefined) {
    checkNumbers(`${op}: classWeights`, classWeights);
    if (classWeights.length === 0)
      throw new OptionError(`${op}: classWeights`, "a weight for each class", classWeights);
    for (const [c, weight] of Array.from(classWeights).entries()) {
      if (!(Number.isFinite(weight) && weight >= 0)) {
        throw new OptionError(`${op}: classWeights[${c}]`, "a number from 0 on", weight);
      }
    }
    if (classes !== undefined && classWeights.length !== classes) {
      throw new ShapeError(op, "classWeights", `${classes} weights, one for each class`, `${classWeights.length}`);
    }
  }
  if (!(Number.isFinite(smoothing) && smoothing >= 0 && smoothing < 1)) {
    throw new OptionError(`${op}: labelSmoothing`, "a number from 0 to below 1", smoothing);
  }
  if (ignored !== undefined && !Number.isInteger(ignored)) {
    throw new OptionError(`${op}: ignoreLabel`, "an integer", ignored);
  }
  const weights = classWeights && Array.from(classWeights);
  return { weights, smoothing, ignored, reduction: reductionOf(op, options) };
}

/** @throws {OptionError} a delta that is not above 0, an unknown reduction or option */
export function checkHuber(op: string, options: HuberOptions): Required<HuberOptions> {
  checkOptions<HuberOptions>(op, options, { delta: 1, reduction: 1 });
  const { delta = 1 } = options;
  if (!(Number.isFinite(delta) && delta > 0)) throw new OptionError(`${op}: delta`, "a number above 0", delta);
  return { delta, reduction: reductionOf(op, options) };
}

/** @throws {OptionError} an unknown reduction */
export function reductionOf(op: string, { reduction = "mean" }: ReductionOptions): Reduction {
  if (reduction === "mean" || reduction === "sum" || reduction === "none") return reduction;
  throw new OptionError(`${op}: reduction`, "mean, sum or none", reduction);
}

function checkPair(op: string, y: Value, t: Value): void {
  checkFloat(op, "y", y);
  checkAlike(op, "t", t, y);
  checkShapeIs(op, "t", t, y.shape);
}

/** Beside an expression everything is nodes: a tensor made here would be gone when the program runs. */
function together(z: Value<FloatType>, t: Value): readonly [Value<FloatType>, Value<FloatType>] {
  const isLazy = isExpression(z) || isExpression(t);
  return (isLazy ? [expressionOf(z), expressionOf(t)] : [z, t]) as [Value<FloatType>, Value<FloatType>];
}

/** What is asked for of the losses of all elements. */
function reduced(
  each: Value<FloatType>,
  reduction: Reduction,
  own: <T extends { dispose(): void }>(made: T) => T,
): Reduced {
  if (reduction === "none") return each;
  const of = own(each) as Tensor<FloatType>;
  const total: Value<FloatType> = own(reduction === "mean" ? mean(of) : sum(of));
  return total instanceof Tensor ? (total.data[0] ?? Number.NaN) : total;
}

function scaled(total: number | Floats, factor: number): number | Floats {
  return typeof total === "number" ? total * factor : mul(total, factor);
}
