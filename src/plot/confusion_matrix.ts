import { OptionError, ShapeError } from "../errors.ts";
import { type Cell, table } from "./cells.ts";
import { checkFigure, checkNames, FIGURE_KEYS, type Grid, gridOf } from "./check.ts";
import { frame } from "./frame.ts";
import { BLUE, VERMILLION } from "./palette.ts";
import { fixed } from "./ticks.ts";
import type { FigureOptions, Matrix } from "./types.ts";

/** What the classes are called. */
export type ConfusionMatrixOptions = FigureOptions & {
  /** By default 0, 1, 2 … */
  readonly classes?: readonly string[];
};

/**
 * How often each class was taken for each: what is right is blue, a mistake vermillion, and as strong as the cube
 * root of its share of the row, so that mistakes can be seen at all.
 *
 * @param counts square; the row is the class, the column what it was taken for
 * @returns a figure as SVG
 * @throws {ShapeError} not square, or not as many names as classes
 * @throws {OptionError} a count that is not an integer from 0 on
 * @example
 * const svg = await confusionMatrix([[90, 10], [3, 97]], { classes: ["cat", "dog"], title: "Test examples" });
 */
export async function confusionMatrix(counts: Matrix, options: ConfusionMatrixOptions = {}): Promise<string> {
  const figure = "confusionMatrix";
  checkFigure<ConfusionMatrixOptions>(figure, options, { ...FIGURE_KEYS, classes: 1 });
  const grid = gridOf(figure, "counts", counts);
  const { rows, columns, at } = grid;
  if (rows !== columns) throw new ShapeError(figure, "counts", "as many columns as rows", `${rows} × ${columns}`);
  const names = options.classes ?? Array.from({ length: rows }, (_, i) => String(i));
  checkNames(figure, "classes", names, rows);

  let right = 0;
  let all = 0;
  const cells = Array.from({ length: rows }, (_, row) => {
    const total = rowTotal(figure, grid, row);
    right += at(row, row);
    all += total;
    return Array.from({ length: columns }, (_, column) => cellOf(at(row, column), total, row === column));
  });
  const { markup, height } = table({
    cells,
    rowNames: names,
    columnNames: names,
    rowsLabel: "class",
    columnsLabel: "taken for",
  });
  const share = all === 0 ? "" : ` (${fixed((100 * right) / all, 2)} %)`;
  const description = `A confusion matrix of ${rows} classes: ${right} of ${all}${share} are right. ${worst(grid, names)}`;
  return frame({ figure, title: "Classes and what they were taken for", description, height, body: markup }, options);
}

function rowTotal(figure: string, { columns, at }: Grid, row: number): number {
  let total = 0;
  for (let column = 0; column < columns; column++) {
    const count = at(row, column);
    if (!Number.isInteger(count) || count < 0) {
      throw new OptionError(`${figure}: counts[${row}][${column}]`, "an integer from 0 on", count);
    }
    total += count;
  }
  return total;
}

function cellOf(count: number, total: number, isRight: boolean): Cell {
  const label = count >= 10_000 ? `${Math.round(count / 1000)}k` : String(count);
  return { label, color: isRight ? BLUE : VERMILLION, strength: total === 0 ? 0 : Math.cbrt(count / total) };
}

/** The commonest mistake, for the description. */
function worst({ rows, columns, at }: Grid, names: readonly string[]): string {
  let most = { count: 0, row: 0, column: 0 };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const count = at(row, column);
      if (row !== column && count > most.count) most = { count, row, column };
    }
  }
  if (most.count === 0) return "There are no mistakes.";
  return `The commonest mistake: ${names[most.row]} taken for ${names[most.column]}, ${most.count} times.`;
}
