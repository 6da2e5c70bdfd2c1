/** Elements between two bounds. */
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { greaterEqual, keep, type Last, maximum, minimum } from "./binary.ts";
import { checkFloatOrInt32, checkNumber, type Into, intoOf } from "./check.ts";
import { lessEqual, logicalAnd } from "./comparison.ts";
import { withRule } from "./operation.ts";

type Floats = Expression<FloatType>;

/**
 * x between two bounds: min below, max above, and max everywhere where min is above it. Its gradient is 1 from min to max,
 * both included, else 0, as PyTorch's `clamp`.
 *
 * @param min -Infinity for none
 * @param max Infinity for none
 * @throws {OptionError} a bound that is not a number, or of int32 one that is neither an integer of it nor infinite
 * @throws {DTypeError} neither floats nor int32
 * @throws {ShapeError} an `out` that does not fit, or overlaps in part
 * @example
 * using x = tensor(engine, [-3, 0.5, 9]);
 * using y = clip(x, 0, 1);
 * y.toArray(); // → [0, 0.5, 1]
 */
export function clip<D extends NumberType>(x: Tensor<D>, min: number, max: number, options?: Into<D>): Tensor<D>;
export function clip<D extends NumberType>(x: Expression<D>, min: number, max: number): Expression<D>;
export function clip<D extends NumberType>(x: Value<D>, min: number, max: number): Value<D>;
export function clip(x: Value<FloatType>, min: number, max: number, options: Into<FloatType> = {}): Value<FloatType> {
  checkFloatOrInt32("clip", "x", x);
  checkNumber("clip", "min", min);
  checkNumber("clip", "max", max);
  const into = intoOf("clip", options, x, [x], [0]);
  const [low, high] = (x.dtype as NumberType) === "int32" ? [within(min), within(max)] : [min, max];
  using above = maximum(x, low);
  return withRule("clip", (minimum as Last)(above, high, into), [x], (_, dy) => {
    const at = x as Floats;
    return keep(logicalAnd(greaterEqual(at, min), lessEqual(at, max)), dy);
  });
}

/** A bound among int32, of which the smallest and the largest number are those for none. */
function within(bound: number): number {
  return bound === -Infinity ? -(2 ** 31) : bound === Infinity ? 2 ** 31 - 1 : bound;
}
