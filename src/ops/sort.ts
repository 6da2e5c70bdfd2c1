/**
 * Order along an axis. NaN is the largest number, as in NumPy; -0 equals 0.
 */
import { checkType } from "../arguments.ts";
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { Expression, type Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Call, Operation } from "../tensor/operation.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { KernelCall, Pointer } from "../wasm/abi.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { type CastType, cast, checkCastable } from "./cast.ts";
import { checkAxis } from "./check.ts";
import { isFloat, operate } from "./operation.ts";
import { GATHER, RESHAPE } from "./rows.ts";

/** Along which axis, and in which direction. */
export type SortOptions = {
  /** From the end where negative; default -1, the last. */
  readonly axis?: number;
  /** From the largest to the smallest; NaN first then. Default false. */
  readonly descending?: boolean;
};

const KEYS: KeysOf<SortOptions> = { axis: 1, descending: 1 };

/** The largest, or smallest, of each line, and where they are. */
export type TopValues<V, I> = {
  /** In order. */
  readonly values: V;
  /** int32, along the axis. */
  readonly indices: I;
};

/**
 * x's elements in order along an axis: NaN last, equal elements in the order in which they were.
 *
 * In a program the gradient of an element goes to where it was.
 *
 * @param x any dtype but uint16, of any rank but 0
 * @returns of x's shape and dtype: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis
 * @throws {DTypeError} uint16
 * @throws {OptionError} an invalid option
 * @example
 * using x = tensor(engine, [3, 1, 2]);
 * using y = sort(x);
 * y.toArray(); // → [1, 2, 3]
 */
export function sort<D extends CastType>(x: Tensor<D>, options?: SortOptions): Tensor<D>;
export function sort<D extends CastType>(x: Expression<D>, options?: SortOptions): Expression<D>;
export function sort<D extends CastType>(x: Value<D>, options?: SortOptions): Value<D>;
export function sort<D extends CastType>(x: Value<D>, options: SortOptions = {}): Value<D> {
  const order = checkOrder("sort", x, options);
  if (x instanceof Expression) return picked(x, order);
  if (isFloat(x.dtype)) return operate(SORT, [x], order);
  return scoped((own) => cast(own(operate(SORT, [own(inDoubles(x))], order)), x.dtype)) as Tensor<D>;
}

/** Integers are exact in float64, and in the same order. */
function inDoubles(x: Value): Value<FloatType> {
  return isFloat(x.dtype) ? (x as Value<FloatType>) : cast(x, "float64");
}

/** The indices that sort x. */
function indicesOf(x: Value, order: Order): Value<"int32"> {
  if (isFloat(x.dtype)) return operate<"int32", Order>(ARG_SORT, [x], order);
  return scoped((own) => operate<"int32", Order>(ARG_SORT, [own(inDoubles(x))], order));
}

/**
 * Where the elements of `sort` come from: y_i is the index along the axis of the element that comes i-th. Equal elements stay in
 * their order, NaN comes last.
 *
 * @param x any dtype but uint16, of any rank but 0
 * @returns int32, of x's shape: a tensor of its own, or an expression, which has no gradient
 * @throws {ShapeError} no such axis
 * @throws {DTypeError} uint16
 * @throws {OptionError} an invalid option
 * @example
 * using x = tensor(engine, [3, 1, 2]);
 * using order = argSort(x, { descending: true });
 * order.toArray(); // → [0, 2, 1]
 */
export function argSort<D extends CastType>(x: Tensor<D>, options?: SortOptions): Tensor<"int32">;
export function argSort<D extends CastType>(x: Expression<D>, options?: SortOptions): Expression<"int32">;
export function argSort<D extends CastType>(x: Value<D>, options?: SortOptions): Value<"int32">;
export function argSort<D extends CastType>(x: Value<D>, options: SortOptions = {}): Value<"int32"> {
  return indicesOf(x, checkOrder("argSort", x, options));
}

/** Along which axis, and which end. */
export type TopKOptions = {
  /** From the end where negative; default -1, the last. */
  readonly axis?: number;
  /** The largest; NaN is larger than any number. Default true; with false, the smallest. */
  readonly largest?: boolean;
};

/**
 * The k largest elements along an axis, the largest first, and where they are: of equal ones the first.
 *
 * In a program the gradient of an element goes to where it was.
 *
 * @param x any dtype but uint16, of any rank but 0
 * @param k at most the axis's extent
 * @returns two tensors of their own, which the caller disposes of, or two expressions
 * @throws {ShapeError} no such axis, or one shorter than k
 * @throws {DTypeError} uint16
 * @throws {OptionError} k is not an integer >= 0, or an invalid option
 * @example
 * using x = tensor(engine, [0.1, 0.7, 0.2]);
 * const { values, indices } = topK(x, 2);
 * indices.toArray(); // → [1, 2]
 * values.dispose();
 * indices.dispose();
 */
