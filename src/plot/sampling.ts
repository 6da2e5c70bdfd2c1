/**
 * Fewer points where there are more than pixels: of each column of pixels the first, the least, the greatest and the
 * last value, so that the line looks the same. And the running mean, of which a noisy line is the spread.
 */
import { hasPlace } from "./check.ts";
import type { Numbers, Scale } from "./types.ts";

/** A point of a line; one without a place is a gap. */
export type Dot = { readonly x: number; readonly y: number };

const GAP = Number.NaN;

/** Points in order, with NaN for what has no place on the scales. */
export function dotsOf(x: Numbers | undefined, y: Numbers, xScale: Scale, yScale: Scale): readonly Dot[] {
  const dots: Dot[] = [];
  for (let i = 0; i < y.length; i++) {
    const dot = { x: x === undefined ? i : (x[i] ?? GAP), y: y[i] ?? GAP };
    const isPlaced = hasPlace(dot.x, xScale) && hasPlace(dot.y, yScale);
    dots.push(isPlaced ? dot : { x: dot.x, y: GAP });
  }
  return dots;
}

/**
 * At most four points of each of `columns` columns.
 *
 * @param column the column of an x; a line that does not run from left to right is left as it is
 */
export function thinned(dots: readonly Dot[], columns: number, column: (x: number) => number): readonly Dot[] {
  if (dots.length <= 2 * columns || !isAscending(dots)) return dots;
  const kept: Dot[] = [];
  for (let start = 0; start < dots.length; ) {
    const here = columnOf(dots[start], column);
    let end = start + 1;
    while (end < dots.length && columnOf(dots[end], column) === here) end++;
    for (const i of extremes(dots, start, end)) kept.push(dots[i] ?? { x: GAP, y: GAP });
    start = end;
  }
  return kept;
}

/**
 * The mean of the values around each: `width` of them, fewer at the ends. NaN does not count, and has no mean.
 *
 * Sums run along, so a width of n costs no more than one of 1; the error is that of a sum of all values.
 */
export function runningMean(values: Numbers, width: number): Float64Array {
  const means = new Float64Array(values.length);
  const before = Math.floor((width - 1) / 2);
  const after = width - 1 - before;
  let sum = 0;
  let count = 0;
  const add = (i: number, sign: 1 | -1): void => {
    const value = values[i] ?? GAP;
    if (!Number.isFinite(value)) return;
    sum += sign * value;
    count += sign;
  };
  for (let i = 0; i < Math.min(after, values.length); i++) add(i, 1);
  for (let i = 0; i < values.length; i++) {
    add(i + after, 1);
    means[i] = Number.isFinite(values[i] ?? GAP) ? sum / count : GAP;
    add(i - before, -1);
  }
  return means;
}

/** Dots at about `count` places, the first and the last among them, gaps left out. */
export function someOf(dots: readonly Dot[], count: number): readonly Dot[] {
  const placed = dots.filter(({ y }) => !Number.isNaN(y));
  if (placed.length <= count) return placed;
  return Array.from(
    { length: count },
    (_, i) => placed[Math.round((i * (placed.length - 1)) / (count - 1))] ?? { x: GAP, y: GAP },
  );
}

function columnOf(dot: Dot | undefined, column: (x: number) => number): number {
  return dot === undefined ? GAP : Math.floor(column(dot.x));
}

/** First, least, greatest and last of a run, in order; a gap within it is kept in place. */
function extremes(dots: readonly Dot[], start: number, end: number): readonly number[] {
  let least = start;
  let greatest = start;
  let gap = -1;
  for (let i = start; i < end; i++) {
    const y = dots[i]?.y ?? GAP;
    if (Number.isNaN(y)) gap = i;
    if (!(y >= (dots[least]?.y ?? GAP))) least = Number.isNaN(y) ? least : i;
    if (!(y <= (dots[greatest]?.y ?? GAP))) greatest = Number.isNaN(y) ? greatest : i;
  }
  const kept = new Set([start, least, greatest, end - 1]);
  if (gap >= 0) kept.add(gap);
  return [...kept].sort((a, b) => a - b);
}

function isAscending(dots: readonly Dot[]): boolean {
  for (let i = 1; i < dots.length; i++) {
    if (!((dots[i - 1]?.x ?? GAP) <= (dots[i]?.x ?? GAP))) return false;
  }
  return true;
}
