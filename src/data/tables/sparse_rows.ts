/**
 * Rows that are mostly zero as plain data, in compressed sparse rows (CSR), as `scipy.sparse.csr_matrix` has them:
 *
 *   starts    m + 1 positions (indptr): row i is at starts[i] … starts[i + 1] - 1 in the other two
 *   columns   the column of each nonzero (indices), ascending in a row
 *   values    the nonzeros (data)
 */

import { checkNumbers, checkRecord, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { DatasetError } from "../dataset_error.ts";

/** m rows of k numbers that are mostly zero. */
export type SparseRows = {
  /** [m, k]; k is at most 65,536 */
  readonly shape: readonly [rows: number, columns: number];
  /** m + 1 positions */
  readonly starts: Int32Array;
  /** The column of each nonzero, ascending in a row. */
  readonly columns: Uint16Array;
  /** The nonzeros, row after row. */
  readonly values: Float32Array | Float64Array;
};

/** The same in arrays of any kind. */
export type SparseParts = {
  /** [m, k] */
  readonly shape: readonly [rows: number, columns: number];
  /** m + 1 positions */
  readonly starts: ArrayLike<number>;
  /** The column of each nonzero, ascending in a row. */
  readonly columns: ArrayLike<number>;
  /** The nonzeros, row after row. */
  readonly values: ArrayLike<number>;
};

/** Numbers by column; the others are zero. */
export type SparseRow = Readonly<Record<number, number>> | ReadonlyMap<number, number>;

/** Columns are stored as 16-bit numbers. */
const MAX_COLUMNS = 65_536;

/**
 * Rows that are mostly zero: of `{ column: number }` for each row, or of the parts of a CSR matrix. Numbers are float32, and float64
 * where they are in a Float64Array.
 *
 * @param options.columns k, where rows are given. Default: one more than the largest column
 * @throws {OptionError} a column that is no integer from 0 to k − 1, k not from 1 to 65,536, or columns that do not ascend in a row
 * @throws {DatasetError} a number that is not finite, or starts that do not fit
 * @example
 * const rows = sparseRows([{ 0: 1, 3: 0.5 }, {}, { 2: 7 }]);
 * rows.shape; // → [3, 4]
 * sparseRows({ shape: [2, 3], starts: [0, 1, 2], columns: [2, 0], values: [5, 6] }).values; // → Float32Array [5, 6]
 */
export function sparseRows(
  rows: readonly SparseRow[] | SparseParts,
  options: { readonly columns?: number } = {},
): SparseRows {
  checkOptions<{ readonly columns?: number }>("sparseRows", options, { columns: 1 });
  if (options.columns !== undefined) checkType("sparseRows: columns", "number", options.columns);
  if (Array.isArray(rows) && rows.length === 0) throw new OptionError("sparseRows: rows", "at least one row", rows);
  const parts = Array.isArray(rows) ? partsOf(rows, options.columns) : (rows as SparseParts);
  if (parts !== rows) return checked(parts);
  if (options.columns !== undefined) throw new OptionError("columns", "undefined, with a shape", options.columns);
  return checked(parts);
}

/** Some of the rows, in another order; `indices` are in range. */
export function pickRows({ shape, starts, columns, values }: SparseRows, indices: ArrayLike<number>): SparseRows {
  const picked = new Int32Array(indices.length + 1);
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] ?? 0;
    picked[row + 1] = (picked[row] ?? 0) + (starts[from + 1] ?? 0) - (starts[from] ?? 0);
  }
  const count = picked[indices.length] ?? 0;
  const own = { columns: new Uint16Array(count), values: zeros(values, count) };
  for (let row = 0; row < indices.length; row++) {
    const from = indices[row] ?? 0;
    const [start, end, to] = [starts[from] ?? 0, starts[from + 1] ?? 0, picked[row] ?? 0];
    own.columns.set(columns.subarray(start, end), to);
    own.values.set(values.subarray(start, end), to);
  }
  return { shape: [indices.length, shape[1]], starts: picked, ...own };
}

/** Rows from `start` up to but without `end`; columns and values are views. */
export function sliceRows({ shape, starts, columns, values }: SparseRows, start: number, end: number): SparseRows {
  const first = starts[start] ?? 0;
  const last = starts[end] ?? 0;
  return {
    shape: [end - start, shape[1]],
    starts: starts.slice(start, end + 1).map((at) => at - first),
    columns: columns.subarray(first, last),
    values: values.subarray(first, last),
  };
}

