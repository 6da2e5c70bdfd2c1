/**
 * From a table's cells to the numbers that a network is given, and back to answers:
 *
 *   number     (x - mean) / deviation                                  one input
 *   category   1 at the word's place, else 0                           one input for each word
 *   classes    the position of the class's name                        a label
 *   numbers    (y - mean) / deviation of each column                   targets
 *
 * A fit is plain data, for JSON: it travels in a model's file.
 */

import { checkList, checkNumbers, checkRecord } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { Dataset } from "../dataset.ts";
import { DatasetError } from "../dataset_error.ts";
import type { Column } from "../table.ts";
import { inputsOf, type Preprocessed } from "./apply.ts";
import type {
  ArrayInputs,
  ClassTarget,
  ColumnPlace,
  IgnoredColumn,
  InputColumn,
  MissingValues,
  NumberTarget,
  Preprocessing,
} from "./columns.ts";
import { columnAt, fitClasses, fitColumn, fitNumbers, momentsOf } from "./fit.ts";
import { checkPreprocessing } from "./preprocessing_text.ts";
import { type Cell, type CellTable, cellsOf, isMissing, type NumberTable, numberOf, type Records } from "./records.ts";

export type { Preprocessed } from "./apply.ts";
export type * from "./columns.ts";

/** What is to be learned from which columns. */
export type PreprocessingOptions = {
  /** Whether the target is a class or a number. */
  readonly task: "classification" | "regression";
  /** The target's column (several of a regression), or the answers themselves: one for each row. */
  readonly target: Column | readonly Cell[] | readonly (readonly number[])[] | ArrayLike<number>;
  /** The columns that are learned from. Default: all others, but for those that `ignored` lists. */
  readonly inputs?: readonly Column[];
  /** Columns that are not learned from, such as weights of rows. */
  readonly exclude?: readonly Column[];
  /** What becomes of missing inputs. Rows without a target are dropped, unless they are refused. Default: "refuse". */
  readonly missing?: MissingValues;
  /**
   * What a word is that comes in no row of the fit: an error that names the column, or a row of zeros. Default: zeros in columns
   * that have words which come once, in tables of at least 50 rows (such words are zeros as well); an error in all others.
   */
  readonly unseen?: "refuse" | "zeros";
};

const MISSING = ["refuse", "drop", "mean", "mostFrequent"];

/**
 * Finds out what a table's columns are: numbers, categories, or nothing to learn from, such as names and other words of which
 * nearly every row has one of its own, numbers of rows, dates, and columns without a value.
 *
 * A column is one of numbers where every cell is a number or its digits; of categories else. Booleans are categories.
 *
 * @throws {DatasetError} a missing value that is refused, a target that is not of its kind, no rows, no column to learn from
 * @throws {OptionError} an unknown column, or an invalid option
 * @example
 * const table = { names: ["size", "colour", "price"], rows: [[10, "red", 5], [20, "blue", 9]] };
 * const preprocessing = fitPreprocessing(table, { task: "regression", target: "price" });
 * applyPreprocessing(preprocessing, table).inputs; // → Float32Array [-1, 0, 1, 1, 1, 0]
 */
