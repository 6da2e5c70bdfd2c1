/** The same memory content twice, under the build `simd` and under the twin: what a kernel makes of it must be the same. */
import * as assert from "uvu/assert";
import { start } from "../../src/twin/index.ts";
import { ABI, type Exports, type Heap, type LinearMemory } from "../../src/wasm/abi.ts";
import { bytesPerElement, type DType, type FloatType, viewOf } from "../../src/wasm/dtype.ts";
import { loadInstance } from "../../src/wasm/load.ts";
import { draws } from "../support/floats.ts";

/** Bytes that a call's operands may take together, its scratch included. */
const ROOM_BYTES = 1 << 23;
/** Bytes between operands, which no kernel may touch. */
const GAP_BYTES = 32;

/** An operand at `offset` from where the room begins. Scratch is not compared, nor is the `slack` behind an operand. */
export type Operand = {
  readonly dtype: DType | "scratch";
  readonly offset: number;
  readonly length: number;
  readonly slack: number;
};

type Side = { readonly memory: LinearMemory; readonly exports: Exports; readonly room: number };
type Kernel = (...args: number[]) => number | undefined;

/** How numbers are drawn: `tame` ones are normal and small, among `wild` ones is everything that is hard. */
export type Draws = "tame" | "wild";

/** Numbers that are hard for a kernel. */
export const HARD: { readonly [D in FloatType]: readonly number[] } = {
  float32: [
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    2 ** -149,
    -(2 ** -149),
    2 ** -126,
    3.4028234663852886e38,
    1,
    -1,
    88.8,
  ],
  float64: [
    0,
    -0,
    Infinity,
    -Infinity,
    Number.NaN,
    2 ** -1074,
    -(2 ** -1074),
    2 ** -1022,
    Number.MAX_VALUE,
    1,
    -1,
    709.9,
  ],
};

export class Pair {
  readonly #simd: Side;
  readonly #twin: Side;
  #draw = draws(0);
  #operands: Operand[] = [];
  #end = 0;

  private constructor(simd: Side, twin: Side) {
    this.#simd = simd;
    this.#twin = twin;
  }

  /** @param place where the twin's operands lie */
  static async start(place: "low" | "above 2 GiB" = "low"): Promise<Pair> {
    const simd = await loadInstance("simd", undefined);
    const twin = start(ABI);
    const { alloc, free } = heapOf(twin.exports);
    if (place === "above 2 GiB") {
      free(alloc(2 ** 31 + ROOM_BYTES + 64)); // memory grows once, while it is small: there is next to nothing to copy
      alloc(2 ** 31);
    }
    const room = heapOf(simd.exports).alloc(ROOM_BYTES);
    return new Pair({ ...simd, room }, { ...twin, room: alloc(ROOM_BYTES) });
  }

  /** Forgets all operands; the next ones are drawn from `seed` on. */
  clear(seed: number): void {
    this.#draw = draws(seed);
    this.#operands = [];
    this.#end = 0;
  }

  /** An integer from `low` to `high`. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.#draw());
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T;
  }

  floats(dtype: FloatType, length: number, how: Draws): Operand {
    const operand = this.#place(dtype, length);
    const elements = this.#view(this.#simd, operand);
    for (let i = 0; i < length; i++) elements[i] = this.float(dtype, how);
    return operand;
  }

  /** One number, exact in the dtype. */
  float(dtype: FloatType, how: Draws): number {
    const draw = this.#draw;
    const real = 2 * (draw() + draw() / 2 ** 32) - 1;
    if (how === "tame") return dtype === "float32" ? Math.fround(4 * real) : 4 * real;
    if (draw() < 0.06) return this.pick(HARD[dtype]);
    const wild = draw() < 0.2 ? real * 2 ** this.whole(-1074, 1000) : real * 2 ** this.whole(-20, 12);
    return dtype === "float32" ? Math.fround(wild) : wild;
  }

