/**
 * The threads that run an engine's programs together with the one that calls them, over one shared memory.
 */
import type { Exports, Kernel, KernelCall } from "../wasm/abi.ts";
import { EngineError } from "../wasm/errors.ts";
import type { Memory, Block } from "../wasm/memory.ts";
import { signatures } from "../wasm/signature.ts";
import type { Region } from "./accesses.ts";
import { AT, abort, barrier, CONTROL_BYTES, DO, open, type Waited } from "./control.ts";
import { Choice } from "./choice.ts";
import { type Plan, planOf } from "./plan.ts";
import { lengthOf, writePlan } from "./program_text.ts";
import { namesOf, type ThreadStart } from "./thread.ts";

/** A thread, as the first one sees it. */
export type Thread = {
  /** Resolves when it takes commands. */
  readonly ready: Promise<void>;
  /** Calls back when it has ended, with the reason. */
  onEnd(callback: (reason: string) => void): void;
  /** Ends it, whatever it is at. */
  terminate(): void;
};

/** Starts a thread of the platform. */
export type Spawn = (start: ThreadStart) => Thread;

/** Milliseconds that the first thread waits for another that is at work: more than any share of a call takes. */
const PATIENCE = 10_000;
/** Numbers of a plan are float64. */
const WORD = 8;

/** A step of a program: a kernel call, or what the host does. */
type Step = KernelCall | (() => void);

/** What a program's calls need to know of its memory. */
export type Surroundings = {
  readonly regions: readonly Region[];
  /** Bytes that one call may take. */
  readonly scratchBytes: number;
};

export class Team {
  readonly threads: number;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #exports: Exports;
  readonly #names: readonly string[];
  readonly #signatures = signatures();
  readonly #workers: readonly Thread[];
  readonly #blocks = new WeakMap<object, readonly Block[]>();
  /** Whether pieces of work are done alone where that is faster. */
  readonly #chooses: "by time" | "never" = "by time";
  #versions = 0;
  /** Why there are no other threads any more. */
  #end: string | undefined;

  private constructor(threads: number, control: SharedArrayBuffer, exports: Exports, workers: readonly Thread[]) {
    this.threads = threads;
    this.#control = new Int32Array(control);
    this.#exports = exports;
    this.#names = namesOf(exports as WebAssembly.Exports);
    this.#workers = workers;
    for (const worker of workers) worker.onEnd((reason) => this.#lost(reason));
  }

  /**
   * Starts the other threads.
   *
   * @throws {EngineError} (rejects) a thread does not start
   */
  static async start(
    threads: number,
    kernels: { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory; readonly exports: Exports },
    spawn: Spawn,
  ): Promise<Team> {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const { module, memory, exports } = kernels;
    const workers = Array.from({ length: threads - 1 }, (_, i) =>
      spawn({ module, memory, control, thread: i + 1, threads }),
    );
    const team = new Team(threads, control, exports, workers);
    try {
      await Promise.all(workers.map(({ ready }) => ready));
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  /** Whether there are other threads: after one has ended, the first does everything. */
  get isWhole(): boolean {
    return this.#end === undefined;
  }

  /**
   * A program's steps, ready to be run: what is the host's is done by the first thread while the others wait.
   *
   * @param owner whose steps they are: those that it had before are given back
   */
  stepsFor(owner: object, memory: Memory, steps: readonly Step[], { regions, scratchBytes }: Surroundings): readonly (() => void)[] {
    this.release(owner);
    const blocks: Block[] = [];
    this.#blocks.set(owner, blocks);
    const room = (bytes: number) => {
      const block = memory.allocate(bytes);
      blocks.push(block);
      return block.pointer;
    };
    const scratch = Array.from({ length: this.threads }, (_, thread) =>
      thread === 0 || scratchBytes === 0 ? undefined : room(scratchBytes),
    );
    const ready: (() => void)[] = [];
    let calls: KernelCall[] = [];
    const flush = () => {
      if (calls.length === 0) return;
      const options = { signatures: this.#signatures, threads: this.threads, regions, scratch };
      const plan = planOf(calls, options);
      const single = calls.map((call) => this.#bound(call));
      calls = [];
      const length = lengthOf(plan);
      const pointer = room(length * WORD);
      writePlan(plan, this.#names, memory.view("float64", pointer, length));
      ready.push(this.#together(plan, pointer, single));
    };
    for (const step of steps) {
      if (typeof step !== "function") {
        calls.push(step);
        continue;
      }
      flush();
      ready.push(step);
    }
    flush();
    return ready;
  }

  /** Gives back what an owner's steps take. */
  release(owner: object): void {
    for (const block of this.#blocks.get(owner) ?? []) block.free();
    this.#blocks.delete(owner);
  }

  /** Ends the other threads. A second call does nothing. */
  dispose(): void {
    this.#end ??= "disposed";
    abort(this.#control);
    for (const worker of this.#workers) worker.terminate();
  }

  #bound({ kernel, args }: KernelCall): () => unknown {
    return (this.#exports[kernel] as Kernel).bind(undefined, ...args);
  }

  /** A piece of a program between two things that the host does. */
  #together(plan: Plan, pointer: number, single: readonly (() => unknown)[]): () => void {
    const control = this.#control;
    const { threads } = this;
    const version = ++this.#versions;
    const meet = () => {
      const waited = barrier(control, threads, PATIENCE);
      if (waited !== "came") this.#broken(waited);
    };
    const own = (plan[0] ?? []).map((entry) => (entry === "barrier" ? meet : this.#bound(entry)));
    const choice = new Choice();
    const alone = () => {
      for (let i = 0; i < single.length; i++) (single[i] as () => unknown)();
    };
    const together = () => {
      Atomics.store(control, AT.program, pointer);
      Atomics.store(control, AT.version, version);
      Atomics.store(control, AT.action, DO.run);
      open(control, AT.command);
      try {
        for (let i = 0; i < own.length; i++) (own[i] as () => unknown)();
      } catch (error) {
        abort(control); // the others wait for what does not come
        throw error;
      }
      meet();
    };
    if (this.#chooses === "never") return () => (this.#end === undefined ? together() : alone());
    return () => {
      if (this.#end !== undefined) return alone();
      if (choice.begin()) together();
      else alone();
      choice.end();
    };
  }

  /** @throws {EngineError} a thread has not come to a barrier: what it was to write is not there */
  #broken(waited: Exclude<Waited, "came">): never {
    const reason = waited === "aborted" ? "a kernel trapped in another thread" : "another thread does not answer";
    this.#end ??= reason;
    abort(this.#control);
    throw new EngineError({ kind: "module", reason });
  }

  #lost(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = reason;
    abort(this.#control); // threads that are left
  }
}
