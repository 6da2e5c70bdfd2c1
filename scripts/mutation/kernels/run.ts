/** Tests on one build, in a thread that ends at the first failure, or when a test takes too long. */
import { Worker } from "node:worker_threads";
import { deflateRawSync } from "node:zlib";
import type { Bundles } from "./tests.ts";

export type Verdict =
  | { readonly kind: "killed"; readonly by: string }
  | { readonly kind: "timeout"; readonly by: string }
  | { readonly kind: "passed" };

/** Milliseconds that each test took on the kernels as they are. */
export type Times = Map<string, number>;

type Message = { readonly begun: string } | Verdict;

/** What a test may take: a machine that others use is slow now and then. */
const LEAST_MILLISECONDS = 10_000;
const TIMES_USUAL = 20;

/** What the thread runs: plain JavaScript, which needs no loader. */
const THREAD = `
import { parentPort, workerData } from "node:worker_threads";
const { firstFailure } = await import(workerData.suites);
const say = (message) => parentPort.postMessage(message);
let verdict = { kind: "passed" };
for (const [name, address] of workerData.tests) {
  say({ begun: name });
  try {
    await import(address);
    const failed = await firstFailure((begun) => say({ begun }));
    if (failed !== undefined) verdict = { kind: "killed", by: failed };
  } catch (error) {
    verdict = { kind: "killed", by: name + ": " + error.message };
  }
  if (verdict.kind !== "passed") break;
}
say(verdict);
`;

/** Runs test files one after the other. A test that `times` does not know yet has no limit, and is added to it. */
export async function runTests(
  bundles: Bundles,
  tests: readonly string[],
  kernels: Uint8Array,
  times: Times,
): Promise<Verdict> {
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(THREAD)}`), {
    workerData: {
      kernels: deflateRawSync(kernels, { level: 1 }).toString("base64"),
      suites: bundles.suites,
      tests: tests.map((test) => [test, bundles.locate(test)]),
    },
    env: { ...process.env, LANEGRAD_BUILD: "simd" },
    ...{ stdout: true, stderr: true },
  });
  let [test, since] = ["", performance.now()];
  let clock: NodeJS.Timeout | undefined;
  return await new Promise((resolve, reject) => {
    const finish = (verdict: Verdict) => {
      clearTimeout(clock);
      resolve(verdict);
      void worker.terminate();
    };
    const begin = (begun: string) => {
      const now = performance.now();
      if (!times.has(test)) times.set(test, now - since);
      [test, since] = [begun, now];
      clearTimeout(clock);
      const usual = times.get(begun);
      if (usual === undefined) return;
      clock = setTimeout(() => finish({ kind: "timeout", by: begun }), LEAST_MILLISECONDS + TIMES_USUAL * usual);
    };
    worker.on("message", (message: Message) => ("begun" in message ? begin(message.begun) : finish(message)));
    worker.once("error", (error) => {
      if (test === "")
        reject(error); // before any test: no mutant did that
      else finish({ kind: "killed", by: `${test}: ${error.message}` });
    });
    worker.once("exit", (code) => finish({ kind: "killed", by: `${test}: exit code ${code}` }));
  });
}
