/**
 * Picking by index: a minibatch's rows out of a table of bytes, and its labels.
 */
import { checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import {
  checkAlike,
  checkFloat,
  checkMatrix,
  checkNumber,
  checkOutput,
  checkShapeIs,
  checkTensor,
  INTO_KEYS,
  type Into,
  outputOf,
} from "./check.ts";
import { checkIndices, indexCheck } from "./indices.ts";
import { applied, compute, isFloat, operate, sizesOf } from "./operation.ts";
import { GATHER } from "./rows.ts";
import { GATHER_SPARSE, isSparse } from "./sparse.ts";

const NO_OPTIONS = {};

/**
 * y_ij = x_(r_i)j · scale: rows of bytes become floats. This is where pixels stop being bytes.
 *
 * @param x rows × n, uint8
 * @param indices m row numbers r, int32; any may come more than once
 * @param y m × n floats, written whole
 * @param scale 1/255 makes a byte a number in 0..1
 * @throws {ShapeError} x is not a matrix, y does not fit, or operands overlap
 * @throws {DTypeError} an operand of another dtype
 * @throws {IndexError} an index that names no row
 * @throws {OptionError} scale is not a number
 * @example
 * using pixels = tensor(engine, Uint8Array.of(0, 255, 51, 0), { shape: [2, 2] });
 * using indices = tensor(engine, Int32Array.of(1));
 * using y = zeros(engine, [1, 2], { dtype: "float64" });
 * gatherRows(pixels, indices, y, 1 / 255);
 * y.toArray(); // → [[0.2, 0]]
 */
export function gatherRows<D extends FloatType>(
  x: Tensor<"uint8">,
  indices: Tensor<"int32">,
  y: Tensor<D>,
  scale = 1,
): void {
  checkTensor("gatherRows", "x", x);
  checkTensor("gatherRows", "indices", indices);
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
  compute(GATHER_BYTES, y.engine, [x, indices], { scale, dtype: y.dtype }, y);
}

/**
 * A minibatch as an expression: the rows of bytes that `indices` names when the program runs, as floats.
 *
 * @param x rows × n bytes, dense or sparse
 * @param indices m row numbers, int32; any may come more than once
 * @param options.scale 1/255 makes a byte a number in 0..1
 * @returns m × n, sparse where x is
 * @throws {ShapeError} x is not a matrix, or indices is not a vector
 * @throws {DTypeError} an operand of another dtype
 * @throws {OptionError} dtype is not a float type
 * @example
 * const pixels = input(engine, [1000, 784], { name: "pixels", dtype: "uint8" });
 * const indices = input(engine, [100], { name: "indices", dtype: "int32" });
 * const x = batchOf(pixels, indices, { dtype: "float32", scale: 1 / 255 });
 * x.shape; // → [100, 784]
 */
export function batchOf<D extends FloatType>(
  x: Value<"uint8"> | SparseMatrix<"uint8">,
  indices: Value<"int32">,
  options: { readonly dtype: D; readonly scale?: number },
): Expression<D> {
  checkType("batchOf: options", "object", options);
  checkOptions<{ readonly dtype: D; readonly scale?: number }>("batchOf", options, { dtype: 1, scale: 1 });
  const { dtype, scale = 1 } = options;
  checkNumber("batchOf", "scale", scale);
  if (!isFloat(dtype)) throw new OptionError("batchOf: dtype", '"float32" or "float64"', dtype);
  const attributes = { scale, dtype };
  const operation = isSparse(x) ? GATHER_SPARSE : GATHER_BYTES;
  const operands = [expressionOf<DType>(x), expressionOf<DType>(indices)];
  return applied(operation, operands, attributes, operation.spec(operands, attributes)) as Expression<D>;
}

const GATHER_BYTES: Operation<{ readonly scale: number; readonly dtype: FloatType }> = {
  name: "gatherRows",
  spec([x, indices], { dtype }) {
    const [table, order] = [x as Value, indices as Value];
    checkAlike("gatherRows", "x", table, table, "uint8");
    checkMatrix("gatherRows", "x", table);
    checkAlike("gatherRows", "indices", order, table, "int32");
    const [m = 0] = order.shape;
    checkShapeIs("gatherRows", "indices", order, [m]);
    return { dtype, shape: [m, table.shape[1] ?? 0] };
  },
  bind(call) {
    const { kernels, specs, result, attributes, at, out } = call;
    const [table, order] = [at[0].pointer, at[1].pointer];
    const [m, n] = sizesOf(result);
    const [rows] = sizesOf(specs[0]);
    return [
      indexCheck(call, { op: "gatherRows", argument: "indices", bound: rows }, m, order),
      kernels.gatherRows(m, n, table, order, out.pointer, attributes.scale),
    ];
  },
};

/**
 * y_i = x_(r_i): the labels of a minibatch.
 *
 * @param x labels, int32
 * @param indices m positions r in x, int32
 * @returns m labels, int32: `out`, or a new tensor
 * @throws {ShapeError} an operand is not a vector, or `out` does not fit or overlaps
 * @throws {DTypeError} an operand of another dtype
 * @throws {IndexError} an index that names no element
 * @example
 * using labels = tensor(engine, Int32Array.of(7, 2, 1));
 * using indices = tensor(engine, Int32Array.of(2, 0));
 * using batch = gatherIndices(labels, indices);
 * batch.toArray(); // → [1, 7]
 */
export function gatherIndices(
  x: Tensor<"int32">,
  indices: Tensor<"int32">,
  options: Into<"int32"> = NO_OPTIONS,
): Tensor<"int32"> {
  checkOptions<Into<"int32">>("gatherIndices", options, INTO_KEYS);
  const { out } = options;
  checkTensor("gatherIndices", "x", x);
  checkTensor("gatherIndices", "indices", indices);
  checkAlike("gatherIndices", "x", x, x, "int32");
  checkAlike("gatherIndices", "indices", indices, x, "int32");
  checkShapeIs("gatherIndices", "x", x, [x.size]);
  checkShapeIs("gatherIndices", "indices", indices, [indices.size]);
  checkIndices("gatherIndices", "indices", indices, x.size);
  const y = outputOf("gatherIndices", out, indices, [x, indices], "disjoint");
  compute(GATHER_LABELS, x.engine, [x, indices], {}, y);
  return y;
}

/**
 * The labels of a minibatch as an expression: those that `indices` names when the program runs.
 *
 * @returns m labels
 * @throws {ShapeError} an operand is not a vector
 * @throws {DTypeError} an operand that is not int32
 * @example
 * const labels = input(engine, [1000], { name: "labels", dtype: "int32" });
 * const indices = input(engine, [100], { name: "indices", dtype: "int32" });
 * labelsOf(labels, indices).shape; // → [100]
 */
export function labelsOf(x: Value<"int32">, indices: Value<"int32">): Expression<"int32"> {
  for (const [argument, value] of [["x", x] as const, ["indices", indices] as const]) {
    checkAlike("labelsOf", argument, value, x, "int32");
    checkShapeIs("labelsOf", argument, value, [value.shape[0] ?? 0]);
  }
  return operate(GATHER, [expressionOf(x), expressionOf(indices)], {}) as Expression as Expression<"int32">;
}

const GATHER_LABELS: Operation = {
  name: "gatherIndices",
  spec([x, indices]) {
    for (const [argument, value] of [["x", x as Value] as const, ["indices", indices as Value] as const]) {
      checkAlike("gatherIndices", argument, value, x as Value, "int32");
      checkShapeIs("gatherIndices", argument, value, [value.shape[0] ?? 0]);
    }
    return { dtype: "int32", shape: (indices as Value).shape };
  },
  bind(call) {
    const { common, specs, at, out } = call;
    const [x, indices] = specs;
    const [from, order] = [at[0].pointer, at[1].pointer];
    const [bound = 0] = x.shape;
    const [m = 0] = indices.shape;
    return [
      indexCheck(call, { op: "gatherIndices", argument: "indices", bound }, m, order),
      common.gatherIndices(m, from, order, out.pointer),
    ];
  },
  flops: () => 0,
};
