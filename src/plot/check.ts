/** What comes from the caller, looked at once, before anything is drawn. */
import { checkList, checkRecord, checkText, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import type { ChartOptions, Domain, FigureOptions, Matrix, Numbers, Scale, ScaledOptions } from "./types.ts";

/** The options of every figure. */
export const FIGURE_KEYS: KeysOf<FigureOptions> = { title: 1, description: 1, name: 1, width: 1 };
/** Those of figures with axes. */
export const CHART_KEYS: KeysOf<ChartOptions> = {
  ...FIGURE_KEYS,
  ...{ xLabel: 1, yLabel: 1, xDomain: 1, yDomain: 1, height: 1 },
};
/** Those of figures whose axes may be logarithmic. */
export const SCALED_KEYS: KeysOf<ScaledOptions> = { ...CHART_KEYS, xScale: 1, yScale: 1 };

/**
 * Options of a figure: known keys, and the types of those that figures share.
 *
 * @throws {OptionError} an unknown option, or one of another type
 */
export function checkFigure<Options>(figure: string, options: Options, keys: KeysOf<NoInfer<Options>>): void {
  checkType(`${figure}: options`, "object", options);
  checkOptions<Options>(figure, options, keys);
  for (const [option, value] of Object.entries(options as object)) {
    if (value === null) throw new OptionError(`${figure}: ${option}`, "a value or undefined", value);
  }
  const given: ScaledOptions = options as ScaledOptions;
  const { title, description, name, xLabel, yLabel, height } = given;
  for (const [option, text] of Object.entries({ title, description, name, xLabel, yLabel })) {
    checkText(`${figure}: ${option}`, text);
  }
  if (height !== undefined && !(Number.isFinite(height) && height > 0)) {
    throw new OptionError(`${figure}: height`, "a number above 0", height);
  }
  for (const option of ["xScale", "yScale"] as const) {
    const scale = given[option];
    if (scale === undefined || scale === "linear" || scale === "log") continue;
    throw new OptionError(`${figure}: ${option}`, "linear or log", scale);
  }
  for (const option of ["xDomain", "yDomain"] as const) {
    if (given[option] !== undefined) checkList(`${figure}: ${option}`, given[option], "[low, high]");
  }
}

/**
 * A list of objects, such as bars or series.
 *
 * @throws {OptionError} not an array, or an element that is not an object
 * @throws {ShapeError} no elements
 */
export function checkItems(figure: string, argument: string, items: readonly unknown[]): void {
  if (!Array.isArray(items)) throw new OptionError(`${figure}: ${argument}`, "an array", items);
  if (items.length === 0) throw new ShapeError(figure, argument, "at least one", "none");
  for (const [i, item] of items.entries()) checkRecord(`${figure}: ${argument}[${i}]`, item);
}

/** Rows and columns with an element's value; indices are not checked again. */
export type Grid = { readonly rows: number; readonly columns: number; at(row: number, column: number): number };

/**
 * The numbers as they are, if they are numbers.
 *
 * @throws {ShapeError} there are none, or not so many as expected
 * @throws {OptionError} one is not a number (NaN is one)
 */
export function checkNumbers(figure: string, argument: string, values: Numbers, count?: number): Numbers {
  if (typeof values !== "object" || values === null || !("length" in values) || !Number.isInteger(values.length)) {
    throw new OptionError(`${figure}: ${argument}`, "numbers in a row", values);
  }
  if (count !== undefined && values.length !== count) {
    throw new ShapeError(figure, argument, `${count} numbers`, `${values.length}`);
  }
  if (values.length === 0) throw new ShapeError(figure, argument, "at least one number", "none");
  for (let i = 0; i < values.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number") throw new OptionError(`${figure}: ${argument}[${i}]`, "a number", value);
  }
  return values;
}

/**
 * The least and the greatest of all numbers that have a place on a scale; an interval of no length is widened.
 *
 * @throws {ShapeError} no number has a place
 */
export function extent(figure: string, argument: string, rows: readonly Numbers[], scale: Scale): Domain {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const value = row[i] ?? Number.NaN;
      if (!hasPlace(value, scale)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) {
    const expected = scale === "log" ? "a finite number above 0, for a logarithmic axis" : "a finite number";
    throw new ShapeError(figure, argument, `at least ${expected}`, "none");
  }
  if (low < high) return [low, high];
  if (scale === "log") return [low / 2, high * 2];
  const half = low === 0 ? 1 : Math.abs(low) / 10;
  return [low - half, high + half];
}

/** Whether a number can be drawn. */
export function hasPlace(value: number, scale: Scale): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}

