/**
 * Elements repeated, moved around, and surrounded by others.
 */
import { checkList, checkNumbers } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, type Shape, show, spliced } from "../tensor/layout.ts";
import type { Call, Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type FloatType } from "../wasm/dtype.ts";
import { checkAxis, checkDense, checkNumber } from "./check.ts";
import { isExpression, isFloat, operate } from "./operation.ts";
import { CONCAT, RESHAPE, reshape, SLICE } from "./rows.ts";
import { SELECT } from "./slicing.ts";
import { copySelected, copyToSelected, type Selection, stridesOf } from "./strided_copy.ts";
import { sum } from "./sum.ts";

type Floats = Expression<FloatType>;

/** y of this shape is x walked along `extents`; those axes that are listed repeat it. */
type Repeats = Selection & { readonly shape: Shape; readonly repeated: readonly number[] };

export const REPEAT: Operation<Repeats> = {
  name: "repeat",
  spec: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  bind: ({ common, result, attributes, at: [from], out }) =>
    copySelected(common, bytesPerElement(result.dtype), attributes, [from.pointer, out.pointer]),
  gradient: (_, { operands: [x], attributes: { extents, repeated } }, dy) =>
    reshape(sum(reshape(dy, extents), { axes: repeated }), (x as Floats).shape),
  flops: () => 0,
};

/**
 * x laid side by side, as often along each axis as `reps` names: NumPy's `tile`.
 *
 * @param x any shape and dtype
 * @param reps integers ≥ 0, of the last axes where there are fewer than axes; with more, x has axes of extent 1 before its own
 * @throws {OptionError} not integers ≥ 0
 * @throws {ShapeError} a result of too many elements
 * @example
 * using x = tensor(engine, [1, 2]);
 * using y = tile(x, [2, 2]);
 * y.toArray(); // → [[1, 2, 1, 2], [1, 2, 1, 2]]
 */
export function tile<D extends DType>(x: Tensor<D>, reps: readonly number[]): Tensor<D>;
export function tile<D extends DType>(x: Expression<D>, reps: readonly number[]): Expression<D>;
export function tile<D extends DType>(x: Value<D>, reps: readonly number[]): Value<D>;
export function tile<D extends DType>(x: Value<D>, reps: readonly number[]): Value<D> {
  checkDense("tile", "x", x);
  checkNumbers("tile: reps", reps);
  for (const count of reps) checkCount("tile: reps", count);
  const rank = Math.max(reps.length, x.shape.length);
  const own = [...ones(rank - x.shape.length), ...x.shape];
  const counts = [...ones(rank - reps.length), ...reps];
  const strides = stridesOf(own);
  return operate(REPEAT, [x], {
    extents: own.flatMap((extent, axis) => [counts[axis] ?? 1, extent]),
    strides: strides.flatMap((stride) => [0, stride]),
    start: 0,
    shape: own.map((extent, axis) => extent * (counts[axis] ?? 1)),
    repeated: own.map((_, axis) => 2 * axis),
  });
}

/** Along which axis, or the elements without axes. */
export type FlatAxisOption = {
  /** From the end where negative. Default: x's elements in one axis. */
  readonly axis?: number;
};

/**
 * Each element of an axis several times in a row: NumPy's `repeat`.
 *
 * @param x any shape and dtype
 * @param repeats how often, an integer ≥ 0
 * @param options.axis from the end where negative; default: x's elements in one axis
 * @throws {OptionError} not an integer ≥ 0
 * @throws {ShapeError} no such axis, or a result of too many elements
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using y = repeat(x, 2, { axis: 1 });
 * y.toArray(); // → [[1, 1, 2, 2], [3, 3, 4, 4]]
 */
