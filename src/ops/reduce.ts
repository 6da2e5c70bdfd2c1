/** Means, maxima and minima over axes. */
import { scoped } from "../disposable.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { div, equal, keep, mul } from "./binary.ts";
import { checkFloat, checkOutput, type Into } from "./check.ts";
import {
  broadcastNumbers,
  checkAxes,
  checkReduceOptions,
  foldedShape,
  type ReduceFunction,
  type ReduceOptions,
  reduction,
  sum,
  sumTo,
} from "./sum.ts";

type Floats = Expression<FloatType>;

/**
 * The largest over axes; NaN where there is one, -∞ over nothing, and of int32 its smallest number. Its gradient is shared by all of the largest. Options
 * and errors as for `sum`.
 */
export const max: ReduceFunction = /* @__PURE__ */ reduction("max", ({ x, y }, dy) => sharedByEquals(x, y, dy));

/**
 * The smallest over axes; NaN where there is one, ∞ over nothing, and of int32 its largest number. Its gradient is shared by all of the smallest. Options
 * and errors as for `sum`.
 */
export const min: ReduceFunction = /* @__PURE__ */ reduction("min", ({ x, y }, dy) => sharedByEquals(x, y, dy));

function sharedByEquals(x: Floats, y: Floats, dy: Floats): Floats {
  const isEqual = equal(x, y);
  const share = div(dy, sumTo(isEqual, y.shape));
  return keep(isEqual, broadcastNumbers(share, x.shape));
}

/**
 * The mean over axes: their sum over their number of elements. Of floats: `cast` makes them of integers. Options and errors as
 * for `sum`.
 */
export const mean: ReduceFunction = ((x: Value<FloatType>, options: ReduceOptions & Into<FloatType> = {}) => {
  checkFloat("mean", "x", x);
  checkReduceOptions("mean", options);
  const { axes, keepAxes } = checkAxes("mean", x, options);
  const { out } = options;
  if (out !== undefined && x instanceof Tensor) {
    checkOutput("mean", "out", out, { dtype: x.dtype, shape: foldedShape(x.shape, axes, keepAxes) }, [x], "disjoint");
  }
  const count = axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1);
  const total = sum(x as Tensor<FloatType>, options);
  return out === undefined ? scaled(total, 1 / count) : mul(total, 1 / count, { out: total });
}) as ReduceFunction;

function scaled(total: Value<FloatType>, factor: number): Value<FloatType> {
  return scoped((own) => mul(own(total), factor));
}
