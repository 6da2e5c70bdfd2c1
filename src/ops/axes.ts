/**
 * Axes added, dropped, joined and split: the elements stay in their order, or are copied in blocks.
 */
import { checkList, checkNumbers } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { isSameShape, type Shape, show, spliced } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeValue } from "../values.ts";
import type { DType } from "../wasm/dtype.ts";
import { type AxisOption, checkAlike, checkAxis, checkDense, checkShapeIs } from "./check.ts";
import { isExpression, operate } from "./operation.ts";
import { CONCAT, type Range, RESHAPE, SLICE } from "./rows.ts";
import { type AxesOption, SELECT } from "./slicing.ts";
import { stridesOf } from "./strided_copy.ts";
import { checkAxes } from "./sum.ts";

/**
 * x without axes of extent 1, by default all of them. Of a tensor, a copy; in a program nothing is moved.
 *
 * @param x any shape and dtype
 * @param options.axes which axes; from the end where negative
 * @throws {ShapeError} an axis of another extent
 * @throws {OptionError} an axis that x does not have, or one named twice
 * @example
 * using x = tensor(engine, [[[1, 2]]]);
 * using y = squeeze(x, { axes: [0] });
 * y.toArray(); // → [[1, 2]]
 */
export function squeeze<D extends DType>(x: Tensor<D>, options?: AxesOption): Tensor<D>;
export function squeeze<D extends DType>(x: Expression<D>, options?: AxesOption): Expression<D>;
export function squeeze<D extends DType>(x: Value<D>, options?: AxesOption): Value<D>;
export function squeeze<D extends DType>(x: Value<D>, options: AxesOption = {}): Value<D> {
  checkDense("squeeze", "x", x);
  checkOptions<AxesOption>("squeeze", options, { axes: 1 });
  const { shape } = x;
  if (options.axes === undefined)
    return reshaped(
      x,
      shape.filter((extent) => extent !== 1),
    );
  checkNumbers("squeeze: axes", options.axes);
  const { axes } = checkAxes("squeeze", x, options);
  const wide = axes.find((axis) => shape[axis] !== 1);
  if (wide !== undefined) {
    throw new ShapeError(
      "squeeze",
      "axes",
      `axes of extent 1 of ${show(shape)}`,
      `axis ${wide} of extent ${shape[wide]}`,
    );
  }
  return reshaped(
    x,
    shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/**
 * x with another axis of extent 1. Of a tensor, a copy; in a program nothing is moved.
 *
 * @param x any shape and dtype
 * @param options.axis its place in the result, default 0; from the end where negative
 * @throws {ShapeError} no such axis in the result
 * @example
 * using x = tensor(engine, [1, 2]);
 * using y = expandDims(x, { axis: -1 });
 * y.toArray(); // → [[1], [2]]
 */
export function expandDims<D extends DType>(x: Tensor<D>, options?: AxisOption): Tensor<D>;
export function expandDims<D extends DType>(x: Expression<D>, options?: AxisOption): Expression<D>;
export function expandDims<D extends DType>(x: Value<D>, options?: AxisOption): Value<D>;
export function expandDims<D extends DType>(x: Value<D>, options: AxisOption = {}): Value<D> {
  checkDense("expandDims", "x", x);
  checkOptions<AxisOption>("expandDims", options, { axis: 1 });
  const axis = checkNewAxis("expandDims", x.shape, axisOf(options));
  return operate(RESHAPE, [x], { shape: spliced(x.shape, axis, 0, 1) });
}

/**
 * Values of one shape along a new axis.
 *
 * @param values at least one, of one shape and dtype
 * @param options.axis the new axis of the result, default 0; from the end where negative
 * @throws {ShapeError} another shape than the first value's, or no such axis in the result
 * @throws {DTypeError} different dtypes
 * @throws {OptionError} no values
 * @example
 * using a = tensor(engine, [1, 2]);
 * using b = tensor(engine, [3, 4]);
 * using y = stack([a, b], { axis: 1 });
 * y.toArray(); // → [[1, 3], [2, 4]]
 */
export function stack<D extends DType>(values: readonly Tensor<D>[], options?: AxisOption): Tensor<D>;
export function stack<D extends DType>(values: readonly Value<D>[], options?: AxisOption): Expression<D>;
export function stack<D extends DType>(values: readonly Value<D>[], options: AxisOption = {}): Value<D> {
  checkList("stack: values", values, "an array of tensors");
  checkOptions<AxisOption>("stack", options, { axis: 1 });
  const [first] = values;
  if (first === undefined) throw new OptionError("stack: values", "expected at least one");
  checkDense("stack", "values[0]", first);
  for (const [i, value] of values.entries()) {
    checkAlike("stack", `values[${i}]`, value, first);
    checkShapeIs("stack", `values[${i}]`, value, first.shape);
  }
  const axis = checkNewAxis("stack", first.shape, axisOf(options));
  const shape = spliced(first.shape, axis, 0, values.length);
  // One after the other along the axis that follows, they are in the order of the result.
  if (axis < first.shape.length) return scoped((own) => reshaped(own(joined(values, axis)), shape));
  const column = spliced(first.shape, axis, 0, 1);
  const operands = values.some(isExpression) ? values.map(expressionOf) : values;
  return scoped((own) => {
    const columns = operands.map((value) => own(reshaped<D>(value as Value<D>, column)));
    return joined(columns, axis);
  });
}

function joined<D extends DType>(values: readonly Value<D>[], axis: number): Value<D> {
  return operate(CONCAT, values, { axis });
}

function reshaped<D extends DType>(x: Value<D>, shape: Shape): Value<D> {
  if (isExpression(x) && isSameShape(x.shape, shape)) return x;
  return operate(RESHAPE, [x], { shape });
}

/**
 * The parts of x along an axis, which they do not have: the inverse of `stack`.
 *
 * @param x any dtype
 * @param options.axis default 0; from the end where negative
 * @returns as many as the axis has elements: tensors of their own, or expressions
 * @throws {ShapeError} no such axis
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * const [a, b] = unstack(x, { axis: 1 });
 * a.toArray(); // → [1, 3]
 * b.toArray(); // → [2, 4]
 */
export function unstack<D extends DType>(x: Tensor<D>, options?: AxisOption): Tensor<D>[];
export function unstack<D extends DType>(x: Expression<D>, options?: AxisOption): Expression<D>[];
export function unstack<D extends DType>(x: Value<D>, options?: AxisOption): Value<D>[];
export function unstack<D extends DType>(x: Value<D>, options: AxisOption = {}): Value<D>[] {
  checkDense("unstack", "x", x);
  checkOptions<AxisOption>("unstack", options, { axis: 1 });
  const axis = checkAxis("unstack", x, axisOf(options));
  const all = stridesOf(x.shape);
  const [shape, strides] = [spliced(x.shape, axis, 1), spliced(all, axis, 1)];
  return partsOf(x.shape[axis] ?? 0, (i) =>
    operate(SELECT, [x], { extents: shape, strides, start: i * (all[axis] ?? 0), shape }),
  );
}

/**
 * x cut along an axis: PyTorch's `tensor_split`, NumPy's `array_split`. (`split` cuts datasets.)
 *
 * @param x any dtype
 * @param sections the number of parts, of which the first have one element more where it does not divide the axis; or the
 *   indices to cut before
 * @param options.axis default 0; from the end where negative
 * @returns the parts in order: tensors of their own, or expressions
 * @throws {ShapeError} no such axis, or indices that do not ascend within it
 * @throws {OptionError} neither a positive integer nor a list of numbers
 * @example
 * using x = tensor(engine, [1, 2, 3, 4, 5]);
 * const [a, b] = tensorSplit(x, 2);
 * a.toArray(); // → [1, 2, 3]
 * const [first, middle, last] = tensorSplit(x, [1, 3]);
 * middle.toArray(); // → [2, 3]
 */
export function tensorSplit<D extends DType>(
  x: Tensor<D>,
  sections: number | readonly number[],
  options?: AxisOption,
): Tensor<D>[];
export function tensorSplit<D extends DType>(
  x: Expression<D>,
  sections: number | readonly number[],
  options?: AxisOption,
): Expression<D>[];
export function tensorSplit<D extends DType>(
  x: Value<D>,
  sections: number | readonly number[],
  options?: AxisOption,
): Value<D>[];
export function tensorSplit<D extends DType>(
  x: Value<D>,
  sections: number | readonly number[],
  options: AxisOption = {},
): Value<D>[] {
  checkDense("tensorSplit", "x", x);
  checkOptions<AxisOption>("tensorSplit", options, { axis: 1 });
  const axis = checkAxis("tensorSplit", x, axisOf(options));
  const cuts = cutsOf(sections, axis, x.shape);
  return partsOf(cuts.length - 1, (i) =>
    operate<D, Range>(SLICE, [x], { start: cuts[i] ?? 0, end: cuts[i + 1] ?? 0, axis }),
  );
}

/** Where the parts start, and the end of the last one. */
function cutsOf(sections: number | readonly number[], axis: number, shape: Shape): readonly number[] {
  const extent = shape[axis] ?? 0;
  if (typeof sections === "number") {
    if (!Number.isSafeInteger(sections) || sections < 1) {
      throw new OptionError("tensorSplit: sections", "a positive integer or indices", sections);
    }
    const [size, wider] = [Math.floor(extent / sections), extent % sections];
    return Array.from({ length: sections + 1 }, (_, i) => i * size + Math.min(i, wider));
  }
  checkNumbers("tensorSplit: sections", sections);
  const cuts = [0, ...sections, extent];
  if (cuts.every((cut, i) => Number.isInteger(cut) && cut >= (cuts[i - 1] ?? 0))) return cuts;
  const expected = `ascending indices within 0..${extent} of axis ${axis} of ${show(shape)}`;
  throw new ShapeError("tensorSplit", "sections", expected, describeValue(sections));
}

/** Several results; where one fails, those before it are disposed of. */
function partsOf<D extends DType>(count: number, part: (i: number) => Value<D>): Value<D>[] {
  const parts: Value<D>[] = [];
  try {
    for (let i = 0; i < count; i++) parts.push(part(i));
  } catch (error) {
    for (const done of parts) done.dispose();
    throw error;
  }
  return parts;
}

/** An axis of a shape that has one more, counted from the front. */
function checkNewAxis(op: string, shape: Shape, axis: number): number {
  const counted = typeof axis === "number" && axis < 0 ? axis + shape.length + 1 : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted <= shape.length) return counted;
  throw new ShapeError(op, "axis", `an axis of a result of ${shape.length + 1} axes`, describeValue(axis));
}

function axisOf({ axis = 0 }: AxisOption): number {
  return axis;
}
