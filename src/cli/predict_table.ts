/** `lanegrad predict` with the model of a table: an answer for each row, as CSV or JSON. */
import { readFileSync } from "node:fs";
import type { Classifier, Regressor, Rows } from "lanegrad";
import { type Cell, parseRecords, type Records } from "lanegrad/csv";
import { FileError, readFile, relativePath, writeFile } from "./files.ts";
import { suggestion } from "./options.ts";
import { printJson, say } from "./report.ts";
import { csvText, listed } from "./table.ts";

export type PredictTable = {
  readonly input: string;
  readonly index: readonly number[] | undefined;
  readonly out: string | undefined;
  readonly json: boolean | undefined;
};

/** Answers the rows of a file, or of standard input where that is `-`. */
export async function predictRows(
  model: Classifier | Regressor,
  file: string,
  { input, index, out, json }: PredictTable,
): Promise<void> {
  const records = chosen(await readRows(input), input, index);
  checkColumns(model, file, records, input);
  const { head, rows } = answersTo(model, records);
  const positions = index ?? [...rows.keys()];
  if (json) {
    for (const [i, cells] of rows.entries()) {
      const answer = Object.fromEntries(head.map((name, column) => [name, cells[column] ?? null]));
      printJson({ input: positions[i], ...answer });
    }
  }
  const text = csvText(head, rows);
  if (out !== undefined) {
    await writeFile(out, text, "choose another file with --out");
    say(`${rows.length} answers are in ${relativePath(out)}`);
  } else if (!json) process.stdout.write(text);
}

type Answers = { readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] };

/** The target, and of a classifier the probability of each class. */
function answersTo(model: Classifier | Regressor, records: Records): Answers {
  const { target } = model.preprocessing;
  if (model.kind === "classifier") {
    const { classNames } = model;
    const answers = model.predict(records as Rows);
    const rows = model.predictProbabilities(records as Rows).map((probabilities, i) => {
      const shown = classNames.map((name) => Number((probabilities[name] ?? Number.NaN).toPrecision(6)));
      return [answers[i], ...shown];
    });
    const name = target.kind === "classes" ? target.name : undefined;
    return { head: [name ?? "prediction", ...classNames.map((own) => `p(${own})`)], rows };
  }
  const names = target.kind === "numbers" ? target.columns.map(({ name }, i) => name ?? `prediction ${i}`) : [];
  return { head: names, rows: model.predict(records as Rows).map((answer) => [answer].flat()) };
}

/** Rows of CSV, or of JSON: arrays, or objects. */
async function readRows(input: string): Promise<Records> {
  const name = input === "-" ? "standard input" : relativePath(input);
  const bytes = input === "-" ? standardInput() : readFile(input);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FileError(name, "this model takes rows of a table, as CSV or JSON");
  }
  if (!/^\s*[[{]/.test(text)) return await parseRecords(text, { file: name });
  const { recordsOf } = await import("lanegrad");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileError(name, error);
  }
  const isRow = !Array.isArray(value) || typeof value[0] !== "object" || value[0] === null;
  return { ...recordsOf(isRow ? [value] : (value as unknown[])), file: name };
}

function standardInput(): Uint8Array {
  try {
    return readFileSync(0);
  } catch (error) {
    throw new FileError("standard input", error);
  }
}

function chosen(records: Records, name: string, index: readonly number[] | undefined): Records {
  if (index === undefined) return records;
  const rows = index.map((i) => {
    const row = records.rows[i];
    if (row === undefined) throw new FileError(name, `--index ${i}: expected 0 to ${records.rows.length - 1}`);
    return row;
  });
  return { ...records, rows };
}

/**
 * Rows with the columns that a model takes; others do not matter.
 *
 * @throws {FileError} a column is missing: with those that there are
 */
export function checkColumns(
  model: Classifier | Regressor,
  file: string,
  { names, rows }: Records,
  input: string,
): void {
  const { inputs } = model.preprocessing;
  if (inputs.kind !== "columns") return;
  const wanted = inputs.columns.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const source = input === "-" ? "standard input" : relativePath(input);
  if (names === undefined || wanted.length === 0) {
    const width = rows[0]?.length ?? 0;
    if (width === inputs.width || width === inputs.columns.length) return;
    const columns = wanted.length === 0 ? "" : `: ${listed(wanted)}`;
    throw new FileError(
      source,
      `rows of ${width} cells, but ${relativePath(file)} takes ${inputs.columns.length}${columns}`,
    );
  }
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  const near = missing.length === 1 ? suggestion(missing[0] ?? "", names) : "";
  throw new FileError(
    source,
    `no column ${missing.map((name) => `"${name}"`).join(", ")}, which ${relativePath(file)} takes (${listed(wanted)})${near || ";"} its columns are ${listed(names)}`,
  );
}
