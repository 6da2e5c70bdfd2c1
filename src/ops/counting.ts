/**
 * Counts of elements, and what is found by their values: results whose sizes depend on the numbers, of tensors only.
 */
import { checkNumbers, checkType } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { DTypeError, OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { show } from "../tensor/layout.ts";
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";
import type { DType, FloatType } from "../wasm/dtype.ts";
import { type CastType, checkCastable } from "./cast.ts";
import { checkTensor } from "./check.ts";
import { topK } from "./sort.ts";

/** What `unique` gives beside the values. */
export type UniqueOptions = {
  /** How often each value is there; default false. */
  readonly counts?: boolean;
  /** Of each element of x, which value it is; default false. */
  readonly inverse?: boolean;
};

/** The different values, and what was asked for beside them. */
export type Unique<D extends DType> = {
  /** In ascending order. */
  readonly values: Tensor<D>;
  /** int32, as long as `values`. */
  readonly counts?: Tensor<"int32">;
  /** int32, of x's shape: `values[inverse[i]]` is x's element i. */
  readonly inverse?: Tensor<"int32">;
};

/**
 * The different elements of x in ascending order. NaN is one value, the last; so are 0 and -0, of which the first in x is
 * taken.
 *
 * @param x of any dtype but uint16, of any shape
 * @returns tensors of their own, which the caller disposes of
 * @throws {DTypeError} uint16
 * @throws {OptionError} not a tensor, or an invalid option
 * @example
 * using x = tensor(engine, [3, 1, 3]);
 * const { values, counts } = unique(x, { counts: true });
 * values.toArray(); // → [1, 3]
 * counts?.toArray(); // → [1, 2]
 * values.dispose();
 * counts?.dispose();
 */
export function unique<D extends CastType>(x: Tensor<D>, options: UniqueOptions = {}): Unique<D> {
  checkTensor("unique", "x", x);
  checkCastable("unique", "x", x);
  checkOptions<UniqueOptions>("unique", options, { counts: 1, inverse: 1 });
  const { counts = false, inverse = false } = options;
  checkType("unique: counts", "boolean", counts);
  checkType("unique: inverse", "boolean", inverse);
  return scoped((own) => {
    const line = own(x.part(0, [x.size]));
    const sorted = topK(line, x.size, { largest: false });
    own(sorted.values);
    own(sorted.indices);
    const starts = startsOf(sorted.values.data);
    const { engine, dtype } = x;
    const made: { -readonly [Key in keyof Unique<D>]: Unique<D>[Key] } = {
      values: empty(engine, [starts.length], { dtype }),
    };
    try {
      if (counts) made.counts = empty(engine, [starts.length], { dtype: "int32" });
      if (inverse) made.inverse = empty(engine, x.shape, { dtype: "int32" });
    } catch (error) {
      for (const tensor of Object.values(made)) tensor.dispose();
      throw error;
    }
    // Views are taken when nothing is allocated any more.
    const [all, order, of] = [sorted.values.data, sorted.indices.data, made.inverse?.data];
    for (const [which, start] of starts.entries()) {
      const end = starts[which + 1] ?? x.size;
      made.values.data[which] = all[start]!;
      if (made.counts !== undefined) made.counts.data[which] = end - start;
      for (let i = start; of !== undefined && i < end; i++) of[order[i]!] = which;
    }
    return made;
  });
}

/** Where each run of equal numbers starts. */
function startsOf(sorted: ArrayLike<number>): number[] {
  const starts: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const [last, value] = [sorted[i - 1], sorted[i]];
    if (i === 0 || (last !== value && !(Number.isNaN(last) && Number.isNaN(value)))) starts.push(i);
  }
  return starts;
}