  /** Integers from 0 to below `bound`, some more often than by chance 0. */
  indices(dtype: "int32" | "uint16" | "uint8", length: number, bound: number): Operand {
    return this.given(
      dtype,
      Array.from({ length }, () => (this.#draw() < 0.2 ? 0 : this.whole(0, bound - 1))),
    );
  }

  given(dtype: DType, elements: readonly number[]): Operand {
    return this.#filled(this.#place(dtype, elements.length), elements);
  }

  /** Whose `slack` further elements a kernel may overwrite. */
  output(dtype: DType, length: number, slack: number): Operand {
    return this.#place(dtype, length, slack * bytesPerElement(dtype));
  }

  elementsOf(operand: Operand): number[] {
    return [...this.#view(this.#simd, operand)];
  }

  #filled(operand: Operand, elements: readonly number[]): Operand {
    this.#view(this.#simd, operand).set(elements);
    return operand;
  }

  scratch(bytes: number): Operand {
    return this.#place("scratch", bytes);
  }

  /** How many bytes of scratch a kernel needs. */
  scratchBytes(kernel: string, sizes: readonly number[]): number {
    const name = kernel.endsWith("gemm") ? "gemmScratch" : "crossEntropyScratch";
    return (this.#simd.exports[kernel.slice(0, 1) + name] as (...sizes: number[]) => number)(...sizes);
  }

  /**
   * Calls a kernel of both sides, with addresses in place of operands, and compares all of the room but scratch, and what
   * is returned.
   */
  call(name: string, args: readonly (number | Operand)[]): void {
    const { buffer } = this.#twin.memory;
    const [simd, twin] = [this.#room(this.#simd), this.#room(this.#twin)];
    new Uint8Array(buffer, this.#twin.room, this.#end).set(simd.subarray(0, this.#end));
    const [want, got] = [this.#simd, this.#twin].map(({ exports, room }) => {
      const addresses = args.map((arg) => (typeof arg === "number" ? arg : room + arg.offset));
      return (exports[name] as Kernel)(...addresses);
    });
    const label = `${name}(${args.map((arg) => (typeof arg === "number" ? arg : `${arg.dtype}[${arg.length}]`)).join(", ")})`;
    if (!name.endsWith("gatherSparseRows")) assert.ok(isSame(got, want), `${label} returned ${got}, expected ${want}`);
    let end = 0;
    for (const operand of this.#operands) {
      compareBytes(twin, simd, end, operand.offset, `${label}: before operand`);
      end = operand.offset + bytesOf(operand) + operand.slack;
      if (operand.dtype === "scratch") continue;
      const [found, expected] = [this.#view(this.#twin, operand), this.#view(this.#simd, operand)];
      for (let i = 0; i < operand.length; i++) {
        if (isSame(found[i], expected[i])) continue;
        const which = this.#operands.indexOf(operand);
        assert.unreachable(`${label}: operand ${which}, element ${i} is ${found[i]}, expected ${expected[i]}`);
      }
    }
    compareBytes(twin, simd, end, this.#end, `${label}: behind all`);
  }

  /** 16-byte aligned, with drawn bytes before it that belong to nobody. */
  #place(dtype: Operand["dtype"], length: number, slack = 0): Operand {
    const start = this.#end;
    const offset = Math.ceil((start + GAP_BYTES) / 16) * 16;
    const operand = { dtype, offset, length, slack };
    this.#end = offset + bytesOf(operand) + slack + GAP_BYTES;
    if (this.#end > ROOM_BYTES) throw new Error(`no room for ${this.#end} bytes`);
    const bytes = this.#room(this.#simd);
    for (let i = start; i < this.#end; i++) bytes[i] = 255 * this.#draw();
    this.#operands.push(operand);
    return operand;
  }

  #room({ memory, room }: Side): Uint8Array {
    return new Uint8Array(memory.buffer, room, ROOM_BYTES);
  }

  #view({ memory, room }: Side, { dtype, offset, length }: Operand): ReturnType<typeof viewOf> {
    return viewOf(dtype === "scratch" ? "uint8" : dtype, memory.buffer, room + offset, length);
  }
}

function heapOf(exports: Exports): Heap {
  return exports as unknown as Heap;
}

function bytesOf({ dtype, length }: Operand): number {
  return dtype === "scratch" ? length : length * bytesPerElement(dtype);
}

/** To the bit, but for those of a NaN. */
function isSame(got: number | undefined, want: number | undefined): boolean {
  return Object.is(got, want);
}

function compareBytes(got: Uint8Array, want: Uint8Array, start: number, end: number, label: string): void {
  for (let i = start; i < end; i++) assert.is(got[i], want[i], label);
}
