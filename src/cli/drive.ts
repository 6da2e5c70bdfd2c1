/**
 * Drives a trainer to its end: reports steps, saves checkpoints, lets signals have their turn. Everything else is the
 * library's.
 */
import { setImmediate } from "node:timers/promises";
import { checkpointOf, type EvaluationRecord, type FloatType, type Trainer, type TrainProgress } from "lanegrad";
import type { RunFolder } from "./run_folder.ts";

/** The longest stretch without a turn for others. */
const TURN_MILLISECONDS = 50;
/** From one checkpoint to the next, where no number of steps is given. */
const CHECKPOINT_MILLISECONDS = 60_000;

export type DriveOptions = {
  readonly run: RunFolder;
  readonly checkpointEvery: number | undefined;
  readonly onStep: (progress: Readonly<TrainProgress>) => void;
  readonly signal: AbortSignal;
};

/**
 * Trains. An aborted run ends after its step, with a checkpoint; a finished one has a checkpoint of its last step, from which
 * a longer run can resume. Neither waits for the evaluation of the step: a run that is resumed within it evaluates first.
 *
 * @throws {DivergedError} the loss stopped being finite, or the weights did: no such step is saved
 */
export async function drive<D extends FloatType>(trainer: Trainer<D>, options: DriveOptions): Promise<void> {
  const { run, checkpointEvery, onStep, signal } = options;
  const { history } = trainer;
  let turn = performance.now();
  let saved = turn;
  let isLastSaved = false;
  const save = async () => {
    await run.save(checkpointOf(trainer));
    saved = performance.now();
  };
  const isDue = () =>
    checkpointEvery === undefined
      ? performance.now() - saved >= CHECKPOINT_MILLISECONDS
      : trainer.iteration % checkpointEvery === 0;
  for (const progress of trainer.turns()) {
    if (progress !== undefined && Number.isFinite(progress.loss)) {
      const { evaluation } = progress;
      onStep(progress);
      if (evaluation && isBest(evaluation, history.evaluations)) await run.save(checkpointOf(trainer), "best");
      const isAborted = signal.aborted && !trainer.isDone;
      if (trainer.isDone || isAborted || isDue()) {
        await save();
      }
      if (isAborted) {
        history.outcome = "aborted";
        return;
      }
    } else if (progress === undefined && signal.aborted) {
      await save();
      history.outcome = "aborted";
      return;
    } else if (progress === undefined && trainer.isDone && !isLastSaved) {
      isLastSaved = true;
      await save();
    }
    if (performance.now() - turn < TURN_MILLISECONDS) continue;
    await setImmediate();
    turn = performance.now();
  }
}

/** Whether the validation loss is the least so far; NaN never is. */
function isBest(record: EvaluationRecord, all: readonly EvaluationRecord[]): boolean {
  const { validationLoss = Number.NaN, isBest: watched } = record;
  if (watched !== undefined || Number.isNaN(validationLoss)) return watched === true;
  return all.every((other) => other === record || !((other.validationLoss ?? Number.NaN) <= validationLoss));
}
