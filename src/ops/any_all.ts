/** Whether elements are not 0, over axes. */
import { scoped } from "../disposable.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { equal, greater, type Last } from "./binary.ts";
import { CAST, type CastType, cast, checkCastable } from "./cast.ts";
import type { Into } from "./check.ts";
import { foldOf } from "./fold.ts";
import { operate } from "./operation.ts";
import { type ReduceOptions, sum } from "./sum.ts";

/** What holds of elements over axes, as 1 and 0 of x's dtype: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type TruthFunction = {
  <D extends CastType>(x: Tensor<D>, options?: ReduceOptions & Into<D>): Tensor<D>;
  <D extends CastType>(x: Expression<D>, options?: ReduceOptions): Expression<D>;
  <D extends CastType>(x: Value<D>, options?: ReduceOptions): Value<D>;
};

/**
 * 1 where an element over axes is not 0, NaN among them, else 0; 0 over nothing. Of any dtype but uint16. It has no gradient.
 * Options and other errors as for `sum`.
 *
 * @throws {DTypeError} uint16
 * @example
 * using x = tensor(engine, [[0, 2], [0, 0]]);
 * using rows = any(x, { axes: [1] });
 * rows.toArray(); // → [1, 0]
 */
export const any: TruthFunction = /* @__PURE__ */ truth("any");

/** 1 where no element over axes is 0, else 0; 1 over nothing. It has no gradient. Options, dtypes and errors as for `any`. */
export const all: TruthFunction = /* @__PURE__ */ truth("all");

function truth(name: "any" | "all"): TruthFunction {
  const f = (x: Value<CastType>, options: ReduceOptions & Into<CastType> = {}): Value => {
    const { over, into } = foldOf(name, x as Value<FloatType>, options as Into<FloatType>, {}, checkCastable);
    const ofNumbers = (z: Value<NumberType>, to: Into<NumberType>): Value =>
      scoped((own) => {
        const isZero = own(equal(z, 0));
        if (name === "all") return (equal as Last)(own(sum(isZero, over)), 0, to);
        return (greater as Last)(own(sum(own(equal(isZero, 0)), over)), 0, to);
      });
    if (x.dtype !== "uint8") return ofNumbers(x as Value<NumberType>, into as Into<NumberType>);
    // Bytes are counted as int32.
    return scoped((own) => {
      const y = own(ofNumbers(own(cast(x, "int32")), {}));
      return operate<CastType, { readonly dtype: CastType }>(CAST, [y], { dtype: "uint8" }, into as object);
    });
  };
  return f as TruthFunction;
}
