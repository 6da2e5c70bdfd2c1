/** What people have, as a table: rows, objects, typed arrays, text, files, datasets. */
import { checkNumbers, checkType } from "../arguments.ts";
import { loadRecords, parseRecords } from "../data/csv.ts";
import { Dataset } from "../data/dataset.ts";
import type { PreprocessingOptions } from "../data/tables/preprocessing.ts";
import { type NumberTable, type Records, recordsOf } from "../data/tables/records.ts";
import { denseRows, type SparseRows, sparseRows } from "../data/tables/sparse_rows.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { isNumberArray, tagOf } from "../values.ts";

/** One row: cells in the order of the columns, or by their names. */
export type Row = readonly unknown[] | ArrayLike<number> | { readonly [column: string]: unknown };

/** Rows with their columns' names, sparse rows, or a dataset. */
export type Table = Records | Dataset | SparseRows;

/** Rows in memory. */
export type Rows = Row | readonly Row[] | Table;

/**
 * Rows; a typed array with its shape; the text of a CSV file, or its path or address, which ends in .csv, .tsv, .txt or .data; or
 * a dataset, which brings its answers.
 */
export type TableData = Rows | string | URL;

/** A table, and the answers where it is a dataset's. */
export type Source = {
  readonly table: Records | NumberTable;
  readonly answers?: PreprocessingOptions["target"];
  /** Whether it was one row alone. */
  readonly isSingle: boolean;
};

/** How data is read that does not say it itself. */
export type ReadOptions = {
  /** Of a typed array: [rows, columns], or [rows, …shape of one]. */
  readonly shape?: readonly number[] | undefined;
};

const MAX_RANK = 8;
const FILE = /\.(?:csv|tsv|txt|data)(?:[?#].*)?$/i;

/**
 * Data from memory, text, or a file.
 *
 * @throws {OptionError} (rejects) no table
 * @throws {DatasetError} (rejects) rows of several lengths, a file that is missing or malformed
 */
export async function read(op: string, data: TableData, options: ReadOptions = {}): Promise<Source> {
  if (typeof data === "string" || tagOf(data) === "URL") {
    const text = String(data);
    const isText = typeof data === "string" && data.includes("\n");
    if (!isText && !FILE.test(text)) {
      throw new OptionError(
        `${op}: data`,
        "text with line breaks, or a file that ends in .csv, .tsv, .txt or .data",
        data,
      );
    }
    return { table: isText ? await parseRecords(text) : await loadRecords(data as string | URL), isSingle: false };
  }
  return rowsOf(op, data as Rows, options);
}

/**
 * Data that is in memory.
 *
 * @param width columns of a row, where that is known: a flat array of so many numbers is one row
 * @throws {OptionError} no rows
 * @throws {DatasetError} rows of several lengths, or of no cells
 */
export function rowsOf(
  op: string,
  data: Rows,
  { shape, width }: ReadOptions & { readonly width?: number } = {},
): Source {
  if (typeof data === "string") {
    throw new OptionError(
      `${op}: rows`,
      "rows; of text: (await parseRecords(text)), of a file: (await loadRecords(file))",
      data,
    );
  }
  if (width === 1 && typeof data === "number") return { table: { values: [data], width: 1 }, isSingle: true };
  checkType(`${op}: data`, "object", data);
  if (data instanceof Dataset) return ofDataset(data);
  if (isSparseRows(data)) return { table: ofSparseRows(data), isSingle: false };
  if (isNumberArray(data)) return ofNumbers(op, data, shape, width);
  if (shape !== undefined) throw new OptionError(`${op}: shape`, "undefined, of data that is no typed array", shape);
  if (!Array.isArray(data)) {
    if (isRecords(data)) return { table: data, isSingle: false };
    return { table: recordsOf([data]), isSingle: true };
  }
  const [first] = data;
  if (first === undefined && data.length === 0) throw new OptionError(`${op}: data`, "at least one row", data);
  if (typeof first !== "object" || first === null) {
    const isSingle = width !== undefined && (width > 1 || data.length === 1);
    return { table: recordsOf(isSingle ? [data] : data.map((cell) => [cell])), isSingle };
  }
  if (Array.isArray(first) && Array.isArray(first[0])) return ofNestedArrays(op, data as readonly unknown[]);
  return { table: recordsOf(data), isSingle: false };
}

function isRecords(data: object): data is Records {
  return "rows" in data && Array.isArray(data.rows) && "names" in data;
}

function isSparseRows(data: object): data is SparseRows {
  return "starts" in data && "columns" in data;
}

/** Dense rows, which are not scaled: most elements would no longer be zero. */
function ofSparseRows(rows: SparseRows): NumberTable {
  const width = rows.shape[1];
  return { values: denseRows(sparseRows(rows)), width, shape: [width], scale: 1 };
}

function tableOf(dataset: Dataset): NumberTable {
  if ("rows" in dataset) return ofSparseRows(dataset.rows as SparseRows);
  const { inputs, size, shape, scale, inputNames } = dataset;
  const isBytes = inputs instanceof Uint8Array;
  return {
    ...{ values: inputs, width: size, names: inputNames },
    ...(shape.length > 1 || isBytes ? { shape } : {}),
    ...(isBytes ? { scale } : {}),
  };
}

function ofDataset(dataset: Dataset): Source {
  const { targetValues, targetWidth } = dataset;
  const table = tableOf(dataset);
  if (targetValues === undefined) {
    const { labels, classNames } = dataset;
    return { table, answers: Array.from(labels, (label) => classNames?.[label] ?? `${label}`), isSingle: false };
  }
  if (targetWidth === 1) return { table, answers: targetValues, isSingle: false };
  const rows = Array.from({ length: dataset.length }, (_, row) => {
    return Array.from(targetValues.subarray(row * targetWidth, (row + 1) * targetWidth));
  });
  return { table, answers: rows, isSingle: false };
}

function ofNumbers(
  op: string,
  values: ArrayLike<number>,
  shape: readonly number[] | undefined,
  width?: number,
): Source {
  if (shape === undefined && width !== undefined && values.length % width === 0 && values.length > 0) {
    return { table: { values, width }, isSingle: values.length === width };
  }
  if (shape !== undefined) checkNumbers(`${op}: shape`, shape);
  if (shape === undefined || shape.length < 2) {
    throw new OptionError(`${op}: shape`, "the shape of the typed array: [rows, columns]", shape);
  }
  const [rows = 0, ...one] = Array.from(shape);
  const size = one.reduce((product, dim) => product * dim, 1);
  if (!(rows >= 1 && size >= 1 && rows * size === values.length)) {
    throw new ShapeError(op, "data", `${Array.from(shape).join(" × ")} numbers`, `${values.length}`);
  }
  return { table: { values, width: size, ...(one.length > 1 ? { shape: one } : {}) }, isSingle: false };
}

/** Images and the like, as lists of lists of lists. */
function ofNestedArrays(op: string, data: readonly unknown[]): Source {
  const shape: number[] = [];
  for (let inner: unknown = data; Array.isArray(inner); inner = inner[0]) {
    if (shape.push(inner.length) > MAX_RANK)
      throw new OptionError(`${op}: data`, `at most ${MAX_RANK} lists within each other`, data);
  }
  const values = data.flat(shape.length) as number[];
  for (let i = 0; i < values.length; i++) checkType(`${op}: data, element ${i}`, "number", values[i]);
  return ofNumbers(op, values, shape);
}
