/**
 * A layer of a network in one call: product, bias and activation, without a pass over the result in between.
 */
import { OptionError, ShapeError } from "../errors.ts";
import { show } from "../tensor/layout.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ACTIVATION } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkMatrix, checkShapeIs, type Into, outputOf } from "./check.ts";
import { relu, sigmoid, tanh } from "./elementwise.ts";
import { sparseAffine } from "./sparse.ts";

/** What may follow the product. */
export type Activation = keyof typeof ACTIVATION;

export type AffineOptions<D extends FloatType> = Into<D> & {
  /** Default "none". */
  readonly activation?: Activation;
};

const MAPS = { sigmoid, tanh, relu };
const NO_OPTIONS = {};

/**
 * Z = f(X·W + b), where b is added to every row.
 *
 * @param x m × k, dense or sparse
 * @param w k × n
 * @param b n
 * @returns m × n: `out`, or a new tensor
 * @throws {ShapeError} shapes do not fit, or `out` overlaps an operand
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an unknown activation
 * @example
 * using hidden = affine(x, w, b, { activation: "relu" });
 */
export function affine<D extends FloatType>(
  x: Tensor<D> | SparseMatrix<D>,
  w: Tensor<D>,
  b: Tensor<D>,
  { activation = "none", out }: AffineOptions<D> = NO_OPTIONS,
): Tensor<D> {
  if (!Object.hasOwn(ACTIVATION, activation)) {
    throw new OptionError("affine: activation", '"none", "sigmoid", "tanh" or "relu"', activation);
  }
  if (x instanceof SparseMatrix) {
    const z = sparseAffine(x, w, b, out === undefined ? NO_OPTIONS : { out });
    return activation === "none" ? z : MAPS[activation](z, { out: z });
  }
  checkFloat("affine", "x", x);
  checkMatrix("affine", "x", x);
  checkAlike("affine", "w", w, x);
  checkMatrix("affine", "w", w);
  checkAlike("affine", "b", b, x);
  const [m = 0, k = 0] = x.shape;
  const [rows = 0, n = 0] = w.shape;
  if (rows !== k) throw new ShapeError("affine", "w", `${k} rows, as x has columns`, show(w.shape));
  checkShapeIs("affine", "b", b, [n]);
  const z = outputOf("affine", out, { dtype: x.dtype, shape: [m, n] }, [x, w, b], "disjoint");
  const { gemm, gemmScratch } = x.engine.kernels[x.dtype];
  const scratch = x.engine.scratch(gemmScratch(m, n, k));
  const f = ACTIVATION[activation];
  gemm(m, n, k, x.pointer, k, 1, w.pointer, n, 1, z.pointer, n, b.pointer, f, scratch, 1, 0);
  return z;
}
