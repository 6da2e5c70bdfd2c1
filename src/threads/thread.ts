/** What a thread of a team does: it takes commands from shared memory until the team ends. */
import type { Kernel } from "../wasm/abi.ts";
import { AT, abort, awaitChange, barrier, DO } from "./control.ts";
import { readPlan } from "./program_text.ts";

/** What a thread is started with. */
export type ThreadStart = {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  /** Which one it is, from 1 on. */
  readonly thread: number;
  readonly threads: number;
};

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

  /** The text of a program: memory that another thread grew appears here when this one has heard of it. */
  const textAt = (pointer: number): Float64Array => {
    while (memory.buffer.byteLength <= pointer) Atomics.wait(control, AT.aborted, 0, 1);
    return new Float64Array(memory.buffer, pointer, Math.floor((memory.buffer.byteLength - pointer) / 8));
  };

  const stepsAt = (pointer: number, version: number): readonly (() => unknown)[] => {
    const known = programs.get(pointer);
    if (known?.version === version) return known.steps;
    const steps = readPlan(thread, names, textAt(pointer)).map((entry) =>
      entry === "barrier" ? meet : (exports[entry.kernel] as Kernel).bind(undefined, ...entry.args),
    );
    programs.set(pointer, { version, steps });
    return steps;
  };

  ready();
  for (let seen = 0; ; seen++) {
    if (awaitChange(control, AT.command, seen) !== "came" || Atomics.load(control, AT.action) === DO.end) return;
    try {
      const steps = stepsAt(Atomics.load(control, AT.program) >>> 0, Atomics.load(control, AT.version));
      for (let i = 0; i < steps.length; i++) (steps[i] as () => unknown)();
      meet();
    } catch {
      abort(control); // the first thread finds out, and stops the engine
      return;
    }
  }
}
