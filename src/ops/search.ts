/**
 * Where numbers belong among sorted ones.
 */
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { countOf, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CastType, cast, checkCastable } from "./cast.ts";
import { checkAlike } from "./check.ts";
import { isFloat, operate } from "./operation.ts";

/** Where a number goes that is there already. */
export type SearchOptions = {
  /** Before the elements that equal it, or behind them; default `left`. */
  readonly side?: "left" | "right";
};

/**
 * For each value, how many elements of `sorted` come before it: where it can be inserted so that the order stays, as NumPy's
 * `searchsorted`. NaN comes after all numbers, -0 equals 0.
 *
 * @param sorted n numbers in ascending order; of others the result means nothing
 * @param values of any shape, and the same dtype
 * @returns int32, of the shape of `values`: 0 … n
 * @throws {ShapeError} `sorted` is not a vector
 * @throws {DTypeError} uint16, or two dtypes
 * @throws {EngineMismatchError} tensors of two engines
 * @throws {OptionError} another side, or an unknown option
 * @example
 * using sorted = tensor(engine, [1, 2, 2, 3]);
 * using values = tensor(engine, [2, 5]);
 * using places = searchSorted(sorted, values);
 * places.toArray(); // → [1, 4]
 */
export function searchSorted<D extends CastType>(
  sorted: Tensor<D>,
  values: Tensor<D>,
  options?: SearchOptions,
): Tensor<"int32">;
export function searchSorted<D extends CastType>(
  sorted: Value<D>,
  values: Value<D>,
  options?: SearchOptions,
): Expression<"int32">;
export function searchSorted<D extends CastType>(
  sorted: Value<D>,
  values: Value<D>,
  options: SearchOptions = {},
): Value<"int32"> {
  checkCastable("searchSorted", "sorted", sorted);
  checkAlike("searchSorted", "values", values, sorted);
  if (sorted.shape.length !== 1) throw new ShapeError("searchSorted", "sorted", "a vector", show(sorted.shape));
  checkOptions<SearchOptions>("searchSorted", options, { side: 1 });
  const { side = "left" } = options;
  if (side !== "left" && side !== "right") throw new OptionError("searchSorted: side", "left or right", side);
  const place = (a: Value, b: Value) => operate<"int32", Required<SearchOptions>>(SEARCH, [a, b], { side });
  if (isFloat(sorted.dtype)) return place(sorted, values);
  // Beside an expression everything is nodes: a tensor made here would be gone when the program runs.
  const isLazy = sorted instanceof Expression || values instanceof Expression;
  const inDoubles = (x: Value) => cast(isLazy ? expressionOf(x) : x, "float64");
  return scoped((own) => place(own(inDoubles(sorted)), own(inDoubles(values))));
}

const SEARCH: Operation<Required<SearchOptions>> = {
  name: "searchSorted",
  spec: ([, values]) => ({ dtype: "int32", shape: (values as Value).shape }),
  bind: ({ kernels, specs: [sorted, values], attributes: { side }, at: [x, y], out }) => [
    kernels.searchSorted(
      Number(side === "right"),
      ...([countOf(sorted.shape), x.pointer, countOf(values.shape), y.pointer] as const),
      out.pointer,
    ),
  ],
  flops: () => 0,
};
