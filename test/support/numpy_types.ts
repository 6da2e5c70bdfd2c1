/** What NumPy makes of casts, integers, order and counts: test/fixtures/numpy-types.py. */
import { readFileSync } from "node:fs";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { DType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";

/** Nested numbers; JSON has no number for NaN, ±∞ and -0, whose names stand there. */
type Written = number | string | readonly Written[];

type Fixture = {
  readonly integers: { readonly values: readonly number[] } & Readonly<Record<string, readonly number[]>>;
  readonly block: Written;
  readonly sums: readonly { readonly axes: readonly number[]; readonly y: Written }[];
  readonly casts: readonly { readonly x: Written; readonly from: DType; readonly to: DType; readonly y: Written }[];
  readonly sorts: readonly {
    readonly dtype: DType;
    readonly x: Written;
    readonly shape: readonly number[];
    readonly axis: number;
    readonly ascending: Written;
    readonly descending: Written;
    readonly sorted: Written;
  }[];
  readonly searches: readonly {
    readonly dtype: DType;
    readonly sorted: Written;
    readonly values: Written;
    readonly side: "left" | "right";
    readonly y: Written;
  }[];
  readonly uniques: readonly {
    readonly dtype: DType;
    readonly x: Written;
    readonly shape: readonly number[];
    readonly values: Written;
    readonly inverse: Written;
    readonly counts: Written;
  }[];
  readonly histograms: readonly {
    readonly dtype: DType;
    readonly x: Written;
    readonly options: { readonly bins?: number | number[]; readonly range?: [number, number] };
    readonly counts: Written;
    readonly edges: Written;
  }[];
  readonly bincounts: readonly { readonly x: Written; readonly minLength: number; readonly y: Written }[];
  readonly nonzeros: readonly { readonly x: Written; readonly shape: readonly number[]; readonly y: Written }[];
};

export const NUMPY = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-types.json", import.meta.url), "utf8"),
) as Fixture;

/** Its numbers in a row. */
export function numbersOf(written: Written): number[] {
  return Array.isArray(written) ? written.flatMap(numbersOf) : [Number(written)];
}

/** A tensor of them. */
export function tensorOf<D extends DType>(
  engine: Engine,
  written: Written,
  dtype: D,
  shape?: readonly number[],
): Tensor<D> {
  const numbers = numbersOf(written);
  return tensor(engine, Float64Array.from(numbers), { dtype, shape: shape ?? [numbers.length] });
}
