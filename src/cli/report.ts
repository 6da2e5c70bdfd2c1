/**
 * What a run reports while it trains: a bar on a terminal, plain lines elsewhere, or one JSON object a line.
 *
 * JSON and the summary go to standard output, progress to standard error, and the plain lines to the run's log as well.
 */
import type { TrainProgress } from "lanegrad";
import { visible } from "./visible.ts";

/** What is said of a run. */
export type Reporter = {
  start(facts: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
  step(progress: Readonly<TrainProgress>): void;
  download(file: string, receivedBytes: number, totalBytes: number | undefined): void;
  end(facts: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
};

export type ReportOptions = {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** Steps from one line to the next. */
  readonly logEvery: number;
};

const BAR_CELLS = 16; // a whole line then fits 80 columns
const REDRAW_MILLISECONDS = 100;

/** The reporter that the flags and the terminal ask for. */
export function reporterFor(options: ReportOptions): Reporter {
  if (options.json) return jsonReporter(options);
  if (options.quiet) return summaryReporter();
  return isTerminal() ? barReporter() : lineReporter(options);
}

/** Whether progress may be drawn over itself. */
function isTerminal(): boolean {
  return process.stderr.isTTY === true && !process.env["CI"] && process.env["TERM"] !== "dumb";
}

/** A line that is not data: progress, a warning. On a terminal it replaces the progress bar. */
export function say(line: string): void {
  process.stderr.write(`${isTerminal() ? "\r\x1b[K" : ""}${visible(line)}\n`);
}

export function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${visible(line)}\n`);
}

/** One JSON object, as a line of data. */
export function printJson(row: unknown): void {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

/** Downloads alone, for commands that do not train. */
export function downloadReporter(options: Omit<ReportOptions, "logEvery">): Reporter["download"] {
  return reporterFor({ ...options, logEvery: 1 }).download;
}

/** The lines of a step: its loss every `logEvery` steps, and what was measured after it. */
export function linesOf({ iteration, loss, evaluation }: Readonly<TrainProgress>, logEvery: number): string[] {
  const lines: string[] = [];
  if (iteration % logEvery === 0) lines.push(`iteration ${iteration}  loss ${loss.toFixed(4)}`);
  if (evaluation) lines.push(`iteration ${iteration}  ${accuracies(evaluation)}`);
  return lines;
}

function jsonReporter({ logEvery }: ReportOptions): Reporter {
  return {
    start: (facts) => printJson({ type: "start", ...facts }),
    step({ iteration, loss, evaluation }) {
      if (iteration % logEvery === 0) printJson({ type: "step", iteration, loss });
      if (evaluation) printJson({ type: "evaluation", ...evaluation });
    },
    download() {},
    end: (facts) => printJson({ type: "end", ...facts }),
  };
}

function summaryReporter(): Reporter {
  return { start() {}, step() {}, download() {}, end: (_, lines) => print(lines) };
}

function lineReporter({ logEvery }: ReportOptions): Reporter {
  let downloading = "";
  return {
    start: (_, lines) => print(lines),
    step: (progress) => linesOf(progress, logEvery).forEach(say),
    download(file) {
      if (file !== downloading) say(`downloading ${file}`);
      downloading = file;
    },
    end: (_, lines) => print(lines),
  };
}

function barReporter(): Reporter {
  let total = 1;
  let drawn = 0;
  let first: { readonly iteration: number; readonly time: number } | undefined;
  let smoothed = Number.NaN;
  let accuracy = "";
  const draw = (fraction: number, text: string) => {
    const full = Math.round(BAR_CELLS * Math.min(1, fraction));
    const line = `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} ${text}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    drawn = performance.now();
  };
  return {
    start(facts, lines) {
      total = Number(facts["steps"] ?? facts["iterations"] ?? 1);
      print(lines);
    },
    step({ iteration, loss, evaluation }) {
      first ??= { iteration, time: performance.now() };
      smoothed = Number.isNaN(smoothed) ? loss : 0.98 * smoothed + 0.02 * loss;
      if (evaluation) accuracy = `  accuracy ${inBar(evaluation)}`;
      const isLast = iteration + 1 === total;
      if (!isLast && performance.now() - drawn < REDRAW_MILLISECONDS) return;
      const perSecond = (1000 * (iteration - first.iteration)) / (performance.now() - first.time);
      const rate = perSecond > 0 ? `  ${perSecond.toFixed(0)} steps/s` : "";
      draw((iteration + 1) / total, `${iteration + 1}/${total}${rate}  loss ${smoothed.toFixed(4)}${accuracy}`);
    },
    download(file, receivedBytes, totalBytes) {
      if (receivedBytes !== totalBytes && performance.now() - drawn < REDRAW_MILLISECONDS) return;
      const megabytes = `${(receivedBytes / 1e6).toFixed(1)} MB`;
      draw(totalBytes === undefined ? 0 : receivedBytes / totalBytes, `${file}  ${megabytes}`);
      if (receivedBytes === totalBytes) process.stderr.write("\n");
    },
    end(_, lines) {
      process.stderr.write("\n");
      print(lines);
    },
  };
}

type Accuracies = NonNullable<TrainProgress["evaluation"]>;

function accuracies({ trainAccuracy, testAccuracy, validationAccuracy, validationLoss }: Accuracies): string {
  const parts = [
    trainAccuracy === undefined ? [] : `train ${percent(trainAccuracy)}`,
    testAccuracy === undefined ? [] : `test ${percent(testAccuracy)}`,
    validationAccuracy === undefined ? [] : `validation ${percent(validationAccuracy)}`,
    validationLoss === undefined ? [] : `validation loss ${validationLoss.toFixed(4)}`,
  ];
  return `accuracy: ${parts.flat().join(", ")}`;
}

/** Training / test, or what of both there is, short. */
function inBar({ trainAccuracy, testAccuracy }: Accuracies): string {
  const found = [trainAccuracy, testAccuracy].filter((fraction) => fraction !== undefined);
  return `${found.map((fraction) => (100 * fraction).toFixed(1)).join("/")} %`;
}
