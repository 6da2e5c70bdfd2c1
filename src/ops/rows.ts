/**
 * The same elements in another order, or some of them: nothing is computed.
 */

import { checkList } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { checkShape, countOf, isSameShape, type Shape, show } from "../tensor/layout.ts";
import type { BufferRef, Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeValue } from "../values.ts";
import { bytesPerElement, type DType, type FloatType } from "../wasm/dtype.ts";
import { type AxisOption, checkAlike, checkAxis, checkDense, checkMatrix, checkShapeIs } from "./check.ts";
import { indexCheck } from "./indices.ts";
import { bytesOf, operate } from "./operation.ts";

type Floats = Expression<FloatType>;

/**
 * x's elements in their order under another shape. Of a tensor, a copy; in a program nothing is moved.
 *
 * @throws {ShapeError} another number of elements
 * @param x any dtype
 * @throws {OptionError} an invalid shape
 * @example
 * using x = tensor(engine, [1, 2, 3, 4]);
 * using y = reshape(x, [2, 2]);
 * y.toArray(); // → [[1, 2], [3, 4]]
 */
export function reshape<D extends DType>(x: Tensor<D>, shape: Shape): Tensor<D>;
export function reshape<D extends DType>(x: Expression<D>, shape: Shape): Expression<D>;
export function reshape<D extends DType>(x: Value<D>, shape: Shape): Value<D>;
export function reshape<D extends DType>(x: Value<D>, shape: Shape): Value<D> {
  checkDense("reshape", "x", x);
  const wanted = checkShape("reshape: shape", shape);
  if (x instanceof Expression && isSameShape(x.shape, wanted)) return x;
  return operate(RESHAPE, [x], { shape: wanted });
}

export const RESHAPE: Operation<{ readonly shape: Shape }> = {
  name: "reshape",
  spec([x], { shape }) {
    const { dtype, shape: own } = x as Value;
    if (countOf(own) !== countOf(shape)) {
      throw new ShapeError("reshape", "x", `${countOf(shape)} elements for ${show(shape)}`, show(own));
    }
    return { dtype, shape };
  },
  bind({ common, result, at: [x], out }) {
    const bytes = bytesOf(result);
    return [common.copyRows(1, bytes, x.pointer, bytes, out.pointer, bytes)];
  },
  gradient: (_, { operands: [x] }, dy) => reshape(dy, (x as Floats).shape),
  isView: true,
  inPlace: [0],
  flops: () => 0,
};

/** The transpose of a matrix: y_ji = x_ij. */
export const TRANSPOSE: Operation = {
  name: "transpose",
  spec([x]) {
    const { dtype, shape } = x as Value;
    checkMatrix("transpose", "x", x as Value);
    return { dtype, shape: [...shape].reverse() };
  },
  bind({ kernels, specs: [x], at, out }) {
    const [m = 0, columns = 0] = x.shape;
    const n = m === 0 ? 0 : columns;
    return [kernels.transpose(1, 1, n === 0 ? 0 : m, n, at[0].pointer, 0, 0, n, out.pointer, 0, 0, m)];
  },
  gradient: (_, __, dy) => operate(TRANSPOSE, [dy], {}) as Floats,
  flops: () => 0,
};

export type Range = { readonly start: number; readonly end: number; readonly axis: number };

export const SLICE: Operation<Range> = {
  name: "slice",
  spec([x], { start, end, axis }) {
    const { dtype, shape } = x as Value;
    const extent = shape[axis] ?? 0;
    const isRange = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= extent;
    if (!isRange)
      throw new ShapeError(
        "slice",
        "range",
        `a range within 0..${extent}`,
        `${describeValue(start)}..${describeValue(end)}`,
      );
    return { dtype, shape: withExtent(shape, axis, end - start) };
  },
  bind({ common, specs: [x], result, attributes: { start, axis }, at: [from], out }) {
    const [whole, part] = [stretch(x.shape, axis), stretch(result.shape, axis)];
    const size = bytesPerElement(result.dtype);
    const first = from.pointer + start * whole.inner * size;
    const [bytes, stride] = [part.length * size, whole.length * size];
    return [common.copyRows(part.rows, bytes, first, stride, out.pointer, bytes)];
  },
  gradient: (_, { operands: [x], attributes: { start, axis } }, dy) =>
    operate(EMBED, [dy], { start, axis, extent: (x as Floats).shape[axis] ?? 0 }) as Floats,
  flops: () => 0,
};

