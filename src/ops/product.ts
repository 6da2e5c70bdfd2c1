/**
 * The product of two matrices, the engine's main work: all three products of training are this one kernel.
 *
 *   forward          Z  = X·W      "none"
 *   weight gradient  dW = Xᵀ·dZ    "a"
 *   input gradient   dX = dZ·Wᵀ    "b"
 */

import { OptionError, ShapeError } from "../errors.ts";
import { type AnyValue, Expression, type Value } from "../tensor/expression.ts";
import { type Shape, show } from "../tensor/layout.ts";
import type { Call, Operation, Step, TensorSpec } from "../tensor/operation.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION, type Pointer } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkMatrix, checkNumber, type Into, outputOf } from "./check.ts";
import { computed, operate, sizesOf } from "./operation.ts";
import { checkSparseFloat, isSparse } from "./sparse.ts";

/** Which operand is read as its transpose. Nothing is moved: the kernel packs along either axis. */
export type Transpose = "none" | "a" | "b" | "both";

type Product = { readonly transpose: Transpose; readonly alpha: number };

const NO_OPTIONS = {};

/** What becomes of A, B and C in αAB + βC; see `MatmulOptions`. */
export type Addition<D extends FloatType> = Partial<Product> & { readonly beta?: number } & Into<D>;

/** @throws {OptionError} β without `out`, an unknown `transpose`, α or β that is not a number */
export function checkAddition(options: Product & { readonly beta: number; readonly out: Tensor | undefined }): void {
  const { transpose, alpha, beta, out } = options;
  checkTranspose("matmul", transpose);
  checkNumber("matmul", "alpha", alpha);
  checkNumber("matmul", "beta", beta);
  if (beta !== 0 && out === undefined) throw new OptionError("matmul: beta", "0 unless out is given", beta);
}

/** αA·B + βC, as `matmul` of matrices; its options are checked, other than `transpose`, α and β. */
export function matrixProduct<D extends FloatType>(a: Tensor<D>, b: Tensor<D>, options?: Addition<D>): Tensor<D>;
export function matrixProduct<D extends FloatType>(
  a: Value<D> | SparseMatrix<D>,
  b: Value<D>,
  options?: Addition<D>,
): Value<D>;
export function matrixProduct<D extends FloatType>(
  a: Value<D> | SparseMatrix<D>,
  b: Value<D>,
  { transpose = "none", alpha = 1, beta = 0, out }: Addition<D> = NO_OPTIONS,
): Value<D> {
  checkAddition({ transpose, alpha, beta, out });
  if (a instanceof Expression || b instanceof Expression || isSparse(a)) {
    return operate(MATMUL, [a, b], { transpose, alpha }, out === undefined ? NO_OPTIONS : { out });
  }
  const spec = MATMUL.spec([a, b], { transpose, alpha }) as TensorSpec<D>;
  const c = outputOf("matmul", out, spec, [a, b], "disjoint");
  return computed(MATMUL_INTO, [a, b], { transpose, alpha, beta }, { y: c, out });
}

/** αA·B, each as it is or transposed: like `matmul` of expressions, with attributes known to be valid. */
export function product<D extends FloatType>(
  a: Value<D> | SparseMatrix<D>,
  b: Value<D>,
  transpose: Transpose = "none",
  alpha = 1,
): Expression<D> {
  return operate(MATMUL, [a, b], { transpose, alpha }) as Expression<D>;
}

