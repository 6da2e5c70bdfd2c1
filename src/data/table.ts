/**
 * A table of words as a dataset: columns of numbers are the inputs, one column is the class, or some are the targets.
 */

import { OptionError } from "../errors.ts";
import { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";

/** A column by its name, or by its position: from 0 on, or from the end where negative. */
export type Column = string | number;

/** Which columns are inputs, and which is the label. */
export type TableOptions = {
  /** The column of the class or the number that is to be learned; several columns of numbers make wider targets. */
  readonly label: Column | readonly Column[];
  /** What the label is. Default: a class. */
  readonly target?: "classes" | "numbers";
  /** The columns that are learned from, in this order. Default: all others. */
  readonly inputs?: readonly Column[];
  /** The names of the classes in the order of their numbers; others are refused. Default: those that come, in order. */
  readonly classes?: readonly string[];
  /** What the examples are, for people. Default: the file. */
  readonly name?: string;
};

/** Records of words. */
export type Table = {
  /** As they came, blank ones too: one record a line, but for breaks within fields. */
  readonly rows: readonly (readonly string[])[];
  readonly file: string;
  /** Whether the first record that is not blank names the columns. */
  readonly head: "names" | "none";
};

/** What is known of the columns, and which of them are meant. */
type Columns = {
  readonly names: readonly string[];
  readonly inputs: readonly number[];
  readonly labels: readonly number[];
  /** What errors call each. */
  readonly titles: readonly string[];
};

/**
 * @throws {DatasetError} a record of another width, a missing label, what is not a number, no examples: with line and column
 * @throws {OptionError} an invalid column, or one that is both input and label
 */
export function datasetOfTable(table: Table, options: TableOptions): Dataset<Float64Array> {
  const { file, rows } = table;
  const lines = [...rows.keys()].filter((row) => !isBlank(rows[row] ?? []));
  const [head] = lines;
  const records = table.head === "names" ? lines.slice(1) : lines;
  if (head === undefined || records.length === 0) throw new DatasetError({ kind: "empty", file });
  const columns = columnsOf(table, rows[head] ?? [], options);
  checkWidths(table, records, columns.titles.length);
  const parts = {
    name: options.name === undefined ? file : options.name,
    inputs: numbersOf(table, records, columns, columns.inputs),
    shape: [columns.inputs.length],
    ...(table.head === "names" ? { inputNames: columns.inputs.map((column) => columns.names[column] ?? "") } : {}),
  };
  if (options.target === "numbers") {
    return new Dataset({ ...parts, targetValues: numbersOf(table, records, columns, columns.labels) });
  }
  const words = wordsOf(table, records, columns);
  const classNames = options.classes ?? inOrder(new Set(words));
  const labels = labelsOf(table, records, columns, { words, classNames });
  return new Dataset({ ...parts, labels, classes: classNames.length, classNames });
}

/** The line, from 1 on, that a record begins on. */
export function lineOf(rows: Table["rows"], record: number): number {
  let line = 1;
  for (let row = 0; row < record; row++) {
    line += 1;
    for (const field of rows[row] ?? []) line += field.split("\n").length - 1;
  }
  return line;
}

function isBlank(record: readonly string[]): boolean {
  return record.length === 0 || (record.length === 1 && record[0]?.trim() === "");
}

function columnsOf(table: Table, head: readonly string[], { label, inputs, target }: TableOptions): Columns {
  const names = table.head === "names" ? head.map((name) => name.trim()) : [];
  const width = head.length;
  const asked = Array.isArray(label) ? label : [label as Column];
  if (asked.length === 0 || (asked.length > 1 && target !== "numbers")) {
    throw new OptionError("label", target === "numbers" ? "at least one column" : "one column", asked.length);
  }
  const labels = asked.map((column) => positionOf("label", column, names, width));
  const others = Array.from({ length: width }, (_, column) => column).filter((column) => !labels.includes(column));
  const chosen = inputs?.map((column) => positionOf("inputs", column, names, width)) ?? others;
  if (chosen.length === 0) throw new OptionError("inputs", "expected at least one column besides the label");
  const both = chosen.find((column) => labels.includes(column));
  if (both !== undefined) throw new OptionError("inputs", "columns that are not the label", names[both] ?? both);
  const titles = head.map((_, column) => (names[column] ? JSON.stringify(names[column]) : `${column}`));
  return { names, inputs: chosen, labels, titles };
}

function positionOf(option: string, column: Column, names: readonly string[], width: number): number {
  if (typeof column === "string") {
    const position = names.indexOf(column);
    if (position >= 0 && names.indexOf(column, position + 1) === -1) return position;
    const expected = names.length === 0 ? "a position, where columns have no names" : `one of ${names.join(", ")}`;
    throw new OptionError(option, position >= 0 ? "a name that comes once" : expected, column);
  }
  if (typeof column !== "number") throw new OptionError(option, "a column's name or position", column);
  const position = column < 0 ? column + width : column;
  if (Number.isInteger(position) && position >= 0 && position < width) return position;
  throw new OptionError(option, `a column from 0 to ${width - 1}, or from -${width} to -1`, column);
}

function checkWidths({ rows, file }: Table, records: readonly number[], width: number): void {
  const record = records.find((row) => rows[row]?.length !== width);
  if (record === undefined) return;
  const found = `${rows[record]?.length ?? 0}`;
  throw new DatasetError({ kind: "record", file, line: lineOf(rows, record), expected: `${width} fields`, found });
}

/** Each digit can be read in one way only: in two, a long field that is not a number would take the square of its length. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

function numbersOf(
  table: Table,
  records: readonly number[],
  { titles }: Columns,
  chosen: readonly number[],
): Float64Array {
  const numbers = new Float64Array(records.length * chosen.length);
  let at = 0;
  for (const row of records) {
    for (const column of chosen) {
      const word = fieldOf(table, row, column);
      const value = NUMBER.test(word) ? Number(word) : Number.NaN;
      if (!Number.isFinite(value)) throw cellError(table, row, titles[column], "a number", word);
      numbers[at++] = value;
    }
  }
  return numbers;
}

function wordsOf(table: Table, records: readonly number[], { labels: [column = 0], titles }: Columns): string[] {
  return records.map((row) => {
    const word = fieldOf(table, row, column);
    if (word === "") throw cellError(table, row, titles[column], "a class", word);
    return word;
  });
}

function labelsOf(
  table: Table,
  records: readonly number[],
  { labels: [column = 0], titles }: Columns,
  { words, classNames }: { readonly words: readonly string[]; readonly classNames: readonly string[] },
): Int32Array {
  const numbers = new Map(classNames.map((name, label) => [name, label]));
  if (numbers.size !== classNames.length) throw new OptionError("classes", "names that differ", classNames.join(", "));
  return Int32Array.from(words, (word, i) => {
    const label = numbers.get(word);
    if (label !== undefined) return label;
    throw cellError(table, records[i] ?? 0, titles[column], `one of ${classNames.join(", ")}`, word);
  });
}

/** Numbers by value where all are numbers, else words by their letters: an order that does not depend on that of the records. */
function inOrder(words: ReadonlySet<string>): string[] {
  const names = [...words].sort();
  if (!names.every((name) => NUMBER.test(name))) return names;
  return names.sort((a, b) => Number(a) - Number(b) || 0); // ∞ − ∞ is NaN
}

function fieldOf({ rows }: Table, row: number, column: number): string {
  return (rows[row]?.[column] ?? "").trim();
}

function cellError({ rows, file }: Table, row: number, column = "", expected: string, word: string): DatasetError {
  const found = word === "" ? "nothing" : JSON.stringify(word);
  return new DatasetError({ kind: "cell", file, line: lineOf(rows, row), column, expected, found });
}
