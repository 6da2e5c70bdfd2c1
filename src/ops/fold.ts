/** What reductions that are composed of other operations have in common. */
import { checkNumbers, checkType } from "../arguments.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkFloat, checkNoPlace, checkOutput, type Into } from "./check.ts";
import { reshape } from "./rows.ts";
import { broadcastNumbers, checkAxes, foldedShape, type ReduceOptions } from "./sum.ts";

type Options = ReduceOptions & Into<FloatType>;

/** The options of a reduction, checked. */
export type Fold = {
  readonly over: Required<ReduceOptions>;
  /** The same axes, which stay. */
  readonly kept: Required<ReduceOptions>;
  /** How many elements become one. */
  readonly count: number;
  /** Where the last operation writes. */
  readonly into: Into<FloatType>;
  /** A result, or its gradient, repeated to x's shape. */
  readonly repeated: (y: Expression<FloatType>) => Expression<FloatType>;
};

/**
 * @param more the reduction's other options
 * @throws {OptionError} an axis that x does not have, one named twice, or an unknown option
 */
export function foldOf(
  name: string,
  x: Value<FloatType>,
  options: Options,
  more: Readonly<Record<string, 1>> = {},
  check: typeof checkFloat = checkFloat,
): Fold {
  check(name, "x", x);
  const keys: KeysOf<Options> = { axes: 1, keepAxes: 1, out: 1, ...more };
  checkOptions<Options>(name, options, keys);
  if (options.keepAxes !== undefined) checkType(`${name}: keepAxes`, "boolean", options.keepAxes);
  if (options.axes !== undefined) checkNumbers(`${name}: axes`, options.axes);
  const over = checkAxes(name, x, options);
  const { axes } = over;
  const { out } = options;
  if (x instanceof Tensor) {
    const result = { dtype: x.dtype, shape: foldedShape(x.shape, axes, over.keepAxes) };
    if (out !== undefined) checkOutput(name, "out", out, result, [x], "disjoint");
  } else checkNoPlace(name, "out", out);
  return {
    over,
    kept: { axes, keepAxes: true },
    count: axes.reduce((product, axis) => product * (x.shape[axis] ?? 1), 1),
    into: out === undefined ? {} : { out },
    repeated: (y) => broadcastNumbers(reshape(y, foldedShape(x.shape, axes, true)), x.shape),
  };
}
