/**
 * Elements picked by int32 indices of any rank, and their inverse, written or added back.
 *
 *   gather           y_…r… = x_(i_r)              whole slices along an axis
 *   takeAlongAxis    y_ijk = x_i(r_ijk)k          one element for each index
 *   gatherND         y_r = x_(i_r1, i_r2, …)      what rows of indices name
 *
 * Indices become positions in x seen as rows of `block` elements; everything else is done for such rows.
 */
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { constant, type Expression, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show, spliced } from "../tensor/layout.ts";
import type { Call, Operation, Step } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement, type DType, type FloatType } from "../wasm/dtype.ts";
import { type AxisOption, checkAlike, checkAxis, checkDense, checkFloat, checkShapeIs } from "./check.ts";
import { indexCheck } from "./indices.ts";
import { bytesOf, operate } from "./operation.ts";
import { GATHER } from "./rows.ts";
import { broadcastNumbers } from "./sum.ts";

type Floats = Expression<FloatType>;

/** One summand of the positions: scale · index + a ramp along each axis. */
type Summand = {
  readonly extents: readonly [number, number, number];
  /** Of the first index, in elements. */
  readonly start: number;
  readonly strides: readonly [number, number, number];
  readonly scale: number;
  readonly ramp: readonly [number, number, number];
  /** What its indices are below. */
  readonly bound: number;
};

/** How positions follow from indices: as many as there are, of rows of `block` elements. */
type Positions = {
  readonly op: string;
  readonly count: number;
  readonly block: number;
  readonly summands: readonly Summand[];
};

/** Indices of whole slices along an axis. */
function alongAxis(op: string, shape: Shape, indices: Shape, axis: number): Positions {
  const block = countOf(shape.slice(axis + 1));
  const outer = block === 0 ? 0 : countOf(shape.slice(0, axis)); // rows without elements are not walked
  const [extent, m] = [shape[axis] ?? 0, countOf(indices)];
  const summand: Summand = {
    extents: [1, outer, m],
    start: 0,
    strides: [0, 0, 1],
    scale: 1,
    ramp: [0, extent, 0],
    bound: extent,
  };
  return { op, count: outer * m, block, summands: [summand] };
}

/** One index for each element of the result. */
function alongAxisEach(op: string, shape: Shape, indices: Shape, axis: number): Positions {
  const inner = countOf(shape.slice(axis + 1));
  const outer = inner === 0 ? 0 : countOf(shape.slice(0, axis));
  const [extent, m] = [shape[axis] ?? 0, indices[axis] ?? 0];
  const summand: Summand = {
    extents: [outer, m, inner],
    start: 0,
    strides: [m * inner, inner, 1],
    scale: inner,
    ramp: [extent * inner, 0, 1],
    bound: extent,
  };
  return { op, count: outer * m * inner, block: 1, summands: [summand] };
}

/** Rows of k indices, one for each of the first k axes. */
function byRows(op: string, shape: Shape, indices: Shape): Positions {
  const k = indices.at(-1) ?? 0;
  const count = countOf(indices.slice(0, -1));
  const summands = Array.from(
    { length: k },
    (_, axis): Summand => ({
      extents: [1, 1, count],
      start: axis,
      strides: [0, 0, k],
      scale: countOf(shape.slice(axis + 1, k)),
      ramp: [0, 0, 0],
      bound: shape[axis] ?? 0,
    }),
  );
  return { op, count, block: countOf(shape.slice(k)), summands };
}

type Placed = Call<{ readonly positions: Positions }>;

/**
 * The steps of an operation of rows at positions: the checks of the indices, then the positions, in the scratch, then its own
 * kernel calls of `count` rows of `block` elements.
 */
function stepsAt(call: Placed, own: (call: Placed, positions: Positions) => readonly Step[]): Step[] {
  const { common, specs, attributes, at, scratch } = call;
  const { op, count, summands } = attributes.positions;
  const [indices, total] = [at[1].pointer, countOf(specs[1].shape)];
  const steps = summands.flatMap(({ extents, start, strides, scale, ramp, bound }, i): Step[] => {
    const from = indices + 4 * start;
    const bounds = { op, argument: "indices", bound };
    const column = scratch + 4 * count;
    const check =
      summands.length === 1
        ? [indexCheck(call, bounds, total, indices)]
        : [
            common.indexSums(...extents, from, ...strides, 1, 0, 0, 0, column, 0),
            indexCheck(call, bounds, count, column),
          ];
    return [...check, common.indexSums(...extents, from, ...strides, scale, ...ramp, scratch, i === 0 ? 0 : 1)];
  });
  return [...steps, ...own(call, attributes.positions)];
}

