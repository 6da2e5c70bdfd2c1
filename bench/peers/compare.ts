/**
 * The measurement: for one work item, every engine in turn, round after round, so that all see the same machine. An
 * engine whose result is not ours is not timed.
 */
import { machine } from "../machine.ts";
import { medianOf } from "../measure.ts";
import type { Engine, Prepared } from "./engine.ts";
import { distanceOf, TOLERANCE, type Work, type WorkItem } from "./work.ts";

/** An engine that runs, under the name that the table has; the first is the one that the others are held against. */
export type NamedEngine = { readonly name: string; readonly version: string; readonly engine: Engine };

export type Comparison = {
  readonly work: string;
  readonly engine: string;
  readonly version: string;
  /** What the figures hold for. */
  readonly machine: string;
  readonly medianSeconds: number | null;
  readonly gflops: number | null;
  readonly millionElementsPerSecond: number | null;
  /** Of lanegrad where the work has a bound: its rate over that of the bound. */
  readonly share: number | null;
  /** Its time over lanegrad's: above 1 it is slower. */
  readonly ratio: number | null;
  /** Largest distance of its result from lanegrad's. */
  readonly distance: number | null;
  readonly rounds: number;
  /** Why it was not timed. */
  readonly problem: string | null;
};

/** V8's baseline compilers run what is called first, of every engine. */
const WARM_UP_SECONDS = 0.2;
const SAMPLE_SECONDS = 0.005;
const MOST_RUNS = 100;
/** An engine that takes so long for one run is timed in the first rounds alone. */
const SLOW_SECONDS = 2;
const SLOW_ROUNDS = 3;

type Timed = { readonly prepared: Prepared; readonly runs: number; readonly samples: number[] };
type Contender = Timed & { readonly named: NamedEngine; readonly distance: number };

export async function compare(
  item: WorkItem,
  engines: readonly NamedEngine[],
  rounds: number,
): Promise<readonly Comparison[]> {
  const work = item.make();
  const contenders: Contender[] = [];
  const problems = new Map<NamedEngine, string>();
  let ours: Float32Array | undefined;
  for (const named of engines) {
    try {
      const prepared = await named.engine.prepare(work);
      await prepared.seconds(1);
      const result = await prepared.result();
      ours ??= Float32Array.from(result);
      const distance = checked(work, result, ours);
      contenders.push({ named, prepared, distance, runs: await runsFor(prepared), samples: [] });
    } catch (error) {
      if (ours === undefined) throw error; // without ours there is nothing to compare with
      problems.set(named, (error as Error).message.split("\n")[0] ?? "");
    }
  }
  const bound = item.bound && (await boundOf(item.bound, engines[0]!));
  const all = bound === undefined ? contenders : [...contenders.slice(0, 1), bound, ...contenders.slice(1)];
  for (let round = 0; round < rounds; round++) {
    for (const { prepared, runs, samples } of all) {
      if (samples.length >= SLOW_ROUNDS && medianOf(samples) > SLOW_SECONDS) continue;
      samples.push((await prepared.seconds(runs)) / runs);
    }
  }
  for (const { prepared } of all) prepared.dispose();

  const medians = new Map(contenders.map(({ named, samples }) => [named, medianOf(samples)]));
  const ourMedian = medians.get(engines[0]!) ?? Number.NaN;
  return engines.map((named): Comparison => {
    const seconds = medians.get(named) ?? null;
    return {
      work: item.name,
      engine: named.name,
      version: named.version,
      machine: machine(),
      medianSeconds: seconds,
      gflops: seconds === null || item.flops === undefined ? null : item.flops / seconds / 1e9,
      millionElementsPerSecond: seconds === null || item.elements === undefined ? null : item.elements / seconds / 1e6,
      share: named === engines[0] && bound !== undefined ? shareOf(item, ourMedian, bound.samples) : null,
      ratio: seconds === null ? null : seconds / ourMedian,
      distance: contenders.find((contender) => contender.named === named)?.distance ?? null,
      rounds,
      problem: problems.get(named) ?? null,
    };
  });
}

async function boundOf(item: WorkItem, { engine }: NamedEngine): Promise<Timed> {
  const prepared = await engine.prepare(item.make());
  return { prepared, runs: await runsFor(prepared), samples: [] };
}

/** The rate of work over that of its bound. */
function shareOf({ flops, bound }: WorkItem, seconds: number, boundSamples: readonly number[]): number | null {
  if (flops === undefined || bound?.flops === undefined) return null;
  return flops / seconds / (bound.flops / medianOf(boundSamples));
}

function checked(work: Work, result: Float32Array, ours: Float32Array): number {
  const distance = distanceOf(work, result, ours);
  if (distance <= TOLERANCE) return distance;
  throw new Error(`its result differs from ours by ${distance.toExponential(1)}, more than ${TOLERANCE}`);
}

/** Warms up, and finds how many runs make a sample. */
async function runsFor(prepared: Prepared): Promise<number> {
  let spent = 0;
  let fastest = Number.POSITIVE_INFINITY;
  while (spent < WARM_UP_SECONDS) {
    const seconds = await prepared.seconds(1);
    spent += seconds;
    fastest = Math.min(fastest, seconds);
  }
  return Math.max(1, Math.min(MOST_RUNS, Math.round(SAMPLE_SECONDS / fastest)));
}
