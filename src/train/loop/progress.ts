/**
 * How far training has come, for people and for programs. Loaded when a run is to be shown, so that what trains without it does not
 * carry it.
 */
import type { FloatType } from "../../wasm/dtype.ts";
import type { EpochRecord, EvaluationRecord, TrainHistory } from "./history.ts";
import type { RunOptions } from "./run.ts";
import type { Trainer } from "./trainer.ts";

/** After each epoch. */
export type FitProgress = {
  /** Epochs that were finished. */
  readonly epoch: number;
  /** The most that there will be: early stopping may end before. */
  readonly epochs: number;
  /** The mean loss of the epoch's examples. */
  readonly loss: number;
  /** Of a classifier: the fraction of the epoch's examples that were right, as `EpochRecord.accuracy`. */
  readonly accuracy?: number;
  /** Of the examples that were held out, where there are any. */
  readonly validationLoss?: number;
  /** Of a classifier. */
  readonly validationAccuracy?: number;
};

/** `true` draws a bar, or prints lines where there is no terminal; a function is called. */
export type Progress = boolean | ((progress: FitProgress) => void);

const WIDTH = 12;
const BAR_MILLISECONDS = 100;
const LINE_MILLISECONDS = 1000;

type Stream = { readonly isTTY?: boolean; write?(text: string): void };

/** A run that shows its progress after each epoch; `run` is the loop of every run. */
export async function shown<D extends FloatType>(
  trainer: Trainer<D>,
  options: RunOptions,
  progress: Progress,
  run: (trainer: Trainer<D>, options: RunOptions) => Promise<TrainHistory>,
): Promise<TrainHistory> {
  const { iterations = 0, epochs = Math.ceil(iterations / (trainer.feed.batchesPerEpoch ?? 1)) } = trainer.plan;
  const report = reportTo(progress);
  const onEpoch = (record: EpochRecord, evaluation: EvaluationRecord | undefined): unknown => {
    report.step(progressOf(record, evaluation, epochs));
    return options.onEpoch?.(record, evaluation);
  };
  try {
    return await run(trainer, { ...options, onEpoch });
  } finally {
    report.end();
  }
}

function progressOf(
  { epoch, loss, accuracy }: EpochRecord,
  { validationLoss, validationAccuracy }: Partial<EvaluationRecord> = {},
  epochs: number,
): FitProgress {
  return {
    ...{ epoch: epoch + 1, epochs, loss },
    ...(accuracy !== undefined && { accuracy }),
    ...(validationLoss !== undefined && { validationLoss }),
    ...(validationAccuracy !== undefined && { validationAccuracy }),
  };
}

/** What is called after each epoch, and once at the end. */
type Report = { readonly step: (progress: FitProgress) => void; readonly end: () => void };

/**
 * The caller's function; or a bar, a line of the terminal at stderr that is written over; or, where there is no terminal, lines of
 * stderr or of a page's console, at most one a second, and the last one.
 */
function reportTo(progress: Progress): Report {
  if (typeof progress === "function") return { step: progress, end() {} };
  const { stderr } = (globalThis as { process?: { stderr?: Stream } }).process ?? {};
  const isTerminal = stderr?.isTTY === true;
  let [last, line, isShown] = [Number.NEGATIVE_INFINITY, "", true];
  const show = () => {
    if (isShown) return;
    isShown = true;
    if (isTerminal) stderr?.write?.(`\r${line}`);
    else if (stderr?.write) stderr.write(`${line}\n`);
    else console.info(line);
  };
  return {
    step(state) {
      line = isTerminal ? barOf(state).padEnd(line.length) : lineOf(state);
      isShown = false;
      if (performance.now() - last < (isTerminal ? BAR_MILLISECONDS : LINE_MILLISECONDS)) return;
      last = performance.now();
      show();
    },
    end() {
      show();
      if (isTerminal && line !== "") stderr?.write?.("\n");
    },
  };
}

/** `[██████──────] 25/50  loss 0.1234, accuracy 93.1 %; validation 0.1300, 95.2 %` */
export function barOf(progress: FitProgress): string {
  const { epoch, epochs } = progress;
  const full = Math.min(WIDTH, Math.round((WIDTH * epoch) / epochs));
  return `[${"█".repeat(full)}${"─".repeat(WIDTH - full)}] ${epoch}/${epochs}  ${measuresOf(progress)}`;
}

/** `epoch 25/50  loss 0.1234, accuracy 93.1 %; validation 0.1300, 95.2 %` */
function lineOf(progress: FitProgress): string {
  return `epoch ${progress.epoch}/${progress.epochs}  ${measuresOf(progress)}`;
}

function measuresOf({ loss, accuracy, validationLoss, validationAccuracy }: FitProgress): string {
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const parts = [`loss ${loss.toPrecision(4)}`];
  if (accuracy !== undefined) parts.push(`, accuracy ${percent(accuracy)}`);
  if (validationLoss !== undefined) parts.push(`; validation ${validationLoss.toPrecision(4)}`);
  if (validationAccuracy !== undefined) parts.push(`, ${percent(validationAccuracy)}`);
  return parts.join("");
}
