/**
 * The matrix product, the engine's main work: all three products of training are this one kernel.
 *
 *   forward          Z  = X·W      "none"
 *   weight gradient  dW = Xᵀ·dZ    "a"
 *   input gradient   dX = dZ·Wᵀ    "b"
 */
import { OptionError, ShapeError } from "../errors.ts";
import { show } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkMatrix, checkNumber, type Into, outputOf } from "./check.ts";

/** Which operand is read as its transpose. Nothing is moved: the kernel packs along either axis. */
export type Transpose = "none" | "a" | "b" | "both";

export type MatmulOptions<D extends FloatType> = Into<D> & {
  readonly transpose?: Transpose;
  /** The factor of the product. */
  readonly alpha?: number;
  /** The factor of what `out` holds; 0 never reads it. */
  readonly beta?: number;
};

const NO_OPTIONS = {};

/**
 * C ← αAB + βC for matrices A (m × k) and B (k × n), either as it stands or transposed.
 *
 * Each sum runs over k from the first term to the last; NaN in A or B propagates even where α is 0.
 *
 * @returns C, m × n: `out`, or a new tensor
 * @throws {ShapeError} not matrices, inner sizes that differ, or an `out` that does not fit or overlaps
 * @throws {DTypeError} float32 with float64, or integers
 * @throws {OptionError} β without `out`, an unknown `transpose`, α or β that is no number
 * @throws {DisposedError} an operand was disposed
 * @example
 * using c = matmul(a, b, { transpose: "a" });
 */
export function matmul<D extends FloatType>(
  a: Tensor<D>,
  b: Tensor<D>,
  { transpose = "none", alpha = 1, beta = 0, out }: MatmulOptions<D> = NO_OPTIONS,
): Tensor<D> {
  checkFloat("matmul", "a", a);
  checkAlike("matmul", "b", b, a);
  checkMatrix("matmul", "a", a);
  checkMatrix("matmul", "b", b);
  if (transpose !== "none" && transpose !== "a" && transpose !== "b" && transpose !== "both") {
    throw new OptionError("matmul: transpose", '"none", "a", "b" or "both"', transpose);
  }
  checkNumber("matmul", "alpha", alpha);
  checkNumber("matmul", "beta", beta);
  if (beta !== 0 && out === undefined) throw new OptionError("matmul: beta", "0 unless out is given", beta);

  const [aRows = 0, aColumns = 0] = a.shape;
  const [bRows = 0, bColumns = 0] = b.shape;
  const isATransposed = transpose === "a" || transpose === "both";
  const isBTransposed = transpose === "b" || transpose === "both";
  const m = isATransposed ? aColumns : aRows;
  const k = isATransposed ? aRows : aColumns;
  const n = isBTransposed ? bRows : bColumns;
  if (k !== (isBTransposed ? bColumns : bRows)) throw innerSizesDiffer(a, b, transpose);

  const c = outputOf("matmul", out, { dtype: a.dtype, shape: [m, n] }, [a, b], "disjoint");
  const { gemm, gemmScratch } = a.engine.kernels[a.dtype];
  const scratch = a.engine.scratch(gemmScratch(m, n, k));
  gemm(
    m,
    n,
    k,
    a.pointer,
    isATransposed ? 1 : aColumns,
    isATransposed ? aColumns : 1,
    b.pointer,
    isBTransposed ? 1 : bColumns,
    isBTransposed ? bColumns : 1,
    c.pointer,
    n,
    0,
    ACTIVATION.none,
    scratch,
    alpha,
    beta,
  );
  return c;
}

function innerSizesDiffer(a: Tensor, b: Tensor, transpose: Transpose): ShapeError {
  const side = (x: Tensor, isTransposed: boolean) => `${show(x.shape)}${isTransposed ? " transposed" : ""}`;
  const left = side(a, transpose === "a" || transpose === "both");
  const right = side(b, transpose === "b" || transpose === "both");
  return new ShapeError(
    "matmul",
    "b",
    `as many rows as a has columns, a is ${left}`,
    right,
    "did you mean to transpose?",
  );
}
