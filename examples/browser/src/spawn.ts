/**
 * `#spawn` where the library comes from its sources. With the installed package there is nothing to do: it brings its own
 * worker, and bundlers find it.
 */
import type { WorkerEndpoint } from "lanegrad/worker";

export function spawn(): WorkerEndpoint {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "lanegrad" });
}