/**
 * Where x is not 0, row-major: a row for each such element, with its index along each axis, as NumPy's `argwhere`. NaN is not 0.
 *
 * @param x of any dtype and shape
 * @returns int32, elements × axes: a tensor of its own
 * @throws {OptionError} not a tensor
 * @example
 * using x = tensor(engine, [[0, 5], [6, 0]]);
 * using where = nonzero(x);
 * where.toArray(); // → [[0, 1], [1, 0]]
 */
export function nonzero(x: Tensor): Tensor<"int32"> {
  checkTensor("nonzero", "x", x);
  const { engine, shape } = x;
  let count = 0;
  const given = x.data;
  for (let i = 0; i < given.length; i++) if (given[i] !== 0) count++;
  const made = empty(engine, [count, shape.length], { dtype: "int32" });
  const [all, to] = [x.data, made.data];
  let row = 0;
  for (let i = 0; i < all.length; i++) {
    if (all[i] === 0) continue;
    row += shape.length;
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      const extent = shape[axis]!;
      to[row - shape.length + axis] = rest % extent;
      rest = Math.floor(rest / extent);
    }
  }
  return made;
}

/** How many counts there are at least. */
export type BincountOptions = {
  /** Zeros follow behind the largest number; default 0. */
  readonly minLength?: number;
};

/**
 * How often each of the integers 0, 1, 2 … is in x, up to the largest.
 *
 * @param x n integers >= 0, int32 or uint8
 * @returns int32: a tensor of its own
 * @throws {DTypeError} other dtypes
 * @throws {ShapeError} x is not a vector
 * @throws {OptionError} a negative number, not a tensor, or an invalid option
 * @throws {AllocationError} the largest number is too large
 * @example
 * using labels = tensor(engine, Int32Array.of(0, 2, 2));
 * using counts = bincount(labels);
 * counts.toArray(); // → [1, 0, 2]
 */
export function bincount(x: Tensor<"int32"> | Tensor<"uint8">, options: BincountOptions = {}): Tensor<"int32"> {
  checkTensor("bincount", "x", x);
  if (x.dtype !== "int32" && x.dtype !== "uint8")
    throw new DTypeError("bincount", "x", "int32 or uint8", (x as Tensor).dtype);
  if (x.shape.length !== 1) throw new ShapeError("bincount", "x", "a vector", show(x.shape));
  checkOptions<BincountOptions>("bincount", options, { minLength: 1 });
  const { minLength = 0 } = options;
  if (!Number.isInteger(minLength) || minLength < 0 || minLength >= 2 ** 31)
    throw new OptionError("bincount: minLength", "an integer from 0 to 2^31 - 1", minLength);
  let length = minLength;
  const given = x.data;
  for (let i = 0; i < given.length; i++) {
    const value = given[i]!;
    if (value < 0) throw new OptionError(`bincount: x[${i}]`, "an integer >= 0", value);
    if (value >= length) length = value + 1;
  }
  const made = zeros(x.engine, [length], { dtype: "int32" });
  const [all, counts] = [x.data, made.data];
  for (let i = 0; i < all.length; i++) counts[all[i]!]!++;
  return made;
}

/** Which bins are counted in. */
export type HistogramOptions = {
  /** How many of equal width, or their edges in ascending order, one more than bins; default 10. */
  readonly bins?: number | readonly number[];
  /** Of bins of equal width, where the first begins and the last ends; default: the smallest and the largest of x. */
  readonly range?: readonly [low: number, high: number];
};

/** Counts, and where their bins begin and end. */
export type Histogram<D extends FloatType> = {
  /** int32, one for each bin. */
  readonly counts: Tensor<"int32">;
  /** One more than bins. */
  readonly edges: Tensor<D>;
};

