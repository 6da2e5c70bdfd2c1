/** Functions of one element that are no activations: the reference for assembly/kernels/unary.ts. */
import type { FloatKernels, UNARY } from "../wasm/abi.ts";
import { type Element, nearestEven } from "./element.ts";
import type { Powers } from "./powers.ts";
import { acos, asin, atan2, cos, sin, tan } from "./trigonometry.ts";

function sign(x: number): number {
  if (x > 0) return 1;
  return x < 0 ? -1 : Math.abs(x); // 0 or NaN
}

/** @param powers of float64 */
export function unaries({ floats, at, round }: Element, powers: Powers): Pick<FloatKernels, "unary"> {
  const { expm1, log1p, sinh, cosh, log2, log10, erf } = powers;
  const named: { readonly [Name in keyof typeof UNARY]: (x: number) => number } = {
    ...{ abs: Math.abs, sign, floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc, round: nearestEven },
    ...{ sin, cos, tan, asin, acos, atan: (x: number) => atan2(x, 1) },
    ...{ sinh, cosh, expm1, log1p, log2, log10, erf },
  };
  const functions = Object.values(named); // in the order of their numbers
  return {
    unary: (f, n, x, y) => {
      const v = floats();
      const of = functions[f]!;
      const [from, to] = [at(x), at(y)];
      for (let i = 0; i < n; i++) v[to + i] = round(of(v[from + i]!));
    },
  };
}
