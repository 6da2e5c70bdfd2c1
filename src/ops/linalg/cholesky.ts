/**
 * a = llᵀ. Gradient: I. Murray, "Differentiation of the Cholesky decomposition" (2016), eq. 10:
 *
 *   da = ½(s + sᵀ),  s = l⁻ᵀ Φ(lᵀ dl) l⁻¹,  Φ: the lower triangle, half of its diagonal
 */
import type { Expression, Value } from "../../tensor/expression.ts";
import { countOf } from "../../tensor/layout.ts";
import type { Operation } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { add, mul } from "../binary.ts";
import { operate } from "../operation.ts";
import { product } from "../product.ts";
import { transpose } from "../transpose.ts";
import { choleskySteps, rowsAt } from "./blocked.ts";
import { LinAlgError } from "./error.ts";
import { checkSquare, productBytes, solveTriangular } from "./solve.ts";
import { keepTriangle, triangleOf } from "./triangle.ts";

/**
 * The lower triangular l of a = llᵀ, for a symmetric positive definite matrix. Only the lower triangle of a is read, as NumPy
 * does; the gradient is that by a symmetric a, as PyTorch's.
 *
 * @param a n × n
 * @returns l, n × n, with zeros above its diagonal: a tensor of its own, or an expression
 * @throws {ShapeError} not a square matrix
 * @throws {DTypeError} integers
 * @throws {LinAlgError} a is not positive definite; of an expression, when its program runs
 * @example
 * using a = tensor(engine, [[4, 2], [2, 10]]);
 * using l = cholesky(a);
 * l.toArray(); // → [[2, 0], [1, 3]]
 */
export function cholesky<D extends FloatType>(a: Tensor<D>): Tensor<D>;
export function cholesky<D extends FloatType>(a: Expression<D>): Expression<D>;
export function cholesky<D extends FloatType>(a: Value<D>): Value<D>;
export function cholesky<D extends FloatType>(a: Value<D>): Value<D> {
  return operate(CHOLESKY, [a], {});
}

const CHOLESKY: Operation = {
  name: "cholesky",
  spec([a]) {
    checkSquare("cholesky", "a", a as Value);
    return { dtype: (a as Value).dtype, shape: (a as Value).shape };
  },
  bind({ kernels, memory, result, at, out, scratch }) {
    const [n = 0] = result.shape;
    const dtype = result.dtype as FloatType;
    const l = rowsAt(memory, dtype, out.pointer, n, n);
    return [
      kernels.copy(n * n, at[0].pointer, out.pointer),
      ...choleskySteps({ kernels, memory, dtype, scratch }, n, l, (pivot) => {
        throw new LinAlgError("cholesky", "a", "not positive definite", pivot);
      }),
      () => keepTriangle(l.view(), n, "lower"),
    ];
  },
  gradient(_, { result: l }, dl) {
    const phi = triangleOf(product(l, triangleOf(dl, "lower"), "a"), "lower", 0.5);
    const half = solveTriangular(l, phi, { transpose: "a" });
    const s = solveTriangular(l, transpose(half), { transpose: "a" });
    return mul(add(s, transpose(s)), 0.5);
  },
  scratchBytes: ({ result: { shape } }, kernels) => productBytes(kernels, shape[0] ?? 0, shape[0] ?? 0),
  flops: ({ result: { shape } }) => ((shape[0] ?? 0) * countOf(shape)) / 3,
};
