/**
 * Folds over one axis: the reference for assembly/kernels/reduce.ts. Columns are folded from the first to the last in their own
 * type; a row in float64, in four lanes that begin anew with each round.
 */
import type { FloatKernels } from "../wasm/abi.ts";
import { MAX, MIN, PROD, SUM, SUM_OF_SQUARES } from "./codes.ts";
import { keptOf, stepOf } from "./descent.ts";
import type { Element } from "./element.ts";
import type { Pages } from "./pages.ts";

/** F over nothing. */
function identity(f: number): number {
  if (f === MAX) return -Infinity;
  if (f === MIN) return Infinity;
  return f === PROD ? 1 : 0;
}

/** Σ x_i² of n elements at an address, as a row is folded, not yet rounded. */
export type Squares = { readonly sumOfSquares: (n: number, x: number) => number };

export function reductions(
  memory: Pages,
  { isSingle, floats, at, round, add, mul, madd }: Element,
): Squares & { readonly exported: Pick<FloatKernels, "reduce" | "columnSums"> } {
  /** y_j ← α·F_j + β·y_j for the columns of a k × n matrix with that stride. */
  const columns = (
    f: number,
    k: number,
    n: number,
    x: number,
    stride: number,
    y: number,
    alpha: number,
    beta: number,
  ): void => {
    const v = floats();
    for (let j = 0; j < n; j++) {
      let fold = identity(f);
      for (let p = 0, i = x + j; p < k; p++, i += stride) {
        const value = v[i]!;
        if (f === MAX) fold = Math.max(fold, value);
        else if (f === MIN) fold = Math.min(fold, value);
        else if (f === PROD) fold = mul(fold, value);
        else fold = add(fold, f === SUM ? value : mul(value, value));
      }
      v[y + j] = beta === 0 ? mul(alpha, fold) : madd(alpha, fold, mul(beta, v[y + j]!));
    }
  };

  /** F of k elements in a row. */
  const row = (f: number, k: number, x: number): number => {
    const v = floats();
    const start = identity(f);
    const fold = (y: number, value: number): number => {
      if (f === MAX) return Math.max(y, value);
      if (f === MIN) return Math.min(y, value);
      if (f === PROD) return y * value;
      return y + (f === SUM ? value : value * value);
    };
    let y0 = start;
    let y1 = start;
    let z0 = start;
    let z1 = start;
    let i = 0;
    for (const round = isSingle ? 4 : 2; i + round <= k; i += round) {
      if (isSingle) {
        y0 = fold(y0, v[x + i]!);
        y1 = fold(y1, v[x + i + 1]!);
        z0 = fold(z0, v[x + i + 2]!);
        z1 = fold(z1, v[x + i + 3]!);
      } else {
        // Every other vector goes to the other accumulator.
        const last0 = y0;
        const last1 = y1;
        y0 = fold(z0, v[x + i]!);
        y1 = fold(z1, v[x + i + 1]!);
        z0 = last0;
        z1 = last1;
      }
    }
    for (; i < k; i++) y0 = fold(y0, v[x + i]!);
    if (f === MAX) return Math.max(y0, z0, y1, z1);
    if (f === MIN) return Math.min(y0, z0, y1, z1);
    if (f === PROD) return y0 * z0 * (y1 * z1);
    return y0 + z0 + (y1 + z1);
  };

  return {
    sumOfSquares: (n, x) => row(SUM_OF_SQUARES, n, at(x)),
    exported: {
      reduce: (f, m, k, n, x, y) => {
        const v = floats();
        const from = at(x);
        const to = at(y);
        for (let i = 0; i < m; i++) {
          if (n === 1) v[to + i] = row(f, k, from + i * k);
          else columns(f, k, n, from + i * k * n, n, to + i * n, 1, 0);
        }
      },
      columnSums: (m, n, x, y, alpha, beta, hyperparameters, strideX) => {
        const factor = round(stepOf(memory, alpha, hyperparameters));
        columns(SUM, m, n, at(x), strideX, at(y), factor, round(keptOf(memory, beta, hyperparameters)));
      },
    },
  };
}
