/** What a thread of a team does: it takes commands from shared memory until the team ends. */
import type { Kernel } from "../wasm/abi.ts";
import type { SharedMemory } from "../wasm/shared_kernels.ts";
import { AT, awaitChange, barrier, end, GONE } from "./control.ts";
import { readPlan } from "./program_text.ts";

/** What a thread is started with. */
export type ThreadStart = {
  readonly module: WebAssembly.Module;
  readonly memory: SharedMemory;
  readonly control: SharedArrayBuffer;
  /** Which one it is, from 1 on. */
  readonly thread: number;
  readonly threads: number;
};

/** Programs that a thread remembers. */
const KNOWN = 1_000;
const PAGE_BYTES = 2 ** 16;

/** The names of kernels, in an order that all threads share. */
export function namesOf(exports: WebAssembly.Exports): readonly string[] {
  return Object.keys(exports)
    .filter((name) => typeof exports[name] === "function")
    .sort();
}

/** Serves until the team ends. @param ready called when commands can come */
export async function serveTeam(start: ThreadStart, ready: () => void): Promise<void> {
  const { module, memory, thread, threads } = start;
  const control = new Int32Array(start.control);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const names = namesOf(exports);
  const programs = new Map<number, { readonly version: number; readonly steps: readonly (() => unknown)[] }>();
  const meet = () => {
    if (barrier(control, threads) !== "came") throw new Error("the team has ended");
  };

  const stepsAt = (pointer: number, version: number): readonly (() => unknown)[] => {
    const known = programs.get(pointer);
    if (known?.version === version) return known.steps;
    // Memory that the first thread grew appears here when this one has heard of it.
    const bytes = Atomics.load(control, AT.pages) * PAGE_BYTES;
    while (memory.buffer.byteLength < bytes) Atomics.wait(control, AT.opened, Atomics.load(control, AT.opened), 1);
    const text = new Float64Array(memory.buffer, pointer, Math.floor((memory.buffer.byteLength - pointer) / 8));
    const steps = readPlan(thread, names, text).map((entry) =>
      entry === "barrier" ? meet : (exports[entry.kernel] as Kernel).bind(undefined, ...entry.args),
    );
    if (programs.size >= KNOWN) programs.clear();
    programs.set(pointer, { version, steps });
    return steps;
  };

  let seen = Atomics.load(control, AT.command);
  ready();
  while (awaitChange(control, AT.command, seen) === "came") {
    seen = Atomics.load(control, AT.command);
    let [at, isWorking] = [0, false];
    try {
      meet(); // nobody begins before all are there
      isWorking = true; // also while it reads its part: others may have begun theirs
      const steps = stepsAt(Atomics.load(control, AT.program) >>> 0, Atomics.load(control, AT.version));
      for (; at < steps.length; at++) (steps[at] as () => unknown)();
      isWorking = false;
      meet();
    } catch {
      if (isWorking && Atomics.load(control, AT.opened) !== GONE) {
        Atomics.store(control, AT.call, at);
        Atomics.store(control, AT.trapped, thread);
      }
      end(control); // the first thread finds out, and stops the engine
      return;
    }
  }
}
