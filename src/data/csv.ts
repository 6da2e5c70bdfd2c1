/**
 * Tables as text, one record a line: the surface of `lanegrad/csv`, whose parser is a package of its own.
 */

import { checkList, checkSource, checkType } from "../arguments.ts";
import { MissingPackageError, OptionError } from "../errors.ts";
import { identifyFile } from "../formats/identify.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES } from "./idx.ts";
import { readFile } from "./read.ts";
import { type Column, datasetOfTable, lineOf, type TableOptions } from "./table.ts";
import {
  decimalOf,
  delimiterOf,
  isBlank,
  isHeader,
  namesOf,
  SAMPLE_RECORDS,
  SPACES,
  withPoint,
} from "./tables/dialect.ts";
import {
  applyPreprocessing,
  fitPreprocessing,
  type MissingValues,
  type Preprocessing,
} from "./tables/preprocessing.ts";
import type { Records } from "./tables/records.ts";

export { MissingPackageError } from "../errors.ts";
export type { Column, TableOptions } from "./table.ts";
export type { Cell, Records } from "./tables/records.ts";

/** How a table is written, and which of its columns mean what. */
export type CsvOptions = TableOptions & {
  /** Whether the first record names the columns. Default: true; with `missing` it is found. */
  readonly header?: boolean;
  /** The separator of fields: one character, or a tab. Default: a comma; with `missing` it is found, as `parseRecords` does. */
  readonly delimiter?: string;
  /**
   * Reads a table of any kind, with words among its inputs and missing values: they are refused, their rows dropped, or filled
   * with the mean or the most frequent value of their column. Default: inputs are numbers, none of which is missing.
   */
  readonly missing?: MissingValues;
  /** The text's file, for errors. */
  readonly file?: string;
};

/** As for `parseCsv`, and how large the file may be. */
export type LoadCsvOptions = Omit<CsvOptions, "file"> & {
  /** The most bytes that the file may hold. Default: 256 MiB. */
  readonly maxBytes?: number;
};

/** How a table is written, where it is not to be found out. */
export type RecordsOptions = {
  /** The separator of fields: one character, or `" "` for runs of spaces and tabs. Default: found among `,` `;` tab `|` and spaces. */
  readonly delimiter?: string;
  /** The decimal mark of numbers. Default: found; a point where the delimiter is a comma. */
  readonly decimal?: "." | "," | "auto";
  /** Whether the first record names the columns. Default: found. */
  readonly header?: boolean | "auto";
  /** Words that stand for a missing value, besides an empty field. Default: `MISSING_VALUES`. */
  readonly missingValues?: readonly string[];
  /** The text's file, for errors. */
  readonly file?: string;
};

/** As for `parseRecords`, and how large the file may be. */
export type LoadRecordsOptions = Omit<RecordsOptions, "file"> & {
  /** The most bytes that the file may hold. Default: 256 MiB. */
  readonly maxBytes?: number;
};

