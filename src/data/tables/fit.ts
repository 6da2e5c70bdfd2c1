/** What a column is, and the numbers that describe it. */

import { OptionError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { DatasetError } from "../dataset_error.ts";
import { powerOfTwo } from "../scaling.ts";
import type { Column } from "../table.ts";
import type {
  CategoryColumn,
  ColumnPlace,
  IgnoredColumn,
  InputColumn,
  MissingValues,
  NumberColumn,
} from "./columns.ts";
import { type Cell, type CellTable, isMissing, numberOf } from "./records.ts";

/** How a column is fitted. */
type FitOptions = {
  readonly missing: MissingValues;
  readonly unseen: "refuse" | "zeros" | undefined;
  /** Whether the caller named it: then it is used, whatever it holds. */
  readonly isChosen: boolean;
};

/** A category of up to so many words is one however few rows there are. */
const FEW_WORDS = 20;
/** Rows that a word of a longer list has on average, at least. */
const ROWS_PER_WORD = 4;
/** A column of many words of which so many are numbers is one of numbers, in which the others are mistakes. */
const MOSTLY = 0.9;
/** Each word is an input. */
const MOST_WORDS = 1000;
/** Rows from which on words that come once are too rare to be learned from. */
const OPEN_ROWS = 50;
/** What columns are called that number the rows. */
const NUMBERING = /(?:^|[\s_.-])(?:id|index|idx|rownames|row|no|nr|uuid)$|[a-z](?:Id|ID)$|^unnamed: 0$/i;
/** 2024-01-31, 31.01.2024, 1/31/2024, with or without a time. */
const DATE = /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2}))(?:[T ].*)?$/;

/**
 * A column by its name, or its position: from 0 on, or from the end where negative.
 *
 * @throws {OptionError} there is none
 */
export function columnAt(option: string, column: Column, { names, width }: CellTable): ColumnPlace {
  if (typeof column === "string") {
    const position = names?.indexOf(column) ?? -1;
    if (position >= 0) return { name: column, position };
    if (names === undefined) throw new OptionError(option, "a position, where columns have no names", column);
    const meant = nearest(column, names);
    throw new OptionError(option, `one of ${names.join(", ")}`, column, meant && `did you mean ${meant}?`);
  }
  if (typeof column !== "number") throw new OptionError(option, "a column's name or position", column);
  const position = column < 0 ? column + width : column;
  if (!(Number.isInteger(position) && position >= 0 && position < width)) {
    throw new OptionError(option, `a column from 0 to ${width - 1}, or from -${width} to -1`, column);
  }
  const name = names?.[position];
  return name === undefined ? { position } : { name, position };
}

/** How errors call a column. */
export function titleOf({ name, position }: Partial<ColumnPlace>): string {
  return `column ${JSON.stringify(name ?? position)}`;
}

/** @throws {DatasetError} a missing value that is refused, or a number that is not finite */
export function fitColumn(
  cells: CellTable,
  rows: readonly number[],
  place: ColumnPlace,
  options: FitOptions,
): InputColumn | ({ readonly kind: "ignored" } & IgnoredColumn) {
  const present: Exclude<Cell, null | undefined>[] = [];
  let lacking: number | undefined;
  let isNumbers = true;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    const cell = cells.at(row, place.position);
    if (isMissing(cell)) {
      lacking ??= row;
      continue;
    }
    present.push(cell as string | number | boolean);
    isNumbers &&= typeof cell === "number" || (typeof cell === "string" && !Number.isNaN(numberOf(cell)));
  }
  if (!isNumbers && !options.isChosen) checkNumbers(cells, rows, place, present);
  const reason =
    present.length === 0 ? "no value" : options.isChosen ? undefined : reasonToIgnore(place, present, isNumbers);
  if (reason !== undefined) return { kind: "ignored", ...place, reason };
  if (lacking !== undefined && options.missing === "refuse") {
    const count = rows.length - present.length;
    const [name, expected] = [
      `${cells.titleOf(lacking)}, ${titleOf(place)}`,
      'a value; missing: "mean", "mostFrequent" or "drop" takes others',
    ];
    const found = `nothing${count > 1 ? `, as in ${count} of ${rows.length} rows` : ""}`;
    throw new DatasetError({ kind: "array", name, expected, found });
  }
  return isNumbers ? numberColumn(place, present, options) : categoryColumn(place, present, options);
}

/**
 * A word in a column of numbers would make each number a word.
 *
 * @throws {DatasetError} nearly all cells are numbers, and there are too many of them for categories
 */
function checkNumbers(cells: CellTable, rows: readonly number[], place: ColumnPlace, present: readonly Cell[]): void {
  const isNumber = (cell: Cell) =>
    typeof cell === "number" || (typeof cell === "string" && !Number.isNaN(numberOf(cell)));
  const numbers = present.filter(isNumber);
  if (numbers.length < MOSTLY * present.length || new Set(numbers.map(numberOf)).size <= FEW_WORDS) return;
  const row = rows.find((own) => !isMissing(cells.at(own, place.position)) && !isNumber(cells.at(own, place.position)));
  const [name, expected] = [
    `${cells.titleOf(row ?? 0)}, ${titleOf(place)}`,
    `a number, as in ${numbers.length} of ${present.length} rows; inputs names the columns to take as they are`,
  ];
  const found = JSON.stringify(cells.at(row ?? 0, place.position));
  throw new DatasetError({ kind: "array", name, expected, found });
}

