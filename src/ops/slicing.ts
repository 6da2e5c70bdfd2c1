/**
 * Elements picked by ranges with steps, in NumPy's notation, and axes in reverse.
 *
 *   slice(x, "1:, ::-1")      rows from the second on, columns in reverse
 *   slice(x, "..., 0")        the first element along the last axis, which is dropped
 */
import { checkNumbers } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type FloatType } from "../wasm/dtype.ts";
import { type AxisOption, checkAxis, checkDense } from "./check.ts";
import { operate } from "./operation.ts";
import { SLICE } from "./rows.ts";
import { copySelected, copyToSelected, type Selection, stridesOf } from "./strided_copy.ts";
import { checkAxes } from "./sum.ts";

type Floats = Expression<FloatType>;

/** What is picked from x, and the shape that it gets, which may have axes that the selection has not. */
type Selected = Selection & { readonly shape: Shape };

/** y = the selected elements of x. No element is selected twice. */
export const SELECT: Operation<Selected> = {
  name: "slice",
  spec: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  bind: ({ common, result, attributes, at: [from], out }) =>
    copySelected(common, bytesPerElement(result.dtype), attributes, [from.pointer, out.pointer]),
  gradient: (_, { operands: [x], attributes }, dy) =>
    operate(PLACE, [dy], { ...attributes, whole: (x as Floats).shape }) as Floats,
  flops: () => 0,
};

/** The gradient of SELECT: x where it selects, among zeros. */
const PLACE: Operation<Selected & { readonly whole: Shape }> = {
  name: "embed",
  spec: ([x], { whole }) => ({ dtype: (x as Value).dtype, shape: whole }),
  bind: ({ kernels, common, result, attributes, at: [from], out }) => [
    kernels.fill(countOf(result.shape), out.pointer, 0),
    ...copyToSelected(common, bytesPerElement(result.dtype), attributes, [from.pointer, out.pointer]),
  ],
  gradient: (_, { attributes: { extents, strides, start, shape } }, dy) =>
    operate(SELECT, [dy], { extents, strides, start, shape }) as Floats,
  flops: () => 0,
};

/** Which axes. */
export type AxesOption = {
  /** From the end where negative. Default: all. */
  readonly axes?: readonly number[];
};

/**
 * x in reverse order along axes, by default all. A copy.
 *
 * @param x any shape and dtype
 * @param options.axes which axes; from the end where negative
 * @throws {OptionError} an axis that x does not have, or one named twice
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using y = flip(x, { axes: [1] });
 * y.toArray(); // → [[2, 1], [4, 3]]
 */
export function flip<D extends DType>(x: Tensor<D>, options?: AxesOption): Tensor<D>;
export function flip<D extends DType>(x: Expression<D>, options?: AxesOption): Expression<D>;
export function flip<D extends DType>(x: Value<D>, options?: AxesOption): Value<D>;
export function flip<D extends DType>(x: Value<D>, options: AxesOption = {}): Value<D> {
  checkDense("flip", "x", x);
  checkOptions<AxesOption>("flip", options, { axes: 1 });
  if (options.axes !== undefined) checkNumbers("flip: axes", options.axes);
  return operate(FLIP, [x], { axes: checkAxes("flip", x, options).axes });
}

const FLIP: Operation<{ readonly axes: readonly number[] }> = {
  name: "flip",
  spec([x]) {
    const { dtype, shape } = x as Value;
    return { dtype, shape };
  },
  bind({ common, result: { dtype, shape }, attributes: { axes }, at: [from], out }) {
    const forward = stridesOf(shape);
    const last = (axis: number) => ((shape[axis] ?? 1) - 1) * (forward[axis] ?? 0);
    const start = axes.reduce((sum, axis) => sum + last(axis), 0);
    const strides = forward.map((stride, axis) => (axes.includes(axis) ? -stride : stride));
    return copySelected(common, bytesPerElement(dtype), { extents: shape, strides, start }, [
      from.pointer,
      out.pointer,
    ]);
  },
  gradient: (_, { attributes }, dy) => flip(dy, attributes),
  flops: () => 0,
};

/**
 * The elements that NumPy's `x[indices]` picks: integers, which drop their axis, `start:stop:step`, `...` and `newaxis`. A copy.
 *
 * @param x any shape and dtype
 * @param indices `"1:, ::-1"`: for each axis from the first; bounds count from the end where negative, and are cut to the axis
 * @throws {ShapeError} more indices than axes, or an integer outside of its axis
 * @throws {OptionError} `indices` that are not in this notation
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4], [5, 6]]);
 * using reversed = slice(x, "::2, ::-1");
 * reversed.toArray(); // → [[2, 1], [6, 5]]
 * using column = slice(x, "..., -1");
 * column.toArray(); // → [2, 4, 6]
 */
