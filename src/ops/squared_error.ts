/**
 * Squared error as the chapter defines it: half the sum, not a mean.
 */
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { mul, sub } from "./binary.ts";
import { checkAlike, checkFloat, checkNoPlace, checkOutput, checkShapeIs } from "./check.ts";
import type { LossOptions } from "./cross_entropy.ts";
import { apply, isExpression } from "./operation.ts";

type Floats = Expression<FloatType>;

const NO_OPTIONS = {};

/**
 * ½ Σ (y - t)² over all elements, added up in float64.
 *
 * @param y outputs, of any shape
 * @param t targets, of the same shape; with `gradient`, y - t is written there (it may be y or t)
 * @returns the loss; an expression without axes where y or t is an expression
 * @throws {ShapeError} shapes differ, or `gradient` overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using y = tensor(engine, [1, 2]);
 * using t = tensor(engine, [1, 4]);
 * squaredError(y, t); // → 2
 */
export function squaredError<D extends FloatType>(y: Tensor<D>, t: Tensor<D>, options?: LossOptions<D>): number;
export function squaredError<D extends FloatType>(y: Value<D>, t: Value<D>): Expression<D>;
export function squaredError<D extends FloatType>(
  y: Value<D>,
  t: Value<D>,
  options: LossOptions<D> = NO_OPTIONS,
): number | Expression<D> {
  checkOptions<LossOptions<D>>("squaredError", options, { gradient: 1 });
  const { gradient } = options;
  if (isExpression(y) || isExpression(t)) {
    checkNoPlace("squaredError", "gradient", gradient);
    return apply(SQUARED_ERROR, [y, t], {}) as Expression<D>;
  }
  SQUARED_ERROR.form([y, t], {});
  const kernels = y.engine.kernels[y.dtype];
  if (gradient === undefined) return kernels.squaredError(y.size, y.pointer, t.pointer);
  checkOutput("squaredError", "gradient", gradient, y, [y, t], "may be an input");
  return kernels.squaredErrorGradient(y.size, y.pointer, t.pointer, gradient.pointer, 1);
}

const SQUARED_ERROR: Operation = {
  name: "squaredError",
  form([y, t]) {
    checkFloat("squaredError", "y", y as Value);
    checkAlike("squaredError", "t", t as Value, y as Value);
    checkShapeIs("squaredError", "t", t as Value, (y as Value).shape);
    return { dtype: (y as Value).dtype, shape: [] };
  },
  bind({ kernels, forms, at, out }) {
    const n = countOf(forms[0]?.shape ?? []);
    const [y, t] = [at[0]?.pointer ?? 0, at[1]?.pointer ?? 0];
    return () => kernels.store(out.pointer, kernels.squaredError(n, y, t));
  },
  gradient(which, { operands }, dloss) {
    const [y, t] = operands as [Floats, Floats];
    const dy = mul(sub(y, t), dloss);
    return which === 0 ? dy : mul(dy, -1);
  },
  flops: ({ forms }) => 3 * countOf(forms[0]?.shape ?? []),
};
