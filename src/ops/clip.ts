/** Elements between two bounds. */
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { greaterEqual, keep, maximum, minimum } from "./binary.ts";
import { checkFloat, checkNumber } from "./check.ts";
import { lessEqual, logicalAnd } from "./comparison.ts";
import { withRule } from "./operation.ts";

type Floats = Expression<FloatType>;

/**
 * x between two bounds: min below, max above, and max everywhere where min is above it. Its gradient is 1 from min to max,
 * both included, else 0, as PyTorch's `clamp`.
 *
 * @param min -Infinity for none
 * @param max Infinity for none
 * @throws {OptionError} a bound that is not a number
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [-3, 0.5, 9]);
 * using y = clip(x, 0, 1);
 * y.toArray(); // → [0, 0.5, 1]
 */
export function clip<D extends FloatType>(x: Tensor<D>, min: number, max: number): Tensor<D>;
export function clip<D extends FloatType>(x: Expression<D>, min: number, max: number): Expression<D>;
export function clip<D extends FloatType>(x: Value<D>, min: number, max: number): Value<D>;
export function clip(x: Value<FloatType>, min: number, max: number): Value<FloatType> {
  checkFloat("clip", "x", x);
  checkNumber("clip", "min", min);
  checkNumber("clip", "max", max);
  using above = maximum(x, min);
  return withRule("clip", minimum(above, max), [x], (_, dy) => {
    const at = x as Floats;
    return keep(logicalAnd(greaterEqual(at, min), lessEqual(at, max)), dy);
  });
}
