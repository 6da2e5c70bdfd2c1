/**
 * Gradients of functions: of expressions they are expressions, of tensors they are computed at once.
 */
import { checkType } from "../arguments.ts";
import { EngineMismatchError, OptionError } from "../errors.ts";
import { mul } from "../ops/binary.ts";
import { checkFloat, checkShapeIs } from "../ops/check.ts";
import { isExpression } from "../ops/operation.ts";
import { sum } from "../ops/sum.ts";
import { type Expression, expressionOf } from "../tensor/expression.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { compile } from "./program.ts";
import { gradientsOf } from "./reverse.ts";

/** A function of expressions with a scalar result. */
export type ScalarFunction<D extends FloatType> = (...x: Expression<D>[]) => Expression<D>;

/** Takes expressions and gives expressions, or takes tensors and gives tensors, which the caller disposes of. */
export type GradientFunctionOf<D extends FloatType> = {
  <X extends readonly Tensor<D>[]>(...x: X): { -readonly [I in keyof X]: Tensor<D> };
  <X extends readonly Expression<D>[]>(...x: X): { -readonly [I in keyof X]: Expression<D> };
};

/** The same with the function's value: a number where the gradients are tensors. */
export type ValueAndGradientOf<D extends FloatType> = {
  <X extends readonly Tensor<D>[]>(
    ...x: X
  ): {
    readonly value: number;
    readonly gradients: { -readonly [I in keyof X]: Tensor<D> };
  };
  <X extends readonly Expression<D>[]>(
    ...x: X
  ): {
    readonly value: Expression<D>;
    readonly gradients: { -readonly [I in keyof X]: Expression<D> };
  };
};

/**
 * The function that gives ∂f/∂x for each of f's arguments.
 *
 * @param f from expressions to an expression without axes
 * @returns a function of as many tensors, or of as many expressions; within another f, of expressions, which makes
 *   second derivatives
 * @throws {ShapeError} (the returned function) f's result is not a scalar
 * @throws {OptionError} (the returned function) tensors mixed with expressions
 * @throws {EngineMismatchError} (the returned function) tensors of several engines
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * const [dx] = grad((x) => sum(square(x)))(x);
 * dx.toArray(); // → [2, 4, 6]
 * dx.dispose();
 */
export function grad<D extends FloatType = FloatType>(f: ScalarFunction<D>): GradientFunctionOf<D> {
  const both = valueAndGrad(f) as (...x: readonly Expression<D>[]) => { readonly gradients: Expression<D>[] };
  return ((...x: readonly Expression<D>[]) => both(...x).gradients) as GradientFunctionOf<D>;
}

/**
 * The function that gives f's value and its gradients, which share their work. Errors as for `grad`.
 *
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * const { value, gradients } = valueAndGrad((x) => sum(square(x)))(x);
 * value; // → 14
 * gradients[0].dispose();
 */
export function valueAndGrad<D extends FloatType = FloatType>(f: ScalarFunction<D>): ValueAndGradientOf<D> {
  checkType("grad: f", "function", f);
  return ((...x: readonly (Tensor<D> | Expression<D>)[]) => {
    if (x.length === 0) throw new OptionError("grad", "expected at least one argument");
    const leaves = x.map((value, i) => {
      checkFloat("grad", `x[${i}]`, value);
      if (value.engine !== x[0]?.engine) throw new EngineMismatchError("grad", `x[${i}]`);
      return expressionOf<D>(value);
    });
    const value = f(...leaves);
    const gradients = gradientsOf(value, leaves) as Expression<D>[];
    if (x.every(isExpression)) return { value, gradients };
    if (x.some(isExpression)) throw new OptionError("grad: x", "pass tensors or expressions, not both");
    return computed(value, gradients);
  }) as ValueAndGradientOf<D>;
}

/**
 * The function that gives H·v, H the matrix of f's second derivatives at x, without H: the gradient of ∇f(x)·v.
 *
 * @param f of one argument, as for `grad`
 * @throws {ShapeError} (the returned function) v has another shape than x
 * @example
 * using x = tensor(engine, [1, 2]);
 * using v = tensor(engine, [1, 0]);
 * using hv = hessianVectorProduct((x) => sum(square(x)))(x, v);
 * hv.toArray(); // → [2, 0]
 */
export function hessianVectorProduct<D extends FloatType = FloatType>(
  f: (x: Expression<D>) => Expression<D>,
): { (x: Tensor<D>, v: Tensor<D>): Tensor<D>; (x: Expression<D>, v: Expression<D> | Tensor<D>): Expression<D> } {
  checkType("hessianVectorProduct: f", "function", f);
  return ((x: Tensor<D> | Expression<D>, v: Tensor<D> | Expression<D>) => {
    checkFloat("hessianVectorProduct", "x", x);
    checkFloat("hessianVectorProduct", "v", v);
    checkShapeIs("hessianVectorProduct", "v", v, x.shape);
    const slope = (at: Expression<D>): Expression<D> => {
      const [gradient] = gradientsOf(f(at), [at]);
      return sum(mul(gradient as Expression<FloatType>, v)) as Expression<D>;
    };
    const derivative = grad(slope) as (at: Tensor<D> | Expression<D>) => (Tensor<D> | Expression<D>)[];
    return derivative(x)[0];
  }) as ReturnType<typeof hessianVectorProduct<D>>;
}

/** Runs a program once, for the value and new tensors. */
function computed<D extends FloatType>(
  value: Expression<D>,
  gradients: readonly Expression<D>[],
): { readonly value: number; readonly gradients: Tensor<D>[] } {
  const made: Tensor<D>[] = [];
  try {
    for (const { engine, shape, dtype } of gradients) made.push(empty(engine, shape, { dtype }));
    const into = gradients.map((gradient, i) => [gradient, made[i] as Tensor<D>] as const);
    using program = compile({ value }, { into });
    program.run();
    return { value: program.outputs.value.data[0] ?? Number.NaN, gradients: made };
  } catch (error) {
    for (const tensor of made) tensor.dispose();
    throw error;
  }
}
