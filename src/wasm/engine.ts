/**
 * An engine: the kernels of one build and one memory. The lowest floor; it knows no tensors.
 */
import { Owner } from "../disposable.ts";
import { DisposedError, LanegradError, OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { ABI, bindKernels, type Heap, type KernelCall, type Kernels, type Recorders } from "./abi.ts";
import { EngineError } from "./errors.ts";
import type { Forgotten, Watch } from "./forgotten.ts";
import { Guard } from "./guard.ts";
import { type Build, type Loaded, loadInstance, type WasmSource } from "./load.ts";
import { type EngineStats, Memory } from "./memory.ts";

/** Which kernels an engine runs. */
export type EngineOptions = {
  /** Which build of the kernels; `simd` gives the same bits on every machine. */
  readonly build?: Build;
  /** The kernels themselves, where they come from elsewhere than the package: an address, bytes or a module. */
  readonly wasm?: WasmSource | undefined;
  /**
   * How its programs use memory: `elementwiseFusion` runs chains of elementwise operations in one pass. Default: one by one,
   * so that a page without them does not carry it.
   */
  readonly fusion?: Fusion | undefined;
  /**
   * How many threads its programs, and large single operations, run on: a number, or `"auto"`, which is one for each core where
   * memory can be shared. Results are the same to the bit. Default: 1.
   */
  readonly threads?: number | "auto" | undefined;
};

/** The threads of an engine: a part of the library that is loaded where threads are asked for. */
type Team = import("../threads/index.ts").Team;

/** A stage of `compile`, which the library exports: opaque. */
export type Fusion = {
  /** Rewrites a program's instructions. */
  readonly fuse: (engine: Engine, nodes: never) => unknown;
};

export type { EngineStats };

/** What the debug build is loaded with. */
type Debugging = typeof import("./debugging.ts");

/**
 * Kernels and memory. Everything above takes it as the first argument; operands of one call must share it.
 *
 * @example
 * using engine = await Engine.load();
 * engine.stats().tensors; // → 0
 */
export class Engine extends Owner {
  static override get name(): string {
    return "Engine";
  }
  /** The build of the kernels that it runs. */
  readonly build: Build;
  /**
   * The compiled kernels: `Engine.load({ wasm: engine.module })` starts another engine without compiling. Undefined on the
   * build `js`, which has nothing to compile.
   */
  readonly module: WebAssembly.Module | undefined;
  /** Kernels by float type. Unsafe: only operations, which check their operands, call them. */
  readonly kernels: Kernels["kernels"];
  /** Kernels that no float type divides. Unsafe, as above. */
  readonly common: Kernels["common"];
  /** The same kernels for `Operation.bind`: each returns its call as data. */
  readonly recorders: Recorders;
  /** The heap that tensors live in. */
  readonly memory: Memory;
  /** Of the debug build: looks for owners that are collected without `dispose()`. */
  readonly watch: Watch | undefined;
  /** What `compile` does in addition. */
  readonly fusion: Fusion | undefined;
  /** What runs programs on several threads, where they were asked for. */
  readonly team: Team | undefined;
  readonly #guard: Guard;
  /** By the name that they are exported as, without a look at the engine's state. */
  readonly #bare: Readonly<Record<string, unknown>>;

  private constructor(
    build: Build,
    { module, memory, exports }: Loaded,
    debugging: Debugging | undefined,
    fusion: Fusion | undefined,
    team: Team | undefined,
  ) {
    super();
    this.fusion = fusion;
    this.team = team;
    const guard = new Guard();
    const { kernels, common } = bindKernels(exports, (name, kernel) => guard.wrap(name, kernel));
    this.build = build;
    this.module = module;
    this.kernels = kernels;
    this.common = common;
    this.recorders = bindKernels(
      exports,
      (kernel) =>
        (...args: readonly number[]): KernelCall => ({ kernel, args }),
    ) as unknown as Recorders;
    this.#bare = exports;
    this.memory = new Memory(memory, exports as unknown as Heap, guard, debugging);
    this.watch = debugging && new debugging.Watch(() => guard.isOpen);
    this.#guard = guard;
  }

  /**
   * Compiles the kernels and starts an engine with a memory of its own.
   *
   * @throws {OptionError} (rejects) kernels from elsewhere for the build `js`, or a fusion that the library does not have
   * @throws {EngineError} (rejects) no WebAssembly, no SIMD, forbidden by a policy, or not the kernels
   * @example
   * using engine = await Engine.load({ build: "debug" });
   */
  static async load(options: EngineOptions = {}): Promise<Engine> {
    checkOptions<EngineOptions>("Engine.load", options, { build: 1, wasm: 1, fusion: 1, threads: 1 });
    const { build = "simd", wasm, fusion, threads = 1 } = options;
    if (fusion !== undefined && typeof fusion?.fuse !== "function")
      throw new OptionError("fusion", "elementwiseFusion", fusion);
    const threading =
      threads === 1
        ? undefined
        : (await import("../threads/index.ts")).threadingOf(threads, build, { EngineError, OptionError });
    const loaded = await loadInstance(build, wasm, threading?.shared);
    const { exports } = loaded; // not `loaded.exports.`: in a bundle publint would take it for CommonJS
    if (exports.abi?.value !== ABI) throw new EngineError({ kind: "module", reason: "not of this version" });
    if (build === "relaxed") await (await import("./tile.ts")).default(loaded);
    const team = await threading?.start(loaded);
    return new Engine(build, loaded, build === "debug" ? await import("./debugging.ts") : undefined, fusion, team);
  }

  /**
   * At least `bytes` bytes that a kernel may overwrite during one call; the next call may get the same.
   *
   * @throws {AllocationError} larger than one block can be, or memory cannot grow to hold it
   */
  scratch(bytes: number): number {
    return this.memory.scratch(bytes);
  }

  /**
   * Refuses an engine that has ended.
   *
   * @throws {DisposedError} after `dispose()`
   * @throws {TrapError} after a kernel trapped
   * @throws {OverrunError} after something was written beyond a block
   */
  checkOpen(): void {
    this.#guard.check();
  }

  /**
   * Looks whether anything was written beyond the blocks that are alive: on the debug build, whose blocks are between
   * canaries; the others have none, and nothing is looked at. A block is also looked at when it is freed, and all of them
   * when the engine ends.
   *
   * @throws {OverrunError} something was; the engine refuses further work
   * @throws {DisposedError} the engine was disposed before
   * @throws {TrapError} a kernel had trapped
   */
  checkMemory(): void {
    this.#guard.check();
    this.memory.check();
  }

  /**
   * Makes a recorded call.
   *
   * @throws {OptionError} not a call of a kernel
   * @throws {TrapError} the kernel trapped, now or before
   * @throws {DisposedError} the engine was disposed
   * @throws {OverrunError} something was written beyond a block
   */
  call(call: KernelCall): number {
    return this.#guard.wrap(call?.kernel, this.team?.eager(this, call) ?? this.callable(call))();
  }

  /**
   * What a recorded call does, ready to be run many times: running it allocates nothing, and does not look at the engine's
   * state. What it throws goes through `failureOf`.
   *
   * @throws {OptionError} not a call of a kernel
   */
  callable(call: KernelCall): () => number {
    return this.kernelOf(call).bind(undefined, ...call.args);
  }

  /**
   * The kernel of a recorded call, for other arguments: as `callable`, it does not look at the engine's state.
   *
   * @throws {OptionError} not a call of a kernel
   */
  kernelOf(call: KernelCall): (...args: number[]) => number {
    const kernel = this.#bare[call?.kernel];
    if (typeof kernel !== "function" || !Array.isArray(call.args))
      throw new OptionError("bind: kernel", "a call of a kernel", call);
    return kernel as (...args: number[]) => number;
  }

  /**
   * What to throw when a `callable` threw: an error of the library's own as it is; anything else is a trap, after which
   * the engine refuses further work.
   */
  failureOf(kernel: string, error: unknown): Error {
    return error instanceof LanegradError ? error : this.#guard.trap(kernel, error);
  }

  /** Counts what is alive: the same before and after means that nothing leaked. */
  stats(): EngineStats {
    const stats = this.memory.stats();
    return this.team?.stats(stats) ?? stats;
  }

  /**
   * Tensors, programs and networks that were collected without `dispose()`, so that their memory stays in use: on the debug
   * build; always empty on the others. Each is counted once, some time after the garbage collector found it.
   *
   * @example
   * engine.forgotten; // → []
   */
  get forgotten(): readonly Forgotten[] {
    return this.watch?.found ?? [];
  }

  /**
   * Ends the engine: tensors in it can no longer be used. A second call does nothing.
   *
   * @throws {OverrunError} on the debug build, where something was written beyond a block
   */
  dispose(): void {
    if (!this.#guard.isOpen) return;
    try {
      this.memory.check();
    } finally {
      this.#guard.stop(new DisposedError(`engine ${this.build}`, "kernel call"));
      this.team?.dispose();
    }
  }
}

/** @throws {OptionError} not an engine of this copy of the library */
export function checkEngine(engine: unknown): asserts engine is Engine {
  if (!(engine instanceof Engine)) throw new OptionError("engine", "an Engine", engine);
}
