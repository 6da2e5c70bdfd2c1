/**
 * Variances and standard deviations over axes, in two passes: the mean, then the squares of the distances from it.
 *
 *   d_i = x_i - mean x,   variance = Σ d_i² / (N - correction)
 */
import { scoped } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, div, equal, keep, mul, sub } from "./binary.ts";
import type { Into } from "./check.ts";
import { sqrt } from "./elementwise.ts";
import { foldOf } from "./fold.ts";
import { withRule } from "./operation.ts";
import { mean } from "./reduce.ts";
import { type ReduceOptions, sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** Which axes are folded, and what is divided by. */
export type VarianceOptions = ReduceOptions & {
  /** What is taken from the number of elements; 1 for an unbiased estimate. Default 0. */
  readonly correction?: number;
};

/** A spread over axes: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type VarianceFunction = {
  <D extends FloatType>(x: Tensor<D>, options?: VarianceOptions & Into<D>): Tensor<D>;
  <D extends FloatType>(x: Expression<D>, options?: VarianceOptions): Expression<D>;
  <D extends FloatType>(x: Value<D>, options?: VarianceOptions): Value<D>;
};

/**
 * The mean of squared distances from the mean, over axes: NaN where there are not more elements than `correction`, ∞ where
 * they differ nevertheless. Other options and errors as for `sum`.
 *
 * @throws {OptionError} a correction that is not a finite number
 * @example
 * using x = tensor(engine, [[1, 3], [2, 6]]);
 * using rows = variance(x, { axes: [1] });
 * rows.toArray(); // → [1, 4]
 */
export const variance: VarianceFunction = ((
  x: Value<FloatType>,
  options: VarianceOptions & Into<FloatType> = {},
): Value<FloatType> => spread("variance", x, options)) as VarianceFunction;

/** √variance. Where it is 0, so are its gradient and second derivatives. Options and errors as for `variance`. */
export const std: VarianceFunction = ((
  x: Value<FloatType>,
  options: VarianceOptions & Into<FloatType> = {},
): Value<FloatType> => spread("std", x, options)) as VarianceFunction;

function spread(
  name: "variance" | "std",
  x: Value<FloatType>,
  options: VarianceOptions & Into<FloatType>,
): Value<FloatType> {
  const { over, kept, count, into, repeated } = foldOf(name, x, options, { correction: 1 });
  const { correction = 0 } = options;
  if (!Number.isFinite(correction)) throw new OptionError(`${name}: correction`, "a finite number", correction);
  const divisor = Math.max(0, count - correction);
  return scoped((own) => {
    const d = own(sub(x, own(mean(x, kept)))) as Floats;
    const total = own(sum(own(mul(d, d)), over)) as Value<FloatType> as Tensor<FloatType>;
    const squared = (to: Into<FloatType>) => div(total, divisor, to);
    if (name === "variance") {
      return withRule(name, squared(into), [x], (_, dy) => mul(d, repeated(mul(dy, 2 / divisor))));
    }
    const y: Value<FloatType> = withRule(name, sqrt(own(squared({})), into), [x], (_, dy) => {
      const size = y as Value<FloatType> as Floats; // with this rule, for second derivatives
      const safe = add(size, equal(size, 0));
      return mul(d, repeated(keep(size, div(dy, mul(safe, divisor)))));
    });
    return y;
  });
}
