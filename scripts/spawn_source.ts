/**
 * `#spawn` where the library runs from its sources, as tests and examples run it: a thread does not know by itself how to
 * read TypeScript.
 */
import { Worker } from "node:worker_threads";
import type { WorkerEndpoint } from "../src/worker/endpoint.ts";

const THREAD = JSON.stringify(new URL("../src/worker/thread.ts", import.meta.url).href);
const HERE = JSON.stringify(import.meta.url);

export function spawn(): WorkerEndpoint {
  return new Worker(`import("tsx/esm/api").then(({ tsImport }) => tsImport(${THREAD}, ${HERE}));`, { eval: true });
}
