/**
 * The losses of the book's chapter on plain numbers, in float64, to NumPy's last digit:
 *
 *   meanSquaredError     ½ Σ (y - t)²
 *   crossEntropyError    -Σ t · ln(y + δ), the mean of it over the rows of a batch
 *
 * Networks take their loss from logits instead (`softmaxCrossEntropy`), which needs no δ.
 */

import { checkList } from "../arguments.ts";
import { IndexError, OptionError, ShapeError } from "../errors.ts";
import { log } from "../numeric/log.ts";
import { sum } from "../numeric/sum.ts";
import { checkOptions } from "../options.ts";
import { copyVector, isVector, type Vector } from "./point.ts";

/** One example, or a batch of them: a row of numbers for each. */
export type Rows = Vector | readonly Vector[];

/** Options of `crossEntropyError`. */
export type CrossEntropyOptions = {
  /** Added to y inside the logarithm, so that y = 0 gives a large but finite loss. Default 1e-7, as in the chapter. */
  readonly delta?: number;
};

/** Tolerance for the bounds and the sum of probabilities: rounding in float32. */
const SLACK = 1e-5;

/**
 * ½ Σ (y - t)², which the chapter calls the mean squared error. It is not a mean: neither over the classes nor, for a
 * batch, over the examples, whose errors are added up. On tensors this is `squaredError` of `lanegrad`, whose own
 * `meanSquaredError` is a mean.
 *
 * @param y one example or a batch
 * @param t as y
 * @throws {ShapeError} y and t differ in shape
 * @throws {OptionError} something other than numbers
 * @example
 * meanSquaredError([0.5, 0.5], [0, 1]); // → 0.25
 */
export function meanSquaredError(y: Rows, t: Rows): number {
  const outputs = rowsOf("meanSquaredError: y", y);
  const targets = rowsOf("meanSquaredError: t", t);
  if (isVector(y) !== isVector(t))
    throw new ShapeError("meanSquaredError", "t", shapeText(outputs), shapeText(targets));
  checkAlike("meanSquaredError", outputs, targets);
  const squares = outputs.flatMap((row, i) => {
    const target = targets[i] as Vector;
    return Array.from(row, (value, j) => square(value - (target[j] as number)));
  });
  return sum(squares) / 2;
}

/**
 * The cross entropy of class probabilities, in nats. One example counts as a batch of one row.
 *
 * @param y probabilities: one example, or a batch of rows
 * @param t a label for each example (a number for one example alone), or one-hot or other rows that sum to 1, as y
 * @returns the mean over the examples; Infinity where y + δ is 0 for a class that t names
 * @throws {ShapeError} t is neither labels nor rows for y; a batch without examples
 * @throws {IndexError} a label that names no class
 * @throws {OptionError} y or t outside 0..1, a row of t that does not sum to 1, a negative δ
 * @example
 * crossEntropyError([0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0], 2); // → 0.510825457099338
 */
export function crossEntropyError(y: Rows, t: Rows | number, options: CrossEntropyOptions = {}): number {
  checkOptions<CrossEntropyOptions>("crossEntropyError", options, { delta: 1 });
  const { delta = 1e-7 } = options;
  if (!(typeof delta === "number" && delta >= 0 && delta < Number.POSITIVE_INFINITY))
    throw new OptionError("delta", "a number from 0 on", delta);
  const outputs = rowsOf("crossEntropyError: y", y);
  if (outputs[0]?.length === 0) throw new ShapeError("crossEntropyError", "y", "at least one probability", "none");
  outputs.forEach((row, i) => {
    checkProbabilities(`crossEntropyError: y[${i}]`, row);
  });
  const rows = areTargets(y, t) ? targetsFor(outputs, t) : undefined;
  const labels = rows === undefined ? labelsFor(outputs, t) : undefined;
  const terms = outputs.flatMap((row, i) => {
    const surprise = (label: number) => -lnOf((row[label] as number) + delta);
    if (labels !== undefined) return [surprise(labels[i] as number)];
    const target = rows?.[i] as Vector;
    return Array.from(target, (fraction, label) => (fraction === 0 ? 0 : fraction * surprise(label)));
  });
  return sum(terms) / outputs.length;
}

/** Whether t is rows, rather than labels: of one example, as many numbers as it has classes. */
function areTargets(y: Rows, t: Rows | number): t is Rows {
  if (typeof t === "number") return false;
  return isVector(y) ? !isVector(t) || t.length === y.length : !isVector(t);
}

function targetsFor(outputs: readonly Vector[], t: Rows): readonly Vector[] {
  const targets = rowsOf("crossEntropyError: t", t);
  checkAlike("crossEntropyError", outputs, targets);
  targets.forEach((row, i) => {
    checkProbabilities(`crossEntropyError: t[${i}]`, row);
    const total = sum(row);
    if (Math.abs(total - 1) <= SLACK) return;
    throw new OptionError(`crossEntropyError: t[${i}]`, "a row that sums to 1", total);
  });
  return targets;
}

function labelsFor(outputs: readonly Vector[], t: Rows | number): Vector {
  const labels = typeof t === "number" ? [t] : (t as Vector);
  if (labels.length !== outputs.length) {
    const expected = `${outputs.length} labels, or rows ${shapeText(outputs)}`;
    throw new ShapeError("crossEntropyError", "t", expected, `${labels.length} numbers`);
  }
  const classes = outputs[0]?.length ?? 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    const isClass = Number.isInteger(label) && label >= 0 && label < classes;
    if (!isClass) throw new IndexError("crossEntropyError", "t", i, label, classes);
  }
  return labels;
}

/** @throws {ShapeError} rows of different lengths */
function rowsOf(name: string, values: Rows): readonly Vector[] {
  if (isVector(values)) return [copyVector(name, values)];
  checkList(name, values, "an array of numbers, or of rows");
  const rows = Array.from(values, (row, i) => {
    if (!isVector(row)) throw new OptionError(`${name}[${i}]`, "a row of numbers", row);
    return copyVector(`${name}[${i}]`, row);
  });
  const width = rows[0]?.length;
  const odd = rows.findIndex((row) => row.length !== width);
  if (odd === -1) return rows;
  throw new ShapeError(name, `[${odd}]`, `${width} numbers, as in the first row`, `${rows[odd]?.length}`);
}

function checkAlike(op: string, y: readonly Vector[], t: readonly Vector[]): void {
  if (y.length === t.length && y[0]?.length === t[0]?.length) return;
  throw new ShapeError(op, "t", `${shapeText(y)}, as y`, shapeText(t));
}

function checkProbabilities(name: string, row: Vector): void {
  for (let j = 0; j < row.length; j++) {
    const value = row[j] as number;
    if (value >= 0 && value <= 1 + SLACK) continue;
    throw new OptionError(`${name}[${j}]`, "a probability, from 0 to 1", value);
  }
}

function shapeText(rows: readonly Vector[]): string {
  return `[${rows.length}, ${rows[0]?.length ?? 0}]`;
}

function square(x: number): number {
  return x * x;
}

/** -∞ at 0. */
function lnOf(x: number): number {
  return x === 0 ? Number.NEGATIVE_INFINITY : log(x);
}