export function repeat<D extends DType>(x: Tensor<D>, repeats: number, options?: FlatAxisOption): Tensor<D>;
export function repeat<D extends DType>(x: Expression<D>, repeats: number, options?: FlatAxisOption): Expression<D>;
export function repeat<D extends DType>(x: Value<D>, repeats: number, options?: FlatAxisOption): Value<D>;
export function repeat<D extends DType>(x: Value<D>, repeats: number, options: FlatAxisOption = {}): Value<D> {
  checkDense("repeat", "x", x);
  checkCount("repeat: repeats", repeats);
  const [shape, axis] = alongAxis("repeat", x, options);
  return operate(REPEAT, [x], {
    extents: spliced(shape, axis + 1, 0, repeats),
    strides: spliced(stridesOf(shape), axis + 1, 0, 0),
    start: 0,
    shape: spliced(shape, axis, 1, (shape[axis] ?? 0) * repeats),
    repeated: [axis + 1],
  });
}

/**
 * Elements moved along an axis; those that leave at its end come in at its start.
 *
 * @param x any shape and dtype
 * @param shift by how many elements, an integer; towards the start where negative
 * @param options.axis from the end where negative; default: x's elements in one axis
 * @throws {OptionError} not an integer
 * @throws {ShapeError} no such axis
 * @example
 * using x = tensor(engine, [1, 2, 3, 4]);
 * using y = roll(x, 1);
 * y.toArray(); // → [4, 1, 2, 3]
 */
export function roll<D extends DType>(x: Tensor<D>, shift: number, options?: FlatAxisOption): Tensor<D>;
export function roll<D extends DType>(x: Expression<D>, shift: number, options?: FlatAxisOption): Expression<D>;
export function roll<D extends DType>(x: Value<D>, shift: number, options?: FlatAxisOption): Value<D>;
export function roll<D extends DType>(x: Value<D>, shift: number, options: FlatAxisOption = {}): Value<D> {
  checkDense("roll", "x", x);
  if (!Number.isSafeInteger(shift)) throw new OptionError("roll: shift", "an integer", shift);
  const [shape, axis] = alongAxis("roll", x, options);
  const extent = shape[axis] ?? 0;
  const inner = countOf(shape.slice(axis + 1));
  const offset = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  return operate(ROLL, [x], { length: extent * inner, offset: offset * inner });
}

/** Rows of `length` elements, each rolled by `offset` of them. */
const ROLL: Operation<{ readonly length: number; readonly offset: number }> = {
  name: "roll",
  spec([x]) {
    const { dtype, shape } = x as Value;
    return { dtype, shape };
  },
  bind({ common, result, attributes: { length, offset }, at: [from], out }) {
    const size = bytesPerElement(result.dtype);
    const count = countOf(result.shape);
    const [rows, row, first] = [count === 0 ? 0 : count / length, length * size, offset * size];
    return [
      common.copyRows(rows, row - first, from.pointer, row, out.pointer + first, row),
      common.copyRows(rows, first, from.pointer + row - first, row, out.pointer, row),
    ];
  },
  gradient: (_, { attributes: { length, offset } }, dy) =>
    operate(ROLL, [dy], { length, offset: offset === 0 ? 0 : length - offset }) as Floats,
  flops: () => 0,
};

/** Elements before and after an axis. */
export type PadWidth = readonly [before: number, after: number];

/** What is around. */
export type PadOptions = {
  /**
   * `"constant"` (default): `value`; `"edge"`: the first and last elements; `"reflect"`: the axis in reverse, without its edge,
   * and so on back and forth.
   */
  readonly mode?: "constant" | "edge" | "reflect";
  /** For `"constant"`, default 0. */
  readonly value?: number;
};

/**
 * x with elements around it: NumPy's `pad`.
 *
 * @param x any shape and dtype
 * @param widths how many elements before and after: of each axis, of all axes `[before, after]`, or one number for all of these
 * @throws {ShapeError} another number of pairs than axes, nothing to reflect or repeat, or a result of too many elements
 * @throws {OptionError} widths that are not integers ≥ 0, an unknown mode, or a value that x's dtype does not have
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * using zeros = pad(x, [1, 2]);
 * zeros.toArray(); // → [0, 1, 2, 3, 0, 0]
 * using mirrored = pad(x, [[2, 1]], { mode: "reflect" });
 * mirrored.toArray(); // → [3, 2, 1, 2, 3, 2]
 */