/** The gradient of a slice: x among zeros. */
const EMBED: Operation<{ readonly start: number; readonly axis: number; readonly extent: number }> = {
  name: "embed",
  spec: ([x], { axis, extent }) => ({ dtype: (x as Value).dtype, shape: withExtent((x as Value).shape, axis, extent) }),
  bind({ kernels, common, specs: [x], result, attributes: { start, axis }, at: [from], out }) {
    const [part, whole] = [stretch(x.shape, axis), stretch(result.shape, axis)];
    const size = bytesPerElement(result.dtype);
    const first = out.pointer + start * whole.inner * size;
    const [bytes, stride] = [part.length * size, whole.length * size];
    return [
      kernels.fill(countOf(result.shape), out.pointer, 0),
      common.copyRows(part.rows, bytes, from.pointer, bytes, first, stride),
    ];
  },
  gradient: (_, { operands: [x], attributes: { start, axis } }, dy) =>
    operate(SLICE, [dy], { start, end: start + ((x as Floats).shape[axis] ?? 0), axis }) as Floats,
  flops: () => 0,
};

/**
 * Values one after the other along an axis.
 *
 * @param values at least one, of one dtype; their shapes differ along the axis only
 * @param options.axis default 0; from the end where negative
 * @throws {ShapeError} shapes do not fit, or no such axis
 * @throws {DTypeError} different dtypes
 * @throws {OptionError} no values
 * @example
 * using a = tensor(engine, [[1, 2]]);
 * using b = tensor(engine, [[3, 4]]);
 * using y = concat([a, b], { axis: 1 });
 * y.toArray(); // → [[1, 2, 3, 4]]
 */
export function concat<D extends DType>(values: readonly Tensor<D>[], options?: AxisOption): Tensor<D>;
export function concat<D extends DType>(values: readonly Value<D>[], options?: AxisOption): Expression<D>;
export function concat<D extends DType>(values: readonly Value<D>[], options: AxisOption = {}): Value<D> {
  checkList("concat: values", values, "an array of tensors");
  checkOptions<AxisOption>("concat", options, { axis: 1 });
  const { axis = 0 } = options;
  const [first] = values;
  if (first === undefined) throw new OptionError("concat: values", "expected at least one");
  for (const [i, value] of values.entries()) checkDense("concat", `values[${i}]`, value);
  return operate(CONCAT, values, { axis: checkAxis("concat", first, axis) });
}

export const CONCAT: Operation<{ readonly axis: number }> = {
  name: "concat",
  spec(values, { axis }) {
    const [first] = values as [Value];
    let extent = 0;
    for (const [i, value] of values.entries()) {
      checkAlike("concat", `values[${i}]`, value, first);
      const own = value.shape[axis] ?? 0;
      checkShapeIs("concat", `values[${i}]`, value, withExtent(first.shape, axis, own));
      extent += own;
    }
    return { dtype: first.dtype, shape: withExtent(first.shape, axis, extent) };
  },
  bind({ common, specs, result, attributes: { axis }, at, out }) {
    const size = bytesPerElement(result.dtype);
    const stride = stretch(result.shape, axis).length * size;
    let to = out.pointer;
    return specs.map(({ shape }, i) => {
      const { rows, length } = stretch(shape, axis);
      const [bytes, start] = [length * size, to];
      to += bytes;
      return common.copyRows(rows, bytes, (at[i] as BufferRef).pointer, bytes, start, stride);
    });
  },
  gradient(which, { operands, attributes: { axis } }, dy) {
    const extents = operands.map(({ shape }) => shape[axis] ?? 0);
    const start = extents.slice(0, which).reduce((sum, extent) => sum + extent, 0);
    return operate(SLICE, [dy], { start, end: start + (extents[which] ?? 0), axis }) as Floats;
  },
  flops: () => 0,
};

