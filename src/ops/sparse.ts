/**
 * Products with rows that are mostly zero: work in proportion to the nonzeros.
 */

import { DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type AnyValue, Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import { MAX_SPARSE_COLUMNS, SparseMatrix } from "../tensor/sparse.ts";
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
import { applied, compute, sizesOf } from "./operation.ts";

const NO_OPTIONS = {};

/**
 * The share of elements that are not zero, 0..1; 0 where there are none.
 *
 * @throws {DTypeError} not bytes
 * @example
 * using pixels = tensor(engine, Uint8Array.of(0, 255, 0, 0), { shape: [2, 2] });
 * densityOf(pixels); // → 0.25
 */
export function densityOf(x: Tensor<"uint8">): number {
  checkTensor("densityOf", "x", x);
  checkAlike("densityOf", "x", x, x, "uint8");
  return x.size === 0 ? 0 : x.engine.common.countNonzeros(x.size, x.pointer) / x.size;
}

/**
 * The nonzeros of a matrix of bytes.
 *
 * @param x m × k, uint8, k at most 65,536
 * @returns m × k, which the caller disposes of
 * @throws {ShapeError} x is not a matrix, or has more columns
 * @throws {DTypeError} not bytes
 * @example
 * using pixels = tensor(engine, Uint8Array.of(0, 255, 0, 0), { shape: [2, 2] });
 * using sparse = compress(pixels);
 * sparse.nonzeros; // → 1
 */
export function compress(x: Tensor<"uint8">): SparseMatrix<"uint8"> {
  checkTensor("compress", "x", x);
  checkBytes(x);
  const [m = 0, k = 0] = x.shape;
  const { common } = x.engine;
  let capacity = 0;
  let maxRowNonzeros = 0;
  // Rows without columns cost nothing to make a tensor of, but a walk over them would take as long as any.
  const rows = k === 0 ? 0 : m;
  for (let i = 0, row = x.pointer; i < rows; i++, row += k) {
    const count = common.countNonzeros(k, row);
    capacity += count;
    maxRowNonzeros = Math.max(maxRowNonzeros, count);
  }
  const y = new SparseMatrix(x.engine, [m, k], { dtype: "uint8", maxRowNonzeros, capacity });
  common.compressRows(m, k, x.pointer, y.starts.pointer, y.columns.pointer, y.values.pointer);
  return y;
}

/**
 * The nonzeros of a matrix of bytes as an expression: those that it has when the program runs.
 *
 * @param x m × k, uint8, k at most 65,536
 * @returns m × k sparse rows with room for every element
 * @throws {ShapeError} x is not a matrix, or has more columns
 * @throws {DTypeError} not bytes
 * @example
 * const rows = compressed(input(engine, [100, 784], { name: "pixels", dtype: "uint8" }));
 */
export function compressed(x: Value<"uint8">): Expression<"uint8"> {
  const operands = [expressionOf(x)];
  return applied(COMPRESS, operands, {}, COMPRESS.spec(operands, {})) as Expression<"uint8">;
}

const COMPRESS: Operation = {
  name: "compress",
  spec([x]) {
    checkBytes(x as Value);
    const { shape } = x as Value;
    return { dtype: "uint8", shape, maxRowNonzeros: shape[1] };
  },
  bind({ common, result, at: [x], out }) {
    const [m, k] = sizesOf(result);
    return [common.compressRows(m, k, x.pointer, out.pointer, out.columns, out.values)];
  },
  flops: () => 0,
};

/** @throws as `compress` of x */
function checkBytes(x: Value): void {
  checkAlike("compress", "x", x, x, "uint8");
  checkMatrix("compress", "x", x);
  if ((x.shape[1] ?? 0) <= MAX_SPARSE_COLUMNS) return;
  throw new ShapeError("compress", "x", `at most ${MAX_SPARSE_COLUMNS} columns`, show(x.shape));
}

/**
 * y ← the rows r_i of x, their values times scale: a minibatch in one piece.
 *
 * @param x rows × k, bytes
 * @param indices m row numbers r, int32; any may come more than once
 * @param y m × k floats, overwritten
 * @param scale 1/255 makes a byte a number in 0..1
 * @throws {ShapeError} y does not fit, or has no room for the nonzeros
 * @throws {DTypeError} an operand of another dtype
 * @throws {IndexError} an index that names no row
 * @throws {OptionError} scale is not a number
 * @example
 * using pixels = tensor(engine, Uint8Array.of(0, 255, 0, 0), { shape: [2, 2] });
 * using sparse = compress(pixels);
 * using indices = tensor(engine, Int32Array.of(0));
 * using batch = new SparseMatrix(engine, [1, 2], { dtype: "float32", maxRowNonzeros: sparse.maxRowNonzeros });
 * gatherSparseRows(sparse, indices, batch, 1 / 255);
 */
export function gatherSparseRows<D extends FloatType>(
  x: SparseMatrix<"uint8">,
  indices: Tensor<"int32">,
  y: SparseMatrix<D>,
  scale = 1,
): void {
  checkTensor("gatherSparseRows", "indices", indices);
  checkNumber("gatherSparseRows", "scale", scale);
  checkAlike("gatherSparseRows", "indices", indices, indices, "int32");
  checkShapeIs("gatherSparseRows", "indices", indices, [indices.size]);
  checkSparseMatrix("gatherSparseRows", "x", x, indices, "uint8");
  checkSparseMatrix("gatherSparseRows", "y", y, indices, y?.dtype);
  checkSparseFloat("gatherSparseRows", "y", y);
  const [rows, k] = x.shape;
  const m = indices.size;
  if (y.shape[0] !== m || y.shape[1] !== k || y.capacity < m * x.maxRowNonzeros) {
    const found = `${show(y.shape)} with room for ${y.capacity}`;
    throw new ShapeError(
      "gatherSparseRows",
      "y",
      `${show([m, k])} with room for ${m * x.maxRowNonzeros} nonzeros`,
      found,
    );
  }
  for (const part of [y.starts, y.columns, y.values]) {
    checkOutput("gatherSparseRows", "y", part, part, [indices, x.starts, x.columns, x.values], "disjoint");
  }
  checkIndices("gatherSparseRows", "indices", indices, rows);
  compute(GATHER_SPARSE, indices.engine, [x, indices], { scale, dtype: y.dtype }, y);
}

/** The minibatch as a node: `indices` are looked at before each run. */
export const GATHER_SPARSE: Operation<{ readonly scale: number; readonly dtype: FloatType }> = {
  name: "gatherSparseRows",
  spec([x, indices], { dtype }) {
    const [table, order] = [x as Expression<"uint8">, indices as Value];
    checkAlike("gatherSparseRows", "indices", order, order, "int32");
    checkSparse("gatherSparseRows", "x", table, order, "uint8");
    const [m = 0] = order.shape;
    checkShapeIs("gatherSparseRows", "indices", order, [m]);
    return { dtype, shape: [m, table.shape[1] ?? 0], maxRowNonzeros: table.maxRowNonzeros };
  },
  bind(call) {
    const { kernels, specs, result, attributes, at, out } = call;
    const [table, indices] = at;
    const [m] = sizesOf(result);
    const [rows] = sizesOf(specs[0]);
    const order = indices.pointer;
    const [from, to] = [
      [table.pointer, table.columns, table.values] as const,
      [out.pointer, out.columns, out.values] as const,
    ];
    return [
      indexCheck(call, { op: "gatherSparseRows", argument: "indices", bound: rows }, m, order),
      kernels.gatherSparseRows(m, ...from, order, ...to, attributes.scale),
    ];
  },
  flops: () => 0,
};

/**
 * Z = b + X·W.
 *
 * @param x m × k
 * @param w k × n
 * @param b n
 * @returns m × n: `out`, or a new tensor
 * @throws {ShapeError} shapes do not fit, or `out` overlaps
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using x = new SparseMatrix(engine, [2, 3], { dtype: "float32", maxRowNonzeros: 3 }); // filled by gatherSparseRows
 * using w = zeros(engine, [3, 1]);
 * using b = tensor(engine, [1]);
 * using z = sparseAffine(x, w, b);
 */
export function sparseAffine<D extends FloatType>(
  x: SparseMatrix<D>,
  w: Tensor<D>,
  b: Tensor<D>,
  options: Into<D> = NO_OPTIONS,
): Tensor<D> {
  checkOptions<Into<D>>("sparseAffine", options, INTO_KEYS);
  const { out } = options;
  checkTensor("sparseAffine", "w", w);
  checkTensor("sparseAffine", "b", b);
  checkFloat("sparseAffine", "w", w);
  checkMatrix("sparseAffine", "w", w);
  checkSparseMatrix("sparseAffine", "x", x, w, w.dtype);
  checkAlike("sparseAffine", "b", b, w);
  const [m, k] = x.shape;
  const [rows = 0, n = 0] = w.shape;
  if (rows !== k) throw new ShapeError("sparseAffine", "w", `${k} rows, as x has columns`, show(w.shape));
  checkShapeIs("sparseAffine", "b", b, [n]);
  const z = outputOf("sparseAffine", out, { dtype: w.dtype, shape: [m, n] }, [w, b, x.values], "disjoint");
  const { sparseForward } = w.engine.kernels[w.dtype];
  sparseForward(m, n, x.starts.pointer, x.columns.pointer, x.values.pointer, w.pointer, b.pointer, z.pointer);
  return z;
}

/**
 * W ← W + α·Xᵀ·D. With W = 0 and α = 1 it is the weight gradient; with the weights and α = -learningRate, a step of
 * gradient descent without one.
 *
 * @param x m × k
 * @param d m × n
 * @param w k × n, changed in place
 * @throws {ShapeError} shapes do not fit, or w overlaps d
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} α is not a number
 * @example
 * using x = new SparseMatrix(engine, [2, 3], { dtype: "float32", maxRowNonzeros: 3 }); // filled by gatherSparseRows
 * using dz = zeros(engine, [2, 1]);
 * using w = zeros(engine, [3, 1]);
 * sparseAxpy(-0.1, x, dz, w);
 */
export function sparseAxpy<D extends FloatType>(alpha: number, x: SparseMatrix<D>, d: Tensor<D>, w: Tensor<D>): void {
  checkTensor("sparseAxpy", "d", d);
  checkNumber("sparseAxpy", "alpha", alpha);
  checkFloat("sparseAxpy", "d", d);
  checkMatrix("sparseAxpy", "d", d);
  checkSparseMatrix("sparseAxpy", "x", x, d, d.dtype);
  const [m, k] = x.shape;
  const [rows, n = 0] = d.shape;
  if (rows !== m) throw new ShapeError("sparseAxpy", "d", `${m} rows, as x has`, show(d.shape));
  checkOutput("sparseAxpy", "w", w, { dtype: d.dtype, shape: [k, n] }, [d, x.values], "disjoint");
  d.engine.kernels[d.dtype].sparseBackward(
    m,
    n,
    x.starts.pointer,
    x.columns.pointer,
    x.values.pointer,
    d.pointer,
    w.pointer,
    alpha,
    0,
    n,
    k ?? 0,
    0,
  );
}

/** Whether a value is rows that are mostly zero. */
export function isSparse(x: unknown): x is SparseMatrix | Expression {
  return x instanceof SparseMatrix || (x instanceof Expression && x.maxRowNonzeros !== undefined);
}

/**
 * @throws {DTypeError} sparse rows of bytes where floats are needed
 */
export function checkSparseFloat(op: string, argument: string, x: AnyValue): void {
  if (x.dtype === "float32" || x.dtype === "float64") return;
  throw new DTypeError(op, argument, "float32 or float64", x.dtype);
}

/** As `checkSparse`, of what is computed at once: an expression of sparse rows has no memory yet. */
function checkSparseMatrix(op: string, argument: string, x: SparseMatrix, like: Value, dtype: DType): void {
  checkSparse(op, argument, x, like, dtype);
  if (x instanceof SparseMatrix) return;
  throw new OptionError(`${op}: ${argument}`, "a sparse matrix", x);
}

/** `x` must be sparse, of this dtype and in the memory of `like`. */
function checkSparse(op: string, argument: string, x: SparseMatrix | Expression, like: Value, dtype: DType): void {
  if (!isSparse(x)) throw new OptionError(`${op}: ${argument}`, "a sparse matrix", x);
  if (x.dtype !== dtype) throw new DTypeError(op, argument, dtype, x.dtype);
  if (x.engine !== like.engine) throw new EngineMismatchError(op, argument);
}
