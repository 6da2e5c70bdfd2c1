/**
 * The threads that run an engine's programs together with the one that calls them, over one shared memory.
 */
import type { Exports, Kernel, KernelCall } from "../wasm/abi.ts";
import { bytesPerElement, type DType } from "../wasm/dtype.ts";
import type { Block, EngineStats, Memory } from "../wasm/memory.ts";
import type { SharedMemory } from "../wasm/shared_kernels.ts";
import { signatures } from "../wasm/signature.ts";
import type { Region } from "./accesses.ts";
import { Choice } from "./choice.ts";
import { AT, barrier, CONTROL_BYTES, end, open } from "./control.ts";
import { type Entry, type Plan, planOf, workOf } from "./plan.ts";
import { lengthOf, writePlan } from "./program_text.ts";
import type { Spawn, Thread } from "./spawn.ts";
import { namesOf } from "./thread.ts";

/** Numbers of a plan are float64. */
const WORD = 8;
const PAGE_BYTES = 2 ** 16;
/** Single calls whose times are known. */
const CHOICES = 256;

/** A step of a program: a kernel call, or what the host does. */
type Step = KernelCall | (() => void);

/** An engine, as its team sees it. */
export type TeamEngine = {
  readonly memory: Memory;
  failureOf(kernel: string, error: unknown): Error;
};

/** A program, as its engine's team sees it. */
export type TeamProgram = {
  readonly engine: TeamEngine;
  /** Of its block: values, and behind them scratch. */
  readonly bytes: number;
  readonly plan: {
    readonly bytes: number;
    readonly placements: ReadonlyMap<unknown, Placement>;
  };
};
type Placement =
  | { readonly kind: "block"; readonly buffer: { readonly offset: number; readonly bytes: number } }
  | { readonly kind: "tensor" | "view" };

/** What steps belong to. */
export type Instruction = { readonly origin: { readonly operation: { readonly name: string } } };

/** A tensor of others that a program uses. */
export type Foreign = { readonly pointer: number; readonly size: number; readonly dtype: DType };

/** What a team is started with. */
export type TeamStart = {
  readonly threads: number;
  /** Why there are so many. */
  readonly reason: string;
  readonly module: WebAssembly.Module;
  readonly memory: SharedMemory;
  readonly exports: Exports;
  readonly spawn: Spawn;
};

/** What tests change. */
export const LIMITS = {
  /** Milliseconds that the first thread waits for others to begin: until then nothing has been changed. */
  begin: 2_000,
  /** Milliseconds that it waits for another that is at work, and as many times what the step has taken. */
  work: 10_000,
  shares: 10,
  /** Work of a single call that is worth being divided: the product of its sizes. */
  leastWork: 1_048_576,
  /** Whether all is done together, even where that is slower. */
  isAlways: false,
};

export class Team {
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #start: TeamStart;
  readonly #names: readonly string[];
  readonly #signatures = signatures();
  readonly #workers: readonly Thread[];
  /** Blocks that belong to a program's steps. */
  readonly #blocks = new WeakMap<object, readonly Block[]>();
  /** Of those blocks, and of scratch. */
  readonly #held = { blocks: 0, bytes: 0 };
  /** Where the scratch of each thread but the first is, for calls that are bound from now on. */
  #scratch: readonly (number | undefined)[] = [];
  #scratchBytes = 0;
  /** The text of a single call. */
  #single: Block | undefined;
  readonly #choices = new Map<string, Choice>();
  #versions = 0;
  /** Why there are no other threads any more. */
  #end: string | undefined;