/** @throws {OptionError} not two finite numbers in ascending order, or none of them on this scale */
export function checkDomain(figure: string, option: string, domain: Domain, scale: Scale): Domain {
  checkList(`${figure}: ${option}`, domain, "[low, high]");
  const [low, high] = domain;
  if (hasPlace(low, scale) && hasPlace(high, scale) && low < high) return domain;
  const place = scale === "log" ? "numbers above 0" : "finite numbers";
  throw new OptionError(`${figure}: ${option}`, `two ${place}, the lesser first`, domain);
}

/**
 * A matrix in either of its forms.
 *
 * @throws {ShapeError} no rows, no columns, rows of different lengths, a shape that is not that of a matrix or not the data's
 */
export function gridOf(figure: string, argument: string, matrix: Matrix): Grid {
  if (Array.isArray(matrix)) return gridOfRows(figure, argument, matrix);
  if (typeof matrix !== "object" || matrix === null || !("shape" in matrix)) {
    throw new OptionError(`${figure}: ${argument}`, "rows of numbers, or { data, shape }", matrix);
  }
  const { data, shape } = matrix;
  checkList(`${figure}: ${argument}.shape`, shape, "[rows, columns]");
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2) throw new ShapeError(figure, argument, "2 dimensions", `${shape.length}`);
  checkNumbers(figure, argument, data, rows * columns);
  return { rows, columns, at: (row, column) => data[row * columns + column] ?? Number.NaN };
}

function gridOfRows(figure: string, argument: string, matrix: readonly Numbers[]): Grid {
  const first = matrix[0];
  if (first === undefined) throw new ShapeError(figure, argument, "at least one row", "none");
  for (const [i, row] of matrix.entries()) {
    checkNumbers(figure, `${argument}[${i}]`, row, i === 0 ? undefined : first.length);
  }
  return { rows: matrix.length, columns: first.length, at: (row, column) => matrix[row]?.[column] ?? Number.NaN };
}

/**
 * Rows and columns of a picture: what is given, or the square that has so many pixels.
 *
 * @throws {ShapeError} the shape has another number of pixels, or none is given and they make no square
 */
export function pictureShape(
  figure: string,
  argument: string,
  pixels: number,
  shape: readonly [number, number] | undefined,
): readonly [number, number] {
  const side = Math.round(Math.sqrt(pixels));
  if (shape === undefined) {
    if (side * side === pixels) return [side, side];
    throw new ShapeError(
      figure,
      argument,
      "as many pixels as a square has",
      `${pixels}`,
      "give the shape: [rows, columns]",
    );
  }
  checkList(`${figure}: shape`, shape, "[rows, columns]");
  const [rows, columns] = shape;
  const isShape = Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0;
  if (!isShape) throw new OptionError(`${figure}: shape`, "two positive integers", shape);
  if (rows * columns !== pixels) {
    throw new ShapeError(
      figure,
      argument,
      `${rows * columns} pixels, for pictures of ${rows} × ${columns}`,
      `${pixels}`,
    );
  }
  return shape;
}

/** @throws {OptionError} not an integer from `least` on */
export function checkCount(figure: string, option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new OptionError(`${figure}: ${option}`, `an integer from ${least} on`, value);
}

/** @throws {ShapeError} not so many names as there are things to name */
export function checkNames(figure: string, option: string, names: readonly string[], count: number): readonly string[] {
  checkList(`${figure}: ${option}`, names, "an array of names");
  for (const [i, name] of names.entries()) checkType(`${figure}: ${option}[${i}]`, "string", name);
  if (names.length === count) return names;
  throw new ShapeError(figure, option, `${count} names`, `${names.length}`);
}
