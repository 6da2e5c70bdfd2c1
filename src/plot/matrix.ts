import { type Cell, table } from "./cells.ts";
import { checkCount, checkFigure, checkNames, FIGURE_KEYS, gridOf } from "./check.ts";
import { frame } from "./frame.ts";
import { BLUE, VERMILLION } from "./palette.ts";
import { fixed } from "./ticks.ts";
import type { FigureOptions, Matrix } from "./types.ts";

/** Names of rows and columns, and how numbers are written. */
export type MatrixOptions = FigureOptions & {
  /** Names of the rows. */
  readonly rows?: readonly string[];
  /** Names of the columns. */
  readonly columns?: readonly string[];
  /** Decimals of each number; 2 by default. */
  readonly decimals?: number;
};

/**
 * A small matrix as cells with its numbers: positive ones blue, negative ones vermillion, as strong as they are large.
 *
 * @param values what does not fit its cell is coloured only; what is not finite has no colour
 * @returns a figure as SVG
 * @throws {ShapeError} no matrix, or not as many names as rows or columns
 * @throws {OptionError} an element that is not a number, invalid decimals
 * @example
 * const svg = await matrix([[0.22, 0.14, -0.36], [0.33, 0.21, -0.54]], { title: "∂loss/∂W" });
 */
export async function matrix(values: Matrix, options: MatrixOptions = {}): Promise<string> {
  const figure = "matrix";
  checkFigure<MatrixOptions>(figure, options, { ...FIGURE_KEYS, rows: 1, columns: 1, decimals: 1 });
  const grid = gridOf(figure, "values", values);
  const decimals = checkCount(figure, "decimals", options.decimals ?? 2, 0);
  const rowNames = options.rows === undefined ? [] : checkNames(figure, "rows", options.rows, grid.rows);
  const columnNames = options.columns === undefined ? [] : checkNames(figure, "columns", options.columns, grid.columns);
  const numbers = Array.from({ length: grid.rows }, (_, row) =>
    Array.from({ length: grid.columns }, (_, column) => grid.at(row, column)),
  );
  const greatest = Math.max(0, ...numbers.flat().filter(Number.isFinite).map(Math.abs));
  const cells = numbers.map((row) => row.map((value) => cellOf(value, greatest, decimals)));
  const { markup, height } = table({ cells, rowNames, columnNames, rowsLabel: "", columnsLabel: "" });
  const description = `A matrix of ${grid.rows} rows and ${grid.columns} columns.`;
  return frame({ figure, title: "", description, height, body: markup }, options);
}

function cellOf(value: number, greatest: number, decimals: number): Cell {
  const isNumber = Number.isFinite(value);
  return {
    label: isNumber ? fixed(value, decimals) : String(value),
    color: value < 0 ? VERMILLION : BLUE,
    strength: isNumber && greatest > 0 ? Math.abs(value) / greatest : 0,
  };
}
