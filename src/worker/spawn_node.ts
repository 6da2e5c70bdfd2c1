/** `#spawn` in Node, and in what is like it. */
import { Worker } from "node:worker_threads";
import type { WorkerEndpoint } from "./endpoint.ts";

/** Starts the worker that comes with the library. */
export function spawn(): WorkerEndpoint {
  return new Worker(new URL("./thread.js", import.meta.url), { name: "lanegrad" });
}