export const MATMUL: Operation<Product> = {
  name: "matmul",
  spec([a, b], { transpose, alpha }) {
    const [left, right] = [a as AnyValue, b as Value];
    if (isSparse(left)) {
      checkSparseFloat("matmul", "a", left);
      if (transpose !== "none" && transpose !== "a") {
        throw new OptionError("matmul: transpose", '"none" or "a" where a is sparse', transpose);
      }
      if (transpose === "none" && alpha !== 1) throw new OptionError("matmul: alpha", "1 where a is sparse", alpha);
    } else {
      checkFloat("matmul", "a", left);
      checkMatrix("matmul", "a", left);
    }
    checkAlike("matmul", "b", right, left);
    checkMatrix("matmul", "b", right);
    const sizes = productSizes(left, right, transpose);
    if (sizes.k !== sizes.rowsOfB) throw innerSizesDiffer(left, right, transpose, sizes);
    return { dtype: left.dtype, shape: [sizes.m, sizes.n] };
  },
  bind(call) {
    return call.specs[0].maxRowNonzeros === undefined ? bindDense(call, 0) : bindSparse(call);
  },
  gradient(which, { operands, attributes: { transpose, alpha } }, dy) {
    const [a, b] = operands;
    if (which === 0) {
      if (isSparse(a)) throw new OptionError("grad: a", "dense, where its gradient is asked for", a.describe());
      if (transpose === "none") return product(dy, b, "b", alpha);
      if (transpose === "a") return product(b, dy, "b", alpha);
      return transpose === "b" ? product(dy, b, "none", alpha) : product(b, dy, "both", alpha);
    }
    if (transpose === "none") return product(a, dy, "a", alpha);
    if (transpose === "a") return product(a, dy, "none", alpha);
    return product(dy, a, transpose === "b" ? "a" : "both", alpha);
  },
  scratchBytes: ({ specs, result, attributes: { transpose } }, kernels) => {
    if (specs[0].maxRowNonzeros !== undefined) return bytesOfZeros(result);
    const { m, n, k } = productSizes(specs[0], specs[1], transpose);
    return kernels.gemmScratch(m, n, k);
  },
  flops: ({ specs, result, attributes: { transpose } }) => productFlops(specs[0], result, transpose),
};

/** C ← αAB + βC, for tensors alone. */
const MATMUL_INTO: Operation<Product & { readonly beta: number }> = /* @__PURE__ */ matmulInto();

function matmulInto(): Operation<Product & { readonly beta: number }> {
  return { ...MATMUL, bind: (call) => bindDense(call, call.attributes.beta) };
}

/** Operations of a product: sparse rows count with the nonzeros that they can have at most. */
export function productFlops(a: TensorSpec, result: TensorSpec, transpose: Transpose): number {
  const [m, n] = sizesOf(result);
  const [rows, columns] = sizesOf(a);
  if (a.maxRowNonzeros !== undefined) return 2 * rows * a.maxRowNonzeros * n;
  return 2 * m * n * (isATransposed(transpose) ? rows : columns);
}

/** The numbers of a dense product; what is not given is 0, and α 1. */
type GemmNumbers = {
  readonly alpha: number;
  readonly beta?: number;
  readonly bias?: Pointer;
  readonly activation?: number;
  readonly hyperparameters?: Pointer;
};

/** C ← f(αAB + βC + bias), with A and B as stored: the call of the dense kernel. */
export function gemmOf(
  { kernels, scratch }: Pick<Call, "kernels" | "scratch">,
  [a, b]: readonly [TensorSpec, TensorSpec],
  [pa, pb, pc]: readonly [Pointer, Pointer, Pointer],
  transpose: Transpose,
  { alpha, beta = 0, bias = 0, activation = ACTIVATION.none, hyperparameters = 0 }: GemmNumbers,
): Step[] {
  const { m, n, k } = productSizes(a, b, transpose);
  const [rsa, csa] = strides(a, isATransposed(transpose));
  const [rsb, csb] = strides(b, isBTransposed(transpose));
  if (m === 0 || n === 0) return []; // there may be any number of rows without columns
  const factors = [alpha, beta, hyperparameters] as const;
  return [kernels.gemm(m, n, k, pa, rsa, csa, pb, rsb, csb, pc, n, bias, activation, scratch, ...factors)];
}

