/**
 * The loop of every run, of a program, a worker or the command line: steps, callbacks, checkpoints, an abort, and turns for the
 * event loop.
 */

import { nextTurn } from "#platform";
import { checkInstance, checkSignal, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { EpochRecord, EvaluationRecord, TrainHistory } from "./history.ts";
import { Trainer, type TrainProgress } from "./trainer.ts";
import { TURN_MILLISECONDS } from "./turns.ts";

/** Callbacks of a run, its checkpoints, and how it is ended. */
export type RunOptions = {
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
  /** Called when a checkpoint is due, and when the run is aborted, if all weights are finite: `checkpointOf(trainer)` is the run by then. */
  onCheckpoint?(trainer: Trainer<FloatType>): unknown;
  /** Called whenever the validation examples were met better than before; only with `earlyStopping`. */
  onBest?(trainer: Trainer<FloatType>): unknown;
  /**
   * Steps from one checkpoint to the next; or whether one is due, asked after every step and, with `undefined`, within long
   * evaluations. Default: one only when the run is aborted.
   */
  readonly checkpointEvery?: number | ((progress: Readonly<TrainProgress> | undefined) => boolean);
  /** Ends the run after the step that it falls in. A run that resumes from the checkpoint makes up for an evaluation that it cut short. */
  readonly signal?: AbortSignal;
};

/** Every option of a run. */
export const RUN_KEYS: KeysOf<RunOptions> = {
  ...{ onStep: 1, onEvaluation: 1, onEpoch: 1, onTurn: 1, onEnd: 1, onCheckpoint: 1, onBest: 1 },
  ...{ checkpointEvery: 1, signal: 1 },
};

/**
 * Trains to the end, as `train` does: for runs whose trainer is made, restored or looked at first. The caller disposes of the
 * trainer.
 *
 * @returns the trainer's history
 * @throws {OptionError} no trainer, or options that are none
 * @throws {DivergedError} the loss stopped being finite, with which the history ends; or the weights did, which is found
 *   before a checkpoint and after the last step
 * @example
 * using trainer = new Trainer(net, { train: mnist.train }, { iterations: 60, batchSize: 100, learningRate: 0.1 });
 * let last = performance.now();
 * await runTrainer(trainer, {
 *   checkpointEvery: (progress) => progress !== undefined && performance.now() - last > 60_000, // one a minute
 *   onCheckpoint() {
 *     const bytes = encodeCheckpoint(checkpointOf(trainer));
 *     last = performance.now();
 *   },
 * });
 */
export async function runTrainer<D extends FloatType>(
  trainer: Trainer<D>,
  options: RunOptions = {},
): Promise<TrainHistory> {
  checkInstance("runTrainer: trainer", "a Trainer", Trainer, trainer);
  checkOptions<RunOptions>("runTrainer", options, RUN_KEYS);
  checkRun("runTrainer", options);
  return await run(trainer, options);
}

/** @throws {OptionError} an option of another type, or out of range */
export function checkRun(op: string, options: RunOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (name.startsWith("on") && value !== undefined) checkType(`${op}: ${name}`, "function", value);
  }
  const { checkpointEvery: every = 1, signal } = options;
  checkSignal(`${op}: signal`, signal);
  if (typeof every === "function" || every === Number.POSITIVE_INFINITY || (Number.isInteger(every) && every >= 1))
    return;
  throw new OptionError("checkpointEvery", "an integer from 1 on, or a function", every);
}

/** The loop itself, of options that were checked. */
export async function run<D extends FloatType>(trainer: Trainer<D>, options: RunOptions): Promise<TrainHistory> {
  const { onStep, onEvaluation, onEpoch, onTurn, onEnd, signal } = options;
  const { checkpointEvery = Number.POSITIVE_INFINITY } = options;
  const { history } = trainer;
  const isDue: Exclude<typeof checkpointEvery, number> =
    typeof checkpointEvery === "function"
      ? checkpointEvery
      : (progress) => progress !== undefined && trainer.iteration % checkpointEvery === 0;
  const checkpoint = async () => {
    trainer.checkFinite();
    await options.onCheckpoint?.(trainer);
  };
  let turn = performance.now();
  for (const moment of trainer.turns()) {
    const isWaiting = moment instanceof Promise;
    if (isWaiting) await moment;
    const progress = isWaiting ? undefined : moment;
    if (progress !== undefined) {
      const { evaluation, finishedEpoch } = progress;
      onStep?.(progress);
      if (evaluation !== undefined) await onEvaluation?.(evaluation);
      if (evaluation?.isBest) await options.onBest?.(trainer);
      if (finishedEpoch !== undefined) await onEpoch?.(finishedEpoch, evaluation);
    }
    const canResume = !isWaiting && Number.isFinite(progress?.loss ?? 0);
    const isSaved = canResume && isDue(progress);
    if (isSaved) await checkpoint();
    if (performance.now() - turn >= TURN_MILLISECONDS) {
      await nextTurn();
      await onTurn?.();
      turn = performance.now();
    }
    if (canResume && signal?.aborted && !(progress && trainer.isDone)) {
      if (!isSaved) await checkpoint();
      history.outcome = "aborted";
      break;
    }
  }
  await onEnd?.(history);
  return history;
}
