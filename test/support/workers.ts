/** Workers for tests: on the build that the suite is at. */
import { EventEmitter } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { spawn } from "#spawn";
import type { NamedArray } from "../../src/formats/arrays.ts";
import type { Build } from "../../src/wasm/load.ts";
import { type NetworkWorker, startWorker, type WorkerOptions } from "../../src/worker/client.ts";
import type { WorkerEndpoint } from "../../src/worker/endpoint.ts";
import { type ServeOptions, serve } from "../../src/worker/host.ts";
import type { FromWorker } from "../../src/worker/protocol.ts";
import { BUILD } from "./engine.ts";

/** A worker, and its thread, for tests that end it. */
export async function startTestWorker(
  options: WorkerOptions = {},
): Promise<{ worker: NetworkWorker; thread: WorkerEndpoint }> {
  const thread = spawn();
  return { worker: await startWorker({ build: BUILD, ...options, worker: () => thread }), thread };
}

/** A worker, in Node's form, that answers nothing by itself: a test looks at what was posted, and emits what it says. */
export class ScriptedWorker extends EventEmitter {
  readonly posted: { readonly message: unknown; readonly transfer: ArrayBuffer[] }[] = [];
  /** Calls of `ref`, `unref` and `terminate`. */
  readonly said: string[] = [];

  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    this.posted.push({ message, transfer });
  }

  terminate(): unknown {
    return this.said.push("terminate");
  }

  ref(): void {
    this.said.push("ref");
  }

  unref(): void {
    this.said.push("unref");
  }
}

/**
 * A worker in this very process: its wire clones and transfers as one between threads does. A thread that is gone runs
 * nothing any more; here, what runs ends where it next tells something.
 */
export async function startLocalWorker(build: Build = BUILD, options: ServeOptions = {}): Promise<NetworkWorker> {
  const { port1, port2 } = new MessageChannel();
  let isGone = false;
  const terminate = () => {
    isGone = true;
    port2.close();
  };
  const endpoint: Parameters<typeof serve>[0] = {
    on: (event, listener) => port1.on(event, listener).unref(),
    postMessage(message, transfer) {
      if (isGone && (message as FromWorker).kind === "event") throw new Error("the worker is gone");
      port1.postMessage(message, transfer);
    },
  };
  serve(endpoint, options);
  return startWorker({ build, worker: () => Object.assign(port2, { terminate }) });
}

/** The bits of weights, by name. */
export function bitsOf(weights: readonly NamedArray[]): Record<string, string> {
  const hex = ({ data }: NamedArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
  return Object.fromEntries(weights.map((array) => [array.name, hex(array)]));
}
