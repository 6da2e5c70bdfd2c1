/**
 * How good a network is on a dataset: its loss, and, where there are classes, what it takes for what. One pass.
 */

import type { Dataset } from "../../data/dataset.ts";
import { scoped } from "../../disposable.ts";
import { OptionError } from "../../errors.ts";
import { isLabels } from "../../nn/inputs.ts";
import { factorToSum, partsOf } from "../../nn/losses.ts";
import type { Network } from "../../nn/network.ts";
import { networkOf, type Trainable } from "../../nn/trainable.ts";
import { argmaxRows, countCorrect } from "../../ops/argmax_rows.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import { lastOf } from "../loop/turns.ts";
import { BinaryCounts, type BinaryReport, binaryReport } from "./binary_metrics.ts";
import { blocksOf } from "./blocks.ts";
import { ClassCounts } from "./class_counts.ts";
import { isBinary, tellClasses, withLabels } from "./class_labels.ts";
import { type ClassReport, classReport } from "./metrics.ts";
import { NumberErrors, type RegressionReport } from "./number_metrics.ts";

/** What else is counted. */
export type EvaluateOptions = {
  /** Of yes-or-no answers: those with a larger probability are yes. Between 0 and 1; default 0.5. */
  readonly threshold?: number;
  /** Also counts examples whose label is among the k most probable classes: 1 to as many as there are. */
  readonly topK?: number;
};

/** What an evaluation found. Accuracies are fractions in 0..1. */
export type Evaluation = {
  /** How many there were, without those whose label is ignored. */
  readonly examples: number;
  /**
   * The mean over examples, in nats for cross entropies, added up in float64. `squaredError`, which is a sum, is divided
   * by the number of examples; a custom loss function returns the mean over its minibatch.
   */
  readonly loss: number;
  /**
   * Examples whose most probable class is their label: the first of equals. Undefined where targets are numbers, and of
   * several yes-or-no answers.
   */
  readonly correct: number | undefined;
  /** The same as a fraction of all examples; of several yes-or-no answers the share that is right. Undefined where targets are numbers. */
  readonly accuracy: number | undefined;
  /** Where it was asked for. */
  readonly topK: TopK | undefined;
  /** Where there are classes: with labels, with the loss `softmaxCrossEntropy`, and no and yes of a single output. */
  readonly classes: ClassReport | undefined;
  /** With the loss `binaryCrossEntropyWithLogits`, and of two classes, where the second one is yes. */
  readonly binary: BinaryReport | undefined;
  /** Where the targets are numbers, as many as the network has outputs. */
  readonly regression: RegressionReport | undefined;
  /** Of a classifier's evaluation: what `reportText` and `reportData` call the classes. */
  readonly classNames?: readonly string[];
};

/**
 * Examples whose label is among the k most probable classes. Of equals the lower class comes first and NaN before
 * everything, so that k = 1 counts what `correct` counts.
 */
export type TopK = {
  /** As it was asked for. */
  readonly k: number;
  /** How many such examples there are. */
  readonly correct: number;
  /** Their share of all, 0..1. */
  readonly accuracy: number;
};

/**
 * Evaluates a network on every example of a dataset, without dropout and with running statistics: accuracy and a report of
 * every class, precision, recall, F1 and ROC AUC of yes-or-no answers, MAE, RMSE and R² of numbers.
 *
 * Where targets are rows, the class of an example is its largest target. For accuracy alone, `accuracyOf` does less. It
 * computes without a break: `evaluateAsync` lets timers, input and signals have their turn.
 *
 * @param data a dataset, which is copied into the engine's memory a piece at a time, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input, or the targets than its output
 * @throws {OptionError} `topK` is not a valid number of classes, or there are none; a threshold that is not between 0 and 1
 * @throws {IndexError} a label that the network has no output for
 * @throws {DTypeError} labels, where the network's loss needs numbers
 * @example
 * const { loss, accuracy, classes } = evaluate(net, mnist.test);
 */
export function evaluate<D extends FloatType>(
  trainable: Trainable<D>,
  data: Dataset | ResidentDataset,
  options: EvaluateOptions = {},
): Evaluation {
  checkOptions<EvaluateOptions>("evaluate", options, { topK: 1, threshold: 1 });
  return lastOf(evaluation(networkOf(trainable), data, options));
}

