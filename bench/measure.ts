/**
 * The measurement of a case, by benchmark.js. After each of its samples come a slice of the peak loop and one of
 * plain JavaScript, so that a ratio compares what ran within the same milliseconds. All figures are medians.
 */
import Benchmark from "benchmark";
import type { Build, Engine } from "lanegrad";
import type { Case, Trial } from "./case.ts";
import { machine } from "./machine.ts";
import type { PeakSlice } from "./peak.ts";

export type Measurement = {
  readonly name: string;
  readonly build: Build;
  /** What the figures hold for. */
  readonly machine: string;
  readonly opsPerSecond: number;
  /** Relative margin of error of `opsPerSecond` at 95 %, in per cent. */
  readonly rme: number;
  readonly samples: number;
  readonly medianSeconds: number;
  readonly gflops: number | null;
  readonly millionElementsPerSecond: number | null;
  /** The peak loop around this case. */
  readonly peakGflops: number;
  readonly percentOfPeak: number | null;
  /** How many times as fast as plain JavaScript. */
  readonly baselineRatio: number;
  readonly residual: number;
  readonly tolerance: number;
};

const WARM_UP_SECONDS = 0.1;
const SAMPLE_SECONDS = 0.01;
/** Samples are taken for so long, and on until they are enough; where a run takes long, fewer have to be. */
const CASE_SECONDS = 0.4;
const LONGEST_SECONDS = 1.5;
const ENOUGH_SAMPLES = 20;
const FEWEST_SAMPLES = 3;
const PLAIN_SECONDS = 0.3;
const PLAIN_SLICE_SECONDS = 0.004;

/** The residual is larger than rounding explains. */
export class ResidualError extends Error {
  override readonly name = "ResidualError";
}

/**
 * Checks a case against its reference, then times it.
 *
 * @throws {ResidualError} the result is wrong
 */
export function measure(one: Case, engine: Engine, peak: PeakSlice): Measurement {
  const trial = one.prepare(engine);
  try {
    const residual = trial.residual();
    if (!(residual <= trial.tolerance)) {
      throw new ResidualError(`${one.name}: residual ${residual} is over ${trial.tolerance}`);
    }
    return { ...time(one, trial, engine, peak), residual, tolerance: trial.tolerance };
  } finally {
    for (const each of trial.owned) each.dispose();
  }
}

function time(
  one: Case,
  trial: Trial,
  { build }: Engine,
  peak: PeakSlice,
): Omit<Measurement, "residual" | "tolerance"> {
  // The runtime's baseline compiler runs the first calls of a kernel; they are not what is measured.
  const secondsPerRun = secondsOf(trial.run, WARM_UP_SECONDS);
  const baseline = new Baseline(trial);
  const peaks = [peak(one.dtype)];
  // benchmark.js runs a function once before it times a sample of it, so a long run counts twice.
  const affordable = Math.round(LONGEST_SECONDS / Math.max(2 * secondsPerRun, SAMPLE_SECONDS));
  const target = new Benchmark(one.name, () => consume(trial.run()), {
    minSamples: Math.min(ENOUGH_SAMPLES, Math.max(FEWEST_SAMPLES, affordable)),
    minTime: SAMPLE_SECONDS,
    maxTime: CASE_SECONDS,
    onCycle: () => {
      peaks.push(peak(one.dtype));
      baseline.slice();
    },
  }).run({ async: false });
  const { error } = target as { error?: Error }; // the typings forget it
  if (error !== undefined) throw error;
  const { hz, stats } = target;
  if (hz === undefined || stats === undefined) throw new Error(`${one.name}: nothing was measured`);

  const medianSeconds = medianOf(stats.sample);
  const peakGflops = medianOf(peaks);
  const gflops = one.flops === undefined ? null : one.flops / medianSeconds / 1e9;
  return {
    name: one.name,
    build,
    machine: machine(),
    opsPerSecond: hz,
    rme: stats.rme,
    samples: stats.sample.length,
    medianSeconds,
    gflops,
    millionElementsPerSecond: one.elements === undefined ? null : one.elements / medianSeconds / 1e6,
    peakGflops,
    percentOfPeak: gflops === null ? null : (100 * gflops) / peakGflops,
    baselineRatio: baseline.seconds / medianSeconds,
  };
}

/** Plain JavaScript's time for the same work, from slices until they have had their share. */
class Baseline {
  readonly #trial: Trial;
  readonly #samples: number[] = [];
  #spent = 0;

  constructor(trial: Trial) {
    this.#trial = trial;
    secondsOf(trial.plain, PLAIN_SLICE_SECONDS); // warm-up
    this.slice();
  }

  slice(): void {
    if (this.#spent > PLAIN_SECONDS) return;
    const start = performance.now();
    this.#samples.push(secondsOf(this.#trial.plain, PLAIN_SLICE_SECONDS));
    this.#spent += (performance.now() - start) / 1000;
  }

  get seconds(): number {
    return medianOf(this.#samples) / (this.#trial.plainShare ?? 1);
  }
}

/** The mean time of a run, from at least one run and as many as fit. */
function secondsOf(run: () => number, atLeast: number): number {
  const start = performance.now();
  let runs = 0;
  let seconds = 0;
  while (seconds < atLeast) {
    consume(run());
    runs++;
    seconds = (performance.now() - start) / 1000;
  }
  return seconds / runs;
}

let sink = 0;

/** Results end here, so that no compiler may leave out the work behind them. */
function consume(value: number): void {
  sink += value;
  if (Number.isNaN(sink)) throw new Error("a result was NaN");
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
