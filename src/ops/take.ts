/** Elements picked by index, counted from either end: NumPy's `take`. */
import { scoped } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { DType } from "../wasm/dtype.ts";
import { add, greater, greaterEqual, mul } from "./binary.ts";
import { checkAlike, checkAxis, checkDense } from "./check.ts";
import { clip } from "./clip.ts";
import { slicesAt } from "./indexing.ts";
import { operate } from "./operation.ts";
import { mod } from "./rounding.ts";
import { RESHAPE } from "./rows.ts";
import type { FlatAxisOption } from "./tiling.ts";

/** Along which axis, and what becomes of indices outside of it. */
export type TakeOptions = FlatAxisOption & {
  /**
   * `"raise"` (default): an `IndexError`, where indices below 0 count from the end. `"wrap"`: the index modulo the axis's extent.
   * `"clip"`: the first element below 0, the last one beyond the end.
   */
  readonly mode?: "raise" | "wrap" | "clip";
};

/**
 * The elements of x that indices name, or its slices along an axis: NumPy's `take`. Without an axis, x's elements are in one.
 * Indices below 0 count from the end.
 *
 * @param x any dtype
 * @param indices int32, of any shape; any may come more than once
 * @returns the shape of the indices in place of the axis, or of x's: a tensor of its own, or an expression
 * @throws {ShapeError} no such axis
 * @throws {DTypeError} indices that are not int32
 * @throws {IndexError} an index outside of the axis, by mode `"raise"`; any index of an axis without elements
 * @throws {OptionError} another mode
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using indices = tensor(engine, Int32Array.of(-1, 0));
 * using elements = take(x, indices);
 * elements.toArray(); // → [4, 1]
 * using columns = take(x, indices, { axis: 1 });
 * columns.toArray(); // → [[2, 1], [4, 3]]
 */
export function take<D extends DType>(x: Tensor<D>, indices: Tensor<"int32">, options?: TakeOptions): Tensor<D>;
export function take<D extends DType>(x: Value<D>, indices: Value<"int32">, options?: TakeOptions): Expression<D>;
export function take<D extends DType>(x: Value<D>, indices: Value<"int32">, options: TakeOptions = {}): Value<D> {
  checkDense("take", "x", x);
  checkAlike("take", "indices", indices, x, "int32");
  checkOptions<TakeOptions>("take", options, { axis: 1, mode: 1 });
  const { mode = "raise", axis: given } = options;
  if (mode !== "raise" && mode !== "wrap" && mode !== "clip")
    throw new OptionError("take: mode", '"raise", "wrap" or "clip"', mode);
  const axis = given === undefined ? 0 : checkAxis("take", x, given);
  // With an expression everything is nodes: a tensor made here would be gone when the program runs.
  const isLazy = x instanceof Expression || indices instanceof Expression;
  const [from, order] = isLazy ? [expressionOf(x), expressionOf(indices)] : [x, indices];
  return scoped((own) => {
    const elements = given === undefined ? flat(from) : from;
    return slicesAt("take", elements, own(within(order, elements.shape[axis] ?? 0, mode)), axis);
  });
}

function flat<D extends DType>(x: Value<D>): Value<D> {
  const shape = [countOf(x.shape)];
  return x instanceof Tensor ? x.part(0, shape) : operate(RESHAPE, [x], { shape });
}

/** Indices from 0 on; what names no element stays as it is, so that it is found, and shown. */
function within(indices: Value<"int32">, extent: number, mode: "raise" | "wrap" | "clip"): Value<"int32"> {
  if (mode === "clip") return clip(indices, 0, Math.max(0, extent - 1));
  if (mode === "wrap") return mod(indices, extent);
  return scoped((own) => {
    const isFromEnd = own(mul(own(greater(0, indices)), own(greaterEqual(indices, -extent))));
    return add(indices, own(mul(isFromEnd, extent)));
  });
}
