/**
 * Examples that a network gets wrong, the surest answers first: they show what it has not understood, or labels that are
 * wrong themselves.
 */

import type { Dataset } from "../../data/dataset.ts";
import { OptionError } from "../../errors.ts";
import type { Network } from "../../nn/network.ts";
import { networkOf, type Trainable } from "../../nn/trainable.ts";
import { argmaxRows } from "../../ops/argmax_rows.ts";
import { softmaxRows } from "../../ops/softmax_rows.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import { lastOf } from "../loop/turns.ts";
import { blocksOf } from "./blocks.ts";
import { withLabels } from "./class_labels.ts";

/** An example that was taken for another class than its own. */
export type Misclassified = {
  /** Its position in the dataset. */
  readonly index: number;
  /** The class that it is of. */
  readonly label: number;
  /** The class that it was taken for. */
  readonly prediction: number;
  /** Of the prediction, 0..1: the softmax of the network's outputs. */
  readonly probability: number;
};

/** How many are wanted. */
export type MisclassifiedOptions = {
  /** The most that are wanted, from 1 on; default 20. */
  readonly limit?: number;
};

/**
 * The most confidently wrong examples: by falling probability of the prediction, then by position; where the network
 * says NaN, last. It computes without a break: `misclassifiedAsync` yields to timers, input and signals.
 *
 * @param data a dataset, which is copied into the engine's memory a piece at a time, or one that already is there
 * @throws {OptionError} a limit that is not an integer from 1 on
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {DTypeError} the dataset has numbers for targets, and the network is not a classifier
 * @example
 * for (const { index, label, prediction } of misclassified(net, mnist.test, { limit: 2 })) {
 *   console.log(`example ${index} is a ${label}, and was taken for a ${prediction}`);
 * }
 */
export function misclassified<D extends FloatType>(
  trainable: Trainable<D>,
  data: Dataset | ResidentDataset,
  options: MisclassifiedOptions = {},
): Misclassified[] {
  return lastOf(misclassification(networkOf(trainable), data, options));
}

/** As `misclassified`, in turns. */
export function* misclassification<D extends FloatType>(
  net: Network<D>,
  data: Dataset | ResidentDataset,
  options: MisclassifiedOptions = {},
): Generator<undefined, Misclassified[]> {
  checkOptions<MisclassifiedOptions>("misclassified", options, { limit: 1 });
  const { limit = 20 } = options;
  if (!((Number.isInteger(limit) && limit >= 1) || limit === Number.POSITIVE_INFINITY)) {
    throw new OptionError("limit", "an integer from 1 on, or Infinity", limit);
  }
  const wrong: Misclassified[] = [];
  for (const block of blocksOf(net, data)) {
    if (block === undefined) {
      yield;
      continue;
    }
    const { z, t, first } = block;
    using predictions = argmaxRows(z);
    using probabilities = softmaxRows(z);
    withLabels("misclassified", net, t, ({ data: labels }) => {
      const [columns, p] = [predictions.data, probabilities.data]; // only now: memory may have grown for the labels
      for (let i = 0; i < labels.length; i++) {
        const [label, prediction] = [labels[i] ?? 0, columns[i] ?? 0];
        if (label === prediction) continue;
        const probability = p[i * net.outputSize + prediction] ?? Number.NaN;
        wrong.push({ index: first + i, label, prediction, probability });
      }
    });
    yield;
  }
  return wrong.sort((a, b) => sureness(b) - sureness(a)).slice(0, limit); // stable: equals stay in the data's order
}

function sureness({ probability }: Misclassified): number {
  return Number.isNaN(probability) ? -1 : probability;
}
