/** The logarithm of a sum of exponentials over axes. */
import { scoped } from "../disposable.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, drop, equal, keep, mul, sub } from "./binary.ts";
import type { Into } from "./check.ts";
import { exp, log } from "./elementwise.ts";
import { foldOf } from "./fold.ts";
import { withRule } from "./operation.ts";
import { max } from "./reduce.ts";
import { reshape } from "./rows.ts";
import { type ReduceFunction, type ReduceOptions, sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/**
 * ln Σ e^x over axes, with the largest taken off first, so that nothing overflows; -∞ over nothing. Its gradient is the softmax
 * of x, 0 where the result is -∞. Options and errors as for `sum`; of floats.
 *
 * @example
 * using x = tensor(engine, [1000, 1000]);
 * using y = logSumExp(x); // 1000 + ln 2
 * y.toArray(); // → 1000.693…
 */
export const logSumExp: ReduceFunction = ((x: Value<FloatType>, options: ReduceOptions & Into<FloatType> = {}) => {
  const { over, kept, into, repeated } = foldOf("logSumExp", x, options);
  return scoped((own): Value<FloatType> => {
    const largest = own(finite(own(max(x, kept))));
    const total = own(sum(own(exp(own(sub(x, largest)) as Tensor<FloatType>)) as Value<FloatType>, over));
    const shift = own(reshape(largest, total.shape));
    const y: Value<FloatType> = add(own(log(total as Tensor<FloatType>)), shift as Tensor<FloatType>, into);
    return withRule("logSumExp", y, [x], (_, dy) => {
      // Where y is -∞, so is every x, and e^(x - y) would be NaN.
      const size = y as Value<FloatType> as Floats;
      const share = exp(sub(x as Floats, repeated(drop(equal(size, -Infinity), size))));
      return mul(repeated(dy), share);
    });
  });
}) as ReduceFunction;

/** x, and 0 in place of what is not finite. */
function finite(x: Value<FloatType>): Value<FloatType> {
  return scoped((own) => keep(own(equal(own(sub(x, x)), 0)), x));
}
