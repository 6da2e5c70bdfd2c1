/**
 * The convenient form of training: one call, a history at the end, and the event loop gets its turns.
 */

import { nextTurn } from "#platform";
import { checkSignal, checkType } from "../../arguments.ts";
import { Dataset } from "../../data/dataset.ts";
import { split } from "../../data/split.ts";
import { OptionError } from "../../errors.ts";
import type { Trainable } from "../../nn/trainable.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import { RandomState } from "../../random/random_state.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { RESTORE } from "../checkpoints/restore_key.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import type { DatasetStream } from "../feeding/stream.ts";
import { type EpochRecord, type EvaluationRecord, emptyHistory, type TrainHistory } from "./history.ts";
import { Trainer, type TrainProgress } from "./trainer.ts";
import type { TrainerOptions } from "./training_plan.ts";
import { TRAINER_KEYS } from "./training_plan.ts";
import { TURN_MILLISECONDS } from "./turns.ts";

/** Options of a run, and its callbacks. */
export type TrainOptions = TrainerOptions & {
  /** Evaluated for the record. */
  readonly test?: Dataset | ResidentDataset;
  /**
   * Evaluated as well, and what early stopping watches. A number is a share of the examples, which is split off by the seed
   * before training, of each class where there are classes.
   */
  readonly validation?: Dataset | ResidentDataset | number;
  /** Called after every step with the run's position: one object, overwritten by the next step. */
  readonly onStep?: (progress: Readonly<TrainProgress>) => void;
  /** Called after every evaluation; a promise is awaited, as for the others below. */
  readonly onEvaluation?: (record: EvaluationRecord) => unknown;
  /** Called at the end of every epoch, with what was measured after its last step, if anything was. */
  readonly onEpoch?: (record: EpochRecord, evaluation: EvaluationRecord | undefined) => unknown;
  /** Called whenever other work has had its turn, about every 50 ms; a promise is awaited, and holds the run. */
  readonly onTurn?: () => void | Promise<void>;
  /** Called once, when the run has finished, was aborted or stopped early: the history records which. */
  readonly onEnd?: (history: TrainHistory) => unknown;
  /** Called after every `checkpointEvery` steps, and when the run is aborted, if all weights are finite: `checkpointOf(trainer)` is the run by then. */
  onCheckpoint?(trainer: Trainer<FloatType>): unknown;
  /** Called whenever the validation examples were met better than before; only with `earlyStopping`. */
  onBest?(trainer: Trainer<FloatType>): unknown;
  /** Steps from one checkpoint to the next; default: one only when the run is aborted. */
  readonly checkpointEvery?: number;
  /** Goes on from here, with the bits that an unbroken run would have. */
  readonly resume?: Checkpoint | undefined;
  /** Ends the run after the step that it falls in. */
  readonly signal?: AbortSignal;
};

const OWN_KEYS: KeysOf<Omit<TrainOptions, keyof TrainerOptions>> = {
  ...{
    test: 1,
    validation: 1,
    onStep: 1,
    onEvaluation: 1,
    onEpoch: 1,
    onTurn: 1,
    onEnd: 1,
    onCheckpoint: 1,
    onBest: 1,
  },
  ...{ checkpointEvery: 1, resume: 1, signal: 1 },
};

/**
 * Trains a network by minibatch SGD.
 *
 * The records so far are in `history` at every moment: hand one in to keep them when the run is cut short by
 * an error. An aborted run ends like a finished one, with fewer steps.
 *
 * @param history where records are added
 * @returns the same history
 * @throws {OptionError} options that are out of range, missing, or exclude each other, or minibatches of one row for
 *   `batchNorm`
 * @throws {ShapeError} the examples have another size than the network's input
 * @throws {CheckpointError} the checkpoint is of another network or another run
 * @throws {DivergedError} the loss stopped being finite, with which the history ends; or the weights did, which is found
 *   before a checkpoint and after the last step: `onCheckpoint` and `onBest` are given finite weights
 * @example
 * await train(net, mnist.train, { epochs: 1, batchSize: 128, optimizer: adam({ learningRate: 1e-3 }) });
 * await train(net, mnist.train, { iterations: 60, batchSize: 100, learningRate: 0.1, test: mnist.test });
 */
