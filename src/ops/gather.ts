/**
 * Picking by index: a minibatch's rows out of a table of bytes, and its labels.
 */
import { IndexError, ShapeError } from "../errors.ts";
import { show } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkAlike, checkFloat, checkNumber, checkOutput, checkShapeIs, type Into, outputOf } from "./check.ts";

const NO_OPTIONS = {};

/**
 * y_ij = x_(r_i)j · scale: rows of bytes become floats. This is where pixels stop being bytes.
 *
 * @param x rows × n, uint8
 * @param indices m row numbers r, int32; any may come more than once
 * @param y m × n floats, written whole
 * @param scale 1/255 makes a byte a number in 0..1
 * @throws {ShapeError} x is no matrix, y does not fit, or operands overlap
 * @throws {DTypeError} an operand of another dtype
 * @throws {IndexError} an index that names no row
 * @throws {OptionError} scale is no number
 */
export function gatherRows<D extends FloatType>(
  x: Tensor<"uint8">,
  indices: Tensor<"int32">,
  y: Tensor<D>,
  scale = 1,
): void {
  checkNumber("gatherRows", "scale", scale);
  checkFloat("gatherRows", "y", y);
  checkAlike("gatherRows", "x", x, y, "uint8");
  checkAlike("gatherRows", "indices", indices, y, "int32");
  const [rows = 0, n] = x.shape;
  if (n === undefined || x.shape.length !== 2)
    throw new ShapeError("gatherRows", "x", "a matrix (2 axes)", show(x.shape));
  checkShapeIs("gatherRows", "indices", indices, [indices.size]);
  checkOutput("gatherRows", "y", y, { dtype: y.dtype, shape: [indices.size, n] }, [x, indices], "disjoint");
  checkIndices("gatherRows", "indices", indices, rows);
  y.engine.kernels[y.dtype].gatherRows(indices.size, n, x.pointer, indices.pointer, y.pointer, scale);
}

/**
 * y_i = x_(r_i): the labels of a minibatch.
 *
 * @param x labels, int32
 * @param indices m positions r in x, int32
 * @returns m labels, int32: `out`, or a new tensor
 * @throws {ShapeError} an operand is no vector, or `out` does not fit or overlaps
 * @throws {DTypeError} an operand of another dtype
 * @throws {IndexError} an index that names no element
 */
export function gatherIndices(
  x: Tensor<"int32">,
  indices: Tensor<"int32">,
  { out }: Into<"int32"> = NO_OPTIONS,
): Tensor<"int32"> {
  checkAlike("gatherIndices", "x", x, x, "int32");
  checkAlike("gatherIndices", "indices", indices, x, "int32");
  checkShapeIs("gatherIndices", "x", x, [x.size]);
  checkShapeIs("gatherIndices", "indices", indices, [indices.size]);
  checkIndices("gatherIndices", "indices", indices, x.size);
  const y = outputOf("gatherIndices", out, indices, [x, indices], "disjoint");
  x.engine.common.gatherIndices(indices.size, x.pointer, indices.pointer, y.pointer);
  return y;
}

/** @throws {IndexError} the first of the indices that lies outside 0..bound-1 */
export function checkIndices(op: string, argument: string, indices: Tensor<"int32">, bound: number): void {
  const first = indices.engine.common.firstOutOfRange(indices.size, indices.pointer, bound);
  if (first >= 0) throw new IndexError(op, argument, first, indices.data[first] ?? Number.NaN, bound);
}
