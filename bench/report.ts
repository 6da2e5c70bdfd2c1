/** Measurements as rows for people. */
import type { Measurement } from "./measure.ts";

type Column = {
  readonly title: string;
  readonly width: number;
  readonly show: (measurement: Measurement) => string;
};

const COLUMNS: readonly Column[] = [
  { title: "ops/s", width: 11, show: ({ opsPerSecond }) => significant(opsPerSecond) },
  { title: "± RME", width: 9, show: ({ rme }) => `${rme.toFixed(1)} %` },
  { title: "median", width: 11, show: ({ medianSeconds }) => duration(medianSeconds) },
  { title: "GFLOP/s", width: 9, show: ({ gflops }) => show(gflops) },
  { title: "of peak", width: 9, show: ({ percentOfPeak }) => percent(percentOfPeak) },
  { title: "M elem/s", width: 10, show: ({ millionElementsPerSecond }) => show(millionElementsPerSecond) },
  { title: "plain JS", width: 10, show: ({ baselineRatio }) => `${significant(baselineRatio)} ×` },
  { title: "residual", width: 10, show: ({ residual }) => residual.toExponential(1) },
];

const NAME_WIDTH = 32;

/** The line above the rows. */
export function heading(): string {
  return "case".padEnd(NAME_WIDTH) + COLUMNS.map(({ title, width }) => title.padStart(width)).join("");
}

export function row(measurement: Measurement): string {
  return (
    measurement.name.padEnd(NAME_WIDTH) + COLUMNS.map(({ width, show }) => show(measurement).padStart(width)).join("")
  );
}

/** Seconds in the unit that suits them. */
export function duration(seconds: number): string {
  if (seconds >= 1) return `${significant(seconds)} s`;
  if (seconds >= 1e-3) return `${significant(1e3 * seconds)} ms`;
  return `${significant(1e6 * seconds)} µs`;
}

/** Three digits, or all before the point. */
export function significant(value: number): string {
  return value >= 99.95 ? value.toFixed(0) : value.toPrecision(3);
}

function show(value: number | null): string {
  return value === null ? "" : significant(value);
}

function percent(value: number | null): string {
  return value === null ? "" : `${value.toFixed(1)} %`;
}