export function pad<D extends DType>(
  x: Tensor<D>,
  widths: number | PadWidth | readonly PadWidth[],
  options?: PadOptions,
): Tensor<D>;
export function pad<D extends DType>(
  x: Expression<D>,
  widths: number | PadWidth | readonly PadWidth[],
  options?: PadOptions,
): Expression<D>;
export function pad<D extends DType>(
  x: Value<D>,
  widths: number | PadWidth | readonly PadWidth[],
  options?: PadOptions,
): Value<D>;
export function pad<D extends DType>(
  x: Value<D>,
  widths: number | PadWidth | readonly PadWidth[],
  options: PadOptions = {},
): Value<D> {
  checkDense("pad", "x", x);
  checkOptions<PadOptions>("pad", options, { mode: 1, value: 1 });
  const { mode = "constant", value = 0 } = options;
  const all = checkWidths(widths, x.shape);
  if (mode === "constant") {
    checkNumber("pad", "value", value);
    const isByte = x.dtype === "uint8";
    if (!isFloat(x.dtype) && (isByte ? value & 255 : value | 0) !== value) {
      throw new OptionError("pad: value", `a number of ${x.dtype}`, value);
    }
    const shape = x.shape.map((extent, axis) => extent + (all[axis]?.[0] ?? 0) + (all[axis]?.[1] ?? 0));
    return operate(PAD, [x], { before: all.map(([before]) => before), shape, value });
  }
  if (mode !== "edge" && mode !== "reflect")
    throw new OptionError("pad: mode", '"constant", "edge" or "reflect"', mode);
  if (options.value !== undefined) throw new OptionError("pad: value", 'is for mode "constant" only');
  const empty = all.findIndex(([before, after], axis) => before + after > 0 && x.shape[axis] === 0);
  if (empty >= 0)
    throw new ShapeError(
      "pad",
      "x",
      `elements along axis ${empty} to ${mode === "edge" ? "repeat" : "reflect"}`,
      show(x.shape),
    );
  const padded = [...all.keys()].filter((axis) => all[axis]?.some((width) => width > 0));
  if (padded.length === 0) return isExpression(x) ? x : operate(RESHAPE, [x], { shape: x.shape });
  return scoped((own) => {
    let y = x;
    for (const axis of padded) {
      const inner = y;
      const extent = inner.shape[axis] ?? 0;
      const [before, after] = all[axis] as PadWidth;
      const edge = (first: number, count: number) => {
        const row = own(pieceOf(inner, axis, { first, count: 1, step: 1 }));
        return own(repeat(row, count, { axis }));
      };
      const back = (first: number, count: number) => own(pieceOf(inner, axis, { first, count, step: -1 }));
      const joined = (parts: readonly Value<D>[]) => operate<D, { readonly axis: number }>(CONCAT, parts, { axis });
      if (mode === "edge" || extent === 1) y = joined([edge(0, before), inner, edge(extent - 1, after)]);
      else if (before < extent && after < extent) y = joined([back(before, before), inner, back(extent - 2, after)]);
      else {
        // Back and forth, as often as it takes.
        const period = 2 * (extent - 1);
        const start = (period - (before % period)) % period;
        const end = start + before + extent + after;
        const once = own(joined([inner, back(extent - 2, extent - 2)]));
        const reps = once.shape.map((_, at) => (at === axis ? Math.ceil(end / period) : 1));
        y = operate(SLICE, [own(tile(once, reps))], { start, end, axis });
      }
      if (axis !== padded.at(-1)) own(y);
    }
    return y;
  });
}

/** A part of an axis: `count` elements from `first` on, each `step` after the one before. */
type Piece = { readonly first: number; readonly count: number; readonly step: number };