/** Why nothing can be learned from a column; undefined where something can. */
function reasonToIgnore({ name = "" }: ColumnPlace, present: readonly Cell[], isNumbers: boolean): string | undefined {
  const count = present.length;
  if (isNumbers) {
    if (!NUMBERING.test(name.trim())) return undefined;
    const values = new Set(present.map(numberOf));
    const isNumbering = values.size === count && [...values].every(Number.isInteger);
    return isNumbering ? "a number of its own for each row" : undefined;
  }
  if (present.every((cell) => typeof cell === "string" && DATE.test(cell.trim()))) return "dates";
  const words = new Set(present.map(wordOf)).size;
  if (words <= FEW_WORDS) return undefined;
  if (words > MOST_WORDS || words * ROWS_PER_WORD > count) return `${words} words in ${count} rows`;
  return undefined;
}

function numberColumn(
  place: ColumnPlace,
  present: readonly (string | number | boolean)[],
  { missing }: FitOptions,
): NumberColumn {
  const values = new Float64Array(present.length);
  for (let i = 0; i < values.length; i++) values[i] = numberOf(present[i]);
  const { mean, deviation } = momentsOf(values, titleOf(place));
  const fill = missing === "mean" ? mean : missing === "mostFrequent" ? mostFrequent(values) : undefined;
  return { kind: "number", ...place, mean, deviation, ...(fill === undefined ? {} : { fill }) };
}

function categoryColumn(
  place: ColumnPlace,
  present: readonly (string | number | boolean)[],
  { missing, unseen, isChosen }: FitOptions,
): CategoryColumn {
  const counts = new Map<string, number>();
  for (const cell of present) {
    const word = wordOf(cell);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const known = inOrder([...counts.keys()]);
  const common = known.filter((word) => (counts.get(word) ?? 0) > 1);
  const isOpen = present.length >= OPEN_ROWS && common.length < known.length && common.length > 0 && !isChosen;
  const kept = unseen !== "refuse" && isOpen ? common : known;
  const fill = missing === "mean" || missing === "mostFrequent" ? mostFrequent(known, counts) : undefined;
  const form = unseen ?? (kept.length < known.length ? "zeros" : "refuse");
  return { kind: "category", ...place, words: kept, ...(fill === undefined ? {} : { fill }), unseen: form };
}

/** A cell as a category has it; booleans in any letters are one word. */
export function wordOf(cell: Cell): string {
  const word = String(cell).trim();
  return /^(?:true|false)$/i.test(word) ? word.toLowerCase() : word;
}

/**
 * The mean, and the deviation of all (divided by n), where nothing over- or underflows; 1 where all are equal.
 *
 * @throws {DatasetError} a number that is not finite
 */
export function momentsOf(
  values: ArrayLike<number>,
  title: string,
): { readonly mean: number; readonly deviation: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const x = values[i] ?? 0;
    if (!Number.isFinite(x)) {
      throw new DatasetError({ kind: "array", name: title, expected: "finite numbers", found: `${x}` });
    }
    if (x < low) low = x;
    if (x > high) high = x;
  }
  // A column is constant by its bounds, not by a deviation of 0: that of many 0.1 is only nearly so.
  if (!(low < high)) return { mean: low, deviation: 1 };
  const unit = powerOfTwo(Math.max(Math.abs(low), Math.abs(high)));
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) / unit;
  const centre = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const distance = (values[i] ?? 0) / unit - centre;
    squares += distance * distance;
  }
  const deviation = Math.sqrt(squares / values.length) * unit;
  return {
    mean: Math.min(high, Math.max(low, centre * unit)),
    deviation: Math.min(Number.MAX_VALUE, Math.max(Number.MIN_VALUE, deviation)), // not 0, not ∞: rounded
  };
}

/** The first in order of those that come most often. */
function mostFrequent<T>(values: Iterable<T>, counts = new Map<T, number>()): T | undefined {
  if (counts.size === 0) for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let [best, most]: [T | undefined, number] = [undefined, 0];
  for (const [value, count] of counts) {
    if (count > most || (count === most && value < (best as T))) [best, most] = [value, count];
  }
  return best;
}

/**
 * Names of classes in order: by value where all are numbers, else by their letters.
 *
 * @throws {DatasetError} one class, or as many as rows
 */
export function fitClasses(answers: readonly Cell[], title: string): string[] {
  const names = inOrder([...new Set(answers.map((answer) => String(answer).trim()))]);
  if (names.length < 2) {
    const found = `${names.map((name) => JSON.stringify(name)).join("")} alone`;
    throw new DatasetError({ kind: "array", name: title, expected: "at least two classes", found });
  }
  const isCounted = answers.length > FEW_WORDS && names.length * 2 > answers.length;
  if (isCounted || names.length > MOST_WORDS) {
    const found = `${names.length} different answers in ${answers.length} rows; numbers are for a regressor`;
    throw new DatasetError({ kind: "array", name: title, expected: "classes", found });
  }
  return names;
}

/** @throws {DatasetError} an answer that is no number */
export function fitNumbers(
  answers: readonly Cell[],
  title: string,
  titleOfRow: (row: number) => string,
): { readonly mean: number; readonly deviation: number } {
  const values = answers.map((answer, row) => {
    const y = numberOf(answer);
    if (!Number.isNaN(y)) return y;
    const name = `${titleOfRow(row)}, ${title}`;
    const found = `${JSON.stringify(answer)}; words are for a classifier`;
    throw new DatasetError({ kind: "array", name, expected: "a number", found });
  });
  return momentsOf(values, title);
}

/** Numbers by value where all are numbers, else words by their letters: an order that does not depend on that of the rows. */
function inOrder(words: string[]): string[] {
  words.sort();
  if (!words.every((word) => !Number.isNaN(numberOf(word)))) return words;
  return words.sort((a, b) => Number(a) - Number(b) || 0); // ∞ − ∞ is NaN
}
