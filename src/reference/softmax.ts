/**
 * Softmax of each row, and what its losses share with it: the reference for assembly/simd/rows.ts and
 * assembly/kernels/softmax.ts. A row's maximum and its sum are folded by lanes.
 */
import type { FloatKernels } from "../wasm/abi.ts";
import { type Element, pmax } from "./element.ts";

/** Elements of a block of rows, from whose end to whose end losses are added up. A longer row is a block. */
export const BLOCK = 2048;

/** Folds and maps of one row of n elements. */
export type RowFolds = {
  /** max_j x_j, of the elements that are numbers. */
  readonly max: (n: number, x: number) => number;
  /** out_j ← e^(x_j - max_j x_j); returns the maximum. */
  readonly exponentials: (n: number, x: number, out: number) => number;
  /** Σ_j x_j. Where scale is not 0, also x_j ← x_j / Σ · scale. */
  readonly sum: (n: number, x: number, scale: number) => number;
};

export function rowFolds({ floats, lanes, add, sub, mul, div }: Element, exp: (x: number) => number): RowFolds {
  const max = (n: number, x: number): number => lanes(pmax, -Infinity, n, x);
  return {
    max,
    exponentials: (n, x, out) => {
      const v = floats();
      const top = max(n, x);
      for (let j = 0; j < n; j++) v[out + j] = exp(sub(v[x + j]!, top));
      return top;
    },
    sum: (n, x, scale) => {
      const v = floats();
      const sum = lanes(add, 0, n, x);
      if (scale !== 0) for (let j = x; j < x + n; j++) v[j] = mul(div(v[j]!, sum), scale);
      return sum;
    },
  };
}

export function softmaxima({ at }: Element, { exponentials, sum }: RowFolds): Pick<FloatKernels, "softmax"> {
  return {
    softmax: (m, n, z, p, _scratch) => {
      const from = at(z);
      const to = at(p);
      for (let i = 0; i < m; i++) {
        exponentials(n, from + i * n, to + i * n);
        sum(n, to + i * n, 1);
      }
    },
  };
}