/** The result is the first operand, where it is not in its place already. */
function copyOfFirst({ common, result, at: [x], out }: Placed): Step[] {
  const bytes = bytesOf(result);
  return x.pointer === out.pointer ? [] : [common.copyRows(1, bytes, x.pointer, bytes, out.pointer, bytes)];
}

const scratchFor = ({ attributes: { positions } }: Pick<Placed, "attributes">): number =>
  (positions.summands.length > 1 ? 8 : 4) * positions.count;

type PositionsAndShape = { readonly positions: Positions; readonly shape: Shape };

/** y = the rows of x at the positions of its indices. */
const TAKE: Operation<PositionsAndShape> = {
  name: "gather",
  spec: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  bind: (call) =>
    stepsAt(call, ({ common, result, at: [x], out, scratch }, { count, block }) => [
      common.gatherCopies(count, block * bytesPerElement(result.dtype), x.pointer, scratch, out.pointer),
    ]),
  gradient(which, { operands: [x, indices], attributes: { positions } }, dy) {
    if (which === 1) return undefined;
    return operate(PUT, [dy, indices as Expression], { positions, shape: (x as Floats).shape }) as Floats;
  },
  scratchBytes: scratchFor,
  flops: () => 0,
};

/** The gradient of TAKE: rows added up at the positions of their indices, 0 elsewhere. */
const PUT: Operation<PositionsAndShape> = {
  name: "scatterAdd",
  spec: ([x], { shape }) => ({ dtype: (x as Value).dtype, shape }),
  bind: (call) =>
    stepsAt(call, ({ kernels, result, at: [x], out, scratch }, { count, block }) => [
      kernels.fill(countOf(result.shape), out.pointer, 0),
      kernels.scatterAdd(count, block, x.pointer, scratch, out.pointer),
    ]),
  gradient(which, { operands: [x, indices], attributes: { positions } }, dy) {
    if (which === 1) return undefined;
    return operate(TAKE, [dy, indices as Expression], { positions, shape: (x as Floats).shape }) as Floats;
  },
  scratchBytes: scratchFor,
  flops: ({ specs: [x] }) => countOf(x.shape),
};

/** x with rows added at the positions of their indices, one after the other. */
const ADD_AT: Operation<{ readonly positions: Positions }> = {
  name: "scatterAdd",
  spec([x]) {
    const { dtype, shape } = x as Value;
    return { dtype, shape };
  },
  bind: (call) =>
    stepsAt(call, ({ kernels, at: [, , values], out, scratch }, { count, block }) => [
      ...copyOfFirst(call),
      kernels.scatterAdd(count, block, values.pointer, scratch, out.pointer),
    ]),
  gradient(which, { operands: [, indices, values], attributes: { positions } }, dy) {
    if (which !== 2) return which === 0 ? dy : undefined;
    return operate(TAKE, [dy, indices as Expression], { positions, shape: (values as Floats).shape }) as Floats;
  },
  inPlace: [0],
  scratchBytes: scratchFor,
  flops: ({ specs: [, , values] }) => countOf(values.shape),
};

/** x with rows replaced at the positions of their indices, one after the other. */
const SET_AT: Operation<{ readonly positions: Positions }> = {
  name: "scatter",
  spec([x]) {
    const { dtype, shape } = x as Value;
    return { dtype, shape };
  },
  bind: (call) =>
    stepsAt(call, ({ common, result, at: [, , values], out, scratch }, { count, block }) => [
      ...copyOfFirst(call),
      common.scatterCopies(count, block * bytesPerElement(result.dtype), values.pointer, scratch, out.pointer),
    ]),
  gradient(which, { operands: [, indices, values], attributes: { positions } }, dy) {
    const { shape } = values as Floats;
    if (which === 0) {
      const nothing = broadcastNumbers(constant(dy.engine, 0, dy.dtype), shape);
      return operate(SET_AT, [dy, indices as Expression, nothing], { positions }) as Floats;
    }
    return which === 2 ? (operate(TAKE, [dy, indices as Expression], { positions, shape }) as Floats) : undefined;
  },
  inPlace: [0],
  scratchBytes: scratchFor,
  flops: () => 0,
};

