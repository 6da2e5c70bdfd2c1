/**
 * What a run tells while it goes on: a bar on a terminal, plain lines elsewhere, or one JSON object a line.
 *
 * JSON and the summary go to standard output, progress to standard error.
 */
import type { TrainProgress } from "lanegrad";
import type { TrainConfiguration } from "./options.ts";

/** What is said of a run. */
export type Reporter = {
  start(facts: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
  step(progress: Readonly<TrainProgress>): void;
  download(file: string, receivedBytes: number, totalBytes: number | undefined): void;
  end(facts: Readonly<Record<string, unknown>>, lines: readonly string[]): void;
};

const BAR_CELLS = 16; // a whole line then fits 80 columns
const REDRAW_MILLISECONDS = 100;

/** The reporter that the flags and the terminal ask for. */
export function reporterFor(configuration: TrainConfiguration): Reporter {
  const isTerminal = process.stderr.isTTY === true && !process.env["CI"] && process.env["TERM"] !== "dumb";
  if (configuration.json) return jsonReporter(configuration);
  if (configuration.quiet) return summaryReporter();
  return isTerminal ? barReporter(configuration) : lineReporter(configuration);
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function jsonReporter({ logEvery }: TrainConfiguration): Reporter {
  const write = (row: Readonly<Record<string, unknown>>) => process.stdout.write(`${JSON.stringify(row)}\n`);
  return {
    start: (facts) => write({ type: "start", ...facts }),
    step({ iteration, loss, evaluation }) {
      if (iteration % logEvery === 0) write({ type: "step", iteration, loss });
      if (evaluation) write({ type: "evaluation", ...evaluation });
    },
    download() {},
    end: (facts) => write({ type: "end", ...facts }),
  };
}

function summaryReporter(): Reporter {
  return { start() {}, step() {}, download() {}, end: (_, lines) => print(lines) };
}

function lineReporter({ logEvery }: TrainConfiguration): Reporter {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  let downloading = "";
  return {
    start: (_, lines) => print(lines),
    step({ iteration, loss, evaluation }) {
      if (iteration % logEvery === 0) say(`iteration ${iteration}  loss ${loss.toFixed(4)}`);
      if (evaluation) say(`iteration ${iteration}  ${accuracies(evaluation)}`);
    },
    download(file) {
      if (file !== downloading) say(`downloading ${file}`);
      downloading = file;
    },
    end: (_, lines) => print(lines),
  };
}

function barReporter({ iterations }: TrainConfiguration): Reporter {
  let drawn = 0;
  let first = 0;
  let smoothed = Number.NaN;
  let accuracy = "";
  const draw = (fraction: number, text: string) => {
    const full = Math.round(BAR_CELLS * Math.min(1, fraction));
    const line = `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} ${text}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
    drawn = performance.now();
  };
  return {
    start: (_, lines) => print(lines),
    step({ iteration, loss, evaluation }) {
      if (iteration === 0) first = performance.now();
      smoothed = iteration === 0 ? loss : 0.98 * smoothed + 0.02 * loss;
      if (evaluation) accuracy = `  accuracy ${inBar(evaluation)}`;
      const isLast = iteration + 1 === iterations;
      if (!isLast && performance.now() - drawn < REDRAW_MILLISECONDS) return;
      const stepsPerSecond = (1000 * iteration) / (performance.now() - first);
      const rate = Number.isFinite(stepsPerSecond) ? `  ${stepsPerSecond.toFixed(0)} steps/s` : "";
      draw(
        (iteration + 1) / iterations,
        `${iteration + 1}/${iterations}${rate}  loss ${smoothed.toFixed(4)}${accuracy}`,
      );
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

function accuracies({ trainAccuracy = Number.NaN, testAccuracy = Number.NaN }: Accuracies): string {
  return `accuracy: train ${percent(trainAccuracy)}, test ${percent(testAccuracy)}`;
}

/** Training / test, short. */
function inBar({ trainAccuracy = Number.NaN, testAccuracy = Number.NaN }: Accuracies): string {
  return `${(100 * trainAccuracy).toFixed(1)}/${(100 * testAccuracy).toFixed(1)} %`;
}