export function fitPreprocessing(table: Records | NumberTable, options: PreprocessingOptions): Preprocessing {
  checkRecord("fitPreprocessing: options", options);
  checkOptions<PreprocessingOptions>("fitPreprocessing", options, {
    ...{ task: 1, target: 1, inputs: 1, exclude: 1, missing: 1, unseen: 1 },
  });
  const { task, missing = "refuse", unseen } = options;
  if (task !== "classification" && task !== "regression") {
    throw new OptionError("task", "classification or regression", task);
  }
  if (!MISSING.includes(missing)) throw new OptionError("missing", MISSING.join(", "), missing);
  if (unseen !== undefined && unseen !== "refuse" && unseen !== "zeros") {
    throw new OptionError("unseen", "refuse or zeros", unseen);
  }
  const cells = cellsOf("fitPreprocessing", table);
  if (cells.length === 0)
    throw new DatasetError({ kind: "empty", file: ("file" in table && table.file) || "the table" });
  const target = targetOf(cells, options);
  const rows = rowsWithTarget(cells, target, missing);
  if ("values" in table && (table.shape !== undefined || table.scale !== undefined)) {
    return { version: 1, inputs: arrayInputs(table), target: fitTarget(task, cells, target, rows), missing };
  }
  const places = inputPlaces(cells, target, options);
  const fitted = places.map((place) => {
    return fitColumn(cells, rows, place, { missing, unseen, isChosen: options.inputs !== undefined });
  });
  const columns = fitted.filter((column): column is InputColumn => column.kind !== "ignored");
  const ignored = fitted
    .filter((column) => column.kind === "ignored")
    .map(({ kind, ...rest }) => rest as IgnoredColumn);
  if (columns.length === 0) {
    const found = ignored.map(({ name, position, reason }) => `${name ?? position} (${reason})`).join(", ") || "none";
    throw new DatasetError({ kind: "array", name: "inputs", expected: "a column to learn from", found });
  }
  const used = missing === "drop" ? rows.filter((row) => !columns.some((own) => lacks(cells, row, own))) : rows;
  if (used.length === 0) {
    throw new DatasetError({
      kind: "array",
      name: "the table",
      expected: "a row without a missing value",
      found: "none",
    });
  }
  return {
    version: 1,
    inputs: { kind: "columns", columns, width: cells.width, ignored },
    target: fitTarget(task, cells, target, used),
    missing,
  };
}

function fitTarget(
  task: PreprocessingOptions["task"],
  cells: CellTable,
  { at, places, title }: Answers,
  rows: readonly number[],
): ClassTarget | NumberTarget {
  const answers = (column: number) => rows.map((row) => at(row, column));
  if (task === "classification") return { kind: "classes", ...places[0], names: fitClasses(answers(0), title) };
  const titleOf = (row: number) => cells.titleOf(rows[row] ?? 0);
  const columns = places.map((place, column) => ({ ...place, ...fitNumbers(answers(column), title, titleOf) }));
  return { kind: "numbers", columns };
}

/** Bytes keep their scale; other numbers are standardized together. */
function arrayInputs({ values, width, shape = [width], scale }: NumberTable): ArrayInputs {
  if (scale !== undefined) return { kind: "array", shape, mean: 0, deviation: 1 / scale };
  return { kind: "array", shape, ...momentsOf(values, "inputs") };
}

/** How a preprocessing is applied. */
export type ApplyOptions = {
  /** The answers, where they are not a column of the table. */
  readonly target?: PreprocessingOptions["target"] | undefined;
  /** Of the numbers. Default: float32. */
  readonly dtype?: "float32" | "float64";
};

/**
 * A table as a network is trained and evaluated with it: inputs standardized, words one-hot, targets as labels or standardized
 * numbers. Rows without a target are left out, and with `missing: "drop"` those with missing inputs; `refuse` refuses them.
 *
 * @throws {DatasetError} a column that is missing, a cell of another kind, a word or a class that is unknown: by row and column
 * @example
 * const table = { names: ["size", "animal"], rows: [[1, "cat"], [3, "dog"]] };
 * const preprocessing = fitPreprocessing(table, { task: "classification", target: "animal" });
 * applyPreprocessing(preprocessing, table).classNames; // → ["cat", "dog"]
 */
export function applyPreprocessing(
  preprocessing: Preprocessing,
  table: Records | NumberTable,
  options: ApplyOptions = {},
): Dataset<Float32Array | Float64Array> {
  return appliedTo(preprocessing, table, options).dataset;
}