/**
 * y_i = x_(r_i): slices picked by index along an axis, rows by default. NumPy's `take`, PyTorch's `index_select`.
 *
 * @param x at least one axis, any dtype
 * @param indices int32, of any shape; any may come more than once
 * @param options.axis default 0; from the end where negative
 * @returns x's shape with that of the indices in place of the axis: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis
 * @throws {DTypeError} indices that are not int32
 * @throws {IndexError} an index outside of the axis
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using indices = tensor(engine, Int32Array.of(1, 1));
 * using y = gather(x, indices);
 * y.toArray(); // → [[3, 4], [3, 4]]
 */
export function gather<D extends DType>(x: Tensor<D>, indices: Tensor<"int32">, options?: AxisOption): Tensor<D>;
export function gather<D extends DType>(x: Value<D>, indices: Value<"int32">, options?: AxisOption): Expression<D>;
export function gather<D extends DType>(x: Value<D>, indices: Value<"int32">, options: AxisOption = {}): Value<D> {
  checkDense("gather", "x", x);
  checkAlike("gather", "indices", indices, x, "int32");
  checkOptions<AxisOption>("gather", options, { axis: 1 });
  const { axis = 0 } = options;
  const isRows = axis === 0 && indices.shape.length === 1;
  return isRows ? operate(GATHER, [x, indices], {}) : gatherAlong(x, indices, options);
}

function gatherAlong<D extends DType>(x: Value<D>, indices: Value<"int32">, options: AxisOption): Value<D> {
  const [axis] = checkGather("gather", x, indices, options);
  return slicesAt("gather", x, indices, axis);
}

/** x's slices along an axis that `indices` names, in its shape. */
export function slicesAt<D extends DType>(op: string, x: Value<D>, indices: Value<"int32">, axis: number): Value<D> {
  const shape = spliced(x.shape, axis, 1, ...indices.shape);
  return operate(TAKE, [x, indices], { positions: alongAxis(op, x.shape, indices.shape, axis), shape });
}

function checkGather(op: string, x: Value, indices: Value, options: AxisOption): readonly [number, Shape] {
  checkDense(op, "x", x);
  checkAlike(op, "indices", indices, x, "int32");
  checkOptions<AxisOption>(op, options, { axis: 1 });
  const { axis: given = 0 } = options;
  const axis = checkAxis(op, x, given);
  return [axis, spliced(x.shape, axis, 1, ...indices.shape)];
}

/**
 * One element for each index: y_ijk = x_i(r_ijk)k for the second of three axes. NumPy's `take_along_axis`, PyTorch's `gather`.
 *
 * @param x any dtype
 * @param indices int32, of x's shape but along the axis
 * @param options.axis default 0; from the end where negative
 * @returns of the shape of the indices: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis, or indices of another shape
 * @throws {DTypeError} indices that are not int32
 * @throws {IndexError} an index outside of the axis
 * @example
 * using x = tensor(engine, [[1, 2, 3], [4, 5, 6]]);
 * using best = tensor(engine, Int32Array.of(2, 0), { shape: [2, 1] });
 * using y = takeAlongAxis(x, best, { axis: 1 });
 * y.toArray(); // → [[3], [4]]
 */
export function takeAlongAxis<D extends DType>(x: Tensor<D>, indices: Tensor<"int32">, options?: AxisOption): Tensor<D>;
export function takeAlongAxis<D extends DType>(
  x: Value<D>,
  indices: Value<"int32">,
  options?: AxisOption,
): Expression<D>;
export function takeAlongAxis<D extends DType>(
  x: Value<D>,
  indices: Value<"int32">,
  options: AxisOption = {},
): Value<D> {
  const [axis] = checkGather("takeAlongAxis", x, indices, options);
  const m = indices.shape[axis] ?? 0;
  checkShapeIs("takeAlongAxis", "indices", indices, spliced(x.shape, axis, 1, m));
  return operate(TAKE, [x, indices], {
    positions: alongAxisEach("takeAlongAxis", x.shape, indices.shape, axis),
    shape: indices.shape,
  });
}

/**
 * What rows of indices name: of k indices, one for each of the first k axes. NumPy's `x[i, j]`, with i and j as the last axis.
 *
 * @param x any dtype, at least k axes
 * @param indices … × k, int32
 * @returns … × the rest of x's axes: a tensor of its own, or an expression
 * @throws {ShapeError} indices without axes, or of more axes than x has
 * @throws {DTypeError} indices that are not int32
 * @throws {IndexError} an index outside of its axis
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using indices = tensor(engine, Int32Array.of(0, 1, 1, 1), { shape: [2, 2] });
 * using y = gatherND(x, indices);
 * y.toArray(); // → [2, 4]
 */
