/**
 * Squared error as the chapter defines it: half the sum, not a mean.
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkOutput, checkShapeIs } from "./check.ts";
import type { LossOptions } from "./cross_entropy.ts";

const NO_OPTIONS = {};

/**
 * ½ Σ (y - t)² over all elements, added up in float64.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape; with `gradient`, y - t is written there (it may be y or t)
 * @throws {ShapeError} shapes differ, or `gradient` overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 */
export function squaredError<D extends FloatType>(
  y: Tensor<D>,
  t: Tensor<D>,
  { gradient }: LossOptions<D> = NO_OPTIONS,
): number {
  checkFloat("squaredError", "y", y);
  checkAlike("squaredError", "t", t, y);
  checkShapeIs("squaredError", "t", t, y.shape);
  const kernels = y.engine.kernels[y.dtype];
  if (gradient === undefined) return kernels.squaredError(y.size, y.pointer, t.pointer);
  checkOutput("squaredError", "gradient", gradient, y, [y, t], "may be an input");
  return kernels.squaredErrorGradient(y.size, y.pointer, t.pointer, gradient.pointer, 1);
}