/** The rows of a minibatch as an expression: `gather` for what needs no other axis. */
export function rowsOf<D extends FloatType>(x: Value<D>, indices: Value<"int32">): Expression<D> {
  return operate(GATHER, [x, expressionOf(indices)], {}) as Expression<D>;
}

/** y_i = x_(r_i). Of integers as well, which have no gradient. */
export const GATHER: Operation = {
  name: "gather",
  spec([x, indices]) {
    const { dtype, shape } = x as Value;
    checkAlike("gather", "indices", indices as Value, x as Value, "int32");
    const [rows, ...row] = shape;
    if (rows === undefined) throw new ShapeError("gather", "x", "at least one axis", show(shape));
    const [m = 0] = (indices as Value).shape;
    checkShapeIs("gather", "indices", indices as Value, [m]);
    return { dtype, shape: [m, ...row] };
  },
  bind(call) {
    const { common, specs, result, at, out } = call;
    const [m = 0] = result.shape;
    const [table, order] = [at[0].pointer, at[1].pointer];
    const rowBytes = bytesOf({ ...result, shape: result.shape.slice(1) });
    return [
      indexCheck(call, { op: "gather", argument: "indices", bound: specs[0].shape[0] ?? 0 }, m, order),
      common.gatherCopies(m, rowBytes, table, order, out.pointer),
    ];
  },
  gradient(which, { operands: [x, indices] }, dy) {
    if (which === 1) return undefined;
    return operate(SCATTER, [dy, indices as Expression], { rows: (x as Floats).shape[0] ?? 0 }) as Floats;
  },
  flops: () => 0,
};

/** The gradient of a gather: y_(r_i) = Σ x_i, 0 where no index points. */
const SCATTER: Operation<{ readonly rows: number }> = {
  name: "scatterAdd",
  spec: ([x], { rows }) => ({ dtype: (x as Value).dtype, shape: [rows, ...(x as Value).shape.slice(1)] }),
  bind(call) {
    const { kernels, specs, result, at, out } = call;
    const [m = 0, ...row] = specs[0].shape;
    const [values, order] = [at[0].pointer, at[1].pointer];
    const [n, all] = [countOf(row), countOf(result.shape)];
    const [bound = 0] = result.shape;
    // A program of the gradient alone has no gather that would look at them.
    return [
      indexCheck(call, { op: "gather", argument: "indices", bound }, m, order),
      kernels.fill(all, out.pointer, 0),
      kernels.scatterAdd(m, n, values, order, out.pointer),
    ];
  },
  gradient: (which, { operands: [, indices] }, dy) =>
    which === 1 ? undefined : (operate(GATHER, [dy, indices as Expression], {}) as Floats),
  flops: ({ specs: [x] }) => countOf(x.shape),
};

/** The shape with another extent along an axis. */
function withExtent(shape: Shape, axis: number, extent: number): Shape {
  return shape.map((own, at) => (at === axis ? extent : own));
}

/**
 * Layout of a shape around an axis: rows of `length` elements, `inner` for each index of the axis. Rows without elements are
 * none: there may be any number of them, and no loop should walk them.
 */
export function stretch(
  shape: Shape,
  axis: number,
): { readonly rows: number; readonly length: number; readonly inner: number } {
  const inner = countOf(shape.slice(axis + 1));
  const length = (shape[axis] ?? 0) * inner;
  return { rows: length === 0 ? 0 : countOf(shape.slice(0, axis)), length, inner };
}
