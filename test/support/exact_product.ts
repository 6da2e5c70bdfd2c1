/** Products of matrices without any rounding, for operands over the whole range of their type: integers as BigInt. */
import type { FloatType } from "../../src/wasm/dtype.ts";
import { scaled } from "./precise.ts";

/** Σ a_ip·b_pj and Σ |a_ip|·|b_pj|, in units of 2^-2148. */
export type ExactSum = { readonly sum: bigint; readonly size: bigint };

/** Units of `ExactSum` in one unit of `scaled`. */
const UNIT = 1074n;
const DIGITS: { readonly [D in FloatType]: bigint } = { float32: 24n, float64: 53n };
/** Half of the smallest number of a type: what rounding among subnormal numbers can take off. */
const HALF_SMALLEST: { readonly [D in FloatType]: bigint } = {
  float32: 1n << (2148n - 150n),
  float64: 1n << (2148n - 1075n),
};
/** The first number that rounds to ∞, half a unit above the largest. */
const OVERFLOW: { readonly [D in FloatType]: bigint } = {
  float32: ((1n << 25n) - 1n) << (2148n + 103n),
  float64: ((1n << 54n) - 1n) << (2148n + 970n),
};

/** The exact elements of AB for A (m × k) and B (k × n), row by row. */
export function exactProduct(m: number, n: number, k: number, a: Float64Array, b: Float64Array): ExactSum[] {
  const [left, right] = [Array.from(a, scaled), Array.from(b, scaled)];
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let [sum, size] = [0n, 0n];
    for (let p = 0; p < k; p++) {
      const term = (left[i * k + p] ?? 0n) * (right[p * n + j] ?? 0n);
      sum += term;
      size += term < 0n ? -term : term;
    }
    return { sum, size };
  });
}

/** k·eps·Σ|a||b|, and for each term and the sum half of the smallest number; eps is from 1 to the next number. */
export function roundingBound({ size }: ExactSum, k: number, dtype: FloatType): bigint {
  return ((BigInt(k) * size) >> (DIGITS[dtype] - 1n)) + BigInt(k + 1) * HALF_SMALLEST[dtype];
}

/** |got - sum|. */
export function residual(got: number, { sum }: ExactSum): bigint {
  const difference = (scaled(got) << UNIT) - sum;
  return difference < 0n ? -difference : difference;
}

/** Whether some order of the sum, rounded, may leave the finite numbers on its way. */
export function mayOverflow(exact: ExactSum, k: number, dtype: FloatType): boolean {
  return exact.size + roundingBound(exact, k, dtype) >= OVERFLOW[dtype];
}

/** ±1 where the sum itself, whatever rounds, is far beyond the finite numbers and its terms are of one sign; else 0. */
export function signOfOverflow({ sum, size }: ExactSum, dtype: FloatType): -1 | 0 | 1 {
  if (size < 2n * OVERFLOW[dtype] || (sum !== size && sum !== -size)) return 0;
  return sum > 0n ? 1 : -1;
}
