/** Rows of cells as tables have them: words, numbers, and cells without a value. */

import { checkList, checkNumbers, checkRecord, checkText, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { describeValue, isNumberArray, tagOf } from "../../values.ts";
import { DatasetError } from "../dataset_error.ts";

/** One cell: "", null, undefined and NaN are missing values. */
export type Cell = string | number | boolean | null | undefined;

/** Rows of equal width, with the names of their columns where they have names. */
export type Records = {
  /** One for each column; undefined where they have none. */
  readonly names: readonly string[] | undefined;
  /** Row after row, each with a cell for every column. */
  readonly rows: readonly (readonly Cell[])[];
  /** The file, for errors. */
  readonly file?: string;
};

/** A matrix of numbers as a table, whose columns may have names; NaN is a missing value. */
export type NumberTable = {
  /** n × width numbers, row-major; kept, not copied. */
  readonly values: ArrayLike<number>;
  /** Columns. */
  readonly width: number;
  /** Of the columns, where they have names. */
  readonly names?: readonly string[] | undefined;
  /** Of one row, where rows are images or other arrays: their elements are scaled together, and not column by column. */
  readonly shape?: readonly number[];
  /** Of bytes: what one is multiplied with. They are not standardized. */
  readonly scale?: number;
};

/** Rows and columns of cells, wherever they are stored. */
export type CellTable = {
  readonly names: readonly string[] | undefined;
  readonly length: number;
  readonly width: number;
  readonly at: (row: number, column: number) => Cell;
  /** How errors call a row. */
  readonly titleOf: (row: number) => string;
};

/** Each digit can be read in one way only: in two, a long field that is not a number would take the square of its length. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether a cell has no value. */
export function isMissing(cell: Cell): boolean {
  return cell === undefined || cell === null || cell === "" || (typeof cell === "number" && Number.isNaN(cell));
}

/** The number in a cell, in decimal digits where it is a word; NaN where it is none. */
export function numberOf(cell: Cell): number {
  if (typeof cell === "number") return cell;
  return typeof cell === "string" && NUMBER.test(cell.trim()) ? Number(cell) : Number.NaN;
}

/**
 * Records or a matrix by row and column.
 *
 * @throws {OptionError} neither
 * @throws {DatasetError} rows of several lengths
 */
export function cellsOf(op: string, table: Records | NumberTable): CellTable {
  checkTable(op, table);
  if ("values" in table) {
    const { values, width, names } = table;
    const at = (row: number, column: number) => values[row * width + column];
    return { names, length: values.length / width, width, at, titleOf: (row) => `rows[${row}]` };
  }
  const { names, rows, file } = table;
  const width = names?.length ?? rows[0]?.length ?? 0;
  const titleOf = (row: number) => (file === undefined ? `rows[${row}]` : `${file}: record ${row + 1}`);
  return { names, length: rows.length, width, at: (row, column) => rows[row]?.[column], titleOf };
}

function checkTable(op: string, table: Records | NumberTable): void {
  checkRecord(`${op}: table`, table, "records, or numbers with a width");
  const { names } = table;
  if (names !== undefined) {
    checkList(`${op}: table.names`, names);
    for (let i = 0; i < names.length; i++) checkType(`${op}: table.names[${i}]`, "string", names[i]);
  }
  if ("values" in table) {
    const { values, width, shape, scale } = table;
    checkList(`${op}: table.values`, values);
    if (!(Number.isSafeInteger(width) && width >= 1 && values.length % width === 0)) {
      throw new OptionError(`${op}: table.width`, `a divisor of ${values.length}, the numbers`, width);
    }
    if (shape !== undefined) checkNumbers(`${op}: table.shape`, shape);
    if (scale !== undefined) checkType(`${op}: table.scale`, "number", scale);
    return;
  }
  const { rows, file } = table;
  checkText(`${op}: table.file`, file);
  if (!Array.isArray(rows)) throw new OptionError(`${op}: table.rows`, "an array of rows", rows);
  const width = names?.length ?? (rows[0] as ArrayLike<unknown> | undefined)?.length ?? 0;
  for (const [at, row] of rows.entries()) {
    if (!isList(row)) throw rowError(`rows[${at}]`, "an array of cells", row);
    if (row.length !== width) throw rowError(`rows[${at}]`, `${width} cells`, row.length);
  }
}

function isList(row: unknown): row is ArrayLike<unknown> {
  return Array.isArray(row) || isNumberArray(row);
}

/**
 * Records from rows: arrays of cells, or objects, whose columns are all keys that come, in the order in which they come.
 *
 * @throws {DatasetError} rows of several lengths, arrays mixed with objects, or a cell that is no word, number or boolean
 * @throws {OptionError} no array
 * @example
 * recordsOf([{ size: 1 }, { size: 2, colour: "red" }]).names; // → ["size", "colour"]
 */
export function recordsOf(rows: readonly unknown[]): Records {
  if (!Array.isArray(rows)) throw new OptionError("recordsOf: rows", "an array of rows", rows);
  if (!isList(rows[0])) return recordsOfObjects(rows);
  const width = rows[0].length;
  const lists = rows.map((row, at) => {
    if (!isList(row)) throw rowError(`rows[${at}]`, "an array, as the first row is", row);
    if (row.length !== width) throw rowError(`rows[${at}]`, `${width} cells, as in the first row`, row.length);
    for (let column = 0; column < width; column++) checkCell(row[column], at, column);
    return (Array.isArray(row) ? row : Array.from(row)) as readonly Cell[];
  });
  return { names: undefined, rows: lists };
}

function recordsOfObjects(rows: readonly unknown[]): Records {
  const places = new Map<string, number>();
  const lists: Cell[][] = [];
  for (const [at, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || tagOf(row) !== "Object") {
      throw rowError(`rows[${at}]`, "an object or an array of cells", row);
    }
    const list = new Array<Cell>(places.size).fill(undefined);
    for (const [key, cell] of Object.entries(row)) {
      checkCell(cell, at, key);
      const place = places.get(key) ?? places.size;
      places.set(key, place);
      list[place] = cell;
    }
    lists.push(list);
  }
  return { names: [...places.keys()], rows: lists };
}

function checkCell(cell: unknown, row: number, column: string | number): asserts cell is Cell {
  const type = typeof cell;
  if (type === "number" || type === "string" || type === "boolean" || type === "undefined" || cell === null) return;
  const isDate = tagOf(cell) === "Date";
  const expected = `a word, a number or a boolean${isDate ? " (of a date: its year, its time in days)" : ""}`;
  throw rowError(`rows[${row}], column ${JSON.stringify(column)}`, expected, cell);
}

function rowError(name: string, expected: string, found: unknown): DatasetError {
  return new DatasetError({ kind: "array", name, expected, found: describeValue(found) });
}
