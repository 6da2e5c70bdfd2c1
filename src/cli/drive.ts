/** Drives a trainer to its end, by the library's loop: when the command line saves a checkpoint, and which is the best. */
import {
  checkpointOf,
  type EvaluationRecord,
  type FloatType,
  runTrainer,
  type Trainer,
  type TrainProgress,
} from "lanegrad";
import type { RunFolder } from "./run_folder.ts";

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
  let saved = performance.now();
  let isLastSaved = false;
  await runTrainer(trainer, {
    signal,
    onStep(progress) {
      if (Number.isFinite(progress.loss)) onStep(progress);
    },
    async onEvaluation(record) {
      if (isBest(record, history.evaluations)) await run.save(checkpointOf(trainer), "best");
    },
    checkpointEvery(progress) {
      if (progress === undefined) return trainer.isDone && !isLastSaved;
      if (trainer.isDone) return true;
      if (checkpointEvery !== undefined) return trainer.iteration % checkpointEvery === 0;
      return performance.now() - saved >= CHECKPOINT_MILLISECONDS;
    },
    async onCheckpoint() {
      await run.save(checkpointOf(trainer));
      saved = performance.now();
      isLastSaved = trainer.isDone;
    },
  });
}

/** Whether the validation loss is the least so far; NaN never is. */
function isBest(record: EvaluationRecord, all: readonly EvaluationRecord[]): boolean {
  const { validationLoss = Number.NaN, isBest: watched } = record;
  if (watched !== undefined || Number.isNaN(validationLoss)) return watched === true;
  return all.every((other) => other === record || !((other.validationLoss ?? Number.NaN) <= validationLoss));
}
