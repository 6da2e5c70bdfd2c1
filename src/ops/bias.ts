/**
 * A bias row under a matrix, and its gradient.
 */
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add } from "./binary.ts";
import {
  checkAlike,
  checkFloat,
  checkMatrix,
  checkOutput,
  checkShapeIs,
  checkTensor,
  INTO_KEYS,
  type Into,
  outputOf,
} from "./check.ts";

const NO_OPTIONS = {};

/**
 * y_ij = x_ij + b_j: `add` of a row.
 *
 * @param x m × n
 * @param b n
 * @returns m × n: `out` (which may be x), or a new tensor
 * @throws {ShapeError} x is not a matrix, b is not as long as its rows, or `out` does not fit or overlaps
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using b = tensor(engine, [10, 20]);
 * addBias(x, b, { out: x }).toArray(); // → [[11, 22], [13, 24]]
 */
export function addBias<D extends FloatType>(x: Tensor<D>, b: Tensor<D>, options: Into<D> = NO_OPTIONS): Tensor<D> {
  checkOptions<Into<D>>("addBias", options, INTO_KEYS);
  const { out } = options;
  checkTensor("addBias", "x", x);
  checkTensor("addBias", "b", b);
  checkFloat("addBias", "x", x);
  checkMatrix("addBias", "x", x);
  checkAlike("addBias", "b", b, x);
  checkShapeIs("addBias", "b", b, [x.shape[1] ?? 0]);
  if (out !== undefined) checkOutput("addBias", "out", out, x, [b], "disjoint");
  const y = outputOf("addBias", out, x, [x, b], "may be an input");
  return add(x, b, { out: y });
}

/**
 * y_j = Σ_i x_ij, added from the first row to the last: the gradient of a bias.
 *
 * @param x m × n
 * @returns n: `out`, or a new tensor
 * @throws {ShapeError} x is not a matrix, or `out` does not fit or overlaps
 * @throws {DTypeError} integers
 * @example
 * using dz = tensor(engine, [[1, 2], [3, 4]]);
 * using db = columnSums(dz);
 * db.toArray(); // → [4, 6]
 */
export function columnSums<D extends FloatType>(x: Tensor<D>, options: Into<D> = NO_OPTIONS): Tensor<D> {
  checkOptions<Into<D>>("columnSums", options, INTO_KEYS);
  const { out } = options;
  checkTensor("columnSums", "x", x);
  checkFloat("columnSums", "x", x);
  checkMatrix("columnSums", "x", x);
  const [m = 0, n = 0] = x.shape;
  const y = outputOf("columnSums", out, { dtype: x.dtype, shape: [n] }, [x], "disjoint");
  x.engine.kernels[x.dtype].columnSums(m, n, x.pointer, y.pointer, 1, 0, 0, n);
  return y;
}
