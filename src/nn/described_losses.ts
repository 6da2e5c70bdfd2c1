/**
 * Losses of networks with options: functions as those of one's own, which also say what they are, so that files and workers
 * have them, `predict` and `evaluate` know what outputs mean, and evaluations divide by the weights of labels.
 */
import { OptionError } from "../errors.ts";
import { div, maximum } from "../ops/binary.ts";
import { type ClassTargets, LABEL_WEIGHTS } from "../ops/class_targets.ts";
import {
  type CrossEntropyOptions,
  checkCrossEntropy,
  checkHuber,
  crossEntropy,
  type HuberOptions,
  huber,
  meanAbsoluteError,
  type ReductionOptions,
  reductionOf,
} from "../ops/losses.ts";
import { operate } from "../ops/operation.ts";
import { sum } from "../ops/sum.ts";
import { checkOptions } from "../options.ts";
import type { Expression } from "../tensor/expression.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { DescribedLoss, Loss, LossDescription } from "./losses.ts";

/** A description of these kinds. */
type OfKind<K extends LossDescription["kind"]> = Omit<Extract<LossDescription, { readonly kind: K }>, "kind">;

/** Smaller than any sum of weights that means something: Σ losses of no weight, which is 0, is divided by it. */
const LEAST_WEIGHT = 1e-30;

/**
 * Softmax with cross entropy as a network's loss, with class weights, label smoothing or a label to ignore: `crossEntropy`
 * says what they are. Files and workers keep them. A minibatch whose labels weigh nothing has the loss 0; epochs and added-up
 * gradients weight minibatches by their rows, evaluations by the weights of their labels, and ignored labels are not counted.
 *
 * @throws {OptionError} an option that cannot be meant, or the reduction none; for `network` as many weights as outputs
 * @example
 * const loss = crossEntropyLoss({ classWeights: [1, 4], labelSmoothing: 0.1 });
 * using net = network(engine, sequential(dense(3, 2)), { loss });
 */
export function crossEntropyLoss(options: CrossEntropyOptions = {}): DescribedLoss {
  const op = "crossEntropyLoss";
  const { weights, smoothing, ignored } = checkCrossEntropy(op, options, undefined);
  const isSum = checkReduced(op, options);
  const isWeighted = !isSum && (weights !== undefined || ignored !== undefined);
  const of = (z: Expression<FloatType>, t: Expression<FloatType>): Expression<FloatType> => {
    if (!isWeighted || z.dtype === t.dtype) return crossEntropy(z, t, options);
    const classes = z.shape[1] ?? 0;
    const ofLabels: ClassTargets = { dtype: z.dtype, classes, weights, smoothing, ignored };
    const weight = operate<FloatType, ClassTargets>(LABEL_WEIGHTS, [t], ofLabels) as Expression<FloatType>;
    return div(crossEntropy(z, t, { ...options, reduction: "sum" }), maximum(sum(weight), LEAST_WEIGHT));
  };
  return described(of, {
    description: { kind: "crossEntropy", ...options, ...(weights && { classWeights: weights }) },
    like: "softmaxCrossEntropy",
    isSum,
    ignored,
    check: (outputs) => void checkCrossEntropy(op, options, outputs),
    weightOf: (label) => (!isWeighted ? 1 : label === ignored ? 0 : (weights?.[label] ?? 1)),
  });
}

/**
 * `huber` as a network's loss, which files and workers keep.
 *
 * @throws {OptionError} a delta that is not above 0, or the reduction none
 * @example
 * using net = network(engine, sequential(dense(3, 1)), { loss: huberLoss({ delta: 0.5 }) });
 */
export function huberLoss(options: HuberOptions = {}): DescribedLoss {
  checkHuber("huberLoss", options);
  const isSum = checkReduced("huberLoss", options);
  return described((z, t) => huber(z, t, options), { description: { kind: "huber", ...options }, isSum });
}

/**
 * `meanAbsoluteError` as a network's loss, which files and workers keep.
 *
 * @throws {OptionError} the reduction none
 * @example
 * using net = network(engine, sequential(dense(3, 1)), { loss: meanAbsoluteErrorLoss() });
 */
export function meanAbsoluteErrorLoss(options: ReductionOptions = {}): DescribedLoss {
  checkOptions<ReductionOptions>("meanAbsoluteErrorLoss", options, { reduction: 1 });
  const isSum = checkReduced("meanAbsoluteErrorLoss", options);
  const description = { kind: "meanAbsoluteError", ...options } as const;
  return described((z, t) => meanAbsoluteError(z, t, options), { description, isSum });
}

const KINDS: {
  readonly [K in LossDescription["kind"]]: (options: OfKind<K>) => DescribedLoss;
} = { crossEntropy: crossEntropyLoss, huber: huberLoss, meanAbsoluteError: meanAbsoluteErrorLoss };

/**
 * The loss of a description, from a file or another thread.
 *
 * @throws {OptionError} an unknown kind, or options that cannot be meant
 * @example
 * parseLoss({ kind: "huber", delta: 2 }).description; // → { kind: "huber", delta: 2 }
 */
export function parseLoss(value: unknown): DescribedLoss {
  if (typeof value !== "object" || value === null) throw new OptionError("loss", "a description", value);
  const { kind, ...options } = value as LossDescription;
  if (typeof kind !== "string" || !Object.hasOwn(KINDS, kind)) {
    throw new OptionError("loss: kind", Object.keys(KINDS).join(", "), kind);
  }
  return KINDS[kind](options as never);
}

/** What a file says of a loss that is a function; undefined of one's own. */
export function descriptionOfLoss(loss: Exclude<Loss<FloatType>, string>): LossDescription | undefined {
  if (loss === (huber as unknown)) return { kind: "huber" };
  if (loss === (meanAbsoluteError as unknown)) return { kind: "meanAbsoluteError" };
  if (loss === (crossEntropy as unknown)) return { kind: "crossEntropy" };
  return "description" in loss ? (loss as DescribedLoss).description : undefined;
}

function described(
  of: (z: Expression<FloatType>, t: Expression<FloatType>) => Expression<FloatType>,
  properties: Omit<DescribedLoss, "of">,
): DescribedLoss {
  return Object.assign(of, properties) as DescribedLoss;
}

/** Whether the loss is a sum. */
function checkReduced(op: string, options: ReductionOptions): boolean {
  const reduction = reductionOf(op, options);
  if (reduction === "none")
    throw new OptionError(`${op}: reduction`, "mean or sum, as a network's loss is one number", reduction);
  return reduction === "sum";
}