/** Words that stand for a missing value in tables. */
export const MISSING_VALUES: readonly string[] = ["?", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL"];

const INSTALL = "npm install papaparse";

/**
 * A dataset from a table. Fields may be in double quotes; blank lines are left out; spaces around a field do not count.
 *
 * Numbers are float64. Classes are numbered in the order of their names: by value where all are numbers (`-1`, `2.0`, `1e3`),
 * else by their letters; pass the `classNames` of the training part as `classes` for every other part.
 *
 * With `missing`, the table may have words and missing values (`MISSING_VALUES`): a column with words becomes an input for each
 * word, which is 1 where the word is; rows without a label are left out (`refuse`: refused); columns without anything to learn
 * from, such as names, are left out. Numbers stay as they are. Which words there are is found in this table: `split` the others
 * from it, or let `classifier` and `regressor` keep the words.
 *
 * @throws {DatasetError} (rejects) a record with too few or too many fields, a missing label, what is not a number, a broken
 *   quote, no examples: with line and column
 * @throws {OptionError} (rejects) an invalid column or delimiter
 * @throws {MissingPackageError} (rejects) papaparse is not installed
 * @example
 * const text = "width,length,species\n0.2,1.4,setosa\n1.4,4.7,versicolor\n";
 * const flowers = await parseCsv(text, { label: "species" });
 * flowers.classNames; // → ["setosa", "versicolor"]
 * const lengths = await parseCsv(text, { label: "length", target: "numbers", inputs: ["width"] });
 * const any = await parseCsv("size;colour;price\n1,5;red;9\n?;blue;7\n", { label: "price", target: "numbers", missing: "mean" });
 * any.inputNames; // → ["size", "colour=blue", "colour=red"]
 */
export async function parseCsv(text: string, options: CsvOptions): Promise<Dataset<Float64Array>> {
  checkType("parseCsv: text", "string", text);
  checkType("parseCsv: options", "object", options);
  checkOptions<CsvOptions>("parseCsv", options, CSV_KEYS);
  const { header = true, delimiter = ",", file = options.name ?? "csv" } = options;
  checkDelimiter(delimiter);
  if (options.missing !== undefined) return await datasetOfAny(text, options, file);
  const { data, errors } = (await loadPapa("parseCsv")).parse<string[]>(withLineFeeds(text), {
    delimiter,
    newline: "\n",
  });
  const rows = recordsIn({ data, errors }, file);
  return datasetOfTable({ rows, file, head: header ? "names" : "none" }, options);
}

/**
 * The same from a file, or in a browser from an address; UTF-8.
 *
 * Other errors are those of `parseCsv`.
 *
 * @throws {DatasetError} (rejects) also: the file is missing, unreadable, too large, not UTF-8, or a page in its place
 * @throws {OptionError} (rejects) also: a `maxBytes` that is not an integer from 1
 * @example
 * const houses = await loadCsv("houses.csv", { label: "price", target: "numbers" });
 */
export async function loadCsv(source: string | URL, options: LoadCsvOptions): Promise<Dataset<Float64Array>> {
  checkSource("loadCsv: source", source);
  checkType("loadCsv: options", "object", options);
  checkOptions<LoadCsvOptions>("loadCsv", options, { ...LOAD_KEYS, maxBytes: 1 });
  const { maxBytes = DEFAULT_MAX_BYTES, ...rest } = options;
  checkMaxBytes(maxBytes);
  const file = String(source);
  return await parseCsv(await textFrom(file, maxBytes), { ...rest, file });
}

/**
 * The records of a table, with as much of its form found out as is not said: the delimiter, a decimal comma, a header. Cells are
 * words; a number has a decimal point, and a missing value is `""`.
 *
 * Fields may be in double quotes; blank lines are left out; spaces around a field do not count. The first 64 KiB decide on the
 * delimiter and the header. Separators of thousands are not known: `1.234,5` and `1,234.5` are words. A name that comes again gets
 * `.1`, a column without a name its position.
 *
 * @throws {DatasetError} (rejects) a record with too few or too many fields, a broken quote, decimal commas together with decimal
 *   points, no records: with line and column
 * @throws {OptionError} (rejects) an invalid delimiter or another invalid option
 * @throws {MissingPackageError} (rejects) papaparse is not installed
 * @example
 * const { names, rows } = await parseRecords("size;colour\n1,5;red\n?;blue\n");
 * names; // → ["size", "colour"]
 * rows; // → [["1.5", "red"], ["", "blue"]]
 */
export async function parseRecords(text: string, options: RecordsOptions = {}): Promise<Records> {
  checkType("parseRecords: text", "string", text);
  checkType("parseRecords: options", "object", options);
  checkOptions<RecordsOptions>("parseRecords", options, RECORDS_KEYS);
  const { decimal = "auto", header = "auto", missingValues = MISSING_VALUES, file = "csv" } = options;
  if (decimal !== "auto" && decimal !== "." && decimal !== ",") {
    throw new OptionError("decimal", '".", "," or "auto"', decimal);
  }
  if (header !== "auto" && typeof header !== "boolean")
    throw new OptionError("header", 'true, false or "auto"', header);
  checkList("missingValues", missingValues, "an array of words");
  for (const [i, word] of missingValues.entries()) checkType(`missingValues[${i}]`, "string", word);
  if (options.delimiter !== undefined) checkDelimiter(options.delimiter);
  const missing = new Set(missingValues);
  const papa = await loadPapa("parseRecords");
  const lines = withLineFeeds(text.startsWith("\ufeff") ? text.slice(1) : text);
  const split = (sample: string, delimiter: string) => {
    const { data, errors } = parseBy(papa, sample, delimiter, SAMPLE_RECORDS);
    // The sample may end within quotes.
    return errors.some((error) => error.code !== "MissingQuotes") ? undefined : data;
  };
  const { delimiter = delimiterOf(lines, split, missing) } = options;
  const all = recordsIn(parseBy(papa, lines, delimiter), file);
  const kept = [...all.keys()].filter((row) => !isBlank(all[row] ?? []));
  const words = kept.map((row) => (all[row] ?? []).map((word) => word.trim()));
  const [head = []] = words;
  const isNamed = header === "auto" ? isHeader(words, missing) : header;
  const names = isNamed ? namesOf(head) : undefined;
  const rows = isNamed ? words.slice(1) : words;
  const lineOfRow = (row: number) => lineOf(all, kept[isNamed ? row + 1 : row] ?? 0);
  if (rows.length === 0) throw new DatasetError({ kind: "empty", file });
  const wrong = rows.findIndex(({ length }) => length !== head.length);
  if (wrong >= 0) {
    const found = `${rows[wrong]?.length}`;
    throw new DatasetError({ kind: "record", file, line: lineOfRow(wrong), expected: `${head.length} fields`, found });
  }
  const found = decimal === "auto" && delimiter !== "," ? decimalOf({ rows, lineOf: lineOfRow }, names, file) : decimal;
  for (const record of rows) {
    for (const [column, word] of record.entries()) {
      if (missing.has(word)) record[column] = "";
      else if (found === ",") record[column] = withPoint(word);
    }
  }
  return { names, rows, file };
}

/**
 * The same from a file, or in a browser from an address; UTF-8.
 *
 * Other errors are those of `parseRecords`.
 *
 * @throws {DatasetError} (rejects) also: the file is missing, unreadable, too large, not UTF-8, or a page in its place
 * @throws {OptionError} (rejects) also: a `maxBytes` that is not an integer from 1
 * @example
 * const { names, rows } = await loadRecords("houses.csv");
 */
export async function loadRecords(source: string | URL, options: LoadRecordsOptions = {}): Promise<Records> {
  checkSource("loadRecords: source", source);
  checkType("loadRecords: options", "object", options);
  checkOptions<LoadRecordsOptions>("loadRecords", options, LOAD_RECORDS_KEYS);
  const { maxBytes = DEFAULT_MAX_BYTES, ...rest } = options;
  checkMaxBytes(maxBytes);
  const file = String(source);
  return await parseRecords(await textFrom(file, maxBytes), { ...rest, file });
}

const LOAD_KEYS: KeysOf<Omit<CsvOptions, "file">> = {
  ...{ label: 1, target: 1, inputs: 1, classes: 1, name: 1, header: 1, delimiter: 1, missing: 1 },
};
/** Written out: a spread of another constant is a call, which bundlers keep. */
const CSV_KEYS: KeysOf<CsvOptions> = {
  ...{ label: 1, target: 1, inputs: 1, classes: 1, name: 1, header: 1, delimiter: 1, missing: 1, file: 1 },
};
const RECORDS_KEYS: KeysOf<RecordsOptions> = { delimiter: 1, decimal: 1, header: 1, missingValues: 1, file: 1 };
const LOAD_RECORDS_KEYS: KeysOf<LoadRecordsOptions> = {
  ...{ delimiter: 1, decimal: 1, header: 1, missingValues: 1, maxBytes: 1 },
};

/** What could be read as a table, but is not one. */
const NO_TABLES: ReadonlySet<string> = new Set(["a Git LFS pointer", "an HTML page"]);

/** A dataset of a table of any kind, by a preprocessing that leaves numbers as they are. */
async function datasetOfAny(text: string, options: CsvOptions, file: string): Promise<Dataset<Float64Array>> {
  const { label, target = "classes", inputs, classes, name = file, missing, header, delimiter } = options;
  if (typeof label === "object" && !Array.isArray(label)) throw new OptionError("label", "a column or several", label);
  const records = await parseRecords(text, { ...given({ header, delimiter }), file: name });
  // An array as long as the table would be the answers themselves; names are not.
  const named = (column: Column) => (typeof column === "number" ? (records.names?.at(column) ?? column) : column);
  const answersAt = Array.isArray(label) ? label.map(named) : (label as Column);
  const fitted = fitPreprocessing(records, {
    ...{ task: target === "numbers" ? "regression" : "classification", target: answersAt },
    ...given({ inputs, missing }),
  });
  const own = fitted.inputs.kind === "columns" ? fitted.inputs.columns : [];
  const columns = own.map((column) => (column.kind === "number" ? { ...column, ...AS_IT_IS } : column));
  const answers = fitted.target;
  const unscaled: Preprocessing = {
    ...fitted,
    inputs: { ...fitted.inputs, columns } as Preprocessing["inputs"],
    target:
      answers.kind === "classes"
        ? { ...answers, names: classes ?? answers.names }
        : { ...answers, columns: answers.columns.map((column) => ({ ...column, ...AS_IT_IS })) },
  };
  return applyPreprocessing(unscaled, records, { dtype: "float64", target: answersAt }) as Dataset<Float64Array>;
}

const AS_IT_IS = { mean: 0, deviation: 1 };

/** Without what is undefined. */
function given<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}

