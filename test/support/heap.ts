/** JavaScript's heap, watched by the runtime's own sampling profiler. */
import { Session } from "node:inspector/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT, runScript } from "./script.ts";

const ALONE = "LANEGRAD_TEST_ALONE";

/**
 * Runs the tests of a file in a process of its own: what the compiler makes of a function depends on who else has called
 * it, and in the suite all tests have.
 *
 * @param url the file's `import.meta.url`
 * @param tests defines the tests and runs them
 */
export function runAlone(url: string, name: string, tests: () => void): void {
  if (process.env[ALONE] !== undefined) {
    tests();
    return;
  }
  const test = suite(name);
  test("in a process of its own", async () => {
    const { code, stdout, stderr } = await runScript(relative(ROOT, fileURLToPath(url)), [], {
      environment: { [ALONE]: "1" },
      from: "sources", // allocations are told by the file of their function
    });
    assert.ok(code === 0 && /Passed: +[1-9]/.test(stdout), `exit code ${code}\n${stdout}${stderr}`);
  });
  test.run();
}

/** Windows that are watched at most: the compiler may still be at work in the first ones. */
const WINDOWS = 3;
/** Samples of a window that allocates as much as it may: their number wavers by the square root of it, 1 %. */
const SAMPLES = 10_000;

/**
 * Bytes of JavaScript's heap that functions of the library allocate, on average over the calls of the best window. Once one
 * is within the limit, no other is watched.
 *
 * @param calls in a window, after `warmUp` more, in which the compiler settles
 */
export async function bytesPerCall(
  call: () => void,
  { warmUp, calls, limit }: { warmUp: number; calls: number; limit: number },
): Promise<number> {
  for (let i = 0; i < warmUp; i++) call();
  let least = Number.POSITIVE_INFINITY;
  for (let window = 0; window < WINDOWS && least > limit; window++) {
    least = Math.min(
      least,
      (await bytesOf(
        () => {
          for (let i = 0; i < calls; i++) call();
        },
        (limit * calls) / SAMPLES,
      )) / calls,
    );
  }
  return least;
}

/** @param interval bytes from one sample to the next on average: each of them takes microseconds */
async function bytesOf(work: () => void, interval: number): Promise<number> {
  const session = new Session();
  session.connect();
  const options = {
    samplingInterval: Math.max(64, interval),
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  await session.post("HeapProfiler.startSampling", options);
  work();
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return bytesOfLibrary(profile.head);
}

type SampledNode = {
  readonly callFrame: { readonly url: string };
  readonly selfSize: number;
  readonly children: readonly SampledNode[];
};

/** Bytes that functions of the library have allocated. */
function bytesOfLibrary({ callFrame, selfSize, children }: SampledNode): number {
  const own = callFrame.url.includes("/src/") ? selfSize : 0;
  return children.reduce((sum, child) => sum + bytesOfLibrary(child), own);
}
