/** Calls of kernels of rows that are mostly zero. */
import type { FloatType } from "../../src/wasm/dtype.ts";
import { type Case, type FloatCases, factor, hyperparameters, LONG, ROWS, SIZES } from "./case.ts";
import type { Draws, Operand, Pair } from "./pair.ts";

/** Sparse rows: starts, columns and values, with room for 8 more columns and values. */
function sparseRows(
  pair: Pair,
  dtype: FloatType | "uint8",
  how: Draws,
  m: number,
  k: number,
): [starts: Operand, columns: Operand, values: Operand] {
  const starts = [0];
  const columns: number[] = [];
  for (let i = 0; i < m; i++) {
    const share = pair.pick([0, 0.2, 0.9]);
    for (let j = 0; j < k; j++) if (pair.whole(0, 99) < 100 * share) columns.push(j);
    starts.push(columns.length);
  }
  const length = columns.length + 8;
  const values = dtype === "uint8" ? pair.indices("uint8", length, 256) : pair.floats(dtype, length, how);
  return [pair.given("int32", starts), pair.given("uint16", [...columns, ...Array(8).fill(0)]), values];
}

const gatherSparseRows: Case = (pair, dtype, how) => {
  const [m, rows, k] = [pair.pick(ROWS), pair.whole(1, 6), pair.pick(LONG)];
  const table = sparseRows(pair, "uint8", how, rows, k);
  const indices = pair.indices("int32", m + 1, rows);
  const starts = pair.elementsOf(table[0]);
  const taken = pair.elementsOf(indices).slice(0, m);
  const total = taken.reduce((sum, i) => sum + (starts[i + 1] ?? 0) - (starts[i] ?? 0), 0);
  const to = [pair.output("int32", m + 1, 0), pair.output("uint16", total, 8), pair.output(dtype, total, 8)];
  return [m, ...table, indices, ...to, factor(pair, dtype)];
};

const sparseForward: Case = (pair, dtype, how) => {
  const [m, k, n] = [pair.pick(ROWS), pair.pick(SIZES), pair.pick(LONG)];
  const x = sparseRows(pair, dtype, how, m, k);
  const [w, b] = [pair.floats(dtype, k * n, how), pair.floats(dtype, n, how)];
  return [m, n, ...x, w, b, pair.floats(dtype, m * n, how)];
};

const sparseBackward: Case = (pair, dtype, how) => {
  const [m, k, n] = [pair.pick(ROWS), pair.pick(SIZES), pair.pick(LONG)];
  const x = sparseRows(pair, dtype, how, m, k);
  const [d, w] = [pair.floats(dtype, m * n, how), pair.floats(dtype, k * n, how)];
  return [m, n, ...x, d, w, factor(pair, dtype), pair.pick([0, hyperparameters(pair)])];
};

type Names = "gatherSparseRows" | "sparseForward" | "sparseBackward";

export const SPARSE_CASES: Pick<FloatCases, Names> = {
  gatherSparseRows,
  sparseForward,
  sparseBackward,
};
