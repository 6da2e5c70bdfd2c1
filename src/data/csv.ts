/**
 * Tables as text, one record a line: the surface of `lanegrad/csv`, whose parser is a package of its own.
 */

import { checkSource, checkType } from "../arguments.ts";
import { MissingPackageError, OptionError } from "../errors.ts";
import { identifyFile } from "../formats/identify.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES } from "./idx.ts";
import { readFile } from "./read.ts";
import { datasetOfTable, lineOf, type TableOptions } from "./table.ts";

export { MissingPackageError } from "../errors.ts";
export type { Column, TableOptions } from "./table.ts";

/** How a table is written, and which of its columns mean what. */
export type CsvOptions = TableOptions & {
  /** Whether the first record names the columns. Default: true. */
  readonly header?: boolean;
  /** The separator of fields: one character, or a tab. Default: a comma. */
  readonly delimiter?: string;
  /** The text's file, for errors. */
  readonly file?: string;
};

/** As for `parseCsv`, and how large the file may be. */
export type LoadCsvOptions = Omit<CsvOptions, "file"> & {
  /** The most bytes that the file may hold. Default: 256 MiB. */
  readonly maxBytes?: number;
};

const INSTALL = "npm install papaparse";

/**
 * A dataset from a table. Fields may be in double quotes; blank lines are left out; spaces around a field do not count.
 *
 * Numbers are float64. Classes are numbered in the order of their names: by value where all are numbers (`-1`, `2.0`, `1e3`),
 * else by their letters; pass the `classNames` of the training part as `classes` for every other part.
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
 */
export async function parseCsv(text: string, options: CsvOptions): Promise<Dataset<Float64Array>> {
  checkType("parseCsv: text", "string", text);
  checkType("parseCsv: options", "object", options);
  checkOptions<CsvOptions>("parseCsv", options, CSV_KEYS);
  const { header = true, delimiter = ",", file = options.name ?? "csv" } = options;
  if (!(typeof delimiter === "string" && delimiter.length === 1 && !'"\r\n'.includes(delimiter))) {
    throw new OptionError("delimiter", "one character, no quote and no line break", delimiter);
  }
  const rows = await recordsOf(text, delimiter, file);
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
  const bytes = await readFile(file, maxBytes);
  if (bytes === undefined) throw new DatasetError({ kind: "missing", file, looked: [file] });
  return await parseCsv(await textOf(bytes, file), { ...rest, file });
}

const LOAD_KEYS: KeysOf<Omit<CsvOptions, "file">> = {
  ...{ label: 1, target: 1, inputs: 1, classes: 1, name: 1, header: 1, delimiter: 1 },
};
const CSV_KEYS: KeysOf<CsvOptions> = { ...LOAD_KEYS, file: 1 };

/** What could be read as a table, but is not one. */
const NO_TABLES: ReadonlySet<string> = new Set(["a Git LFS pointer", "an HTML page"]);

async function textOf(bytes: Uint8Array, file: string): Promise<string> {
  const kind = await identifyFile(bytes);
  const remark = kind === undefined ? "" : `this is ${kind.name}${kind.cure && `; ${kind.cure}`}`;
  if (kind !== undefined && NO_TABLES.has(kind.name)) {
    throw new DatasetError({ kind: "unreadable", file, reason: remark });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DatasetError(
      { kind: "unreadable", file, reason: remark ? `not UTF-8: ${remark}` : "not UTF-8" },
      { cause },
    );
  }
}

/** Every record, blank ones too, so that lines can be counted. */
async function recordsOf(text: string, delimiter: string, file: string): Promise<readonly (readonly string[])[]> {
  const papa = await loadPapa();
  // The parser takes the first line's break for all of them.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const { data, errors } = papa.parse<string[]>(lines, { delimiter, newline: "\n" });
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

async function loadPapa(): Promise<typeof import("papaparse")> {
  try {
    return (await import("papaparse")).default;
  } catch (cause) {
    throw new MissingPackageError("parseCsv", "papaparse", INSTALL, { cause });
  }
}