/** @throws {DatasetError} the file is missing, cannot be read, or holds no text in UTF-8 */
async function textFrom(file: string, maxBytes: number): Promise<string> {
  const bytes = await readFile(file, maxBytes);
  if (bytes === undefined) throw new DatasetError({ kind: "missing", file, looked: [file] });
  const isUtf16 = bytes.length >= 2 && (bytes[0] ?? 0) + (bytes[1] ?? 0) === 0xff + 0xfe;
  if (isUtf16) {
    throw new DatasetError({ kind: "unreadable", file, reason: "the text is UTF-16; save it as UTF-8" });
  }
  return await textOf(bytes, file);
}

async function textOf(bytes: Uint8Array, file: string): Promise<string> {
  const kind = await identifyFile(bytes);
  const remark = kind === undefined ? "" : `this is ${kind.name}${kind.cure && `; ${kind.cure}`}`;
  if (kind !== undefined && NO_TABLES.has(kind.name)) {
    throw new DatasetError({ kind: "unreadable", file, reason: remark });
  }
  try {
    return decodeUtf8(bytes, "drop");
  } catch (cause) {
    throw new DatasetError(
      { kind: "unreadable", file, reason: remark ? `not UTF-8: ${remark}` : "not UTF-8" },
      { cause },
    );
  }
}

