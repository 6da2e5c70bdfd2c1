/**
 * A team of threads in one thread: between two barriers, the lists of all threads are run one after the other, in an order that
 * differs from time to time. A barrier that is missing, or parts that overlap, give other bits than one list, always.
 */
import { type Plan, planOf } from "../../src/threads/plan.ts";
import { type Foreign, type Instruction, regionsOf, type TeamProgram } from "../../src/threads/team.ts";
import type { KernelCall } from "../../src/wasm/abi.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import type { EngineStats } from "../../src/wasm/memory.ts";
import { signatures } from "../../src/wasm/signature.ts";
import { draws } from "./floats.ts";

type Step = KernelCall | (() => void);

const SIGNATURES = signatures();

export class SimulatedTeam {
  readonly isWhole = true;
  readonly threads: number;
  readonly #engine: Engine;
  readonly #draw: () => number;
  #scratch: readonly (number | undefined)[] = [];
  #scratchBytes = 0;
  readonly #held = { blocks: 0, bytes: 0 };
  /** Calls that were planned, those that were cut, and barriers. */
  readonly counts = { calls: 0, cut: 0, barriers: 0 };

  constructor(engine: Engine, threads: number, seed = 0) {
    this.#engine = engine;
    this.threads = threads;
    this.#draw = draws(seed);
  }

  stepsFor(
    program: TeamProgram,
    steps: readonly Step[],
    instructions: readonly Instruction[],
    at: number,
    foreign: readonly Foreign[],
  ): readonly (() => void)[] {
    const regions = regionsOf(program, at, foreign);
    const scratch = this.#scratchOf(program.bytes - program.plan.bytes);
    const ready: (() => void)[] = [];
    let calls: KernelCall[] = [];
    const flush = (end: number) => {
      const of = instructions.slice(end - calls.length, end).map(({ origin }) => origin.operation.name);
      if (calls.length > 0)
        ready.push(
          ...this.#segments(planOf(calls, { signatures: SIGNATURES, threads: this.threads, regions, scratch }), of),
        );
      this.counts.calls += calls.length;
      calls = [];
    };
    for (const [number, step] of steps.entries()) {
      if (typeof step === "function") {
        flush(number);
        ready.push(step);
      } else calls.push(step);
    }
    flush(steps.length);
    return ready;
  }

  #scratchOf(bytes: number): readonly (number | undefined)[] {
    if (this.#scratchBytes < bytes) {
      this.#scratch = Array.from({ length: this.threads }, (_, thread) => {
        if (thread === 0) return undefined;
        this.#held.blocks += 1;
        this.#held.bytes += bytes;
        return this.#engine.memory.allocate(bytes).pointer;
      });
      this.#scratchBytes = bytes;
    }
    return this.#scratch;
  }

  eager(): undefined {}

  stats(stats: EngineStats): EngineStats {
    const { blocks, bytes } = this.#held;
    return { ...stats, tensors: stats.tensors - blocks, bytes: stats.bytes - bytes };
  }

  release(): void {}

  dispose(): void {}

  #segments(plan: Plan, of: readonly string[]): (() => void)[] {
    const lists = plan.map((list) => {
      const segments: (() => number)[][] = [[]];
      for (const entry of list) {
        if (entry === "barrier") segments.push([]);
        else {
          const call = this.#engine.callable(entry);
          segments.at(-1)?.push(() => {
            try {
              return call();
            } catch (error) {
              throw this.#engine.failureOf(of[entry.of] as string, error);
            }
          });
        }
      }
      return segments;
    });
    this.counts.barriers += (lists[0]?.length ?? 1) - 1;
    this.counts.cut += plan
      .slice(1)
      .flat()
      .filter((entry) => entry !== "barrier").length;
    return (lists[0] ?? []).map((_, segment) => () => {
      const waiting = lists.map((segments) => [...(segments[segment] ?? [])]);
      // One call of some thread after another: threads are at different places.
      const isWhole = this.#draw() < 0.5; // or one thread after the other
      while (waiting.some((list) => list.length > 0)) {
        const some = waiting.filter((list) => list.length > 0);
        const list = some[Math.floor(this.#draw() * some.length)] as (() => number)[];
        for (const call of list.splice(0, isWhole ? list.length : 1)) call();
      }
    });
  }
}

/** Gives an engine a team, as if it had been loaded with threads. */
export function withTeam(engine: Engine, threads: number, seed?: number): SimulatedTeam {
  const team = new SimulatedTeam(engine, threads, seed);
  Object.defineProperty(engine, "team", { value: team });
  return team;
}