  private constructor(start: TeamStart) {
    const control = new SharedArrayBuffer(CONTROL_BYTES);
    const { module, memory, threads, exports } = start;
    this.#start = start;
    this.#control = new Int32Array(control);
    this.#names = namesOf(exports as WebAssembly.Exports);
    const workers: Thread[] = [];
    this.#workers = workers;
    try {
      for (let thread = 1; thread < threads; thread++)
        workers.push(start.spawn({ module, memory, control, thread, threads }));
    } catch (error) {
      this.dispose();
      throw error;
    }
    for (const worker of workers) worker.onEnd((reason) => this.#lost(reason));
  }

  /**
   * Starts the other threads.
   *
   * @throws {Error} (rejects) a thread does not start: the reason
   */
  static async start(start: TeamStart): Promise<Team> {
    const team = new Team(start);
    try {
      await Promise.all(team.#workers.map(({ ready }) => ready));
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  /** What an engine says of itself, with its threads; what they need beside its tensors counts as scratch. */
  stats(engine: EngineStats): EngineStats {
    const { blocks, bytes } = this.#held;
    return {
      ...engine,
      tensors: engine.tensors - blocks,
      bytes: engine.bytes - bytes,
      scratchBytes: engine.scratchBytes + bytes,
      threads: this.#end === undefined ? this.#start.threads : 1,
      threadsReason: this.#end ?? this.#start.reason,
    };
  }

  /**
   * A program's steps, ready to be run: what is the host's is done by the first thread while the others wait. Undefined where there
   * are no others.
   *
   * @throws {AllocationError} there is no memory for their text
   */
  stepsFor(
    program: TeamProgram,
    steps: readonly Step[],
    instructions: readonly Instruction[],
    at: number,
    foreign: readonly Foreign[],
  ): readonly (() => void)[] | undefined {
    if (this.#end !== undefined || this.#start.threads === 1) return undefined;
    this.release(program);
    const { engine, plan, bytes } = program;
    const regions = regionsOf(program, at, foreign);
    const blocks: Block[] = [];
    this.#blocks.set(program, blocks);
    const scratch = this.#scratchOf(engine.memory, bytes - plan.bytes);
    const ready: (() => void)[] = [];
    let calls: KernelCall[] = [];
    const flush = (end: number) => {
      if (calls.length === 0) return;
      const first = end - calls.length;
      const failed: Failed = (call, error) =>
        engine.failureOf((instructions[first + call] as Instruction).origin.operation.name, error);
      const block = this.#textOf(engine.memory, calls, regions, scratch);
      const single = calls.map((call) => this.#bound(call));
      calls = [];
      if (block !== undefined) blocks.push(block.block);
      ready.push(
        block === undefined
          ? aloneOf(single, failed)
          : this.#together(engine.memory, block.plan, block.block.pointer, single, new Choice(), failed),
      );
    };
    for (const [number, step] of steps.entries()) {
      if (typeof step !== "function") calls.push(step);
      else {
        flush(number);
        ready.push(step);
      }
    }
    flush(steps.length);
    return ready;
  }

  /** A single call that is large enough to be divided, ready to be made; else undefined. */
  eager(engine: TeamEngine, call: KernelCall): (() => number) | undefined {
    if (this.#end !== undefined || this.#start.threads === 1) return undefined;
    const signature = this.#signatures.get(call.kernel);
    if (signature === undefined || workOf(signature, call.args) < LIMITS.leastWork) return undefined;
    const scratchAt = signature.parameters.findIndex(({ kind }) => kind === "scratch");
    const scratch = scratchAt < 0 ? [] : this.#scratchOf(engine.memory, this.#scratchBytesOf(call));
    const plan = this.#planOf([call], [], scratch);
    if (plan === undefined) return undefined;
    const length = lengthOf(plan);
    if (this.#single === undefined || this.#single.bytes < length * WORD) {
      if (this.#single !== undefined) this.#free(this.#single);
      this.#single = undefined;
      this.#single = this.#room(engine.memory, 2 * length * WORD);
    }
    const { pointer } = this.#single;
    writePlan(plan, this.#names, engine.memory.view("float64", pointer, length));
    const failed: Failed = (_, error) => error as Error; // the engine makes a trap of it
    const single = [this.#bound(call)];
    return this.#together(engine.memory, plan, pointer, single, this.#choiceOf(call), failed) as () => number;
  }

  /** Gives back what a program's steps take. */
  release(program: object): void {
    for (const block of this.#blocks.get(program) ?? []) this.#free(block);
    this.#blocks.delete(program);
  }

  /** Ends the other threads. A second call does nothing. */
  dispose(): void {
    this.#end ??= "the engine was disposed";
    end(this.#control);
    for (const worker of this.#workers) worker.terminate();
  }

  #bound({ kernel, args }: KernelCall): () => unknown {
    return (this.#start.exports[kernel] as Kernel).bind(undefined, ...args);
  }

  #planOf(
    calls: readonly KernelCall[],
    regions: readonly Region[],
    scratch: readonly (number | undefined)[],
  ): Plan | undefined {
    const { threads } = this.#start;
    const plan = planOf(calls, { signatures: this.#signatures, threads, regions, scratch });
    return plan.slice(1).some((list) => list.some((entry) => entry !== "barrier")) ? plan : undefined;
  }

  /** A plan, and its text in the engine's memory; undefined where nothing is divided. */
  #textOf(
    memory: Memory,
    calls: readonly KernelCall[],
    regions: readonly Region[],
    scratch: readonly (number | undefined)[],
  ) {
    const plan = this.#planOf(calls, regions, scratch);
    if (plan === undefined) return undefined;
    const length = lengthOf(plan);
    const block = this.#room(memory, length * WORD);
    writePlan(plan, this.#names, memory.view("float64", block.pointer, length));
    return { plan, block };
  }

  #choiceOf({ kernel, args }: KernelCall): Choice {
    const key = `${kernel} ${this.#signatures.get(kernel)?.parameters.map(({ kind }, i) => (kind === "size" ? args[i] : ""))}`;
    let choice = this.#choices.get(key);
    if (choice === undefined) {
      if (this.#choices.size >= CHOICES) this.#choices.clear();
      choice = new Choice();
      this.#choices.set(key, choice);
    }
    return choice;
  }

  /** Bytes of scratch that a call takes: those that a kernel of the table returns. */
  #scratchBytesOf({ kernel, args }: KernelCall): number {
    const { parameters = [], name = "" } = this.#signatures.get(kernel) ?? {};
    const role = parameters.find(({ kind }) => kind === "scratch");
    if (role?.kind !== "scratch") return 0;
    if (typeof role.bytes === "number") return role.bytes;
    const [other, ...sizes] = role.bytes;
    const values = sizes.map(
      (size) => args[parameters.findIndex((parameter) => parameter.name === size)] ?? Number(size),
    );
    const prefix = this.#signatures.has(other) ? "" : name.slice(0, 1);
    return (this.#start.exports[prefix + other] as Kernel)(...values);
  }

  #room(memory: Memory, bytes: number): Block {
    const block = memory.allocate(bytes);
    this.#held.blocks += 1;
    this.#held.bytes += bytes;
    return block;
  }

  #free(block: Block): void {
    if (!block.isLive) return;
    this.#held.blocks -= 1;
    this.#held.bytes -= block.bytes;
    block.free();
  }

  /** Scratch of each thread but the first. Smaller ones than are needed stay with the programs that have them. */
  #scratchOf(memory: Memory, bytes: number): readonly (number | undefined)[] {
    if (bytes > this.#scratchBytes) {
      const size = Math.max(bytes, 2 * this.#scratchBytes);
      this.#scratch = Array.from({ length: this.#start.threads }, (_, thread) =>
        thread === 0 ? undefined : this.#room(memory, size).pointer,
      );
      this.#scratchBytes = size;
    }
    return this.#scratch;
  }

  /** A piece of a program between two things that the host does. */
  #together(
    memory: Memory,
    plan: Plan,
    pointer: number,
    single: readonly (() => unknown)[],
    choice: Choice,
    failed: Failed,
  ): () => void {
    const control = this.#control;
    const { threads } = this.#start;
    const version = ++this.#versions;
    const pages = memory.buffer.byteLength / PAGE_BYTES;
    let began = 0;
    const toBegin = () => LIMITS.begin;
    const toWork = () => LIMITS.work + LIMITS.shares * (performance.now() - began);
    const meet = () => {
      const waited = barrier(control, threads, toWork);
      if (waited !== "came")
        throw new Error(waited === "late" ? "another thread does not answer" : "in another thread");
    };
    const list = plan[0] ?? [];
    const own = list.map((entry) => (entry === "barrier" ? meet : this.#bound(entry)));
    const alone = aloneOf(single, failed);
    const together = () => {
      Atomics.store(control, AT.program, pointer);
      Atomics.store(control, AT.version, version);
      Atomics.store(control, AT.pages, pages);
      open(control, AT.command);
      const waited = barrier(control, threads, toBegin);
      if (waited !== "came") {
        const trapped = this.#trapped(plan); // of a thread that had begun, and trapped, before this one saw that all were there
        if (trapped !== undefined) {
          this.#lost("a thread did not end its work");
          throw failed(callOf(trapped), new Error("in another thread"));
        }
        // Nobody has begun, and nobody will.
        this.#lost(waited === "late" ? "a thread did not answer" : "a thread has ended");
        return alone();
      }
      began = performance.now();
      let at = 0;
      try {
        for (; at < own.length; at++) (own[at] as () => unknown)();
        meet();
      } catch (error) {
        this.#lost("a thread did not end its work");
        throw failed(callOf(this.#trapped(plan) ?? list[at]), error);
      }
    };
    return () => {
      if (this.#end !== undefined) alone();
      else if (LIMITS.isAlways) together();
      else {
        if (choice.begin()) together();
        else alone();
        choice.end();
      }
    };
  }

  /** The call that trapped in another thread. */
  #trapped(plan: Plan): Entry | undefined {
    const thread = Atomics.load(this.#control, AT.trapped);
    return thread === 0 ? undefined : plan[thread]?.[Atomics.load(this.#control, AT.call)];
  }

  #lost(reason: string): void {
    if (this.#end !== undefined) return;
    this.#end = `one thread: ${reason}`;
    end(this.#control); // threads that are left
    for (const worker of this.#workers) worker.terminate();
  }
}

/** What to throw for a call, by its number, that threw. */
type Failed = (call: number, error: unknown) => Error;

function callOf(entry: Entry | undefined): number {
  return entry === undefined || entry === "barrier" ? 0 : entry.of;
}

/** All calls, one after the other. */
function aloneOf(calls: readonly (() => unknown)[], failed: Failed): () => void {
  return () => {
    let at = 0;
    try {
      for (; at < calls.length; at++) (calls[at] as () => unknown)();
    } catch (error) {
      throw failed(at, error);
    }
  };
}

/** The memory of a program's values, and of what else it uses. */
export function regionsOf({ plan }: Pick<TeamProgram, "plan">, at: number, foreign: readonly Foreign[]): Region[] {
  const values = [...plan.placements.values()].flatMap((placement): Region[] =>
    placement.kind === "block" ? [{ pointer: at + placement.buffer.offset, bytes: placement.buffer.bytes }] : [],
  );
  const others = foreign.map(({ pointer, size, dtype }) => ({ pointer, bytes: size * bytesPerElement(dtype) }));
  return [...values, ...others];
}
