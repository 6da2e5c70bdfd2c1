/**
 * The convenient form of training: one call, a history at the end, and the event loop gets its turns.
 */

import { checkType } from "../../arguments.ts";
import { Dataset } from "../../data/dataset.ts";
import { drawn } from "../../data/split.ts";
import { OptionError } from "../../errors.ts";
import type { Trainable } from "../../nn/trainable.ts";
import { checkOptions } from "../../options.ts";
import { RandomState } from "../../random/random_state.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { RESTORE } from "../checkpoints/restore_key.ts";
import type { ResidentDataset } from "../feeding/resident.ts";
import type { DatasetStream } from "../feeding/stream.ts";
import { emptyHistory, type TrainHistory } from "./history.ts";
import type { Progress } from "./progress.ts";
import { checkRun, RUN_KEYS, type RunOptions, run } from "./run.ts";
import { Trainer } from "./trainer.ts";
import { TRAINER_KEYS, type TrainerOptions } from "./training_plan.ts";

/** Options of a run, its callbacks and what it is measured by. */
export type TrainOptions = TrainerOptions &
  RunOptions & {
    /** Evaluated for the record. */
    readonly test?: Dataset | ResidentDataset;
    /**
     * Evaluated as well, and what early stopping watches. A number is a share of the examples, which is split off by the seed
     * before training, of each class where there are classes.
     */
    readonly validation?: Dataset | ResidentDataset | number;
    /** Resumes from here, with the bits that an unbroken run would have. */
    readonly resume?: Checkpoint | undefined;
    /**
     * `true`: a bar after each epoch, at the terminal of stderr; lines where there is none, in a page's console. A function is
     * called after each epoch.
     */
    readonly progress?: Progress;
  };

/**
 * Trains a network by minibatches. With no options: at least 20 epochs and 1,000 updates of 100 examples by `adam()`.
 *
 * The records so far are in `history` at every moment: hand one in to keep them when the run is cut short by
 * an error. An aborted run ends like a finished one, with fewer steps.
 *
 * @param history where records are added
 * @returns the same history
 * @throws {OptionError} options that are out of range or exclude each other, or minibatches of one row for
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
  options: TrainOptions = {},
  history: TrainHistory = emptyHistory(),
): Promise<TrainHistory> {
  checkType("train: options", "object", options);
  checkOptions<TrainOptions>("train", options, {
    ...{ ...TRAINER_KEYS, ...RUN_KEYS, test: 1, validation: 1, resume: 1, progress: 1 },
  });
  checkRun("train", options);
  const { test, validation, resume, progress = false } = options;
  if (typeof progress !== "boolean") checkType("train: progress", "function", progress);
  const data =
    typeof validation === "number" ? splitOff(dataset, validation, options.seed) : { train: dataset, validation };
  const own = Object.entries(options).filter(([name]) => Object.hasOwn(TRAINER_KEYS, name));
  const trainer = new Trainer(net, { ...data, test }, Object.fromEntries(own) as TrainerOptions, history);
  try {
    if (resume !== undefined) restoreBy(resume, trainer);
    if (!progress) return await run(trainer, options);
    const { shown } = await import("./progress.ts");
    return await shown(trainer, options, progress, run);
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
  const [validation, train] = drawn(dataset, { share, random: new RandomState(seed), stratify });
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
