/**
 * Random sequences of calls: tensors, views and programs are made, written, bound, run and disposed of in any order. A model in
 * plain arrays says what every live tensor holds after each call, and which calls must be refused.
 */
import { compile, type Program } from "../../../src/autodiff/program.ts";
import { LanegradError } from "../../../src/errors.ts";
import { add, mul } from "../../../src/ops/binary.ts";
import { copy } from "../../../src/ops/vectors.ts";
import { argument, type Expression, expressionOf } from "../../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import { TrapError } from "../../../src/wasm/errors.ts";
import { Draw } from "../draw.ts";
import { type Target, WrongAnswer } from "../target.ts";

const CALLS = 24;
const DEBUG_SHARE = 1 / 4;

type Doubles = Tensor<"float64">;

/** A tensor, and where its elements are in the array of its owner. */
type Held = {
  readonly tensor: Doubles;
  readonly memory: Memory;
  readonly start: number;
  readonly size: number;
  isDisposed: boolean;
};
type Memory = { readonly values: number[]; isLive: boolean };

/** y = 2·leaf + x, which goes to a target as well; with before, the leaf itself is an output. */
type Compiled = {
  readonly program: Program<"y" | "before">;
  readonly leaf: Held;
  readonly target: Held | undefined;
  bound: Held | undefined;
  isDisposed: boolean;
  /** What the last run left. */
  left: { readonly y: readonly number[]; readonly before: readonly number[] } | undefined;
};

export const sequences: Target = {
  name: "sequences",
  about: "tensors, views and programs made, written, bound, run and disposed of in any order",
  refusals: [LanegradError],
  bytesPerByte: 32_768,
  async open() {
    const engines = await Promise.all((["simd", "debug"] as const).map((build) => Engine.load({ build })));
    return {
      next(draw) {
        const [seed, index] = [draw.bits(), draw.bits()];
        const run = (texts?: string[]) => {
          const drawn = new Draw().start(seed, index);
          const engine = engines[drawn.chance(DEBUG_SHARE) ? 1 : 0] as Engine;
          const before = engine.stats().tensors;
          const sequence = new Sequence(engine, drawn, texts);
          try {
            sequence.run();
          } finally {
            sequence.dispose();
          }
          const left = engine.stats().tensors - before;
          if (left !== 0) throw new WrongAnswer(`${left} tensors are left behind`);
          engine.checkMemory();
        };
        const bytes = () => {
          const texts: string[] = [];
          try {
            run(texts);
          } catch {}
          return new TextEncoder().encode(texts.join("\n"));
        };
        return { size: 512, bytes, run: () => run() };
      },
      close() {
        for (const engine of engines) engine.dispose();
      },
    };
  },
};

class Sequence {
  readonly #engine: Engine;
  readonly #draw: Draw;
  readonly #texts: string[] | undefined;
  readonly #held: Held[] = [];
  readonly #programs: Compiled[] = [];

  constructor(engine: Engine, draw: Draw, texts: string[] | undefined) {
    this.#engine = engine;
    this.#draw = draw;
    this.#texts = texts;
  }

  /** Throws the refusal of the last call, where there is one: each was expected. */
  run(): void {
    let refusal: unknown;
    this.#allocate();
    for (let i = 0; i < CALLS; i++) {
      refusal = this.#call();
      this.#check();
    }
    if (refusal !== undefined) throw refusal;
  }

