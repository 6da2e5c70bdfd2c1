/** Gradients of a loss by central differences, from the loss alone: two evaluations for each element of the parameters. */

import { centralDifferences } from "../numeric/central_differences.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { NamedTensors } from "./parameters.ts";

/** How far a parameter moves by default. */
export const STEP: { readonly [D in FloatType]: number } = { float32: 1e-2, float64: 1e-4 };

/** Fills `gradients`, two evaluations of `loss` for each element of the parameters. */
export function plainGradients<Name extends string, D extends FloatType>(
  parameters: NamedTensors<Name, D>,
  gradients: NamedTensors<Name, D>,
  loss: () => number,
  h: number,
): NamedTensors<Name, D> {
  for (const name in parameters) {
    const [value, gradient] = [parameters[name], gradients[name]];
    centralDifferences(
      loss,
      () => value.data,
      () => gradient.data,
      h,
    );
  }
  return gradients;
}
