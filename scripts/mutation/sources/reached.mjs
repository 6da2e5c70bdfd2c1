/**
 * Loaded first by the processes and threads that a test starts: what they reach of the instrumented sources counts as that
 * test's, and a mutant that they come by far too often ends there as it would in the test's own process.
 *
 *   LANEGRAD_REACHED     a folder for what was reached, while coverage is taken
 *   LANEGRAD_HIT_LIMIT   how often the active mutant may be met
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";

const WRITE_MILLISECONDS = 20; // who is killed, or terminated, has no last word
const { LANEGRAD_REACHED: folder, LANEGRAD_HIT_LIMIT: limit } = process.env;

/** What runs at import counts, too: a process is new for each mutant. */
const shared = { currentTestId: "all" };
Object.assign(globalThis, { __stryker__: shared });
let written = "";
if (limit !== undefined) Object.assign(shared, { hitCount: 0, hitLimit: Number(limit) });
if (folder !== undefined) {
  process.on("exit", write);
  setInterval(write, WRITE_MILLISECONDS).unref();
}

function write() {
  const text = JSON.stringify(shared.mutantCoverage?.perTest["all"] ?? {});
  if (text === written) return;
  written = text;
  const file = join(folder, `${process.pid}-${threadId}.json`);
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
