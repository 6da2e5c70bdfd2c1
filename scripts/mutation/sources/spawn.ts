/** `#spawn` while mutants are tested: scripts/build/spawn_source.ts, with what a thread reaches counted. */
import { Worker } from "node:worker_threads";
import type { WorkerEndpoint } from "../../../src/worker/endpoint.ts";

const FIRST = JSON.stringify(new URL("reached.mjs", import.meta.url).href);
const THREAD = JSON.stringify(new URL("../../../src/worker/thread.ts", import.meta.url).href);
const HERE = JSON.stringify(import.meta.url);

export function spawn(): WorkerEndpoint {
  const load = `import("tsx/esm/api").then(({ tsImport }) => tsImport(${THREAD}, ${HERE}))`;
  return new Worker(`import(${FIRST}).then(() => ${load});`, { eval: true });
}
