/** A table in two parts that share no row: to learn from, and to judge by. */
import { checkType } from "../arguments.ts";
import { Dataset } from "../data/dataset.ts";
import { drawn } from "../data/split.ts";
import type { Column } from "../data/table.ts";
import { columnAt } from "../data/tables/fit.ts";
import { type Cell, cellsOf, type Records, recordsOf } from "../data/tables/records.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkSeed } from "../random/checks.ts";
import { RandomState } from "../random/random_state.ts";
import { tagOf } from "../values.ts";
import { read } from "./source.ts";

/** How large the test part is, and which rows it gets. */
export type TrainTestSplitOptions = {
  /** The fraction of rows that are for the test, between 0 and 1: at least one row for each part. Default 0.2. */
  readonly testSize?: number;
  /** A column of classes: each class gives the fraction of its own, to the nearest row. Default: none. */
  readonly stratify?: Column;
  /** Draws which rows. Default 0. */
  readonly seed?: number;
};

/** Two parts of a table; both keep the order of its rows. */
export type TrainTestSplit<T> = {
  /** To learn from. */
  readonly train: T;
  /** To judge by. */
  readonly test: T;
};

/**
 * Rows to learn from and rows for the test, drawn by the seed: of an array as arrays, of a CSV file or its text as records.
 *
 * @param data an array of rows, records, or the text of a CSV file, its path or its address, as for `classifier`
 * @throws {OptionError} (rejects) fewer than two rows, an option out of range, an unknown column, a dataset (`split` is for these)
 * @throws {DatasetError} (rejects) a file that is missing or malformed
 * @example
 * const rows = Array.from({ length: 10 }, (_, i) => ({ size: i, kind: i % 2 ? "odd" : "even" }));
 * const { train, test } = await trainTestSplit(rows, { stratify: "kind" });
 * test.map(({ kind }) => kind).sort(); // → ["even", "odd"]
 */
export async function trainTestSplit<T>(
  data: readonly T[],
  options?: TrainTestSplitOptions,
): Promise<TrainTestSplit<T[]>>;
export async function trainTestSplit<R extends Records>(
  data: R,
  options?: TrainTestSplitOptions,
): Promise<TrainTestSplit<R>>;
export async function trainTestSplit(
  data: string | URL,
  options?: TrainTestSplitOptions,
): Promise<TrainTestSplit<Records>>;
export async function trainTestSplit(
  data: string | URL | Records | readonly unknown[],
  options: TrainTestSplitOptions = {},
): Promise<TrainTestSplit<unknown>> {
  checkType("trainTestSplit: options", "object", options);
  checkOptions<TrainTestSplitOptions>("trainTestSplit", options, { testSize: 1, stratify: 1, seed: 1 });
  const { testSize = 0.2, stratify, seed = 0 } = options;
  checkSeed(seed);
  if (!(typeof testSize === "number" && testSize > 0 && testSize < 1)) {
    throw new OptionError("trainTestSplit: testSize", "a fraction between 0 and 1", testSize);
  }
  const list = Array.isArray(data) ? (data as readonly unknown[]) : undefined;
  const records = list === undefined ? await recordsIn(data) : undefined;
  const rows = records?.rows ?? list ?? [];
  if (rows.length < 2) throw new OptionError("trainTestSplit: data", "at least two rows", rows.length);
  const labels = stratify === undefined ? undefined : classesIn(records ?? recordsOf(rows), stratify);
  const [test, train] = positionsOf(rows.length, { labels, share: testSize, seed }).map((own, part) => {
    const picked = own.map((position) => rows[position]);
    if (records === undefined) return picked;
    // A record of a part has another number than in the file.
    const file = records.file === undefined ? {} : { file: `${records.file}, ${part === 0 ? "test" : "train"} part` };
    return { ...records, ...file, rows: picked };
  });
  return { train, test };
}

async function recordsIn(data: unknown): Promise<Records> {
  if (typeof data === "string" || tagOf(data) === "URL") {
    return (await read("trainTestSplit", data as string | URL)).table as Records;
  }
  checkType("trainTestSplit: data", "object", data);
  if (!(data instanceof Dataset) && isArrayIn(data as object, "rows")) return data as Records;
  const wanted = "an array of rows, records, or a CSV file or its text; split is for datasets";
  throw new OptionError("trainTestSplit: data", wanted, data);
}

function isArrayIn(data: object, key: string): boolean {
  return key in data && Array.isArray(data[key as never]);
}

function classesIn(records: Records, stratify: Column): string[] {
  const cells = cellsOf("trainTestSplit", records);
  const { position } = columnAt("stratify", stratify, cells);
  return Array.from({ length: cells.length }, (_, row) => wordIn(cells.at(row, position)));
}

function wordIn(cell: Cell): string {
  return cell === null || cell === undefined ? "" : String(cell).trim();
}

/** The positions of the part that `share` names, and those of the rest, each ascending. */
function positionsOf(
  length: number,
  {
    labels,
    share,
    seed,
  }: { readonly labels: readonly string[] | undefined; readonly share: number; readonly seed: number },
): [part: number[], rest: number[]] {
  const classes = [...new Set(labels ?? [""])];
  const places = new Map(classes.map((name, place) => [name, place]));
  const positions = new Dataset({
    ...{ name: "rows", shape: [1], classes: classes.length },
    labels: Int32Array.from({ length }, (_, row) => places.get(labels?.[row] ?? "") ?? 0),
    inputs: Float64Array.from({ length }, (_, row) => row),
  });
  const stratify = labels === undefined ? "none" : "classes";
  const [part, rest] = drawn(positions, { share, random: new RandomState(seed), stratify });
  return [Array.from(part.inputs), Array.from(rest.inputs)];
}
