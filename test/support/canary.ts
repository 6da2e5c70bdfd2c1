/**
 * Raw kernel calls in a field of NaN:
 *
 *   NaN … NaN │ x: operand │ NaN … NaN │ y: operand, NaN in the gaps between its rows │ NaN … NaN
 *
 * A read beyond an operand brings NaN into the result; a write beyond an output changes the field, to the bit.
 * Operands start at every multiple of their elements, because a view of a tensor may too.
 */
import { type ArrayOf, bytesPerElement, type DType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";

const MARGIN_BYTES = 64;
const LOW_BYTES = 256;
const NAN_BYTE = 0xff; // NaN in both float types, -1 in int32, 255 in uint8

export type Form = {
  /** Rows of equal length, and how many elements lie between them. */
  readonly rows?: number;
  readonly gap?: number;
  /** 16 for scratch; else an operand lies where its turn puts it. */
  readonly alignment?: number;
};

/** Where a kernel finds an operand. */
export class Operand<D extends DType = DType> {
  readonly dtype: D;
  readonly pointer: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements from one row to the next. */
  readonly stride: number;
  readonly #engine: Engine;

  constructor(engine: Engine, dtype: D, pointer: number, form: { rows: number; columns: number; gap: number }) {
    this.#engine = engine;
    this.dtype = dtype;
    this.pointer = pointer;
    this.rows = form.rows;
    this.columns = form.columns;
    this.stride = form.columns + form.gap;
  }

  /** The elements of one row, in memory. */
  row(i: number): ArrayOf[D] {
    const start = this.pointer + i * this.stride * bytesPerElement(this.dtype);
    return this.#engine.memory.view(this.dtype, start, this.columns);
  }

  /** A copy of the elements, row by row, without the gaps. */
  values(): number[] {
    const values: number[] = [];
    for (let i = 0; i < this.rows; i++) for (const value of this.row(i)) values.push(value);
    return values;
  }
}

/** Part of an engine's memory, NaN wherever no operand lies. */
export class Canary {
  readonly #engine: Engine;
  readonly #start: number;
  readonly #limit: number;
  #end: number;
  #turn = 0;

  constructor(engine: Engine, bytes: number = 1 << 16) {
    this.#engine = engine;
    this.#start = engine.memory.allocate(bytes).pointer;
    this.#limit = this.#start + bytes;
    this.#end = this.#limit;
    this.clear();
  }

  /** Forgets the operands; every byte is NaN again. */
  clear(): void {
    this.#bytes().fill(NAN_BYTE);
    this.#end = this.#start + MARGIN_BYTES;
  }

  /** An operand with these elements. */
  place<D extends DType>(dtype: D, values: ArrayLike<number>, form: Form = {}): Operand<D> {
    const operand = this.room(dtype, values.length, form);
    for (let i = 0, from = 0; i < operand.rows; i++) {
      const row = operand.row(i);
      for (let j = 0; j < row.length; j++) row[j] = values[from++] ?? Number.NaN;
    }
    return operand;
  }

  /** An output, or scratch: NaN in every byte. */
  room<D extends DType>(dtype: D, length: number, { rows = 1, gap = 0, alignment = 0 }: Form = {}): Operand<D> {
    const size = bytesPerElement(dtype);
    const columns = rows === 0 ? 0 : length / rows;
    const shift = alignment === 0 ? (this.#turn++ * size) % 16 : 0;
    const pointer = Math.ceil(this.#end / 16) * 16 + shift;
    const operand = new Operand(this.#engine, dtype, pointer, { rows, columns, gap });
    this.#end = pointer + rows * operand.stride * size + MARGIN_BYTES;
    if (this.#end > this.#limit) throw new Error(`the field is ${this.#end - this.#limit} bytes too small`);
    return operand;
  }

  /** Runs a kernel, and checks that nothing changed outside of the outputs, nor where an operand would lie that is not there. */
  run<R>(outputs: readonly Operand[], kernel: () => R): R {
    const before = this.#bytes().slice();
    const low = this.#low().slice();
    const result = kernel();
    if (Buffer.compare(low, this.#low()) !== 0) throw new Error("the kernel wrote to address 0 or close behind");
    const after = this.#bytes();
    for (const output of outputs) {
      for (let i = 0; i < output.rows; i++) {
        const { byteOffset, byteLength } = output.row(i);
        const start = byteOffset - this.#start;
        before.set(after.subarray(start, start + byteLength), start);
      }
    }
    if (Buffer.compare(before, after) === 0) return result;
    const where = before.findIndex((byte, i) => byte !== after[i]);
    throw new Error(`the kernel changed byte ${where} of the field, outside of its outputs`);
  }

  /** The beginning of memory, where nothing lies: 0 stands for no operand. */
  #low(): Uint8Array {
    return this.#engine.memory.view("uint8", 0, LOW_BYTES);
  }

  /** The bytes in use. */
  #bytes(): Uint8Array {
    return this.#engine.memory.view("uint8", this.#start, this.#end - this.#start);
  }
}
