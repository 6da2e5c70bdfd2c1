/**
 * The options of a run, checked, with defaults.
 *
 *   iterations   steps that draw with replacement; by default the loss is recorded after the update, and the training
 *                examples are evaluated as well
 *   epochs       passes over all examples, each in a new order; by default the loss is recorded before the update
 */

import { checkInstance, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkRate, type Schedule, withLengthOf } from "../../nn/learning_rate.ts";
import { adam } from "../../nn/optimizers/adam.ts";
import { checkOptimizer, type Optimizer } from "../../nn/optimizers/record.ts";
import { sgd } from "../../nn/optimizers/sgd.ts";
import type { KeysOf } from "../../options.ts";
import { checkSeed } from "../../random/checks.ts";
import { RandomState } from "../../random/random_state.ts";
import { checkEarlyStopping, type EarlyStopping } from "../evaluation/early_stopping.ts";
import type { TrainingAugmentation } from "../feeding/feed.ts";
import { checkLayout, type InputLayout } from "../feeding/resident.ts";
import type { Sampling } from "../feeding/sampler.ts";

/** Every option of a trainer. */
export const TRAINER_KEYS: KeysOf<TrainerOptions> = {
  ...{ iterations: 1, epochs: 1, batchSize: 1, accumulate: 1, optimizer: 1, learningRate: 1, seed: 1, random: 1 },
  ...{ augmentation: 1, lossAt: 1, evaluateEvery: 1, evaluateTraining: 1, earlyStopping: 1, layout: 1, dropLast: 1 },
};

/** How a run goes: either by `iterations` or by `epochs`. */
export type TrainerOptions = {
  /** Steps to make, whose minibatches are drawn with replacement. Instead of `epochs`. */
  readonly iterations?: number;
  /**
   * Passes to make over the examples, each in a new order. Instead of `iterations`. Default: 20, or as many as make 1,000
   * updates; 1 of a stream.
   */
  readonly epochs?: number;
  /** Examples in a minibatch, from 1 on; all of them where there are fewer. Default 100. */
  readonly batchSize?: number;
  /**
   * With `epochs`: leaves out the last minibatch of an epoch where it would be short. Which examples that leaves out is
   * drawn anew in each epoch. With `iterations` every minibatch is full. Default false.
   */
  readonly dropLast?: boolean;
  /** Minibatches whose gradients are added up for one update. Default 1. */
  readonly accumulate?: number;
  /** How parameters follow gradients. Default: `adam()`, or plain gradient descent where there is a `learningRate`. */
  readonly optimizer?: Optimizer;
  /** Of plain gradient descent. Instead of an `optimizer`. */
  readonly learningRate?: Schedule;
  /** Of the stream that examples are drawn from. Default 0. */
  readonly seed?: number;
  /** The stream itself, such as the one that the weights were drawn from. */
  readonly random?: RandomState;
  /** Changes every image a little before every step: `augment({ shift: 2, rotate: 10 })`. Draws from the same stream. */
  readonly augmentation?: TrainingAugmentation;
  /**
   * When a step's loss is taken. The one before the update costs nothing, the one after it a second forward pass. Default:
   * after it with `iterations`, unless gradients are accumulated, and before it with `epochs`.
   */
  readonly lossAt?: "before update" | "after update";
  /**
   * Steps from one evaluation to the next. Default: after each epoch; with `iterations` after the first step and every
   * ⌊examples / batchSize⌋ from there.
   */
  readonly evaluateEvery?: number;
  /** Whether the training examples are evaluated as well. Default: true with `iterations`, false with `epochs`. */
  readonly evaluateTraining?: boolean;
  /** Stops when the validation examples are met no better, and goes back to the best weights. */
  readonly earlyStopping?: EarlyStopping;
  /** How the examples are stored; `auto` takes what is faster for them. */
  readonly layout?: InputLayout | "auto";
};

/** A run's options with their defaults: plain data. */
export type TrainingPlan = {
  /** Which way the run draws its examples. */
  readonly sampling: Sampling | "stream";
  readonly iterations: number | undefined;
  readonly epochs: number | undefined;
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly accumulate: number;
  readonly optimizer: Optimizer;
  readonly augmentation: TrainingAugmentation | undefined;
  readonly lossAt: "before update" | "after update";
  readonly evaluateEvery: number | undefined;
  readonly evaluateTraining: boolean;
  readonly earlyStopping: EarlyStopping | undefined;
  readonly layout: InputLayout | "auto";
};

/**
 * The plan that options describe, and the stream that it draws from.
 *
 * @param examples how many there are to train on; undefined for a stream
 * @param hasValidation whether there are examples that early stopping can watch
 * @throws {OptionError} an option that is out of range, missing, or excluded by another
 */
