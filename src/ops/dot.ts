/** Dot products and outer products. */
import { scoped } from "../disposable.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, type Shape } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type Last, mul } from "./binary.ts";
import { checkAlike, checkFloat, type Into, intoOf } from "./check.ts";
import { matmul } from "./matmul.ts";
import { operate } from "./operation.ts";
import { RESHAPE, reshape } from "./rows.ts";
import { transpose } from "./transpose.ts";

/** A product of two: tensors give a tensor (`out`, or a new one), an expression among them gives an expression. */
export type ProductFunction = {
  <D extends FloatType>(a: Tensor<D>, b: Tensor<D>, options?: Into<D>): Tensor<D>;
  <D extends FloatType>(a: Value<D>, b: Value<D>): Expression<D>;
};

/**
 * Σ over the last axis of a and the last but one of b, or b's only one: of vectors a number, of matrices their product, of
 * scalars what `mul` gives. The other axes of a come first, then those of b (NumPy's `dot`; `matmul` pairs leading axes).
 *
 * @throws {ShapeError} axes that differ in size, or an `out` that does not fit or overlaps
 * @throws {DTypeError} float32 with float64, or integers
 * @example
 * using a = tensor(engine, [1, 2, 3]);
 * using b = tensor(engine, [4, 5, 6]);
 * using y = dot(a, b);
 * y.toArray(); // → 32
 */
export const dot: ProductFunction = ((a: Value<FloatType>, b: Value<FloatType>, options: Into<FloatType> = {}) => {
  const [left, right] = checkBoth("dot", a, b);
  const rank = b.shape.length;
  const isScaled = rank === 0 || a.shape.length === 0;
  const others = b.shape.filter((_, axis) => axis !== Math.max(0, rank - 2));
  const shape = isScaled ? [...a.shape, ...b.shape] : [...a.shape.slice(0, -1), ...others];
  const into = intoOf("dot", options, { dtype: a.dtype, shape }, [a, b], []);
  if (isScaled) return (mul as Last)(left, right, into);
  if (rank <= 2) return matmul(left as Tensor<FloatType>, right as Tensor<FloatType>, into);
  return scoped((own): Value<FloatType> => {
    // The axis of the sum first: one matrix of k rows for all of b.
    const axes = [rank - 2, ...[...b.shape.keys()].filter((axis) => axis !== rank - 2)];
    const first = own(transpose(right, { axes }));
    const [k = 0] = first.shape;
    const y = own(matmul(left, own(reshape(first, [k, countOf(others)]) as Value<FloatType>)));
    return operate<FloatType, { readonly shape: Shape }>(RESHAPE, [y], { shape }, into);
  });
}) as ProductFunction;

/**
 * y_ij = a_i · b_j, for all elements of a and of b, whatever their shapes.
 *
 * @returns a's number of elements × b's: `out`, or a new tensor; an expression where an operand is one
 * @throws {ShapeError} an `out` that does not fit, or overlaps
 * @throws {DTypeError} float32 with float64, or integers
 * @example
 * using a = tensor(engine, [1, 2]);
 * using b = tensor(engine, [3, 4, 5]);
 * using y = outer(a, b);
 * y.toArray(); // → [[3, 4, 5], [6, 8, 10]]
 */
export const outer: ProductFunction = ((a: Value<FloatType>, b: Value<FloatType>, options: Into<FloatType> = {}) => {
  const [left, right] = checkBoth("outer", a, b);
  const shape = [countOf(a.shape), countOf(b.shape)];
  const into = intoOf("outer", options, { dtype: a.dtype, shape }, [a, b], []);
  return scoped((own) => {
    const column = own(reshape(left, [countOf(a.shape), 1]) as Value<FloatType>);
    return (mul as Last)(column, own(reshape(right, [1, countOf(b.shape)])), into);
  });
}) as ProductFunction;

function checkBoth(name: string, a: Value<FloatType>, b: Value<FloatType>): [Value<FloatType>, Value<FloatType>] {
  checkFloat(name, "a", a);
  checkAlike(name, "b", b, a);
  // Beside an expression both are nodes: a tensor made here would be gone when the program runs.
  return a instanceof Expression || b instanceof Expression ? [expressionOf(a), expressionOf(b)] : [a, b];
}
