/**
 * How a table of text is written, found from its first records: the separator of fields, the decimal mark, and whether the
 * first record names the columns.
 */

import { DatasetError } from "../dataset_error.ts";

/** Splits a text into records of fields; undefined where its quotes are malformed. */
export type Split = (text: string, delimiter: string) => readonly (readonly string[])[] | undefined;

/** A table: `rows` without blank records, and the line of each. */
export type Lines = { readonly rows: readonly (readonly string[])[]; readonly lineOf: (row: number) => number };

/** The delimiter that stands for any run of spaces and tabs. */
export const SPACES = " ";
/** In the order of preference where nothing else decides: a comma is often part of a text, a tab never is. */
const DELIMITERS = ["\t", ";", "|", ",", SPACES];
/** Enough to know a table by. */
const SAMPLE_CHARACTERS = 65_536;
export const SAMPLE_RECORDS = 200;

/** Each digit can be read in one way only: in two, a long field that is not a number would take the square of its length. */
const DECIMAL_POINT = /^[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d+(?:[eE][+-]?\d+)?$/;

/**
 * The delimiter by which most records have one width of at least two fields; of several such delimiters, the one with the
 * largest fraction of numbers among its fields, then the one with the most fields. A comma where there is none.
 *
 * Spaces are a delimiter only where every record has the same width, and some field is a number.
 */
export function delimiterOf(text: string, split: Split, missing: ReadonlySet<string>): string {
  const isWhole = text.length <= SAMPLE_CHARACTERS;
  const cut = text.lastIndexOf("\n", SAMPLE_CHARACTERS);
  const sample = isWhole || cut < 0 ? text.slice(0, SAMPLE_CHARACTERS) : text.slice(0, cut);
  let found = ",";
  let best: readonly number[] = [0, 0, 0];
  for (const delimiter of DELIMITERS) {
    const score = scoreOf(split(sample, delimiter), delimiter, missing);
    const differs = score.findIndex((part, i) => part !== best[i]);
    if (differs >= 0 && (score[differs] ?? 0) > (best[differs] ?? 0)) [found, best] = [delimiter, score];
  }
  return found;
}

/** The fraction of records of the most frequent width, the fraction of numbers, the width. */
function scoreOf(
  rows: readonly (readonly string[])[] | undefined,
  delimiter: string,
  missing: ReadonlySet<string>,
): readonly number[] {
  const none = [0, 0, 0];
  const records = rows?.filter((row) => !isBlank(row)).slice(0, SAMPLE_RECORDS) ?? [];
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [[width, count] = [1, 0]] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  if (width < 2) return none;
  let [numbers, known] = [0, 0];
  for (const record of records) {
    for (const field of record) {
      const word = field.trim();
      if (missing.has(word) || word === "") continue;
      known += 1;
      if (isNumber(word, delimiter)) numbers += 1;
      else if (delimiter === SPACES && /[,;|]/.test(word)) numbers -= 1; // more than one field
    }
  }
  if (delimiter === SPACES && (count < records.length || numbers <= 0)) return none;
  return [count / records.length, numbers / Math.max(1, known), width];
}

function isNumber(word: string, delimiter: string): boolean {
  return INTEGER.test(word) || DECIMAL_POINT.test(word) || (delimiter !== "," && DECIMAL_COMMA.test(word));
}

/** Whether a record is an empty line. */
export function isBlank(record: readonly string[]): boolean {
  return record.length === 0 || (record.length === 1 && record[0]?.trim() === "");
}

/**
 * Whether the first record names the columns: each of its fields is a word, or empty, and either some column below has
 * numbers, or none has, and the names differ and do not come again below.
 */
export function isHeader(rows: Lines["rows"], missing: ReadonlySet<string>): boolean {
  const [head = [], ...sample] = rows.slice(0, SAMPLE_RECORDS);
  const isWord = (word: string) => word !== "" && !missing.has(word) && !isNumber(word, SPACES);
  if (!head.some(isWord) || !head.every((word) => word === "" || isWord(word))) return false;
  const hasNumbers = head.some((_, column) => sample.some((row) => isNumber(row[column] ?? "", SPACES)));
  if (hasNumbers) return true;
  return (
    new Set(head).size === head.length && head.every((word, column) => sample.every((row) => row[column] !== word))
  );
}

/**
 * The names in a header, each once, as pandas makes them: a second `x` is `x.1`. A column without a name has its position.
 */
export function namesOf(head: readonly string[]): string[] {
  const taken = new Set(head);
  const names = new Set<string>();
  const copies = new Map<string, number>();
  for (const [column, word] of head.entries()) {
    const base = word === "" ? `${column}` : word;
    let [name, copy] = [base, copies.get(base) ?? 0];
    while (names.has(name) || (name !== word && taken.has(name))) name = `${base}.${++copy}`;
    copies.set(base, copy);
    names.add(name);
  }
  return [...names];
}

/**
 * A comma where numbers have a decimal comma; a point where they have a point, or where none has either.
 *
 * @throws {DatasetError} some have a comma and some a point, of which one may separate thousands
 */
export function decimalOf({ rows, lineOf }: Lines, names: readonly string[] | undefined, file: string): "." | "," {
  type Found = { readonly row: number; readonly column: number; readonly word: string };
  let [comma, point]: (Found | undefined)[] = [];
  for (const [row, record] of rows.entries()) {
    for (const [column, word] of record.entries()) {
      if (comma === undefined && DECIMAL_COMMA.test(word)) comma = { row, column, word };
      else if (point === undefined && DECIMAL_POINT.test(word)) point = { row, column, word };
    }
    if (comma === undefined || point === undefined) continue;
    const isCommaFirst = comma.row < point.row || (comma.row === point.row && comma.column < point.column);
    const [first, second] = isCommaFirst ? [comma, point] : [point, comma];
    throw new DatasetError({
      ...{ kind: "cell", file, line: lineOf(second.row) },
      column: names === undefined ? `${second.column}` : JSON.stringify(names[second.column]),
      expected: `the decimal mark of "${first.word}" in line ${lineOf(first.row)}, unless the option decimal says which it is`,
      found: `"${second.word}"`,
    });
  }
  return comma === undefined ? "." : ",";
}

/** A number with a decimal comma, with a point instead; any other field as it is. */
export function withPoint(word: string): string {
  return DECIMAL_COMMA.test(word) ? word.replace(",", ".") : word;
}
