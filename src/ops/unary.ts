/** Functions of one element that one kernel knows by number. */
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Applied, Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { UNARY } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkFloat, type Into } from "./check.ts";
import { operate, withOperation } from "./operation.ts";

type Floats = Expression<FloatType>;

/**
 * A function of one operand: a tensor of x's shape and dtype (`out`, which may be x, or a new one, which the caller
 * disposes of), or an expression of one.
 */
export type UnaryFunction = {
  <D extends FloatType>(x: Tensor<D>, options?: Into<D>): Tensor<D>;
  <D extends FloatType>(x: Expression<D>): Expression<D>;
  <D extends FloatType>(x: Value<D>): Value<D>;
};

/**
 * The entry of a function of one element.
 *
 * @param rule ∂loss/∂x of x, f(x) and ∂loss/∂f(x); without one it is 0 everywhere
 */
export function unary(name: keyof typeof UNARY, rule?: (x: Floats, y: Floats, dy: Floats) => Floats): UnaryFunction {
  const operation: Operation = {
    name,
    spec([x]) {
      checkFloat(name, "x", x as Value);
      return { dtype: (x as Value).dtype, shape: (x as Value).shape };
    },
    bind({ kernels, result, at: [x], out: y }) {
      return [kernels.unary(UNARY[name], countOf(result.shape), x.pointer, y.pointer)];
    },
    gradient: (_, { operands: [x], result }: Applied, dy) => rule?.(x, result, dy),
    inPlace: [0],
    isElementwise: true,
  };
  const f = (x: Value<FloatType>, options?: Into<FloatType>) => operate(operation, [x], {}, options);
  return withOperation(f as UnaryFunction, operation);
}
