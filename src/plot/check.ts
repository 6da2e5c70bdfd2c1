/** What comes from the caller, looked at once, before anything is drawn. */
import { OptionError, ShapeError } from "../errors.ts";
import type { Domain, Matrix, Numbers, Scale } from "./types.ts";

/** Rows and columns with an element's value; indices are not checked again. */
export type Grid = { readonly rows: number; readonly columns: number; at(row: number, column: number): number };

/**
 * The numbers as they are, if they are numbers.
 *
 * @throws {ShapeError} there are none, or not so many as expected
 * @throws {OptionError} one is no number (NaN is one)
 */
export function checkNumbers(figure: string, argument: string, values: Numbers, count?: number): Numbers {
  if (typeof values !== "object" || values === null || !Number.isInteger(values.length)) {
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
  const [low, high] = domain;
  if (hasPlace(low, scale) && hasPlace(high, scale) && low < high) return domain;
  const place = scale === "log" ? "numbers above 0" : "finite numbers";
  throw new OptionError(`${figure}: ${option}`, `two ${place}, the lesser first`, `[${low}, ${high}]`);
}

/**
 * A matrix in either of its forms.
 *
 * @throws {ShapeError} no rows, no columns, rows of different lengths, a shape that is not that of a matrix or not the data's
 */
export function gridOf(figure: string, argument: string, matrix: Matrix): Grid {
  if (!("shape" in matrix)) return gridOfRows(figure, argument, matrix);
  const { data, shape } = matrix;
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
  const [rows, columns] = shape;
  const isShape = Number.isInteger(rows) && Number.isInteger(columns) && rows > 0 && columns > 0;
  if (!isShape) throw new OptionError(`${figure}: shape`, "two whole numbers above 0", `[${rows}, ${columns}]`);
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

/** @throws {OptionError} no whole number from `least` on */
export function checkCount(figure: string, option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new OptionError(`${figure}: ${option}`, `a whole number from ${least} on`, value);
}

/** @throws {ShapeError} not so many names as there are things to name */
export function checkNames(figure: string, option: string, names: readonly string[], count: number): readonly string[] {
  if (names.length === count) return names;
  throw new ShapeError(figure, option, `${count} names`, `${names.length}`);
}