  dispose(): void {
    for (const { program } of this.#programs) program.dispose();
    for (const { tensor } of this.#held) tensor.dispose();
  }

  #call(): unknown {
    const draw = this.#draw;
    const choice = draw.below(20);
    if (choice < 3) return this.#allocate();
    const held = draw.pick(this.#held);
    if (choice < 6) return this.#view(held);
    if (choice < 8) return this.#set(held);
    if (choice === 8) return this.#copy(held, draw.pick(this.#held));
    if (choice === 9) return this.#disposeOf(held);
    if (choice < 13 || this.#programs.length === 0) return this.#compile();
    const compiled = draw.pick(this.#programs);
    if (choice < 15) return this.#bind(compiled);
    if (choice < 19) return this.#run(compiled);
    this.#texts?.push("dispose of a program");
    compiled.program.dispose();
    compiled.isDisposed = true;
    return undefined;
  }

  #allocate(): undefined {
    const values = Array.from({ length: this.#draw.between(1, 9) }, () => this.#draw.between(-9, 9));
    const made = tensor(this.#engine, Float64Array.from(values));
    this.#texts?.push(`t${this.#held.length}: ${values}`);
    const memory = { values, isLive: true };
    this.#held.push({ tensor: made, memory, start: 0, size: values.length, isDisposed: false });
  }

  #view(of: Held): unknown {
    const start = this.#draw.below(of.size + 1);
    const size = this.#draw.between(0, of.size - start);
    this.#texts?.push(`t${this.#held.length}: ${size} from ${start} of t${this.#held.indexOf(of)}`);
    return this.#expect(isGone(of), "part", () => {
      const view = of.tensor.part(start, [size]);
      this.#held.push({ tensor: view, memory: of.memory, start: of.start + start, size, isDisposed: false });
    });
  }

  #set(held: Held): unknown {
    const values = Array.from({ length: held.size }, () => this.#draw.between(-9, 9));
    this.#texts?.push(`set t${this.#held.indexOf(held)}`);
    return this.#expect(isGone(held), "set", () => {
      held.tensor.set(values);
      write(held, values);
    });
  }

  #copy(from: Held, to: Held): unknown {
    this.#texts?.push(`copy t${this.#held.indexOf(from)} to t${this.#held.indexOf(to)}`);
    const isHalfway = isShared(from, to) && !(from.start === to.start && from.size === to.size);
    return this.#expect(isGone(from) || isGone(to) || from.size !== to.size || isHalfway, "copy", () => {
      copy(from.tensor, to.tensor);
      write(to, valuesOf(from));
    });
  }

  #disposeOf(held: Held): undefined {
    this.#texts?.push(`dispose of t${this.#held.indexOf(held)}`);
    held.tensor.dispose();
    held.isDisposed = true;
    if (held.start === 0 && this.#held.find(({ memory }) => memory === held.memory) === held)
      held.memory.isLive = false;
  }

  #compile(): unknown {
    const draw = this.#draw;
    const leaf = draw.pick(this.#held);
    const target = draw.chance(0.6) ? draw.pick(this.#held) : undefined;
    this.#texts?.push(`compile t${this.#held.indexOf(leaf)} into t${target && this.#held.indexOf(target)}`);
    const isWrong = isGone(leaf) || (target !== undefined && (isGone(target) || target.size !== leaf.size));
    return this.#expect(isWrong, "compile", () => {
      const before = expressionOf(leaf.tensor);
      const x = argument(this.#engine, { dtype: "float64", shape: [leaf.size] }, "x") as Expression<"float64">;
      const y = add(mul(before, 2), x);
      const into = target === undefined ? [] : [[y, target.tensor] as const];
      const program = compile({ y, before }, { into });
      this.#programs.push({ program, leaf, target, bound: undefined, isDisposed: false, left: undefined });
    });
  }

  #bind(compiled: Compiled): unknown {
    const { program, leaf, target } = compiled;
    const x = this.#draw.pick(this.#held);
    this.#texts?.push(`bind t${this.#held.indexOf(x)} to program ${this.#programs.indexOf(compiled)}`);
    if (compiled.bound === x) return undefined; // costs nothing, whatever has happened to it
    const isWrong = isGone(x) || x.size !== leaf.size || (target !== undefined && isShared(x, target));
    const isLate = compiled.isDisposed || [leaf, ...(target === undefined ? [] : [target])].some(isGone);
    // What a program needs may be found to be gone now, or when it runs.
    if (isLate) return this.#either(() => program.bind({ x: x.tensor }));
    return this.#expect(isWrong, "bind", () => {
      program.bind({ x: x.tensor });
      compiled.bound = x;
    });
  }

  #run(compiled: Compiled): unknown {
    const { program, leaf, target, bound, isDisposed } = compiled;
    this.#texts?.push(`run program ${this.#programs.indexOf(compiled)}`);
    const needed = [leaf, ...(target === undefined ? [] : [target]), ...(bound === undefined ? [] : [bound])];
    return this.#expect(isDisposed || bound === undefined || needed.some(isGone), "run", () => {
      const before = valuesOf(leaf);
      const added = bound === undefined ? [] : valuesOf(bound);
      const y = before.map((value, i) => 2 * value + (added[i] ?? 0));
      program.run();
      if (target !== undefined) write(target, y);
      const isCopied = target !== undefined && isShared(leaf, target);
      compiled.left = { y, before: isCopied ? before : [] };
    });
  }

  /** Makes a call that must be refused, or must not be. */
  #expect(isWrong: boolean, name: string, call: () => void): unknown {
    try {
      call();
    } catch (error) {
      if (!(error instanceof LanegradError) || error instanceof TrapError) throw error;
      if (!isWrong) throw new WrongAnswer(`${name}: refused, though nothing is wrong: ${error.message}`);
      return error;
    }
    if (isWrong) throw new WrongAnswer(`${name}: not refused`);
    return undefined;
  }

  #either(call: () => void): unknown {
    try {
      call();
    } catch (error) {
      if (error instanceof LanegradError && !(error instanceof TrapError)) return error;
      throw error;
    }
    return undefined;
  }

  /** Every live tensor and output holds what the model says. */
  #check(): void {
    for (const [i, held] of this.#held.entries()) {
      if (held.tensor.isDisposed !== isGone(held)) throw new WrongAnswer(`t${i}: disposed or not`);
      if (!isGone(held)) this.#compare(`t${i}`, held.tensor, valuesOf(held));
    }
    for (const [i, { program, isDisposed, left }] of this.#programs.entries()) {
      if (isDisposed || left === undefined) continue;
      this.#compare(`program ${i}: y`, program.outputs.y, left.y);
      if (left.before.length > 0) this.#compare(`program ${i}: before`, program.outputs.before, left.before);
    }
  }

  #compare(name: string, found: Tensor, expected: readonly number[]): void {
    const { data } = found;
    if (expected.every((value, i) => data[i] === value)) return;
    throw new WrongAnswer(`${name} is ${data}, expected ${expected}`);
  }
}

function isGone({ isDisposed, memory }: Held): boolean {
  return isDisposed || !memory.isLive;
}

function isShared(a: Held, b: Held): boolean {
  if (a.memory !== b.memory || a.size === 0 || b.size === 0) return false;
  return a.start < b.start + b.size && b.start < a.start + a.size;
}

function valuesOf({ memory, start, size }: Held): number[] {
  return memory.values.slice(start, start + size);
}

function write({ memory, start }: Held, values: readonly number[]): void {
  for (const [i, value] of values.entries()) memory.values[start + i] = value;
}
