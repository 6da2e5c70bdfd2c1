/**
 * Fields: one tensor of each dtype, in which all operands of a call lie as views, with unused elements around them.
 *
 *   field  ░░░░ x ░░ y ░░░░░░ out ░░░░░░░░░░        ░ is filled with a pattern
 *
 * A call may change what it writes and nothing else. It is made twice, in fields of different patterns: a result that differs
 * has read beyond its operands.
 */

import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { expressionOf, input } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { Tensor, zeros } from "../../src/tensor/tensor.ts";
import type { DType, FloatType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import { type Argument, FIELD_ELEMENTS } from "./calls.ts";

const DTYPES: readonly DType[] = ["float32", "float64", "int32", "uint16", "uint8"];

/** The fields of one engine, and what was made for the call that is under way. */
export class Fields {
  readonly engine: Engine;
  readonly #fields: ReadonlyMap<DType, Tensor>;
  readonly #owned: { dispose(): void }[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
    this.#fields = new Map(DTYPES.map((dtype) => [dtype, zeros(engine, [FIELD_ELEMENTS], { dtype })]));
  }

  /** Every byte of every field becomes this one. */
  fill(pattern: number): void {
    for (const field of this.#fields.values()) bytesOf(field).fill(pattern);
  }

  /** A copy of all bytes. */
  snapshot(): Map<DType, Uint8Array> {
    return new Map([...this.#fields].map(([dtype, field]) => [dtype, bytesOf(field).slice()]));
  }

  /** The first byte that has changed outside of the tensors that may be written; undefined if none has. */
  changed(before: ReadonlyMap<DType, Uint8Array>, written: readonly Tensor[]): string | undefined {
    for (const [dtype, field] of this.#fields) {
      const [now, then] = [bytesOf(field), before.get(dtype) ?? new Uint8Array(0)];
      for (const tensor of written) {
        if (tensor.engine !== this.engine || tensor.dtype !== dtype || tensor.isDisposed) continue;
        const { byteOffset, byteLength } = bytesOf(tensor);
        const start = byteOffset - now.byteOffset;
        if (start >= 0 && start < now.length) then.set(now.subarray(start, start + byteLength), start);
      }
      if (Buffer.compare(now, then) !== 0) return `${dtype} byte ${now.findIndex((byte, i) => byte !== then[i])}`;
    }
    return undefined;
  }

  /** A tensor of the call: a view at its place, or what stands for one. */
  place(argument: Extract<Argument, { kind: "tensor" }>, inputs: string): unknown {
    const { dtype, shape, start, values, state, as } = argument;
    if (as === "input") return input(this.engine, shape, { name: inputs, dtype });
    const field = this.#fields.get(dtype) as Tensor;
    const view = field.part(start, shape);
    view.data.set(values);
    if (state === "disposed") view.dispose();
    return as === "expression" && state !== "disposed" ? expressionOf(view) : view;
  }

  /** Sparse rows, which have blocks of their own. */
  sparse({ dtype, shape: [m, k], state }: Extract<Argument, { kind: "sparse" }>): SparseMatrix {
    using bytes = zeros(this.engine, [m, k], { dtype: "uint8" });
    for (let i = 0; i < m * k; i++) bytes.data[i] = i % 3;
    const table = this.#own(compress(bytes));
    const made = dtype === "uint8" ? table : this.#own(this.#floats(table, dtype));
    if (state === "disposed") made.dispose();
    return made;
  }

  #floats<D extends FloatType>(table: SparseMatrix<"uint8">, dtype: D): SparseMatrix<D> {
    const made = new SparseMatrix(this.engine, table.shape, { dtype, maxRowNonzeros: table.maxRowNonzeros });
    const [m] = table.shape;
    using order = zeros(this.engine, [m], { dtype: "int32" });
    for (let i = 0; i < m; i++) order.data[i] = i;
    gatherSparseRows(table, order, made);
    return made;
  }

  #own<T extends { dispose(): void }>(made: T): T {
    this.#owned.push(made);
    return made;
  }

  /** Gives back what was made for the call. */
  clear(): void {
    for (const made of this.#owned.splice(0)) made.dispose();
  }
}

/** What a call gave, to the bit. */
export function digest(result: unknown): string {
  if (result instanceof Tensor) {
    return `${result.dtype} [${result.shape.join()}] ${Buffer.from(bytesOf(result)).toString("latin1")}`;
  }
  if (result instanceof SparseMatrix) {
    const { starts, columns, values, nonzeros } = result;
    return [starts, columns.part(0, [nonzeros]), values.part(0, [nonzeros])].map(digest).join();
  }
  if (typeof result === "number") return Object.is(result, -0) ? "-0" : String(result);
  if (Array.isArray(result)) return `[${result.map(digest).join()}]`;
  return typeof result;
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