export function planOf(
  options: TrainerOptions,
  examples: number | undefined,
  hasValidation: boolean,
): { readonly plan: TrainingPlan; readonly random: RandomState } {
  const { iterations, dropLast = false, accumulate = 1, seed = 0, earlyStopping, layout = "auto" } = options;
  const { augmentation, evaluateEvery } = options;
  checkCount("batchSize", options.batchSize, 1);
  const batchSize = Math.min(options.batchSize ?? 100, examples ?? Number.POSITIVE_INFINITY);
  const batches = (dropLast ? Math.floor : Math.ceil)((examples ?? 0) / batchSize);
  // of an epoch; of a stream, whose length is unknown, undefined
  const updates = examples && Math.ceil(batches / accumulate);
  // passes that make 1,000 updates, but at least 20; of a stream one
  const enough = updates === undefined ? 1 : Math.max(20, Math.ceil(1000 / Math.max(1, updates)));
  const { epochs = iterations === undefined ? enough : undefined } = options;
  if (iterations !== undefined && epochs !== undefined) {
    throw new OptionError("train", "pass either iterations or epochs, not both");
  }
  checkCount("iterations", iterations, 0);
  checkCount("epochs", epochs, 0);
  checkCount("accumulate", accumulate, 1);
  checkCount("evaluateEvery", evaluateEvery, 1);
  if (typeof dropLast !== "boolean") throw new OptionError("dropLast", "true or false", dropLast);
  if (examples === undefined && iterations !== undefined) {
    throw new OptionError("iterations", "epochs, where examples come as a stream", iterations);
  }
  checkSeed(seed);
  const byIterations = iterations !== undefined;
  const { lossAt = byIterations && accumulate === 1 ? "after update" : "before update" } = options;
  const { evaluateTraining = byIterations } = options;
  if (lossAt !== "before update" && lossAt !== "after update") {
    throw new OptionError("lossAt", "before update or after update", lossAt);
  }
  if (lossAt === "after update" && accumulate > 1) {
    throw new OptionError("lossAt", "before update, where gradients are accumulated", lossAt);
  }
  checkType("evaluateTraining", "boolean", evaluateTraining);
  checkLayout(layout);
  if (options.random !== undefined) checkInstance("random", "a RandomState", RandomState, options.random);
  if (augmentation !== undefined && augmentation?.kind !== "augmentation") {
    throw new OptionError("augmentation", "augment({ … })", augmentation);
  }
  if (earlyStopping !== undefined) {
    checkEarlyStopping(earlyStopping);
    if (!hasValidation) throw new OptionError("earlyStopping", "needs validation examples");
  }
  const optimizer = optimizerOf(options);
  const length = iterations ?? (updates && updates * (epochs as number));
  const plan: TrainingPlan = {
    // a stream, whose length is unknown, brings its own order
    sampling: examples === undefined ? "stream" : byIterations ? "withReplacement" : "epochs",
    // its learning rate knows how long the run is
    optimizer: { ...optimizer, learningRate: withLengthOf(optimizer.learningRate, length) },
    ...{
      iterations,
      epochs,
      batchSize,
      dropLast,
      accumulate,
      augmentation,
      lossAt,
      evaluateEvery,
      evaluateTraining,
      earlyStopping,
      layout,
    },
  };
  return { plan, random: options.random ?? new RandomState(seed) };
}

/**
 * That the last minibatch of an epoch has not one row, of which batch normalisation has no variance.
 *
 * @param examples how many there are; undefined of a stream, whose last minibatch is refused when it comes
 * @throws {OptionError} a batch size that leaves one
 */
export function checkNormalisable({ sampling, batchSize, dropLast }: TrainingPlan, examples: number | undefined): void {
  if (sampling !== "epochs" || dropLast || (examples ?? 0) % batchSize !== 1) return;
  const cure = "batchNorm needs 2; pass dropLast: true or another batchSize";
  throw new OptionError("batchSize", `${examples} examples by ${batchSize} leave 1 for the last minibatch, ${cure}`);
}

function optimizerOf({ optimizer, learningRate }: TrainerOptions): Optimizer {
  if (optimizer === undefined) {
    if (learningRate === undefined) return adam();
    checkRate("learningRate", learningRate);
    return sgd({ learningRate });
  }
  if (learningRate !== undefined)
    throw new OptionError("train", "pass either an optimizer or a learningRate, not both");
  checkOptimizer(optimizer);
  return optimizer;
}

function checkCount(option: string, count: number | undefined, low: number): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= low)) return;
  throw new OptionError(option, `an integer from ${low} on`, count);
}
