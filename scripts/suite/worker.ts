/**
 * Runs test files in one process, one after the other, as scripts/test.ts sends them: what the files import is loaded once.
 *
 * uvu prints a mark for each test, by which the parent sees that a file still makes progress; the failures come back whole.
 */
import { pathToFileURL } from "node:url";
import type { Order, Report } from "./pool.ts";

/** What `run()` of a suite leaves in uvu's queue. */
type Suite = () => Promise<readonly [errors: string | true, passed: number, skipped: number, total: number]>;

/** uvu runs nothing by itself, and adds the suites of a file to a queue. */
const uvu = globalThis as { UVU_DEFER?: number; UVU_INDEX?: number; UVU_QUEUE?: Suite[][] };
uvu.UVU_DEFER = 1;
uvu.UVU_INDEX = 0;

// V8's counts are of this process: programs that tests start would have to run from their sources for them, which takes longest.
delete process.env["NODE_V8_COVERAGE"];

/** What failed while no test was there to catch it. */
let stray: unknown;
process.on("unhandledRejection", (reason) => {
  stray ??= reason ?? "a rejection without a reason";
});

process.on("disconnect", () => process.exit(1)); // the parent is gone
process.on("message", async (order: Order | "end") => {
  if (order === "end") {
    process.removeAllListeners("disconnect").disconnect();
    process.exitCode = 0; // what tests of commands have left there
    return;
  }
  // An open channel would keep a process alive whose test waits for something that never comes.
  process.channel?.unref();
  const report = await run(order.file);
  process.channel?.ref();
  process.send?.(report);
});

async function run(file: string): Promise<Report> {
  const queue: Suite[] = [];
  uvu.UVU_QUEUE = [queue];
  stray = undefined;
  let [passed, skipped, total, errors] = [0, 0, 0, ""];
  try {
    await import(pathToFileURL(file).href);
    for (const suite of queue) {
      const [failures, good, left, all] = await suite();
      passed += good;
      skipped += left;
      total += all;
      if (failures !== true) errors += failures;
      else if (good < all) errors += `  ${all - good} tests did not run: a hook of their suite failed\n`;
    }
    await new Promise(setImmediate); // what is stray comes to light
  } catch (error) {
    return { passed, skipped, failed: total - passed + 1, errors: `${errors}  ${textOf(error)}\n` };
  }
  if (stray === undefined) return { passed, skipped, failed: total - passed, errors };
  return { passed, skipped, failed: total - passed + 1, errors: `${errors}  not caught: ${textOf(stray)}\n` };
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
