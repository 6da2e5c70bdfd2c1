/**
 * A run in a worker: its records are reported in batches, it can be paused and stopped, and it waits where the program
 * is to be notified before it continues.
 *
 *   run ── records, evaluation, epoch, checkpoint ──▶ program
 *   run ◀───────────── pause, resume, stop, taken ─── program
 */
import { checkpointOf } from "../train/checkpoints/checkpoint.ts";
import { emptyHistory, type TrainHistory } from "../train/loop/history.ts";
import type { TrainOptions } from "../train/loop/train.ts";
import type { Records, RunEvent, TrainRequest } from "./protocol.ts";

/** From one batch of records to the next: a frame of a screen, so that there are at most about 60 a second. */
const BATCH_MILLISECONDS = 1000 / 60;

/** What a held run waits for. */
type Hold = { readonly released: Promise<void>; readonly release: () => void };

/** What a run does in addition to training. */
export class Run {
  readonly history: TrainHistory = emptyHistory();
  readonly #send: (event: RunEvent, transfer?: ArrayBuffer[]) => void;
  readonly #request: TrainRequest;
  readonly #controller = new AbortController();
  /** Records that were reported. */
  readonly #told = { losses: 0, evaluations: 0, epochs: 0 };
  #lastBatch = 0;
  #take: (() => void) | undefined;
  #hold: Hold | undefined;
  readonly #waitingForStandstill: (() => void)[] = [];
  #isStanding = false;

  constructor(request: TrainRequest, send: (event: RunEvent, transfer?: ArrayBuffer[]) => void) {
    this.#request = request;
    this.#send = send;
    if (request.isStopped) this.stop();
  }

  /** What `train` is to call. */
  get hooks(): Pick<TrainOptions, "onStep" | "onEvaluation" | "onEpoch" | "onCheckpoint" | "onTurn" | "signal"> {
    const hears = new Set(this.#request.awaits);
    return {
      signal: this.#controller.signal,
      onStep: () => {
        if (performance.now() - this.#lastBatch >= BATCH_MILLISECONDS) this.#tellRecords();
      },
      onTurn: () => this.#standstill(),
      ...(hears.has("evaluation") && { onEvaluation: (record) => this.#tell({ kind: "evaluation", record }) }),
      ...(hears.has("epoch") && { onEpoch: (record) => this.#tell({ kind: "epoch", record }) }),
      ...(hears.has("checkpoint") && {
        onCheckpoint: (trainer) => this.#tell({ kind: "checkpoint", checkpoint: checkpointOf(trainer) }),
      }),
    };
  }

  /** Pauses the run at its next turn; resolves when it is paused, or over. */
  pause(): Promise<void> {
    if (this.#isStanding && this.#hold !== undefined) return Promise.resolve();
    this.#hold ??= hold();
    return new Promise((resolve) => this.#waitingForStandstill.push(resolve));
  }

  resume(): void {
    this.#hold?.release();
    this.#hold = undefined;
  }

  /** Ends the run after the step that it is in. */
  stop(): void {
    this.#controller.abort();
    this.resume();
  }

  /** The program has handled what was reported. */
  taken(): void {
    this.#take?.();
    this.#take = undefined;
  }

  /** Tells what is left, when the run is over. */
  end(): void {
    this.#tellRecords();
    this.#reportStandstill();
  }

  /** Waits as long as the run is held. */
  async #standstill(): Promise<void> {
    while (this.#hold !== undefined) {
      this.#tellRecords();
      this.#reportStandstill();
      this.#isStanding = true;
      await this.#hold.released;
      this.#isStanding = false;
    }
    this.#reportStandstill();
  }

  #reportStandstill(): void {
    for (const resolve of this.#waitingForStandstill.splice(0)) resolve();
  }

  async #tell(event: RunEvent): Promise<void> {
    this.#tellRecords();
    const taken = new Promise<void>((resolve) => {
      this.#take = resolve;
    });
    this.#send(event);
    await taken;
  }

  #tellRecords(): void {
    this.#lastBatch = performance.now();
    const { resume } = this.#request;
    const { losses, evaluations, epochs } = this.history;
    if (resume !== undefined && this.#told.losses === 0 && losses.length >= resume.iteration) {
      const { facts } = resume;
      const restored = { losses: resume.iteration, evaluations: facts.evaluations.length, epochs: facts.epochs.length };
      this.#tellUpTo(restored, "checkpoint");
    }
    this.#tellUpTo({ losses: losses.length, evaluations: evaluations.length, epochs: epochs.length }, "steps");
  }

  #tellUpTo(end: { losses: number; evaluations: number; epochs: number }, from: Records["from"]): void {
    const told = this.#told;
    if (end.losses === told.losses && end.evaluations === told.evaluations && end.epochs === told.epochs) return;
    const { history } = this;
    const losses = Float64Array.from(history.losses.slice(told.losses, end.losses));
    const evaluations = history.evaluations.slice(told.evaluations, end.evaluations);
    const epochs = history.epochs.slice(told.epochs, end.epochs);
    const { best } = history;
    const records: Records = { kind: "records", from, best, start: told.losses, losses, evaluations, epochs };
    Object.assign(told, end);
    this.#send(records, [losses.buffer]);
  }
}

function hold(): Hold {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { released, release };
}