/** Like `evaluate`, but yields after every block of rows. */
export function* evaluation<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
  { topK: k, threshold }: EvaluateOptions = {},
): Generator<undefined, Evaluation> {
  const width = net.outputSize;
  checkTopK(k, width);
  const isYesNo = isBinary(net);
  const answers = Array.from({ length: isYesNo ? width : 0 }, () => new BinaryCounts(threshold));
  let counts: ClassCounts | undefined;
  let errors: NumberErrors | undefined;
  const { ignored, weightOf } = partsOf(net.lossFunction);
  let [sum, weight] = [0, 0];
  for (const block of blocksOf(net, data)) {
    if (block === undefined) {
      yield;
      continue;
    }
    const { z, t, first, weights } = block;
    if (isYesNo) {
      for (const [i, target] of t.data.entries()) answers[i % width]?.add(z.data[i] as number, target > 0.5 ? 1 : 0);
    } else if (tellClasses(net, t)) {
      counts ??= new ClassCounts(width, k ?? 0, threshold, ignored);
      scoped((own) => {
        const predictions = own(argmaxRows(z));
        withLabels("evaluate", net, t, (labels) => counts?.add(z, labels, predictions, first));
      });
    } else if (t.shape[1] === width) {
      errors ??= new NumberErrors(width);
      errors.add(z.data, t.data);
    }
    const rows = z.shape[0] ?? 0;
    const total = weightOf && isLabels(t) ? t.data.reduce((all, label) => all + weightOf(label), 0) : rows;
    const [losses, share] = weights?.measured(net.lossFunction, z, t) ?? [
      net.lossOf(z, t) * factorToSum(net.lossFunction, total),
      total,
    ];
    sum += losses;
    weight += share;
    yield; // only now: other work may use the network, and overwrite z
  }
  const examples = counts ? counts.counted : data.length;
  if (counts?.answers) answers.push(counts.answers);
  const [only, other] = answers;
  const binary = only && binaryReport(answers);
  for (const [option, value, isCounted] of [
    ["topK", k, counts],
    ["threshold", threshold, binary],
  ] as const) {
    if (value !== undefined && !isCounted) throw new OptionError(option, "undefined for such targets", value);
  }
  const counted = threshold === undefined && counts ? counts : other ? undefined : only;
  return {
    examples,
    loss: sum / weight,
    correct: counted?.correct,
    accuracy: counted ? counted.correct / examples : binary?.accuracy,
    topK:
      k === undefined || !counts ? undefined : { k, correct: counts.amongTop, accuracy: counts.amongTop / examples },
    classes: counted && classReport(counted.confusion),
    binary,
    regression: errors?.report,
  };
}

/**
 * The accuracy of a network on every example of a dataset, 0..1, and nothing else: what a training loop asks for. With
 * `binaryCrossEntropyWithLogits` the share of right answers, of all outputs.
 *
 * @param data as for `evaluate`
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {DTypeError} the dataset has numbers for targets, and the network is not a classifier
 * @example
 * const accuracy = accuracyOf(net, mnist.test);
 */
export function accuracyOf<D extends FloatType>(
  trainable: Trainable<D>,
  data: Dataset | ResidentDataset,
  options: Pick<EvaluateOptions, "threshold"> = {},
): number {
  checkOptions<Pick<EvaluateOptions, "threshold">>("accuracyOf", options, { threshold: 1 });
  return lastOf(accuracy(networkOf(trainable), data, options));
}

/** As `accuracyOf`, in turns. */
export function* accuracy<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
  { threshold }: Pick<EvaluateOptions, "threshold"> = {},
): Generator<undefined, number> {
  if (threshold !== undefined || isBinary(net) || partsOf(net.lossFunction).ignored !== undefined)
    return (yield* evaluation(net, data, threshold === undefined ? {} : { threshold })).accuracy ?? 0;
  let correct = 0;
  for (const block of blocksOf(net, data)) {
    if (block === undefined) {
      yield;
      continue;
    }
    const { z, t } = block;
    withLabels("accuracyOf", net, t, (labels) => {
      correct += countCorrect(z, labels);
    });
    yield;
  }
  return correct / data.length;
}

function checkTopK(topK: number | undefined, classes: number): void {
  if (topK === undefined || (Number.isInteger(topK) && topK >= 1 && topK <= classes)) return;
  throw new OptionError("topK", `an integer from 1 to ${classes}, the network's outputs`, topK);
}