export function gatherND<D extends DType>(x: Tensor<D>, indices: Tensor<"int32">): Tensor<D>;
export function gatherND<D extends DType>(x: Value<D>, indices: Value<"int32">): Expression<D>;
export function gatherND<D extends DType>(x: Value<D>, indices: Value<"int32">): Value<D> {
  checkDense("gatherND", "x", x);
  checkAlike("gatherND", "indices", indices, x, "int32");
  const k = indices.shape.at(-1);
  if (k === undefined || k < 1 || k > x.shape.length) {
    const expected = `a last axis of 1..${x.shape.length} for ${show(x.shape)}`;
    throw new ShapeError("gatherND", "indices", expected, show(indices.shape));
  }
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(k)];
  return operate(TAKE, [x, indices], { positions: byRows("gatherND", x.shape, indices.shape), shape });
}

/**
 * x with values added at indices along an axis, where an index comes more than once one after the other: NumPy's `add.at`.
 * The inverse of `gather`.
 *
 * @param x floats
 * @param indices int32, of any shape
 * @param values of the shape and dtype of `gather(x, indices, options)`
 * @param options.axis default 0; from the end where negative
 * @returns of x's shape: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis, or values of another shape
 * @throws {DTypeError} integers, or indices that are not int32
 * @throws {IndexError} an index outside of the axis
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * using indices = tensor(engine, Int32Array.of(0, 2, 0));
 * using values = tensor(engine, [10, 20, 30]);
 * using y = scatterAdd(x, indices, values);
 * y.toArray(); // → [41, 2, 23]
 */
export function scatterAdd<D extends FloatType>(
  x: Tensor<D>,
  indices: Tensor<"int32">,
  values: Tensor<D>,
  options?: AxisOption,
): Tensor<D>;
export function scatterAdd<D extends FloatType>(
  x: Value<D>,
  indices: Value<"int32">,
  values: Value<D>,
  options?: AxisOption,
): Expression<D>;
export function scatterAdd<D extends FloatType>(
  x: Value<D>,
  indices: Value<"int32">,
  values: Value<D>,
  options: AxisOption = {},
): Value<D> {
  checkFloat("scatterAdd", "x", x);
  const [axis, shape] = checkGather("scatterAdd", x, indices, options);
  checkAlike("scatterAdd", "values", values, x);
  checkShapeIs("scatterAdd", "values", values, shape);
  const positions = alongAxis("scatterAdd", x.shape, indices.shape, axis);
  return operate(ADD_AT, [x, indices, values], { positions });
}

/**
 * x with values in place of what is at indices along an axis: NumPy's `x[indices] = values`. Where an index comes more than
 * once, its last value stays; gradients are those of different indices.
 *
 * @param x any dtype
 * @param indices int32, of any shape
 * @param values of the shape and dtype of `gather(x, indices, options)`
 * @param options.axis default 0; from the end where negative
 * @returns of x's shape: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis, or values of another shape
 * @throws {DTypeError} values of another dtype than x, or indices that are not int32
 * @throws {IndexError} an index outside of the axis
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * using indices = tensor(engine, Int32Array.of(2, 0));
 * using values = tensor(engine, [10, 20]);
 * using y = scatter(x, indices, values);
 * y.toArray(); // → [20, 2, 10]
 */
export function scatter<D extends DType>(
  x: Tensor<D>,
  indices: Tensor<"int32">,
  values: Tensor<D>,
  options?: AxisOption,
): Tensor<D>;
export function scatter<D extends DType>(
  x: Value<D>,
  indices: Value<"int32">,
  values: Value<D>,
  options?: AxisOption,
): Expression<D>;
export function scatter<D extends DType>(
  x: Value<D>,
  indices: Value<"int32">,
  values: Value<D>,
  options: AxisOption = {},
): Value<D> {
  const [axis, shape] = checkGather("scatter", x, indices, options);
  checkAlike("scatter", "values", values, x);
  checkShapeIs("scatter", "values", values, shape);
  return operate(SET_AT, [x, indices, values], { positions: alongAxis("scatter", x.shape, indices.shape, axis) });
}
