/** Whether elements are not 0, over axes. */
import { scoped } from "../disposable.ts";
import type { Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { equal, greater } from "./binary.ts";
import type { Into } from "./check.ts";
import { foldOf } from "./fold.ts";
import { type ReduceFunction, type ReduceOptions, sum } from "./sum.ts";

/**
 * 1 where an element over axes is not 0, NaN among them, else 0; 0 over nothing. It has no gradient. Options and errors as
 * for `sum`.
 *
 * @example
 * using x = tensor(engine, [[0, 2], [0, 0]]);
 * using rows = any(x, { axes: [1] });
 * rows.toArray(); // → [1, 0]
 */
export const any: ReduceFunction = ((x: Value<FloatType>, options: ReduceOptions & Into<FloatType> = {}) => {
  const { over, into } = foldOf("any", x, options);
  return scoped((own) => {
    const isZero = own(equal(x, 0));
    const count = own(sum(own(equal(isZero, 0)), over)) as Tensor<FloatType>;
    return greater(count, 0, into);
  });
}) as ReduceFunction;

/** 1 where no element over axes is 0, else 0; 1 over nothing. It has no gradient. Options and errors as for `sum`. */
export const all: ReduceFunction = ((x: Value<FloatType>, options: ReduceOptions & Into<FloatType> = {}) => {
  const { over, into } = foldOf("all", x, options);
  return scoped((own) => equal(own(sum(own(equal(x, 0)), over)) as Tensor<FloatType>, 0, into));
}) as ReduceFunction;
