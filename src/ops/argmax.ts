/** Where the largest and the smallest elements along an axis are. */
import { scoped } from "../disposable.ts";
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CastType, cast, checkCastable } from "./cast.ts";
import { type AxisOption, checkAxis, type Into } from "./check.ts";
import { isFloat, operate } from "./operation.ts";
import { stretch } from "./rows.ts";

/** A search along an axis: a tensor gives a tensor of int32 (`out`, or a new one), an expression an expression. */
export type ArgFunction = {
  (x: Tensor<CastType>, options?: AxisOption & Into<"int32">): Tensor<"int32">;
  (x: Expression<CastType>, options?: AxisOption): Expression<"int32">;
  (x: Value<CastType>, options?: AxisOption): Value<"int32">;
};

/**
 * The index of the largest element along an axis: the first of equals, the first NaN where there is one (NumPy's rule).
 *
 * Takes x of any shape with at least one element along `axis`, which is the last by default, and gives its shape without that
 * axis, int32: a tensor (`out`, or a new one), or an expression. It has no gradient.
 *
 * @throws {ShapeError} no such axis, an axis without elements, or an `out` that does not fit or overlaps
 * @throws {DTypeError} uint16
 * @example
 * using p = tensor(engine, [[0.1, 0.7, 0.2]]);
 * using classes = argmax(p);
 * classes.toArray(); // → [1]
 */
export const argmax: ArgFunction = /* @__PURE__ */ search("argmax", 0);

/** The index of the smallest element along an axis. Shapes, NaN, options and errors as for `argmax`. */
export const argmin: ArgFunction = /* @__PURE__ */ search("argmin", 1);

function search(name: string, isSmallest: 0 | 1): ArgFunction {
  const operation: Operation<{ readonly axis: number }> = {
    name,
    spec([x], { axis }) {
      const { shape } = x as Value;
      if (shape[axis] === 0) throw new ShapeError(name, "x", `at least one element along axis ${axis}`, show(shape));
      return { dtype: "int32", shape: shape.filter((_, i) => i !== axis) };
    },
    bind({ kernels, specs: [x], attributes: { axis }, at, out }) {
      const { rows, inner } = stretch(x.shape, axis);
      return [kernels.argmax(rows, x.shape[axis] ?? 1, inner, at[0].pointer, out.pointer, isSmallest)];
    },
    gradient: () => undefined,
    flops: ({ specs: [x] }) => countOf(x.shape),
  };
  const f = (x: Value<CastType>, options: AxisOption & Into<"int32"> = {}): Value => {
    checkCastable(name, "x", x);
    checkOptions<AxisOption & Into<"int32">>(name, options, { axis: 1, out: 1 });
    const { axis = -1, out } = options;
    const attributes = { axis: checkAxis(name, x, axis) };
    const into = out === undefined ? {} : { out };
    if (isFloat(x.dtype)) return operate(operation, [x], attributes, into as object);
    // Integers are exact in float64, and in the same order.
    return scoped((own) => operate(operation, [own(cast(x, "float64"))], attributes, into as object));
  };
  return f as ArgFunction;
}