/** As `applyPreprocessing`, with the rows of the table that the examples are. */
export function appliedTo(
  preprocessing: Preprocessing,
  table: Records | NumberTable,
  options: ApplyOptions,
): { readonly dataset: Dataset<Float32Array | Float64Array>; readonly rows: readonly number[] } {
  checkPreprocessing("applyPreprocessing", preprocessing);
  checkOptions<ApplyOptions>("applyPreprocessing", options, { target: 1, dtype: 1 });
  const { dtype = "float32" } = options;
  checkFloat(dtype);
  const { target: own, missing } = preprocessing;
  const cells = cellsOf("applyPreprocessing", table);
  const task = own.kind === "classes" ? "classification" : "regression";
  const target =
    options.target === undefined
      ? columnsAsAnswers(cells, placesOf(own, cells))
      : targetOf(cells, { task, target: options.target });
  const rows = rowsWithTarget(cells, target, missing);
  const inputs = inputsOf(preprocessing, cells, { rows, dtype, missing: missing === "drop" ? "drop" : "fill" });
  if (inputs.rows.length === 0) throw new DatasetError({ kind: "empty", file: "the table" });
  const name = ("file" in table && table.file) || "table";
  const parts = { name, inputs: inputs.values, shape: inputs.shape, inputNames: inputs.names };
  if (own.kind === "classes") {
    const labels = labelsOf(own, cells, target, inputs.rows);
    const named = { classes: own.names.length, classNames: own.names };
    return { dataset: new Dataset({ ...parts, labels, ...named }), rows: inputs.rows };
  }
  const targetValues = numbersOf(own, cells, target, inputs.rows, dtype);
  return { dataset: new Dataset({ ...parts, targetValues }), rows: inputs.rows };
}

/**
 * A table's inputs as a network is given them for a prediction, one row for each of the table: missing values are filled, or an
 * error that names row and column.
 *
 * @throws {DatasetError} as `applyPreprocessing`, and for a missing value that the fit does not fill
 * @example
 * const table = { names: ["size"], rows: [[1], [3]] };
 * const preprocessing = fitPreprocessing(table, { task: "classification", target: ["cat", "dog"] });
 * preprocessInputs(preprocessing, { names: ["size"], rows: [[2]] }).values; // → Float32Array [0]
 */
export function preprocessInputs(
  preprocessing: Preprocessing,
  table: Records | NumberTable,
  options: Pick<ApplyOptions, "dtype"> = {},
): Preprocessed {
  checkOptions<Pick<ApplyOptions, "dtype">>("preprocessInputs", options, { dtype: 1 });
  const { dtype = "float32" } = options;
  checkFloat(dtype);
  checkPreprocessing("preprocessInputs", preprocessing);
  const cells = cellsOf("preprocessInputs", table);
  const rows = Array.from({ length: cells.length }, (_, row) => row);
  return inputsOf(preprocessing, cells, { rows, dtype, missing: "fill" });
}

function checkFloat(dtype: unknown): void {
  if (dtype !== "float32" && dtype !== "float64") throw new OptionError("dtype", "float32 or float64", dtype);
}

/** The answers of a table's rows. */
type Answers = {
  readonly at: (row: number, column: number) => Cell;
  /** The columns of the table; one without a position for each number where the answers were handed in. */
  readonly places: readonly Partial<ColumnPlace>[];
  /** How errors call it. */
  readonly title: string;
};

function targetOf(cells: CellTable, { task, target }: Pick<PreprocessingOptions, "task" | "target">): Answers {
  if (typeof target === "string" || typeof target === "number") return columnsAsAnswers(cells, [target]);
  checkList("target", target, "a column's name or position, or an answer for each row");
  const list = target as ArrayLike<Cell | ArrayLike<number>>;
  for (let row = 0; row < list.length; row++) checkAnswer(row, list[row]);
  const isNames = cells.names !== undefined && Array.isArray(target) && list.length !== cells.length;
  const isText = task === "regression" && list.length > 0 && Number.isNaN(numberOf(firstOf(list)));
  if (isNames || isText) return columnsAsAnswers(cells, target as readonly Column[]);
  if (list.length !== cells.length) {
    const expected = `a column's name or position, or ${cells.length} answers, one for each row`;
    throw new OptionError("target", expected, target);
  }
  const width = rowWidth(list[0]);
  const at = (row: number, column: number): Cell => {
    const answer = list[row];
    return typeof answer === "object" && answer !== null ? answer[column] : answer;
  };
  for (let row = 0; row < list.length; row++) {
    if (rowWidth(list[row]) !== width) throw new OptionError(`target[${row}]`, `${width} numbers`, list[row]);
  }
  return { at, places: new Array(width).fill({}), title: "target" };
}

function checkAnswer(row: number, answer: unknown): void {
  if (answer === null || answer === undefined || ["string", "number", "boolean"].includes(typeof answer)) return;
  checkNumbers(`target[${row}]`, answer);
}

function firstOf(list: ArrayLike<Cell | ArrayLike<number>>): Cell {
  const [first] = [list[0]];
  return typeof first === "object" && first !== null ? first[0] : first;
}