export async function train<D extends FloatType>(
  net: Trainable<D>,
  dataset: Dataset | ResidentDataset | DatasetStream,
  options: TrainOptions,
  history: TrainHistory = emptyHistory(),
): Promise<TrainHistory> {
  checkType("train: options", "object", options);
  checkOptions<TrainOptions>("train", options, { ...TRAINER_KEYS, ...OWN_KEYS });
  const { test, validation, onStep, onEvaluation, onEpoch, onTurn, onEnd, resume, signal } = options;
  const { onCheckpoint, onBest, checkpointEvery = Number.POSITIVE_INFINITY } = options;
  for (const [name, call] of Object.entries({ onStep, onEvaluation, onEpoch, onTurn, onEnd, onCheckpoint, onBest })) {
    if (call !== undefined) checkType(`train: ${name}`, "function", call);
  }
  checkSignal("train: signal", signal);
  checkEvery(checkpointEvery);
  const data =
    typeof validation === "number" ? splitOff(dataset, validation, options.seed) : { train: dataset, validation };
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(TRAINER_KEYS, name));
  const trainer = new Trainer(net, { ...data, test }, Object.fromEntries(own) as TrainerOptions, history);
  try {
    if (resume !== undefined) restoreBy(resume, trainer);
    let turn = performance.now();
    const checkpoint = async () => {
      trainer.checkFinite();
      await options.onCheckpoint?.(trainer);
    };
    for (const progress of trainer.turns()) {
      const hasLoss = progress !== undefined && Number.isFinite(progress.loss);
      if (progress !== undefined) {
        const { evaluation, finishedEpoch } = progress;
        onStep?.(progress);
        if (evaluation !== undefined) await onEvaluation?.(evaluation);
        if (evaluation?.isBest) await options.onBest?.(trainer);
        if (finishedEpoch !== undefined) await onEpoch?.(finishedEpoch, evaluation);
        if (hasLoss && trainer.iteration % checkpointEvery === 0) await checkpoint();
      }
      if (progress === undefined) await trainer.feed.wait();
      if (performance.now() - turn >= TURN_MILLISECONDS) {
        await nextTurn();
        await onTurn?.();
        turn = performance.now();
      }
      if (hasLoss && signal?.aborted && !trainer.isDone) {
        await checkpoint();
        history.outcome = "aborted";
        break;
      }
    }
    await onEnd?.(history);
    return history;
  } finally {
    trainer.dispose();
  }
}

function splitOff(
  dataset: Dataset | ResidentDataset | DatasetStream,
  share: number,
  seed = 0,
): { readonly train: Dataset; readonly validation: Dataset } {
  if (!(dataset instanceof Dataset)) {
    throw new OptionError("validation", "a dataset, as the examples are not a Dataset to split", share);
  }
  const stratify = dataset.targets === "numbers" ? "none" : "classes";
  const [validation, train] = split(dataset, { share, random: new RandomState(seed), stratify });
  return { train, validation };
}

/** A checkpoint carries the code that restores it. */
function restoreBy<D extends FloatType>(checkpoint: Checkpoint, trainer: Trainer<D>): void {
  const restore = checkpoint?.[RESTORE];
  if (restore === undefined) {
    throw new OptionError("resume", "what checkpointOf or decodeCheckpoint returned", checkpoint);
  }
  restore(trainer, checkpoint);
}

function checkEvery(checkpointEvery: number): void {
  if (checkpointEvery === Number.POSITIVE_INFINITY || (Number.isInteger(checkpointEvery) && checkpointEvery >= 1))
    return;
  throw new OptionError("checkpointEvery", "an integer from 1 on", checkpointEvery);
}