function bindDense(call: Call<Product>, beta: number): Step[] {
  const { specs, at, out, attributes } = call;
  const pointers = [at[0].pointer, at[1].pointer, out.pointer] as const;
  return gemmOf(call, [specs[0], specs[1]], pointers, attributes.transpose, { alpha: attributes.alpha, beta });
}

/** X·W, or Xᵀ·D among zeros, for sparse X. */
function bindSparse({ kernels, specs, result, attributes, at, out, scratch }: Call<Product>): Step[] {
  const [x, w] = at;
  const [m] = sizesOf(specs[0]);
  const [rows, n] = sizesOf(result);
  if (attributes.transpose === "a") {
    return [
      kernels.fill(rows * n, out.pointer, 0),
      kernels.sparseBackward(
        m,
        n,
        x.pointer,
        x.columns,
        x.values,
        w.pointer,
        out.pointer,
        attributes.alpha,
        0,
        n,
        rows,
        0,
      ),
    ];
  }
  return [
    kernels.fill(n, scratch, 0),
    kernels.sparseForward(m, n, x.pointer, x.columns, x.values, w.pointer, scratch, out.pointer),
  ];
}

/** Room for a bias of zeros. */
function bytesOfZeros(result: TensorSpec): number {
  const [, n] = sizesOf(result);
  return n * (result.dtype === "float64" ? 8 : 4);
}

/** m, n, k of a product, and what k must be equal to. */
function productSizes(
  a: TensorSpec,
  b: TensorSpec,
  transpose: Transpose,
): { readonly m: number; readonly n: number; readonly k: number; readonly rowsOfB: number } {
  const [aRows, aColumns] = sizesOf(a);
  const [bRows, bColumns] = sizesOf(b);
  const [m, k] = isATransposed(transpose) ? [aColumns, aRows] : [aRows, aColumns];
  const [n, rowsOfB] = isBTransposed(transpose) ? [bRows, bColumns] : [bColumns, bRows];
  return { m, n, k, rowsOfB };
}

export function isATransposed(transpose: Transpose): boolean {
  return transpose === "a" || transpose === "both";
}

export function isBTransposed(transpose: Transpose): boolean {
  return transpose === "b" || transpose === "both";
}

/** From row to row and from column to column of a dense matrix, or of its transpose. */
function strides(x: TensorSpec, isTransposed: boolean): readonly [rows: number, columns: number] {
  const [, columns] = sizesOf(x);
  return isTransposed ? [1, columns] : [columns, 1];
}

/** @throws {OptionError} none of the four */
export function checkTranspose(op: string, transpose: Transpose): void {
  if (transpose !== "none" && transpose !== "a" && transpose !== "b" && transpose !== "both") {
    throw new OptionError(`${op}: transpose`, '"none", "a", "b" or "both"', transpose);
  }
}

/** The error of a product whose sums have k terms in a and another number in b. */
export function innerSizesDiffer(
  a: { readonly shape: Shape },
  b: { readonly shape: Shape },
  transpose: Transpose,
  { k, rowsOfB }: { readonly k: number; readonly rowsOfB: number },
): ShapeError {
  return new ShapeError(
    "matmul",
    "b",
    `as many rows as a has columns, a is ${shownSide(a, isATransposed(transpose))}`,
    shownSide(b, isBTransposed(transpose)),
    `${k} ≠ ${rowsOfB}; did you mean to transpose?`,
  );
}

export function shownSide({ shape }: { readonly shape: Shape }, isTransposed: boolean): string {
  return `${show(shape)}${isTransposed ? " transposed" : ""}`;
}

/** What becomes of `transpose` when the operand of a side is itself a transpose that is not made. */
export const TRANSPOSED_SIDES: { readonly [T in Transpose]: readonly [a: Transpose, b: Transpose] } = {
  none: ["a", "b"],
  a: ["none", "both"],
  b: ["both", "none"],
  both: ["b", "a"],
};
