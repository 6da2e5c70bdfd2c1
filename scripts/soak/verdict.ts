/**
 * Whether a long run stays as it was. Its first fifth is left out, and at least the first so many units of work: code is still
 * being compiled then, and caches fill.
 *
 *   exact    the same number in every sample
 *   growth   least-squares slope × work done, within so many bytes for each unit of work, or within a floor that noise needs
 */
import type { Sample } from "./sample.ts";

/** The share of samples, from the first on, that is not judged. */
const WARM_UP = 0.2;

/** What a unit of work may leave behind, and what noise may amount to over the whole run. */
export type Bound = { readonly bytesEach: number; readonly floorBytes: number };

export type Bounds = Readonly<Record<"residentBytes" | "heapBytes" | "arrayBytes", Bound>>;

/** One line of the verdict. */
export type Finding = {
  readonly quantity: keyof Sample;
  readonly isFlat: boolean;
  /** What was seen, and what would have been flat. */
  readonly text: string;
};

const EXACT = ["memoryBytes", "tensors", "tensorBytes", "descriptors", "threads"] as const;

/**
 * Judges samples.
 *
 * @param warmUp units of work after which the runtime has compiled what it will; of a short run, more than a fifth
 * @throws {Error} fewer than three are left after them: no slope
 */
export function verdict(samples: readonly Sample[], bounds: Bounds, warmUp = 0): Finding[] {
  const judged = samples.slice(Math.ceil(WARM_UP * samples.length)).filter(({ done }) => done > warmUp);
  const [first, last] = [judged[0], judged.at(-1)];
  if (first === undefined || last === undefined || judged.length < 3) {
    throw new Error(`expected at least 4 samples, found ${samples.length}`);
  }
  const findings: Finding[] = EXACT.map((quantity) => {
    const seen = [...new Set(judged.map((sample) => sample[quantity]))];
    const text = seen.length === 1 ? `${seen[0]} in every sample` : `from ${Math.min(...seen)} to ${Math.max(...seen)}`;
    return { quantity, isFlat: seen.length === 1, text };
  });
  for (const [quantity, { bytesEach, floorBytes }] of Object.entries(bounds) as [keyof Bounds, Bound][]) {
    const each = slope(judged.map((sample) => [sample.done, sample[quantity]]));
    const span = last.done - first.done;
    const most = Math.max(bytesEach * span, floorBytes);
    const text = `${signed(each)} bytes each, ${signed(each * span)} in ${span}: at most ${most}`;
    findings.push({ quantity, isFlat: each * span <= most, text });
  }
  return findings;
}

/** The slope of the line that has the least squared distance to the points. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let [xx, xy] = [0, 0];
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2;
    xy += (x - meanX) * (y - meanY);
  }
  return xy / xx;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function signed(value: number): string {
  const digits = Math.abs(value) < 100 ? 2 : 0;
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(digits)}`;
}
