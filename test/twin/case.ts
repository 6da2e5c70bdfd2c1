/**
 * A drawn call of a kernel, and sizes around the seams of the SIMD code.
 *
 * What says which rows are taken goes on for one row more than is asked for: a kernel that reads it shows.
 */
import type { FloatKernels } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import type { Draws, Operand, Pair } from "./pair.ts";

export type Args = readonly (number | Operand)[];
/** @param scratchOf asks the kernels of that name how many bytes they need */
export type Case = (pair: Pair, dtype: FloatType, how: Draws, scratchOf: (...sizes: number[]) => number) => Args;

export type FloatCases = { readonly [Name in keyof FloatKernels]: Case };

/** Around lanes, pairs and fours of vectors, and the strips of sparse products. */
export const SIZES: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 51, 52, 53, 55, 63, 64, 65,
];
export const LONG: readonly number[] = [...SIZES, 95, 96, 100, 103, 104, 105, 127, 128, 129, 200, 255, 256, 257, 1000];
export const ROWS: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 40, 64, 65, 100];
/** α or β, which kernels round to their own type. */
export function factor(pair: Pair, dtype: FloatType): number {
  return pair.pick([0, 1, 1, -1, -0.1, 1 / 255, pair.float(dtype, "wild")]);
}

/** An optimizer's eight numbers. */
export const hyperparameters = (pair: Pair): Operand =>
  pair.given(
    "float64",
    Array.from({ length: 8 }, () => pair.pick([0, 0.9, 0.999, 1, 1e-3, 1e-8])),
  );
