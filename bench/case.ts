/** One thing to measure, and its measurement. */
import Benchmark from "benchmark";

export type Case = {
  readonly name: string;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Distance of the result from the float64 reference; looked at before anything is timed. */
  readonly residual: () => number;
  /** The largest residual that rounding explains. */
  readonly tolerance: number;
  /** One run; returns something of its result, so that the work cannot be left out. */
  readonly run: () => number;
};

const WARM_UP_MILLISECONDS = 200;
const MIN_SAMPLES = 30;

/** Runs the cases one after the other and prints a row for each. */
export async function measureCases(cases: readonly Case[]): Promise<void> {
  console.log(
    `${"case".padEnd(32)}${"ops/s".padStart(10)}${"± RME".padStart(9)}${"median".padStart(12)}${"GFLOP/s".padStart(10)}${"residual".padStart(11)}`,
  );
  for (const one of cases) {
    const residual = one.residual();
    if (!(residual <= one.tolerance)) throw new Error(`${one.name}: residual ${residual} is over ${one.tolerance}`);
    // The runtime's baseline compiler runs the first calls of a kernel; they are not what is measured.
    for (const until = performance.now() + WARM_UP_MILLISECONDS; performance.now() < until; ) sink += one.run();
    const { hz, stats } = await measure(one);
    const median = medianOf(stats.sample);
    console.log(
      one.name.padEnd(32) +
        hz.toFixed(0).padStart(10) +
        `${stats.rme.toFixed(1)} %`.padStart(9) +
        `${(1e6 * median).toFixed(1)} µs`.padStart(12) +
        (one.flops / median / 1e9).toFixed(1).padStart(10) +
        residual.toExponential(1).padStart(11),
    );
  }
  if (Number.isNaN(sink)) throw new Error("a result was NaN");
}

let sink = 0;

function measure(one: Case): Promise<Benchmark.Target & { hz: number; stats: Benchmark.Stats }> {
  return new Promise((resolve, reject) => {
    new Benchmark.Suite()
      .add(
        one.name,
        () => {
          sink += one.run();
        },
        { minSamples: MIN_SAMPLES },
      )
      .on("cycle", ({ target }: Benchmark.Event) => {
        const { error } = target as { error?: Error }; // the typings forget it
        if (error) reject(error);
        else if (target.hz === undefined || target.stats === undefined) reject(new Error("nothing was measured"));
        else resolve({ ...target, hz: target.hz, stats: target.stats });
      })
      .run({ async: true });
  });
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