/** @throws {OptionError} no single character, a quote or a line break */
function checkDelimiter(delimiter: unknown): void {
  if (typeof delimiter === "string" && delimiter.length === 1 && !'"\r\n'.includes(delimiter)) return;
  throw new OptionError("delimiter", "one character, no quote and no line break", delimiter);
}

/** The parser takes the first line's break for all of them. */
function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

type Papa = typeof import("papaparse");
type Parsed = Pick<import("papaparse").ParseResult<string[]>, "data" | "errors">;

/** Records as the delimiter separates them: of `SPACES`, as runs of spaces and tabs that are not in quotes do. */
function parseBy(papa: Papa, text: string, delimiter: string, preview = 0): Parsed {
  if (delimiter !== SPACES) return papa.parse<string[]>(text, { delimiter, newline: "\n", preview });
  const separated = text.replace(/"[^"]*"|[ \t]+/g, (found, at: number) => {
    if (found.startsWith('"')) return found;
    const end = at + found.length;
    return at === 0 || text[at - 1] === "\n" || end === text.length || text[end] === "\n" ? "" : UNIT;
  });
  return papa.parse<string[]>(separated, { delimiter: UNIT, newline: "\n", preview });
}

/** ASCII's separator of units. */
const UNIT = "\x1f";

/**
 * Every record, blank ones too, so that lines can be counted.
 *
 * @throws {DatasetError} a broken quote
 */
function recordsIn({ data, errors }: Parsed, file: string): string[][] {
  const [error] = errors;
  if (error === undefined) return data;
  const found = error.code === "MissingQuotes" ? "the end of the text" : error.message;
  throw new DatasetError({
    kind: "record",
    file,
    line: lineOf(data, error.row ?? 0),
    expected: "a closing quote",
    found,
  });
}

async function loadPapa(op: string): Promise<Papa> {
  try {
    return (await import("papaparse")).default;
  } catch (cause) {
    throw new MissingPackageError(op, "papaparse", INSTALL, { cause });
  }
}
