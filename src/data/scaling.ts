/**
 * Columns brought to a common scale, by numbers that are fitted to the training part alone:
 *
 *   standardize   (x - mean) / deviation       each column then has mean 0 and standard deviation 1
 *   min-max       (x - low) / range            each column then reaches from 0 to 1
 *
 * A column is one element of an example. A fit is plain data, which can be kept as JSON next to the weights.
 */

import { checkInstance, checkList, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { alikeAll, Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";

/** What a fit found, one number for each column. */
export type Scaling =
  /** (x - mean) / deviation */
  | { readonly kind: "standardize"; readonly mean: readonly number[]; readonly deviation: readonly number[] }
  /** (x - low) / range */
  | { readonly kind: "minMax"; readonly low: readonly number[]; readonly range: readonly number[] };

/**
 * Means and standard deviations (of the whole, Σ(x - mean)²/n) of the columns of a dataset; the deviation of a column
 * that is constant counts as 1. Columns may be of any size: nothing over- or underflows.
 *
 * @throws {DatasetError} bytes that are not finite when they are multiplied with the dataset's scale
 * @example
 * const scaling = standardize(mnist.train);
 * const [scaledTrain, scaledTest] = [applyScaling(scaling, mnist.train), applyScaling(scaling, mnist.test)];
 */
export function standardize(dataset: Dataset): Scaling {
  checkInstance("standardize: dataset", "a Dataset", Dataset, dataset);
  const { inputs, scale, length, size } = dataset;
  const { low, high } = boundsOf(dataset);
  const mean = [...low];
  const deviation = new Array<number>(size).fill(1);
  for (let column = 0; column < size; column++) {
    const [least = 0, most = 0] = [low[column], high[column]];
    // A column is constant by its bounds, not by a deviation of 0: that of many 0.1 is only nearly so.
    if (least === most) continue;
    // In units of about the largest element, a power of two, neither the sum nor the squares over- or underflow, and
    // every quotient is exact: of columns that would do neither, the results are the same bits.
    const unit = powerOfTwo(Math.max(Math.abs(least), Math.abs(most)));
    let sum = 0;
    for (let at = column; at < inputs.length; at += size) sum += ((inputs[at] ?? 0) * scale) / unit;
    const centre = sum / length;
    let squares = 0;
    for (let at = column; at < inputs.length; at += size) {
      const distance = ((inputs[at] ?? 0) * scale) / unit - centre;
      squares += distance * distance;
    }
    mean[column] = Math.min(most, Math.max(least, centre * unit));
    const spread = Math.sqrt(squares / length) * unit;
    deviation[column] = Math.min(Number.MAX_VALUE, Math.max(Number.MIN_VALUE, spread)); // not 0, not ∞: rounded
  }
  return { kind: "standardize", mean, deviation };
}

/**
 * Lows and ranges of the columns of a dataset; the range of a column that is constant counts as 1.
 *
 * @throws {DatasetError} bounds of a column that are further apart than the largest number
 * @example
 * const scaled = applyScaling(minMax(mnist.train), mnist.train); // each pixel from 0 to 1
 */
export function minMax(dataset: Dataset): Scaling {
  checkInstance("minMax: dataset", "a Dataset", Dataset, dataset);
  const { low, high } = boundsOf(dataset);
  const range = low.map((least, column) => {
    const most = high[column] ?? 0;
    if (Number.isFinite(most - least)) return most - least || 1;
    const expected = `bounds at most ${Number.MAX_VALUE} apart`;
    throw columnError(dataset, column, expected, `${least} and ${most}`);
  });
  return { kind: "minMax", low, range };
}

/**
 * The same examples with scaled inputs, which are floats: float64 where they were, else float32. Targets are not copied.
 *
 * @throws {ShapeError} the fit is one of other columns
 * @throws {OptionError} not what a fit gives
 * @throws {DatasetError} numbers that are not finite when they are scaled
 * @example
 * const test = applyScaling(standardize(mnist.train), mnist.test); // by the training part's numbers
 */
export function applyScaling(scaling: Scaling, dataset: Dataset): Dataset<Float32Array | Float64Array> {
  checkInstance("applyScaling: dataset", "a Dataset", Dataset, dataset);
  const { inputs, scale, targetValues } = dataset;
  const scaled = inputs instanceof Float64Array ? new Float64Array(inputs.length) : new Float32Array(inputs.length);
  const columns = columnsOf(scaling);
  if (columns.offset.length !== dataset.size) {
    throw new ShapeError("applyScaling", "dataset", `${columns.offset.length} columns`, `${dataset.size}`);
  }
  write(inputs, scale, columns, scaled);
  const labels = targetValues === undefined ? dataset.labels : undefined;
  return alikeAll(dataset, { inputs: scaled, labels, targetValues });
}

/**
 * Numbers as a prediction needs them: rows of as many as there are columns, scaled as the training examples were.
 *
 * @throws {ShapeError} the numbers do not fill rows
 * @throws {OptionError} not what a fit gives
 * @returns as many numbers, in their order
 * @example
 * scaleValues({ kind: "minMax", low: [0, 10], range: [1, 10] }, [0.5, 15]); // → Float64Array [0.5, 0.5]
 */
export function scaleValues(scaling: Scaling, values: ArrayLike<number>): Float64Array {
  const columns = columnsOf(scaling);
  const { length } = columns.offset;
  checkList("scaleValues: values", values, "an array of numbers");
  for (let i = 0; i < values.length; i++) checkType(`scaleValues: values[${i}]`, "number", values[i]);
  if (values.length % length !== 0) {
    throw new ShapeError("scaleValues", "values", `rows of ${length} numbers`, `${values.length} numbers`);
  }
  const scaled = new Float64Array(values.length);
  write(values, 1, columns, scaled);
  return scaled;
}

/** (x - offset) / divisor is what both kinds come to. */
type Columns = { readonly offset: readonly number[]; readonly divisor: readonly number[] };

function write(values: ArrayLike<number>, scale: number, columns: Columns, to: Float32Array | Float64Array): void {
  const { offset, divisor } = columns;
  for (let at = 0, column = 0; at < values.length; at++) {
    const [x, low, width] = [(values[at] ?? 0) * scale, offset[column] ?? 0, divisor[column] ?? 1];
    const distance = x - low;
    to[at] = Number.isFinite(distance) ? distance / width : (x / 2 - low / 2) / (width / 2);
    column = column + 1 === offset.length ? 0 : column + 1;
  }
}

/** @throws {OptionError} not what a fit gives: JSON may come from anywhere */
function columnsOf(scaling: Scaling): Columns {
  const columns = offsetAndDivisor(scaling);
  const { offset, divisor } = columns;
  const isRight =
    Array.isArray(offset) &&
    Array.isArray(divisor) &&
    offset.length >= 1 &&
    offset.length === divisor.length &&
    offset.every(Number.isFinite) &&
    divisor.every((own) => Number.isFinite(own) && own > 0);
  if (!isRight)
    throw new OptionError("scaling", "expected as many finite numbers in both lists, those of the second above 0");
  return columns;
}

function offsetAndDivisor(scaling: Scaling): Columns {
  switch (scaling?.kind) {
    case "standardize":
      checkOptions<typeof scaling>("scaling", scaling, { kind: 1, mean: 1, deviation: 1 });
      return { offset: scaling.mean, divisor: scaling.deviation };
    case "minMax":
      checkOptions<typeof scaling>("scaling", scaling, { kind: 1, low: 1, range: 1 });
      return { offset: scaling.low, divisor: scaling.range };
    default:
      throw new OptionError("scaling", "what standardize or minMax returned", scaling);
  }
}

function boundsOf(dataset: Dataset): { readonly low: number[]; readonly high: number[] } {
  const { inputs, scale, size } = dataset;
  const low = new Array<number>(size).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(size).fill(Number.NEGATIVE_INFINITY);
  for (let at = 0, column = 0; at < inputs.length; at++) {
    const x = (inputs[at] ?? 0) * scale;
    if (x < (low[column] ?? 0)) low[column] = x;
    if (x > (high[column] ?? 0)) high[column] = x;
    column = column + 1 === size ? 0 : column + 1;
  }
  for (const column of low.keys()) {
    const bounds = [low[column], high[column]];
    if (!bounds.every(Number.isFinite)) throw columnError(dataset, column, "finite numbers", bounds.join(" and "));
  }
  return { low, high };
}

function columnError({ name, inputNames }: Dataset, column: number, expected: string, found: string): DatasetError {
  return new DatasetError({
    kind: "array",
    name: `${name}: column ${inputNames?.[column] ?? column}`,
    expected,
    found,
  });
}

/** The power of two at or below x > 0, and at least 2^-1022, by which any number can be divided exactly. */
export function powerOfTwo(x: number): number {
  let power = 1;
  while (x / power >= 2) power *= 2;
  while (x / power < 1 && power > 2 ** -1022) power /= 2;
  return power;
}
