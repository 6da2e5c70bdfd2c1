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
import { matmul } from "../matmul.ts";
import { operate } from "../operation.ts";
import { LinAlgError } from "./error.ts";
import { solveTriangular } from "./solve.ts";
import { alignedBytes, checkSquare, stackOf, turned, viewer } from "./stack.ts";
import { keepTriangle, triangleOf } from "./triangle.ts";

/**
 * The lower triangular l of a = llᵀ, for a symmetric positive definite matrix. Only the lower triangle of a is read, as NumPy
 * does; the gradient is that by a symmetric a, as PyTorch's.
 *
 * @param a … × n × n: a matrix, or a stack of them
 * @returns l, … × n × n, with zeros above its diagonal: a tensor of its own, or an expression
 * @throws {ShapeError} neither a square matrix nor a stack of them
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
  bind({ kernels, callable, memory, result, at, out, scratch }) {
    const { count, n } = stackOf(result);
    const size = n * n;
    const products = scratch + alignedBytes(result.dtype, count * size);
    const l = viewer(memory, result.dtype as FloatType, out.pointer, count * size);
    const factor = callable(kernels.cholesky(count, n, scratch, products));
    // aᵀ, whose upper triangle is a's lower one, and becomes lᵀ.
    return [
      kernels.transpose(1, count, n, n, at[0].pointer, 0, size, n, scratch, 0, size, n),
      () => {
        const pivot = factor();
        if (pivot >= 0) throw new LinAlgError("cholesky", "a", "not positive definite", pivot % n);
      },
      kernels.transpose(1, count, n, n, scratch, 0, size, n, out.pointer, 0, size, n),
      () => keepTriangle(l(), n, "lower"),
    ];
  },
  gradient(_, { result: l }, dl) {
    const phi = triangleOf(matmul(l, triangleOf(dl, "lower"), { transpose: "a" }), "lower", 0.5);
    const half = solveTriangular(l, phi, { transpose: "a" });
    const s = solveTriangular(l, turned(half), { transpose: "a" });
    return mul(add(s, turned(s)), 0.5) as Expression<FloatType>;
  },
  scratchBytes({ result }, kernels) {
    return (
      alignedBytes(result.dtype, countOf(result.shape)) + kernels.factorScratch(stackOf(result).n, stackOf(result).n)
    );
  },
  flops: ({ result }) => (stackOf(result).n * countOf(result.shape)) / 3,
};