export function topK<D extends CastType>(
  x: Tensor<D>,
  k: number,
  options?: TopKOptions,
): TopValues<Tensor<D>, Tensor<"int32">>;
export function topK<D extends CastType>(
  x: Expression<D>,
  k: number,
  options?: TopKOptions,
): TopValues<Expression<D>, Expression<"int32">>;
export function topK<D extends CastType>(
  x: Value<D>,
  k: number,
  options?: TopKOptions,
): TopValues<Value<D>, Value<"int32">>;
export function topK<D extends CastType>(
  x: Value<D>,
  k: number,
  options: TopKOptions = {},
): TopValues<Value<D>, Value<"int32">> {
  checkOptions<TopKOptions>("topK", options, { axis: 1, largest: 1 });
  const { axis = -1, largest = true } = options;
  checkType("topK: largest", "boolean", largest);
  const order = { ...checkOrder("topK", x, { axis, descending: largest }), count: k };
  if (!Number.isInteger(k) || k < 0) throw new OptionError("topK: k", "an integer >= 0", k);
  const extent = x.shape[order.axis] ?? 0;
  if (k > extent) throw new ShapeError("topK", "x", `at least ${k} along axis ${order.axis}`, show(x.shape));
  if (x instanceof Expression) {
    return { values: picked(x, order), indices: indicesOf(x, order) };
  }
  if (isFloat(x.dtype)) return topOf(x as Tensor<FloatType>, order) as TopValues<Tensor<D>, Tensor<"int32">>;
  return scoped((own) => {
    const { values, indices } = topOf(own(cast(x, "float64")), order);
    own(values);
    try {
      return { values: cast(values, x.dtype as "int32") as Tensor as Tensor<D>, indices };
    } catch (error) {
      indices.dispose();
      throw error;
    }
  });
}

/** Both of one sort. */
function topOf<D extends FloatType>(x: Tensor<D>, order: Order): TopValues<Tensor<D>, Tensor<"int32">> {
  const { engine, pointer } = x;
  const shape = shapeAfter(x.shape, order);
  const values = empty(engine, shape, { dtype: x.dtype });
  let indices: Tensor<"int32"> | undefined;
  try {
    indices = empty(engine, shape, { dtype: "int32" });
    const scratch = engine.scratch(engine.kernels[x.dtype].sortScratch(x.shape[order.axis] ?? 0));
    const to = { values: values.pointer, indices: indices.pointer };
    engine.call(sortCall(engine.recorders.kernels[x.dtype], x.shape, order, { from: pointer, ...to, scratch }));
    return { values, indices };
  } catch (error) {
    values.dispose();
    indices?.dispose();
    throw error;
  }
}

type Order = {
  readonly axis: number;
  readonly descending: boolean;
  /** Elements of each line that are wanted. */
  readonly count: number;
  /** Indices are of all of x, in one vector. */
  readonly flat: boolean;
};

/** The elements in order, as rows picked by their indices: the gradient goes back the same way. */
function picked<D extends CastType>(x: Expression<D>, order: Order): Expression<D> {
  const indices = indicesOf(x, { ...order, flat: true });
  const elements = operate(RESHAPE, [x], { shape: [x.size] });
  const y = operate(GATHER, [elements, indices], {});
  return operate<D, { readonly shape: Shape }>(RESHAPE, [y], { shape: shapeAfter(x.shape, order) }) as Expression<D>;
}

const SORT: Operation<Order> = {
  name: "sort",
  spec: ([x], order) => ({ dtype: (x as Value).dtype, shape: shapeAfter((x as Value).shape, order) }),
  bind: ({ kernels, specs: [x], attributes, at: [from], out, scratch }) => [
    sortCall(kernels, x.shape, attributes, { from: from.pointer, values: out.pointer, indices: 0, scratch }),
  ],
  scratchBytes: ({ specs: [x], attributes: { axis } }, kernels) => kernels.sortScratch(x.shape[axis] ?? 0),
  flops: () => 0,
};

const ARG_SORT: Operation<Order> = {
  name: "argSort",
  spec([x], order) {
    const shape = shapeAfter((x as Value).shape, order);
    return { dtype: "int32", shape: order.flat ? [countOf(shape)] : shape };
  },
  bind: ({ kernels, specs: [x], attributes, at: [from], out, scratch }) => [
    sortCall(kernels, x.shape, attributes, { from: from.pointer, values: 0, indices: out.pointer, scratch }),
  ],
  scratchBytes: ({ specs: [x], attributes: { axis } }, kernels) => kernels.sortScratch(x.shape[axis] ?? 0),
  flops: () => 0,
};

/** The kernel's call: where `values` or `indices` is 0, they are not wanted. */
function sortCall(
  kernels: Call["kernels"],
  shape: Shape,
  { axis, descending, count, flat }: Order,
  at: { readonly from: Pointer; readonly values: Pointer; readonly indices: Pointer; readonly scratch: Pointer },
): KernelCall {
  const [k = 0, inner] = [shape[axis], countOf(shape.slice(axis + 1))];
  const lines = count * k * inner === 0 ? 0 : countOf(shape.slice(0, axis));
  return kernels.sortLines(
    Number(descending),
    ...([lines, k, inner, count, at.from, at.values, at.indices] as const),
    Number(flat),
    at.scratch,
  );
}

function shapeAfter(shape: Shape, { axis, count }: Order): Shape {
  return shape.map((extent, at) => (at === axis ? count : extent));
}

/** What is to be sorted, and how: all of each line. */
function checkOrder(op: string, x: Value, options: SortOptions): Order {
  checkCastable(op, "x", x);
  checkOptions<SortOptions>(op, options, KEYS);
  const { axis = -1, descending = false } = options;
  checkType(`${op}: descending`, "boolean", descending);
  const counted = checkAxis(op, x, axis);
  return { axis: counted, descending, count: x.shape[counted] ?? 0, flat: false };
}
