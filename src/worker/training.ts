/**
 * A run in a worker, as the program sees it: a promise of its history that can be held and stopped.
 */
import { checkRecord, checkSignal, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import type { Checkpoint } from "../train/checkpoints/checkpoint.ts";
import {
  checkHistory,
  type EpochRecord,
  type EvaluationRecord,
  emptyHistory,
  type TrainHistory,
} from "../train/loop/history.ts";
import type { TrainOptions } from "../train/loop/train.ts";
import { unreachable } from "../unreachable.ts";
import type { Connection } from "./connection.ts";
import { numberOf, type WorkerDataset } from "./dataset.ts";
import { stateOf } from "./plain.ts";
import type { Awaited, Records, RunEvent, ValidationRequest } from "./protocol.ts";

/** What a run made since the program last heard of it. */
export type WorkerProgress = {
  /** The first of these steps, counted from 0. */
  readonly iteration: number;
  /** The mean losses of the steps from there on, as in `TrainHistory.losses`: at least one. */
  readonly losses: Float64Array;
};

/** As `train` takes them; datasets are those of the worker, and steps are reported in batches. */
export type WorkerTrainOptions = Omit<
  TrainOptions,
  "test" | "validation" | "progress" | "onStep" | "onTurn" | "onBest" | "onCheckpoint" | "checkpointEvery"
> & {
  /** Evaluated for the record. */
  readonly test?: WorkerDataset;
  /**
   * Evaluated as well, and what early stopping watches. A number is a fraction of the examples, which is split off by the
   * seed before training, as `train` does.
   */
  readonly validation?: WorkerDataset | number;
  /** Called with the losses since the last time: about 60 times a second, and before the callbacks above. */
  readonly onProgress?: (progress: WorkerProgress) => void;
  /** Given a checkpoint after every `checkpointEvery` steps, and when the run is aborted; awaited. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => unknown;
  /** Steps from one checkpoint to the next; default: one only when the run is aborted. */
  readonly checkpointEvery?: number;
};

/** A run under way: await it for its history. */
export type TrainingRun = Promise<TrainHistory> & {
  /** Pauses the run between two steps. Resolves when it is paused, or over, after about 50 ms. */
  readonly pause: () => Promise<void>;
  /** Resumes a paused run. */
  readonly resume: () => void;
  /** Ends the run, as an abort signal does: the history records an aborted run. */
  readonly stop: () => void;
};

/** A run that was refused before it began. */
export function refused(error: unknown): TrainingRun {
  return Object.assign(Promise.reject(error), { pause: async () => {}, resume: () => {}, stop: () => {} });
}

/** A run on a network in a worker. */
export function startTraining(
  connection: Connection,
  network: number,
  dataset: WorkerDataset,
  options: WorkerTrainOptions,
  history: TrainHistory = emptyHistory(),
): TrainingRun {
  checkRecord("train: options", options);
  checkHistory(history);
  if ("progress" in options)
    throw new OptionError("train: progress", "undefined in a worker: onProgress is called instead");
  const { test, validation, onProgress, onEvaluation, onEpoch, onCheckpoint, onEnd, ...rest } = options;
  const { signal, random, resume, checkpointEvery, ...plan } = rest;
  const callbacks = { onProgress, onEvaluation, onEpoch, onCheckpoint };
  for (const [name, call] of Object.entries({ ...callbacks, onEnd })) {
    if (call !== undefined) checkType(`train: ${name}`, "function", call);
  }
  checkSignal("train: signal", signal);
  if (resume !== undefined) checkRecord("train: resume", resume, "a checkpoint");
  const listener = new Listener(history, callbacks, (kind) => connection.notice(kind, run.id));
  const ask = {
    network,
    dataset: numberOf("train", dataset, connection),
    test: test === undefined ? undefined : numberOf("train", test, connection, "test"),
    validation: validationOf(validation, connection),
    options: plan,
    random: random === undefined ? random : stateOf("train: random", random),
    resume,
    checkpointEvery,
    awaits: listener.awaits,
    isStopped: signal?.aborted === true,
  };
  const run = connection.request("train", ask, { onEvent: (event) => listener.hear(event) });
  const stop = () => connection.notice("stop", run.id);

  const result = async (): Promise<TrainHistory> => {
    signal?.addEventListener("abort", stop);
    try {
      const { outcome, layout, random: after } = await run.answer;
      if (after !== undefined) random?.setState(after);
      if (layout !== undefined) history.layout = layout;
      if (outcome !== undefined) history.outcome = outcome;
    } catch (error) {
      throw listener.failure === undefined ? error : listener.failure.error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    if (listener.failure !== undefined) throw listener.failure.error;
    await onEnd?.(history);
    return history;
  };
  return Object.assign(result(), {
    pause: () => connection.call("pause", { run: run.id }),
    resume: () => connection.notice("resume", run.id),
    stop,
  });
}

function validationOf(
  validation: WorkerDataset | number | undefined,
  connection: Connection,
): ValidationRequest | undefined {
  if (validation === undefined) return undefined;
  if (typeof validation === "number") return { fraction: validation };
  return { dataset: numberOf("train", validation, connection, "validation") };
}

type Callbacks = {
  readonly onProgress: ((progress: WorkerProgress) => void) | undefined;
  readonly onEvaluation: TrainOptions["onEvaluation"];
  readonly onEpoch: TrainOptions["onEpoch"];
  readonly onCheckpoint: WorkerTrainOptions["onCheckpoint"];
};

/** Records the events of a run, and calls back; a callback that throws ends the run. */
class Listener {
  /** What a callback threw first. */
  failure: { readonly error: unknown } | undefined;
  readonly #history: TrainHistory;
  readonly #callbacks: Callbacks;
  readonly #notice: (kind: "stop" | "taken") => void;

  constructor(history: TrainHistory, callbacks: Callbacks, notice: (kind: "stop" | "taken") => void) {
    this.#history = history;
    this.#callbacks = callbacks;
    this.#notice = notice;
  }

  /** What the run is to wait for. */
  get awaits(): readonly Awaited[] {
    const { onEvaluation, onEpoch, onCheckpoint } = this.#callbacks;
    const wanted = { evaluation: onEvaluation, epoch: onEpoch, checkpoint: onCheckpoint };
    return (["evaluation", "epoch", "checkpoint"] as const).filter((kind) => wanted[kind] !== undefined);
  }

  hear(event: RunEvent): void {
    const { onEvaluation, onEpoch, onCheckpoint } = this.#callbacks;
    switch (event.kind) {
      case "records":
        this.#write(event);
        return;
      case "evaluation":
        this.#take(() => onEvaluation?.(event.record));
        return;
      case "epoch":
        this.#take(() => onEpoch?.(event.record, this.#evaluationAt(event.record)));
        return;
      case "checkpoint":
        this.#take(() => onCheckpoint?.(event.checkpoint));
        return;
      default:
        unreachable(event);
    }
  }

  #write({ from, start, losses, evaluations, epochs, best }: Records): void {
    const history = this.#history;
    if (from === "checkpoint") {
      for (const records of [history.losses, history.evaluations, history.epochs]) records.length = 0;
      delete history.best;
    }
    for (const loss of losses) history.losses.push(loss);
    history.evaluations.push(...evaluations);
    history.epochs.push(...epochs);
    if (best !== undefined) history.best = best;
    if (from === "checkpoint" || losses.length === 0 || this.failure !== undefined) return;
    try {
      this.#callbacks.onProgress?.({ iteration: start, losses });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** What was measured after an epoch's last step: reported before the epoch is. */
  #evaluationAt({ iteration }: EpochRecord): EvaluationRecord | undefined {
    const last = this.#history.evaluations.at(-1);
    return last?.iteration === iteration ? last : undefined;
  }

  async #take(callback: () => unknown): Promise<void> {
    try {
      if (this.failure === undefined) await callback();
    } catch (error) {
      this.#fail(error);
    }
    this.#notice("taken");
  }

  #fail(error: unknown): void {
    this.failure ??= { error };
    this.#notice("stop");
  }
}
