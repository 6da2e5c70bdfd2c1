/** Workers for tests: on the build that the suite is at. */
import { spawn } from "#spawn";
import type { NamedArray } from "../../src/formats/arrays.ts";
import type { Build } from "../../src/wasm/load.ts";
import { type NetworkWorker, startWorker } from "../../src/worker/client.ts";
import type { WorkerEndpoint } from "../../src/worker/endpoint.ts";
import { BUILD } from "./engine.ts";

/** A worker, and its thread, for tests that end it. */
export async function startTestWorker(
  build: Build = BUILD,
): Promise<{ worker: NetworkWorker; thread: WorkerEndpoint }> {
  const thread = spawn();
  return { worker: await startWorker({ build, worker: () => thread }), thread };
}

/** The bits of weights, by name. */
export function bitsOf(weights: readonly NamedArray[]): Record<string, string> {
  const hex = ({ data }: NamedArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
  return Object.fromEntries(weights.map((array) => [array.name, hex(array)]));
}
