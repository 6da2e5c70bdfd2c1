/** What tests of networks share: small operands, comparisons by name, and a layer written out. */
import * as assert from "uvu/assert";
import { gatherRows } from "../../src/ops/gather.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import { assertSame, assertWithin } from "../support/compare.ts";
import { draws, reals } from "../support/floats.ts";
import * as oracle from "../support/oracle.ts";

export const TOLERANCE = { float64: 1e-12, float32: 1e-5 } as const;
/** Weights that make something of their input. */
export const std1 = { weights: { std: 1 } } as const;

type Named = Readonly<Record<string, Tensor<FloatType>>>;

export function matrix<D extends FloatType>(
  engine: Engine,
  dtype: D,
  rows: number,
  columns: number,
  seed: number,
): Tensor<D> {
  return tensor(engine, reals(rows * columns, seed, dtype), { dtype, shape: [rows, columns], name: "x" });
}

export function labelsFor(engine: Engine, rows: number, classes: number, seed = 1): Tensor<"int32"> {
  const draw = draws(seed);
  return tensor(
    engine,
    Int32Array.from({ length: rows }, () => Math.floor(classes * draw())),
  );
}

/** Copies in float64. */
export function valuesOf(tensors: Named): Record<string, Float64Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, Float64Array.from(data)]));
}

export function assertNear(
  got: Named,
  want: Readonly<Record<string, Float64Array>>,
  tolerance: number,
  label: string,
): void {
  assert.equal(Object.keys(got), Object.keys(want));
  for (const [name, { data }] of Object.entries(got)) {
    assertWithin(data, want[name]!, (i) => tolerance * Math.max(1, Math.abs(want[name]![i]!)), `${label}, ${name}`);
  }
}

export function assertSameBits(got: Named, want: Named, label: string): void {
  for (const [name, { data }] of Object.entries(got)) assertSame(data, want[name]!.data, `${label}, ${name}`);
}

/** Bytes of which two thirds are 0, and the same rows dense and sparse. */
export class Rows<D extends FloatType> {
  readonly dense: Tensor<D>;
  readonly sparse: SparseMatrix<D>;

  constructor(engine: Engine, dtype: D, rows: number, columns: number, seed: number, maxRowNonzeros: number = columns) {
    const draw = draws(seed);
    const bytes = Uint8Array.from({ length: rows * columns }, () => (draw() < 0.67 ? 0 : Math.floor(256 * draw())));
    using table = tensor(engine, bytes, { shape: [rows, columns] });
    using order = tensor(
      engine,
      Int32Array.from({ length: rows }, (_, i) => i),
    );
    using compressed = compress(table);
    this.dense = zeros(engine, [rows, columns], { dtype });
    gatherRows(table, order, this.dense, 1 / 255);
    this.sparse = new SparseMatrix(engine, [rows, columns], { dtype, maxRowNonzeros });
    gatherSparseRows(compressed, order, this.sparse, 1 / 255);
  }

  [Symbol.dispose](): void {
    this.dense.dispose();
    this.sparse.dispose();
  }
}

/** x·W + b */
export function affineOf(m: number, x: Float64Array, w: Float64Array, b: Float64Array): Float64Array {
  const [n, k] = [b.length, w.length / b.length];
  return oracle.product(m, n, k, x, w).map((value, at) => value + b[at % n]!);
}