function rowWidth(answer: Cell | ArrayLike<number>): number {
  return typeof answer === "object" && answer !== null ? answer.length : 1;
}

function columnsAsAnswers(cells: CellTable, columns: readonly Column[]): Answers {
  if (columns.length === 0) throw new OptionError("target", "at least one column", columns);
  const places = columns.map((column) => columnAt("target", column, cells));
  const title = places.length === 1 ? `column ${JSON.stringify(places[0]?.name ?? places[0]?.position)}` : "target";
  return { at: (row, column) => cells.at(row, places[column]?.position ?? -1), places, title };
}

/** The target's columns in another table: by name where it has names, else by position. */
function placesOf(target: ClassTarget | NumberTarget, cells: CellTable): readonly Column[] {
  const places = target.kind === "classes" ? [target] : target.columns;
  return places.map(({ name, position }) => {
    const column = cells.names === undefined ? position : name;
    if (column !== undefined) return column;
    throw new OptionError("target", "pass the answers: the model was trained with answers that were no column");
  });
}

function rowsWithTarget(cells: CellTable, target: Answers, missing: MissingValues): number[] {
  const rows: number[] = [];
  for (let row = 0; row < cells.length; row++) {
    if (target.places.every((_, column) => !isMissing(target.at(row, column)))) rows.push(row);
    else if (missing === "refuse") {
      const name = `${cells.titleOf(row)}, ${target.title}`;
      const expected = "an answer in every row, unless the option missing drops or fills";
      throw new DatasetError({ kind: "array", name, expected, found: "nothing" });
    }
  }
  if (rows.length > 0) return rows;
  throw new DatasetError({ kind: "array", name: target.title, expected: "an answer in some row", found: "none" });
}

function inputPlaces(
  cells: CellTable,
  target: Answers,
  { inputs, exclude = [] }: Pick<PreprocessingOptions, "inputs" | "exclude">,
): ColumnPlace[] {
  checkList("exclude", exclude, "names or positions of columns");
  const taken = target.places.map(({ position }) => position);
  for (const column of exclude) taken.push(columnAt("exclude", column, cells).position);
  if (inputs === undefined) {
    const all = Array.from({ length: cells.width }, (_, position) => columnAt("inputs", position, cells));
    return all.filter(({ position }) => !taken.includes(position));
  }
  checkList("inputs", inputs, "names or positions of columns");
  return inputs.map((column) => {
    const place = columnAt("inputs", column, cells);
    if (!taken.includes(place.position)) return place;
    throw new OptionError("inputs", "columns that are not the target, nor excluded", column);
  });
}

function lacks(cells: CellTable, row: number, { position, fill }: InputColumn): boolean {
  return fill === undefined && isMissing(cells.at(row, position));
}

function labelsOf(own: ClassTarget, cells: CellTable, target: Answers, rows: readonly number[]): Int32Array {
  const places = new Map(own.names.map((name, label) => [name, label]));
  return Int32Array.from(rows, (row) => {
    const word = String(target.at(row, 0)).trim();
    const label = places.get(word);
    if (label !== undefined) return label;
    const [name, found] = [`${cells.titleOf(row)}, ${target.title}`, JSON.stringify(word)];
    throw new DatasetError({ kind: "array", name, expected: `one of ${own.names.join(", ")}`, found });
  });
}

function numbersOf(
  own: NumberTarget,
  cells: CellTable,
  target: Answers,
  rows: readonly number[],
  dtype: "float32" | "float64",
): Float32Array | Float64Array {
  const width = own.columns.length;
  const values = dtype === "float64" ? new Float64Array(rows.length * width) : new Float32Array(rows.length * width);
  for (const [column, { mean, deviation }] of own.columns.entries()) {
    for (const [at, row] of rows.entries()) {
      const y = numberOf(target.at(row, column));
      if (!Number.isFinite(y)) {
        const [name, found] = [`${cells.titleOf(row)}, ${target.title}`, JSON.stringify(target.at(row, column))];
        throw new DatasetError({ kind: "array", name, expected: "a number", found: found ?? "nothing" });
      }
      values[at * width + column] = (y - mean) / deviation;
    }
  }
  return values;
}
