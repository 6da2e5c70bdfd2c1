/** A table's cells as the inputs of a network. */

import { ShapeError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { DatasetError } from "../dataset_error.ts";
import type { ArrayInputs, InputColumn, Preprocessing, TableInputs } from "./columns.ts";
import { titleOf, wordOf } from "./fit.ts";
import { type CellTable, isMissing, numberOf } from "./records.ts";

/** Rows as a network is given them. */
export type Preprocessed = {
  /** rows × inputs. */
  readonly values: Float32Array | Float64Array;
  /** Of one row. */
  readonly shape: readonly number[];
  /** Each input's name: a column, or a column and its word. */
  readonly names: readonly string[];
  /** The rows of the table that they are. */
  readonly rows: readonly number[];
};

/** Which rows, and what becomes of missing values that have no fill. */
type InputOptions = {
  readonly rows: readonly number[];
  readonly dtype: "float32" | "float64";
  /** `fill` refuses those that have none. */
  readonly missing: "drop" | "fill";
};

/** @throws {DatasetError} a column that is missing, a cell of another kind, an unknown word: by row and column */
export function inputsOf({ inputs }: Preprocessing, cells: CellTable, options: InputOptions): Preprocessed {
  return inputs.kind === "columns" ? columnsOf(inputs, cells, options) : arraysOf(inputs, cells, options);
}

function columnsOf(inputs: TableInputs, cells: CellTable, { rows, dtype, missing }: InputOptions): Preprocessed {
  const positions = positionsOf(inputs, cells);
  const { columns } = inputs;
  const isWhole = (row: number) =>
    !columns.some((own, at) => own.fill === undefined && isMissing(cells.at(row, positions[at] ?? 0)));
  const used = missing === "drop" ? rows.filter(isWhole) : rows;
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const values = dtype === "float64" ? new Float64Array(used.length * width) : new Float32Array(used.length * width);
  let first = 0;
  for (const [at, column] of columns.entries()) {
    write(column, cells, { rows: used, position: positions[at] ?? 0, first, width, values });
    first += widthOf(column);
  }
  return { values, shape: [width], names: inputNames(inputs), rows: used };
}

/** Inputs of the network that a column becomes. */
export function widthOf(column: InputColumn): number {
  return column.kind === "number" ? 1 : column.words.length;
}

/** The name of each input of the network. */
export function inputNames({ columns }: TableInputs): string[] {
  return columns.flatMap((column) => {
    const name = column.name ?? `${column.position}`;
    return column.kind === "number" ? [name] : column.words.map((word) => `${name}=${word}`);
  });
}

/** Where a table has the columns: by name, or by position in rows of the inputs alone, or of the fitted table's width. */
function positionsOf({ columns, width }: TableInputs, cells: CellTable): number[] {
  const { names } = cells;
  if (names !== undefined && columns.every(({ name }) => name !== undefined)) {
    return columns.map(({ name = "" }) => {
      const position = names.indexOf(name);
      if (position >= 0) return position;
      const meant = nearest(
        name,
        names.filter((other) => !columns.some((column) => column.name === other)),
      );
      const found = names.length === 0 ? "no columns" : `columns ${names.join(", ")}`;
      const expected = `a column ${JSON.stringify(name)}`;
      const hint = meant === undefined ? "" : `; is ${JSON.stringify(meant)} meant?`;
      throw new DatasetError({ kind: "array", name: "rows", expected, found: found + hint });
    });
  }
  if (cells.width === columns.length) return [...columns.keys()];
  if (cells.width === width) return columns.map(({ position }) => position);
  const expected = `${columns.length} columns${columns.some(({ name }) => name) ? ` (${columns.map(({ name }) => name).join(", ")})` : ""}`;
  throw new ShapeError("predict", "rows", expected, `${cells.width}`);
}

type Writing = {
  readonly rows: readonly number[];
  readonly position: number;
  readonly first: number;
  readonly width: number;
  readonly values: Float32Array | Float64Array;
};

function write(column: InputColumn, cells: CellTable, { rows, position, first, width, values }: Writing): void {
  const fail = (row: number, expected: string, found = JSON.stringify(cells.at(row, position)) ?? "nothing") =>
    new DatasetError({ kind: "array", name: `${cells.titleOf(row)}, ${titleOf(column)}`, expected, found });
  const noValue = (row: number) => fail(row, "a value, as the model was trained without missing values", "nothing");
  if (column.kind === "number") {
    const { mean, deviation, fill } = column;
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] ?? 0;
      const cell = cells.at(row, position);
      let x = typeof cell === "number" ? cell : numberOf(cell);
      if (!Number.isFinite(x)) {
        if (!isMissing(cell)) throw fail(row, "a number");
        if (fill === undefined) throw noValue(row);
        x = fill;
      }
      values[at * width + first] = (x - mean) / deviation;
    }
    return;
  }
  const places = new Map(column.words.map((word, place) => [word, place]));
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    const cell = cells.at(row, position);
    if (isMissing(cell) && column.fill === undefined) throw noValue(row);
    const word = isMissing(cell) ? (column.fill as string) : wordOf(cell);
    const place = places.get(word);
    if (place !== undefined) values[at * width + first + place] = 1;
    else if (column.unseen === "refuse") {
      const most = 10;
      const more = column.words.length > most ? ` or ${column.words.length - most} more` : "";
      throw fail(row, `one of ${column.words.slice(0, most).join(", ")}${more}`, JSON.stringify(word));
    }
  }
}

function arraysOf(
  { shape, mean, deviation }: ArrayInputs,
  cells: CellTable,
  { rows, dtype }: InputOptions,
): Preprocessed {
  const width = shape.reduce((size, dim) => size * dim, 1);
  if (cells.width !== width) throw new ShapeError("predict", "rows", `${width} numbers each`, `${cells.width}`);
  const values = dtype === "float64" ? new Float64Array(rows.length * width) : new Float32Array(rows.length * width);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] ?? 0;
    for (let column = 0; column < width; column++) {
      const x = numberOf(cells.at(row, column));
      if (!Number.isFinite(x)) {
        const name = `${cells.titleOf(row)}, element ${column}`;
        const found = JSON.stringify(cells.at(row, column)) ?? "nothing";
        throw new DatasetError({ kind: "array", name, expected: "a finite number", found });
      }
      values[at * width + column] = (x - mean) / deviation;
    }
  }
  return { values, shape, names: Array.from({ length: width }, (_, column) => `${column}`), rows };
}
