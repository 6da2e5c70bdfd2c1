/**
 * Evaluation on the main thread of a page or a server: the same results, while timers, input and signals have their turn
 * about every 50 ms. The shortest work without a turn is a block of 256 examples.
 */
import { checkSignal } from "../../arguments.ts";
import type { Dataset } from "../../data/dataset.ts";
import { networkOf, type Trainable } from "../../nn/trainable.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import { inTurns } from "../loop/turns.ts";
import { type EvaluateOptions, type Evaluation, evaluation } from "./evaluate.ts";
import { type Misclassified, type MisclassifiedOptions, misclassification } from "./misclassified.ts";

/** What ends an evaluation before its end. */
export type AsyncOptions = {
  /** Rejects the call with the signal's reason within about 50 ms. */
  readonly signal?: AbortSignal;
};

/**
 * Evaluates a network as `evaluate` does, with the same bits, and yields to the event loop about every 50 ms.
 *
 * The network is not to be trained meanwhile: a part of the examples would meet other weights.
 *
 * @throws {ShapeError} (rejects) the examples have another size than the network's input, or the targets than its output
 * @throws {OptionError} (rejects) an unknown option, `topK` is not a valid number of classes, or there are none; a threshold that is
 *   not between 0 and 1
 * @throws {IndexError} (rejects) a label that the network has no output for
 * @throws {DTypeError} (rejects) labels, where the network's loss needs numbers
 * @throws what `signal` was aborted with
 * @example
 * const { accuracy } = await evaluateAsync(net, mnist.test, { signal: AbortSignal.timeout(60_000) });
 */
export async function evaluateAsync<D extends FloatType>(
  trainable: Trainable<D>,
  data: Dataset | ResidentDataset,
  options: EvaluateOptions & AsyncOptions = {},
): Promise<Evaluation> {
  checkOptions<EvaluateOptions & AsyncOptions>("evaluateAsync", options, { topK: 1, threshold: 1, signal: 1 });
  const { signal, ...counted } = options;
  checkSignal("evaluateAsync: signal", signal);
  return inTurns(evaluation(networkOf(trainable), data, counted), signal);
}

/**
 * Finds the most confidently wrong examples as `misclassified` does, and yields to the event loop about every 50 ms.
 *
 * @throws {OptionError} (rejects) an unknown option, or a limit that is not an integer from 1 on
 * @throws {ShapeError} (rejects) the examples have another size than the network's input
 * @throws {DTypeError} (rejects) the dataset has numbers for targets, and the network is not a classifier
 * @throws what `signal` was aborted with
 * @example
 * const [worst] = await misclassifiedAsync(net, mnist.test, { limit: 1 });
 */
export async function misclassifiedAsync<D extends FloatType>(
  trainable: Trainable<D>,
  data: Dataset | ResidentDataset,
  options: MisclassifiedOptions & AsyncOptions = {},
): Promise<Misclassified[]> {
  checkOptions<MisclassifiedOptions & AsyncOptions>("misclassifiedAsync", options, { limit: 1, signal: 1 });
  const { signal, ...shown } = options;
  checkSignal("misclassifiedAsync: signal", signal);
  return inTurns(misclassification(networkOf(trainable), data, shown), signal);
}