function pieceOf<D extends DType>(x: Value<D>, axis: number, { first, count, step }: Piece): Value<D> {
  const forward = stridesOf(x.shape);
  const stride = forward[axis] ?? 0;
  const extents = spliced(x.shape, axis, 1, count);
  return operate(SELECT, [x], {
    extents,
    strides: spliced(forward, axis, 1, step * stride),
    start: countOf(extents) === 0 ? 0 : first * stride,
    shape: extents,
  });
}

const PAD: Operation<{ readonly before: readonly number[]; readonly shape: Shape; readonly value: number }> = {
  name: "pad",
  spec: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  bind(call) {
    const {
      common,
      specs: [x],
      result,
      attributes: { before },
      at: [from],
      out,
    } = call;
    const strides = stridesOf(result.shape);
    const start = strides.reduce((sum, stride, axis) => sum + stride * (before[axis] ?? 0), 0);
    const inner = { extents: x.shape, strides, start };
    return [
      ...filling(call),
      ...copyToSelected(common, bytesPerElement(result.dtype), inner, [from.pointer, out.pointer]),
    ];
  },
  gradient(_, { operands: [x], attributes: { before, shape } }, dy) {
    const strides = stridesOf(shape);
    const start = strides.reduce((sum, stride, axis) => sum + stride * (before[axis] ?? 0), 0);
    const extents = (x as Floats).shape;
    return operate(SELECT, [dy], {
      extents,
      strides,
      start: countOf(extents) === 0 ? 0 : start,
      shape: extents,
    }) as Floats;
  },
  scratchBytes: () => 32,
  flops: () => 0,
};

/** A result of one value. An integer is put together in the scratch, of bytes b that are written as the floats b · 2^-149. */
function filling({
  kernels,
  common,
  result,
  attributes: { value },
  out,
  scratch,
}: Call<{ readonly value: number }>): Step[] {
  const count = countOf(result.shape);
  if (isFloat(result.dtype)) return [kernels.fill(count, out.pointer, value)];
  const size = bytesPerElement(result.dtype);
  const bytes = Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 255);
  return [
    ...bytes.map((byte, i) => kernels.store(scratch + 4 * i, byte * 2 ** -149)),
    ...copySelected(common, 1, { extents: [size], strides: [4], start: 0 }, [scratch, scratch + 16]),
    ...copySelected(common, size, { extents: [count], strides: [0], start: 0 }, [scratch + 16, out.pointer]),
  ];
}

/** The widths of each axis. */
function checkWidths(widths: number | PadWidth | readonly PadWidth[], shape: Shape): readonly PadWidth[] {
  if (typeof widths === "number") return checkWidths([widths, widths], shape);
  checkList("pad: widths", widths, "a number, [before, after], or this for each axis");
  const isPair = widths.length === 2 && typeof widths[0] === "number";
  const pairs = (isPair ? shape.map(() => widths) : widths) as readonly PadWidth[];
  if (pairs.length !== shape.length) {
    throw new ShapeError("pad", "widths", `${shape.length} pairs for ${show(shape)}`, `${pairs.length}`);
  }
  for (const [axis, pair] of pairs.entries()) {
    checkList(`pad: widths[${axis}]`, pair, "[before, after]");
    if (pair.length !== 2) throw new OptionError(`pad: widths[${axis}]`, "[before, after]", pair);
    for (const width of pair) checkCount(`pad: widths[${axis}]`, width);
  }
  return pairs.map(([before, after]) => [before, after]);
}

function checkCount(option: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw new OptionError(option, "integers ≥ 0", count);
}

function ones(count: number): number[] {
  return Array.from({ length: count }, () => 1);
}

/** x's shape and an axis of it; without an axis its elements in one. */
function alongAxis(op: string, x: Value, options: FlatAxisOption): readonly [Shape, number] {
  checkOptions<FlatAxisOption>(op, options, { axis: 1 });
  if (options.axis === undefined) return [[countOf(x.shape)], 0];
  return [x.shape, checkAxis(op, x, options.axis)];
}
