/**
 * How good a network is on a dataset: its loss, and, where there are classes, what it takes for what. One pass.
 */

import type { Dataset } from "../../data/dataset.ts";
import { scoped } from "../../disposable.ts";
import { OptionError } from "../../errors.ts";
import { factorToSum } from "../../nn/losses.ts";
import type { Network } from "../../nn/network.ts";
import { networkOf, type Trainable } from "../../nn/trainable.ts";
import { argmaxRows, countCorrect } from "../../ops/argmax_rows.ts";
import { checkOptions } from "../../options.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import { lastOf } from "../loop/turns.ts";
import { blocksOf } from "./blocks.ts";
import { ClassCounts } from "./class_counts.ts";
import { type BlockTargets, tellClasses, withLabels } from "./class_labels.ts";
import { type ClassReport, classReport } from "./metrics.ts";

/** What else is counted. */
export type EvaluateOptions = {
  /** Also counts examples whose label is among the k most probable classes: 1 to as many as there are. */
  readonly topK?: number;
};

/** What an evaluation found. Accuracies are fractions in 0..1. */
export type Evaluation = {
  /** How many there were. */
  readonly examples: number;
  /**
   * The mean over examples, in nats for cross entropies, added up in float64. `squaredError`, which is a sum, is divided
   * by the number of examples; a custom loss function returns the mean over its minibatch.
   */
  readonly loss: number;
  /** Examples whose most probable class is their label: the first of equals. NaN where there are no classes. */
  readonly correct: number;
  /** The same as a fraction of all examples. NaN where there are no classes. */
  readonly accuracy: number;
  /** Where it was asked for. */
  readonly topK: TopK | undefined;
  /** Where there are classes: with labels, or with the loss `softmaxCrossEntropy`. */
  readonly classes: ClassReport | undefined;
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
 * Evaluates a network on every example of a dataset, without dropout and with running statistics.
 *
 * Where targets are rows, the class of an example is its largest target. For accuracy alone, `accuracyOf` does less. It
 * computes without a break: `evaluateAsync` lets timers, input and signals have their turn.
 *
 * @param data a dataset, which is copied into the engine's memory a piece at a time, or one that already is there
 * @throws {ShapeError} the examples have another size than the network's input, or the targets than its output
 * @throws {OptionError} `topK` is not a valid number of classes, or there are none
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
  checkOptions<EvaluateOptions>("evaluate", options, { topK: 1 });
  return lastOf(evaluation(networkOf(trainable), data, options));
}

/** Like `evaluate`, but yields after every block of rows. */
export function* evaluation<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
  { topK }: EvaluateOptions = {},
): Generator<undefined, Evaluation> {
  checkTopK(topK, net.outputSize);
  let counts: ClassCounts | undefined;
  let sum = 0;
  for (const block of blocksOf(net, data)) {
    if (block === undefined) {
      yield;
      continue;
    }
    const { z, t, first } = block;
    if (tellClasses(net, t)) {
      counts ??= new ClassCounts(net.outputSize, topK ?? 0);
      scoped((own) => {
        const predictions = own(argmaxRows(z));
        withLabels("evaluate", net, t, (labels) => counts?.add(z, labels, predictions, first));
      });
    }
    sum += summedLoss(net, z, t);
    yield; // only now: other work may use the network, and overwrite z
  }
  const examples = data.length;
  const loss = sum / examples;
  if (counts === undefined) {
    if (topK !== undefined) throw new OptionError("topK", "undefined where there are no classes", topK);
    return { examples, loss, correct: Number.NaN, accuracy: Number.NaN, topK, classes: undefined };
  }
  const { correct, amongTop, confusion } = counts;
  return {
    examples,
    loss,
    correct,
    accuracy: correct / examples,
    topK: topK === undefined ? undefined : { k: topK, correct: amongTop, accuracy: amongTop / examples },
    classes: classReport(confusion),
  };
}

/**
 * The accuracy of a network on every example of a dataset, 0..1, and nothing else: what a training loop asks for.
 *
 * @param data as for `evaluate`
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {DTypeError} the dataset has numbers for targets, and the network is not a classifier
 * @example
 * const accuracy = accuracyOf(net, mnist.test);
 */
export function accuracyOf<D extends FloatType>(trainable: Trainable<D>, data: Dataset | ResidentDataset): number {
  return lastOf(accuracy(networkOf(trainable), data));
}

/** As `accuracyOf`, in turns. */
export function* accuracy<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
): Generator<undefined, number> {
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

function summedLoss<D extends FloatType>(net: Network<D>, z: Tensor<D>, t: BlockTargets<D>): number {
  const loss = net.lossOf(z, t);
  return loss * factorToSum(net.lossFunction, z.shape[0] ?? 0);
}

function checkTopK(topK: number | undefined, classes: number): void {
  if (topK === undefined || (Number.isInteger(topK) && topK >= 1 && topK <= classes)) return;
  throw new OptionError("topK", `an integer from 1 to ${classes}, the network's outputs`, topK);
}
