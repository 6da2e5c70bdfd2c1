/** The matrix product of operands of any rank, by NumPy's rules for vectors and leading axes. */
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { batchedProduct } from "./batched_product.ts";
import { checkDense, type Into } from "./check.ts";
import { matrixProduct, type Transpose } from "./product.ts";
import { isSparse } from "./sparse.ts";

/** What becomes of A, B and C in αAB + βC. */
export type MatmulOptions<D extends FloatType> = Into<D> & {
  /** Default: neither. */
  readonly transpose?: Transpose;
  /** The factor of the product; default 1. */
  readonly alpha?: number;
  /** The factor of what `out` holds; 0, the default, never reads it. */
  readonly beta?: number;
};

/** Options of a product as an expression; there is nothing to add it to. */
export type ProductOptions = {
  /** Default: neither. */
  readonly transpose?: Transpose;
  /** The factor of the product; default 1. */
  readonly alpha?: number;
};

/**
 * C ← αAB + βC for A (… × m × k) and B (… × k × n), each as it is or transposed.
 *
 * Leading axes broadcast: each pair of matrices is multiplied. A vector on the left is a row, one on the right a column, and
 * the result does not have its axis. `transpose` is of the last two axes, so not of vectors.
 *
 * Each sum runs over k from the first term to the last; NaN in A or B propagates even where α is 0. In an expression, a
 * matrix A may be sparse rows, as they are or transposed; B is a matrix then.
 *
 * @returns C, … × m × n: `out`, or a new tensor; an expression where an operand is one
 * @throws {ShapeError} a scalar, inner sizes that differ, leading axes that do not broadcast, a transposed vector, or an `out`
 *   that does not fit or overlaps
 * @throws {DTypeError} float32 with float64, or integers
 * @throws {OptionError} β without `out`, an unknown `transpose`, α or β that is not a number
 * @throws {DisposedError} an operand was disposed
 * @example
 * using a = tensor(engine, [[1, 2], [3, 4]]);
 * using b = tensor(engine, [[5, 6], [7, 8]]);
 * using c = matmul(a, b, { transpose: "a" });
 * c.toArray(); // → [[26, 30], [38, 44]]
 * using v = tensor(engine, [1, 0]);
 * using column = matmul(a, v);
 * column.toArray(); // → [1, 3]
 */
export function matmul<D extends FloatType>(a: Tensor<D>, b: Tensor<D>, options?: MatmulOptions<D>): Tensor<D>;
export function matmul<D extends FloatType>(
  a: Value<D> | SparseMatrix<D>,
  b: Value<D>,
  options?: ProductOptions,
): Expression<D>;
export function matmul<D extends FloatType>(
  a: Value<D> | SparseMatrix<D>,
  b: Value<D>,
  options: MatmulOptions<D> = {},
): Value<D> {
  checkOptions<MatmulOptions<D>>("matmul", options, { transpose: 1, alpha: 1, beta: 1, out: 1 });
  if (!isSparse(a)) {
    checkDense("matmul", "a", a);
    checkDense("matmul", "b", b);
    if (a.shape.length !== 2 || b.shape.length !== 2) return batchedProduct(a as Value<D>, b, options);
  }
  return matrixProduct(a, b, options);
}
