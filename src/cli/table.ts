/**
 * Tables that commands work on: a CSV file, or two arrays of an .npz file as the columns of one. Which column is the target, what
 * kind of answers it holds, and which rows are kept for the test.
 */
import { createHash } from "node:crypto";
import { decodeNpz, type NamedArray, type TrainTestSplit, trainTestSplit } from "lanegrad";
import { type Cell, loadRecords, type Records } from "lanegrad/csv";
import { FileError, readFile, relativePath } from "./files.ts";
import { type FlagsOf, flagOf, named, UsageError, word } from "./flags.ts";
import { suggestion } from "./options.ts";

export type Task = "classification" | "regression";

/** The flags that say where a table is and how it is written. */
export type TableSource = {
  readonly csv?: string | undefined;
  readonly npz?: string | undefined;
  readonly delimiter?: string | undefined;
  readonly decimal?: "." | "," | undefined;
  readonly header?: "yes" | "no" | undefined;
};

export const TABLE_FLAGS: FlagsOf<TableSource> = {
  csv: named("FILE", "a table as text: CSV, TSV or any other delimiter"),
  npz: named("FILE", "NumPy's .npz with an array of inputs, one row for each example, and one of answers"),
  delimiter: {
    placeholder: "C",
    about: 'between the fields of --csv: one character, tab, or " " for runs of spaces (found out)',
    parse: (text, name) => {
      const delimiter = text === "tab" || text === "\\t" ? "\t" : text;
      if (delimiter.length === 1) return delimiter;
      throw new UsageError(`${name}: expected one character, or tab, found "${text}"`);
    },
  },
  decimal: word("M", [".", ","], "the decimal mark of --csv: . or , (found out)"),
  header: word("H", ["yes", "no"], "whether the first record of --csv names the columns: yes or no (found out)"),
};

/** A table whose columns all have something to be called by: their position, where the file names none. */
export type NamedTable = {
  readonly file: string;
  readonly names: readonly string[];
  /** Whether the file itself has the names. */
  readonly hasNames: boolean;
  readonly rows: Records["rows"];
};

/** A table as models take it. */
export function recordsOf({ file, names, hasNames, rows }: NamedTable): Records {
  return { file: relativePath(file), names: hasNames ? names : undefined, rows };
}

/**
 * Reads the table that the flags name.
 *
 * @throws {UsageError} none, or two
 * @throws {FileError} it cannot be read, or its arrays are no columns
 * @throws {DatasetError} it is no table: by line and column
 */
export async function readTable(source: TableSource): Promise<NamedTable> {
  const { csv, npz, delimiter, decimal, header } = source;
  if (csv !== undefined && npz !== undefined) throw new UsageError("--csv and --npz exclude each other");
  if (npz !== undefined) {
    for (const key of ["delimiter", "decimal", "header"] as const) {
      if (source[key] !== undefined) throw new UsageError(`${flagOf(key)}: is for --csv`);
    }
    return await arraysTable(npz);
  }
  const file = csv ?? "";
  const { names, rows } = await loadRecords(file, {
    ...(delimiter !== undefined && { delimiter }),
    ...(decimal !== undefined && { decimal }),
    ...(header !== undefined && { header: header === "yes" }),
  });
  const hasNames = names !== undefined;
  return { file, rows, hasNames, names: names ?? (rows[0] ?? []).map((_, column) => String(column)) };
}

/** The arrays of an .npz file side by side: `x` of 3 columns is x[0], x[1], x[2]; of one column, x. */
async function arraysTable(file: string): Promise<NamedTable> {
  const arrays = await decodeNpz(readFile(file), { file });
  const length = arrays[0]?.shape[0] ?? 0;
  for (const { name, shape } of arrays) {
    if (shape.length > 0 && shape[0] === length) continue;
    const [first] = arrays;
    throw new FileError(
      file,
      `the arrays ${first?.name} ${shapeText(first?.shape)} and ${name} ${shapeText(shape)} have not one row for each example`,
    );
  }
  if (length === 0) throw new FileError(file, "no examples");
  const columns = arrays.flatMap((array) => columnsOf(array, length));
  const rows = Array.from({ length }, (_, row) => columns.map(({ at }) => at(row)));
  return { file, names: columns.map(({ name }) => name), hasNames: true, rows };
}

