/**
 * Norms of vectors over axes.
 *
 *   1   Σ |x_i|         2   √Σ x_i²         ∞   max |x_i|
 */
import { scoped } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, div, equal, mul } from "./binary.ts";
import type { Into } from "./check.ts";
import { sqrt } from "./elementwise.ts";
import { foldOf } from "./fold.ts";
import { withRule } from "./operation.ts";
import { max } from "./reduce.ts";
import { abs } from "./rounding.ts";
import { type ReduceOptions, sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** Which axes are folded, and by which norm. */
export type NormOptions = ReduceOptions & {
  /** 1, 2 or Infinity; default 2, the Euclidean norm. */
  readonly order?: number;
};

/** A norm over axes: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type NormFunction = {
  <D extends FloatType>(x: Tensor<D>, options?: NormOptions & Into<D>): Tensor<D>;
  <D extends FloatType>(x: Expression<D>, options?: NormOptions): Expression<D>;
  <D extends FloatType>(x: Value<D>, options?: NormOptions): Value<D>;
};

/**
 * The norm of all elements over axes as one vector: of a matrix over both, Frobenius's; 0 over nothing. Its gradient is 0
 * where it is 0. Other options and errors as for `sum`.
 *
 * @throws {OptionError} an order other than 1, 2 and Infinity
 * @example
 * using x = tensor(engine, [[3, 4], [6, 8]]);
 * using rows = norm(x, { axes: [1] });
 * rows.toArray(); // → [5, 10]
 */
export const norm: NormFunction = ((x: Value<FloatType>, options: NormOptions & Into<FloatType> = {}) => {
  const { over, into, repeated } = foldOf("norm", x, options, { order: 1 });
  const { order = 2 } = options;
  if (order !== 1 && order !== 2 && order !== Infinity) {
    throw new OptionError("norm: order", "1, 2 or Infinity", order);
  }
  return scoped((own): Value<FloatType> => {
    if (order === 2) {
      const y = sqrt(own(sum(own(mul(x, x)), over)) as Tensor<FloatType>, into) as Value<FloatType>;
      return withRule("norm", y, [x], (_, dy) => {
        const size = y as Floats;
        const safe = add(size, equal(size, 0)); // x is 0 where it is 1 in place of 0
        return mul(x as Floats, repeated(div(dy, safe)));
      });
    }
    const sizes = own(abs(x as Tensor<FloatType>));
    if (order === 1) return sum(sizes, { ...over, ...into });
    if (x.shape.includes(0)) return sum(sizes, { ...over, ...into });
    return max(sizes, { ...over, ...into });
  });
}) as NormFunction;