export function slice<D extends DType>(x: Tensor<D>, indices: string): Tensor<D>;
export function slice<D extends DType>(x: Expression<D>, indices: string): Expression<D>;
/**
 * The elements from `start` to before `end` of an axis: rows of a matrix, for axis 0.
 *
 * @param options.axis default 0; from the end where negative
 * @throws {ShapeError} no such axis, or a range outside of it
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4], [5, 6]]);
 * using last = slice(x, 1, 3);
 * last.toArray(); // → [[3, 4], [5, 6]]
 */
export function slice<D extends DType>(x: Tensor<D>, start: number, end: number, options?: AxisOption): Tensor<D>;
export function slice<D extends DType>(
  x: Expression<D>,
  start: number,
  end: number,
  options?: AxisOption,
): Expression<D>;
export function slice<D extends DType>(
  x: Value<D>,
  start: number | string,
  end?: number,
  options: AxisOption = {},
): Value<D> {
  if (typeof start === "string") return sliceByNotation(x, start);
  checkDense("slice", "x", x);
  checkOptions<AxisOption>("slice", options, { axis: 1 });
  const { axis = 0 } = options;
  return operate(SLICE, [x], { start, end: end as number, axis: checkAxis("slice", x, axis) });
}

/** x's elements that `indices` names. */
function sliceByNotation<D extends DType>(x: Value<D>, indices: string): Value<D> {
  checkDense("slice", "x", x);
  return operate(SELECT, [x], parseIndices(indices, x.shape));
}

const ITEM = /^(-?\d+)$|^(-?\d*):(-?\d*)(?::(-?\d*))?$/;
const ELLIPSES = ["...", "…"];
const NEW_AXES = ["newaxis", "None"];

/**
 * NumPy's basic indexing: integers, `start:stop:step`, `...` and `newaxis`, separated by commas.
 *
 * @throws {OptionError} not this notation, a step of 0, or two ellipses
 * @throws {ShapeError} more indices than axes, or an integer outside of its axis
 */
export function parseIndices(indices: string, shape: Shape): Selected {
  const items = indices
    .trim()
    .replace(/,$/, "")
    .split(",")
    .map((item) => item.replace(/\s+/g, ""));
  const isNew = (item: string) => NEW_AXES.includes(item);
  const isEllipsis = (item: string) => ELLIPSES.includes(item);
  for (const item of items) {
    if (!isNew(item) && !isEllipsis(item) && (!ITEM.test(item) || item === "-" || /-(:|$)/.test(item))) {
      throw new OptionError(
        "slice: indices",
        'integers, start:stop:step, "..." or "newaxis", with commas between',
        indices,
      );
    }
  }
  if (items.filter(isEllipsis).length > 1) throw new OptionError("slice: indices", 'at most one "..."', indices);
  const named = items.filter((item) => !isNew(item) && !isEllipsis(item)).length;
  if (named > shape.length) {
    throw new ShapeError("slice", "indices", `at most ${shape.length} for ${show(shape)}`, `${named} in "${indices}"`);
  }
  const others = Array.from({ length: shape.length - named }, () => ":");
  const full = items.some(isEllipsis)
    ? items.flatMap((item) => (isEllipsis(item) ? others : [item]))
    : [...items, ...others];

  const forward = stridesOf(shape);
  const picked = { extents: [] as number[], strides: [] as number[], shape: [] as number[] };
  let [axis, start] = [0, 0];
  for (const item of full) {
    if (isNew(item)) {
      picked.shape.push(1);
      continue;
    }
    const [extent, stride] = [shape[axis] ?? 0, forward[axis] ?? 0];
    const [, index, from = "", to = "", by = ""] = ITEM.exec(item) ?? [];
    if (index !== undefined) start += checkIndex(Number(index), axis, shape) * stride;
    else {
      const step = by === "" ? 1 : Number(by);
      if (step === 0) throw new OptionError("slice: indices", "steps other than 0", indices);
      const range = rangeOf(from, to, step, extent);
      if (range.count > 0) start += range.first * stride;
      picked.extents.push(range.count);
      picked.strides.push(step * stride);
      picked.shape.push(range.count);
    }
    axis++;
  }
  return { ...picked, start: countOf(picked.extents) === 0 ? 0 : start };
}

/** What Python's `slice.indices` gives: bounds count from the end where negative, and are cut to the axis. */
function rangeOf(from: string, to: string, step: number, extent: number): { first: number; count: number } {
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const bound = (text: string, otherwise: number): number => {
    if (text === "") return otherwise;
    const value = Number(text) < 0 ? Number(text) + extent : Number(text);
    return Math.min(high, Math.max(low, value));
  };
  const [first, end] = [bound(from, step > 0 ? low : high), bound(to, step > 0 ? high : low)];
  return { first, count: Math.max(0, Math.ceil((end - first) / step)) };
}

function checkIndex(index: number, axis: number, shape: Shape): number {
  const extent = shape[axis] ?? 0;
  const counted = index < 0 ? index + extent : index;
  if (counted >= 0 && counted < extent) return counted;
  throw new ShapeError("slice", "indices", `an index of axis ${axis} of ${show(shape)}`, `${index}`);
}