function columnsOf({ name, data, shape }: NamedArray, length: number) {
  const width = data.length / length;
  return Array.from({ length: width }, (_, column) => ({
    name: shape.length === 1 || width === 1 ? name : `${name}[${column}]`,
    at: (row: number): Cell => Number(data[row * width + column]),
  }));
}

function shapeText(shape: readonly number[] = []): string {
  return `[${shape.join(", ")}]`;
}

/**
 * The position of a column, by its name, or by its position from 0 where no column has that name.
 *
 * @throws {UsageError} there is none: with those that there are
 */
export function columnOf({ names, file }: NamedTable, column: string, flag: string): number {
  const found = names.indexOf(column);
  if (found >= 0) return found;
  if (/^\d+$/.test(column) && Number(column) < names.length) return Number(column);
  const near = suggestion(column, names);
  throw new UsageError(
    `${flag}: ${relativePath(file)} has no column "${column}"${near}${near ? " " : "; "}its columns are ${listed(names)}`,
  );
}

const MOST_NAMES = 30;

/** Names for the middle of a line. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return names.length > MOST_NAMES ? `${shown}, … (${names.length})` : shown;
}

/** Whether a cell has no value. */
export function isMissing(cell: Cell): boolean {
  return cell === undefined || cell === null || cell === "" || (typeof cell === "number" && Number.isNaN(cell));
}

/** Integers of so many values at most are classes, as the digits are. */
const MOST_CLASSES = 20;
/** So many rows of each, on average. */
const LEAST_ROWS = 5;

/** Words are classes; so are a few integers that come again and again. Everything else is a number. */
export function taskOf(cells: readonly Cell[]): Task {
  const present = cells.filter((cell) => !isMissing(cell));
  const numbers = present.map((cell) => (typeof cell === "boolean" ? Number.NaN : Number(cell)));
  if (numbers.some(Number.isNaN)) return "classification";
  if (!numbers.every(Number.isInteger)) return "regression";
  const { size } = new Set(numbers);
  const isFew = size === 2 || (size <= MOST_CLASSES && present.length >= LEAST_ROWS * size);
  return isFew ? "classification" : "regression";
}

/**
 * Rows to learn from, and rows for the test, each in its order: the seed decides, and of classes each gives its share.
 * Rows without an answer are in neither.
 *
 * @param share of the test; 0 keeps all rows to learn from
 * @throws {OptionError} a share that leaves nothing
 */
export async function splitRows(
  table: NamedTable,
  {
    target,
    task,
    share,
    seed,
  }: { readonly target: number; readonly task: Task; readonly share: number; readonly seed: number },
): Promise<TrainTestSplit<NamedTable>> {
  const rows = table.rows.filter((row) => !isMissing(row[target]));
  if (share === 0) return { train: { ...table, rows }, test: { ...table, rows: [] } };
  const stratify = task === "classification" ? { stratify: target } : {};
  const { train, test } = await trainTestSplit({ ...table, rows }, { testSize: share, seed, ...stratify });
  return { train: { ...train, file: table.file }, test: { ...test, file: table.file } };
}

/** SHA-256 over the cells: whether two runs have the same table. */
export function sha256OfTable({ names, rows }: NamedTable): string {
  return createHash("sha256")
    .update(JSON.stringify([names, rows]))
    .digest("hex");
}

/** Records as CSV: fields in quotes where they have to be. */
export function csvText(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => cells.map((cell) => field(cell)).join(",");
  return `${[head, ...rows].map(line).join("\n")}\n`;
}

function field(cell: Cell): string {
  const text = cell === undefined || cell === null ? "" : String(cell);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
