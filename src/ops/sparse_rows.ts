/**
 * Sparse rows of floats in an engine's memory: plain data becomes a matrix, and a minibatch is gathered by index.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { type SparseRows, sparseRows } from "../data/tables/sparse_rows.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import type { Operation } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { checkAlike, checkShapeIs } from "./check.ts";
import { indexCheck } from "./indices.ts";
import { viewer } from "./linalg/stack.ts";
import { applied, isFloat, sizesOf } from "./operation.ts";

/**
 * Sparse rows in an engine's memory: what `net.predict`, `net.logits` and `net.loss` take. The caller disposes of it.
 *
 * @param rows m × k, from `sparseRows` or `vectorize`
 * @returns m × k
 * @throws {OptionError} no sparse rows, or dtype is not a float type
 * @throws {AllocationError} too large for one block
 * @example
 * using x = sparseMatrix(engine, sparseRows([{ 0: 1, 3: 0.5 }, { 2: 7 }]), { dtype: "float32" });
 * x.nonzeros; // → 3
 */
export function sparseMatrix<D extends FloatType>(
  engine: Engine,
  rows: SparseRows,
  options: { readonly dtype: D },
): SparseMatrix<D> {
  checkType("sparseMatrix: options", "object", options);
  checkOptions<{ readonly dtype: D }>("sparseMatrix", options, { dtype: 1 });
  const { dtype } = options;
  if (!isFloat(dtype)) throw new OptionError("sparseMatrix: dtype", '"float32" or "float64"', dtype);
  const { shape, starts, columns, values } = sparseRows(rows);
  let maxRowNonzeros = 0;
  for (let row = 0; row < shape[0]; row++) {
    maxRowNonzeros = Math.max(maxRowNonzeros, (starts[row + 1] ?? 0) - (starts[row] ?? 0));
  }
  const matrix = new SparseMatrix(engine, shape, { dtype, maxRowNonzeros, capacity: values.length });
  matrix.starts.data.set(starts);
  matrix.columns.data.set(columns);
  matrix.values.data.set(values);
  return matrix;
}

/** The rows of a sparse matrix of floats that `indices` names when the program runs, as an expression. */
export function sparseRowsOf<D extends FloatType>(x: SparseMatrix<D>, indices: Value<"int32">): Expression<D> {
  checkInstance("sparseRowsOf: x", "a SparseMatrix", SparseMatrix, x);
  const operands = [expressionOf<DType>(x), expressionOf<DType>(indices)];
  return applied(GATHER_SPARSE_FLOATS, operands, {}, GATHER_SPARSE_FLOATS.spec(operands, {})) as Expression<D>;
}

/** y_i = x_(r_i): the nonzeros are copied by the host, as many as the minibatch has. */
const GATHER_SPARSE_FLOATS: Operation = {
  name: "gatherSparseFloats",
  spec([x, indices]) {
    const [table, order] = [x as Expression, indices as Value];
    checkAlike("gatherSparseFloats", "indices", order, order, "int32");
    const [m = 0] = order.shape;
    checkShapeIs("gatherSparseFloats", "indices", order, [m]);
    return { dtype: table.dtype, shape: [m, table.shape[1] ?? 0], maxRowNonzeros: table.maxRowNonzeros };
  },
  bind(call) {
    const { memory, specs, result, at, out } = call;
    const [table, indices] = at;
    const [m] = sizesOf(result);
    const [rows] = sizesOf(specs[0]);
    const { dtype, maxRowNonzeros = 0 } = result;
    const room = m * maxRowNonzeros;
    const order = viewer(memory, "int32", indices.pointer, m);
    const from = viewer(memory, "int32", table.pointer, rows + 1);
    const nonzeros = from()[rows] ?? 0; // a dataset's rows stay what they are
    const [fromColumns, fromValues] = [
      viewer(memory, "uint16", table.columns, nonzeros),
      viewer(memory, dtype, table.values, nonzeros),
    ];
    const [starts, columns, values] = [
      viewer(memory, "int32", out.pointer, m + 1),
      viewer(memory, "uint16", out.columns, room),
      viewer(memory, dtype, out.values, room),
    ];
    return [
      indexCheck(call, { op: "gatherSparseFloats", argument: "indices", bound: rows }, m, indices.pointer),
      () => copyRows(order(), [from(), fromColumns(), fromValues()], [starts(), columns(), values()]),
    ];
  },
  flops: () => 0,
};

type Parts = readonly [starts: Int32Array, columns: Uint16Array, values: { [at: number]: number }];

function copyRows(order: Int32Array, [from, fromColumns, fromValues]: Parts, [starts, columns, values]: Parts): void {
  let to = 0;
  for (let i = 0; i < order.length; i++) {
    starts[i] = to;
    const row = order[i] ?? 0;
    const end = from[row + 1] ?? 0;
    for (let at = from[row] ?? 0; at < end; at++, to++) {
      columns[to] = fromColumns[at] ?? 0;
      values[to] = fromValues[at] ?? 0;
    }
  }
  starts[order.length] = to;
}
