/**
 * The convenient form of training: one call, a history at the end, and the event loop gets its turns.
 */
import { nextTurn } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type InputLayout, ResidentDataset } from "./resident.ts";
import { type SgdOptions, type SgdProgress, sgdSteps } from "./sgd.ts";
import { networkOf, type Trainable } from "./trainable.ts";

export type TrainOptions = SgdOptions & {
  /** How the examples lie in memory; `auto` takes what is faster for them. */
  readonly layout?: InputLayout | "auto";
  /** Evaluated beside the training examples; without it, those alone are. */
  readonly test?: Dataset;
  /** Called after every step with where the run stands: one object, overwritten by the next step. */
  readonly onStep?: (progress: Readonly<SgdProgress>) => void;
  /** Ends the run after the step that it falls in. */
  readonly signal?: AbortSignal;
};

/** What a run recorded. */
export type TrainHistory = {
  /** How the training examples lay in memory. */
  layout?: InputLayout;
  /** The loss of every minibatch right after its update, in nats. */
  readonly losses: number[];
  /** Once per epoch, after the update of that iteration. */
  readonly evaluations: { readonly iteration: number; readonly trainAccuracy: number; readonly testAccuracy: number }[];
};

/** The longest stretch without giving the event loop its turn. */
const TURN_MILLISECONDS = 50;

/**
 * Trains a network by minibatch SGD.
 *
 * The records so far are in `history` at every moment: hand one in to keep them when the run is cut short by
 * an error. An aborted run ends like a finished one, with fewer steps.
 *
 * @returns the history
 * @throws {OptionError} a batch size of 0 or beyond the data, a learning rate or iterations that are no number
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {DivergedError} the loss stopped being finite; the history ends with that step
 * @example
 * await train(net, mnist.train, { iterations: 600, batchSize: 100, learningRate: 0.1, random, test: mnist.test });
 */
export async function train<D extends FloatType>(
  trainable: Trainable<D>,
  dataset: Dataset,
  { test = dataset, layout = "auto", onStep, signal, ...options }: TrainOptions,
  history: TrainHistory = { losses: [], evaluations: [] },
): Promise<TrainHistory> {
  const net = networkOf(trainable);
  using trainPart = new ResidentDataset(net.engine, dataset, { layout });
  using testPart = test === dataset ? trainPart : new ResidentDataset(net.engine, test, { layout });
  history.layout = trainPart.layout;
  let turn = performance.now();
  for (const progress of sgdSteps(net, { train: trainPart, test: testPart }, options)) {
    history.losses.push(progress.loss);
    if (progress.evaluation) history.evaluations.push({ iteration: progress.iteration, ...progress.evaluation });
    onStep?.(progress);
    if (performance.now() - turn >= TURN_MILLISECONDS) {
      await nextTurn();
      turn = performance.now();
    }
    if (signal?.aborted) break;
  }
  return history;
}