/**
 * How many elements of x are in each bin, with NumPy's edges: a bin holds its left edge, the last one also its right. What is
 * outside of all is not counted, nor is NaN.
 *
 * @param x floats, of any shape
 * @returns two tensors of their own, which the caller disposes of; the edges are rounded to x's dtype
 * @throws {DTypeError} integers: `cast` makes floats of them
 * @throws {OptionError} no bins, edges that do not ascend, a range that does not, NaN or ±∞ in x without a range, or not a
 *   tensor
 * @example
 * using x = tensor(engine, [0, 0.1, 0.9, 1]);
 * const { counts, edges } = histogram(x, { bins: 2 });
 * counts.toArray(); // → [2, 2]
 * edges.toArray(); // → [0, 0.5, 1]
 * counts.dispose();
 * edges.dispose();
 */
export function histogram<D extends FloatType>(x: Tensor<D>, options: HistogramOptions = {}): Histogram<D> {
  checkTensor("histogram", "x", x);
  if ((x.dtype as DType) !== "float32" && (x.dtype as DType) !== "float64")
    throw new DTypeError("histogram", "x", "float32 or float64", x.dtype);
  checkOptions<HistogramOptions>("histogram", options, { bins: 1, range: 1 });
  const limits = edgesOf(x, options);
  const { engine, dtype } = x;
  void x.pointer; // a disposed x is found before anything is allocated
  const edges = empty(engine, [limits.length], { dtype });
  let counts: Tensor<"int32">;
  try {
    counts = zeros(engine, [limits.length - 1], { dtype: "int32" });
  } catch (error) {
    edges.dispose();
    throw error;
  }
  edges.data.set(limits);
  count(x.data, edges.data, counts.data);
  return { counts, edges };
}

/** Elements of each bin, found by halves. */
function count(x: ArrayLike<number>, edges: ArrayLike<number>, counts: Int32Array): void {
  const bins = counts.length;
  const [first, last] = [edges[0]!, edges[bins]!];
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (!(value >= first && value <= last)) continue;
    let [low, high] = [0, bins];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (edges[middle]! <= value) low = middle;
      else high = middle;
    }
    counts[low]!++;
  }
}

function edgesOf(x: Tensor<FloatType>, { bins = 10, range }: HistogramOptions): ArrayLike<number> {
  if (typeof bins !== "number") {
    checkNumbers("histogram: bins", bins);
    if (range !== undefined) throw new OptionError("histogram", "edges have a range of their own");
    if (bins.length < 2 || !bins.every((edge, i) => edge >= (bins[i - 1] ?? -Infinity)))
      throw new OptionError("histogram: bins", "two ascending edges or more", bins);
    return bins;
  }
  if (!Number.isInteger(bins) || bins < 1 || bins >= 2 ** 31 - 1)
    throw new OptionError("histogram: bins", "an integer >= 1, or edges", bins);
  // NumPy computes the edges between two float32 in float32, those of a given range and of nothing in float64.
  const isFound = range === undefined && x.size > 0;
  const round = isFound && x.dtype === "float32" ? Math.fround : (value: number) => value;
  let [low, high] = range === undefined ? extremesOf(x) : rangeOf(range);
  if (low === high) [low, high] = [round(low - 0.5), round(high + 0.5)];
  const span = round(high - low);
  const step = round(span / bins);
  return Float64Array.from({ length: bins + 1 }, (_, i) => {
    if (i === bins) return high;
    return round((step === 0 ? round(round(i / bins) * span) : round(i * step)) + low);
  });
}

function rangeOf(range: readonly [number, number]): [number, number] {
  checkNumbers("histogram: range", range);
  const [low, high] = range;
  if (range.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || low > high)
    throw new OptionError("histogram: range", "two finite numbers, the smaller first", range);
  return [low, high];
}

/** The smallest and the largest; 0 and 1 of nothing. */
function extremesOf(x: Tensor<FloatType>): [number, number] {
  if (x.size === 0) return [0, 1];
  let [low, high] = [Infinity, -Infinity];
  const all = x.data;
  for (let i = 0; i < all.length; i++) {
    const value = all[i]!;
    if (!Number.isFinite(value)) throw new OptionError("histogram: range", "a range, where x is not finite", undefined);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