/** All elements, row after row. */
export function denseRows({ shape: [rows, k], starts, columns, values }: SparseRows): Float32Array | Float64Array {
  const dense = zeros(values, rows * k);
  for (let row = 0; row < rows; row++) {
    for (let at = starts[row] ?? 0; at < (starts[row + 1] ?? 0); at++)
      dense[row * k + (columns[at] ?? 0)] = values[at] ?? 0;
  }
  return dense;
}

function zeros(like: Float32Array | Float64Array, length: number): Float32Array | Float64Array {
  return like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}

function partsOf(rows: readonly SparseRow[], columns: number | undefined): SparseParts {
  const starts = [0];
  const nonzeros: (readonly [column: number, value: number])[] = [];
  let largest = 0;
  for (const [i, row] of rows.entries()) {
    if (!(row instanceof Map)) checkRecord(`sparseRows: rows[${i}]`, row, "an object of numbers by column, or a Map");
    const entries =
      row instanceof Map ? [...row] : Object.entries(row).map(([key, value]) => [Number(key), value] as const);
    for (const entry of entries.sort(([a], [b]) => a - b)) {
      nonzeros.push(entry);
      if (!(entry[0] <= largest)) largest = entry[0];
    }
    starts.push(nonzeros.length);
  }
  return {
    shape: [rows.length, columns ?? largest + 1],
    starts,
    columns: nonzeros.map(([column]) => column),
    values: nonzeros.map(([, value]) => value),
  };
}

function checked(parts: SparseParts): SparseRows {
  checkRecord("sparseRows: rows", parts, "an array of rows, or the parts of a CSR matrix");
  checkOptions<SparseParts>("sparseRows", parts, { shape: 1, starts: 1, columns: 1, values: 1 });
  const { shape, starts, columns, values } = parts;
  for (const [name, list] of Object.entries({ shape, starts, columns, values }))
    checkNumbers(`sparseRows: ${name}`, list);
  const [rows, k] = shape;
  if (shape.length !== 2 || !(Number.isSafeInteger(rows) && rows >= 1)) {
    throw new OptionError("sparseRows: shape", "[rows, columns]", shape);
  }
  if (!(Number.isInteger(k) && k >= 1 && k <= MAX_COLUMNS)) {
    throw new OptionError("sparseRows: columns", `from 1 to ${MAX_COLUMNS} columns`, k);
  }
  checkStarts(starts, rows, columns.length, values.length);
  for (let row = 0; row < rows; row++) {
    const end = starts[row + 1] ?? 0;
    for (let at = starts[row] ?? 0, before = -1; at < end; at++) {
      const column = columns[at] ?? Number.NaN;
      if (!(Number.isInteger(column) && column >= 0 && column < k)) {
        throw new OptionError(`sparseRows: column in row ${row}`, `an integer from 0 to ${k - 1}`, column);
      }
      if (column <= before) throw new OptionError(`sparseRows: columns of row ${row}`, "ascending columns", column);
      before = column;
      const value = values[at] ?? Number.NaN;
      if (!Number.isFinite(value))
        throw new DatasetError({ kind: "number", file: "sparseRows: values", position: at, value });
    }
  }
  return {
    shape: [rows, k],
    starts: starts instanceof Int32Array ? starts : Int32Array.from(starts),
    columns: columns instanceof Uint16Array ? columns : Uint16Array.from(columns),
    values: values instanceof Float32Array || values instanceof Float64Array ? values : Float32Array.from(values),
  };
}

function checkStarts(starts: ArrayLike<number>, rows: number, columns: number, values: number): void {
  let isRight = starts.length === rows + 1 && starts[0] === 0 && starts[rows] === columns && columns === values;
  for (let row = 0; row < rows && isRight; row++) {
    const [start = 0, end = 0] = [starts[row], starts[row + 1]];
    isRight = Number.isInteger(end) && end >= start;
  }
  if (isRight) return;
  const expected = `${rows + 1} starts, from 0 ascending to as many as there are columns and values`;
  const found = `${starts.length} starts, ${columns} columns, ${values} values`;
  throw new DatasetError({ kind: "array", name: "sparseRows", expected, found });
}
