/** `#spawn` in browsers: written so that bundlers see the worker's file and take it along. */
import type { WorkerEndpoint } from "./endpoint.ts";

/** Starts the worker that comes with the library. */
export function spawn(): WorkerEndpoint {
  return new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "lanegrad" });
}
