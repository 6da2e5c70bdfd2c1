/** The plain kernels, once for each float type. */
import type { FloatType } from "lanegrad";
import * as kernels from "./kernels.ts";

export type PlainKernels = typeof kernels;

/**
 * The kernels for one float type. A compiler specialises a function for the arrays that it has seen, and is
 * slower where they were of two types; so each type has functions of its own, made from the same source.
 */
export function plainKernels(dtype: FloatType): PlainKernels {
  return COPIES[dtype];
}

const COPIES: { readonly [D in FloatType]: PlainKernels } = { float32: copies(), float64: copies() };

function copies(): PlainKernels {
  const entries = Object.entries(kernels).map(([name, kernel]) => [name, new Function(`return ${kernel}`)()]);
  return Object.fromEntries(entries) as PlainKernels;
}
