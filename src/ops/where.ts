/** Elements of two values, chosen by a condition. */
import { scoped } from "../disposable.ts";
import { DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { broadcastShape } from "../tensor/broadcast.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { type Shape, show } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { NumberType } from "../wasm/dtype.ts";
import { drop, either, keep, type Last, type Repeated } from "./binary.ts";
import { CAST, type CastType, cast, checkCastable } from "./cast.ts";
import { type Into, intoOf } from "./check.ts";
import { operate } from "./operation.ts";

/**
 * a where the condition is not 0, else b; what is not chosen does not matter, be it NaN or ∞.
 *
 * @param condition of any dtype but uint16; its numbers are not in the result
 * @param a of a shape that broadcasts with the condition's, or a number
 * @param b the same, of a's dtype; of two numbers the result has the condition's dtype
 * @throws {ShapeError} shapes do not broadcast, or `out` does not fit or overlaps in part
 * @throws {DTypeError} uint16, or two dtypes of a and b
 * @throws {OptionError} a number that the dtype does not have
 * @throws {EngineMismatchError} tensors of two engines
 * @example
 * using x = tensor(engine, [0.5, 3]);
 * using condition = greater(x, 1);
 * using clipped = where(condition, 1, x);
 * clipped.toArray(); // → [0.5, 1]
 */
export function where<D extends CastType>(
  condition: Tensor<D>,
  a: Tensor<D> | Repeated,
  b: Tensor<D> | Repeated,
  options?: Into<D>,
): Tensor<D>;
export function where<D extends CastType>(
  condition: Tensor<CastType>,
  a: Tensor<D> | Repeated,
  b: Tensor<D> | Repeated,
  options?: Into<D>,
): Tensor<D>;
export function where<D extends CastType>(
  condition: Value<D>,
  a: Value<D> | Repeated,
  b: Value<D> | Repeated,
): Expression<D>;
export function where<D extends CastType>(
  condition: Value<CastType>,
  a: Value<D> | Repeated,
  b: Value<D> | Repeated,
): Expression<D>;
export function where(
  condition: Value<CastType>,
  a: Value<CastType> | Repeated,
  b: Value<CastType> | Repeated,
  options: Into<CastType> = {},
): Value<CastType> {
  checkCastable("where", "condition", condition);
  let shape: Shape | undefined = condition.shape;
  let like: Value<CastType> | undefined;
  for (const [argument, x] of [["a", a] as const, ["b", b] as const]) {
    if (typeof x === "number") continue;
    checkCastable("where", argument, x);
    if (x.engine !== condition.engine) throw new EngineMismatchError("where", argument);
    like ??= x;
    if (x.dtype !== like.dtype) throw new DTypeError("where", argument, like.dtype, x.dtype);
    const before = show(shape);
    shape = broadcastShape(shape, x.shape);
    if (shape === undefined)
      throw new ShapeError("where", argument, `a shape that broadcasts with ${before}`, show(x.shape));
  }
  const { dtype } = like ?? condition;
  const tensors = [condition, a, b].filter((x): x is Value<CastType> => typeof x !== "number");
  const into = intoOf("where", options, { dtype, shape }, tensors as [Value<CastType>], []);
  if (dtype === "uint8") {
    for (const x of [a, b]) {
      if (typeof x === "number" && (x & 255) !== x) throw new OptionError("where", "a number of uint8", x);
    }
  }
  // With an expression everything is nodes: a tensor made here would be gone when the program runs.
  const isLazy = tensors.some((x) => x instanceof Expression);
  const by = isLazy ? expressionOf(condition) : condition;
  // Bytes are computed with as int32.
  const working: NumberType = dtype === "uint8" ? "int32" : dtype;
  return scoped((own) => {
    const as = (x: Value<CastType>) =>
      x.dtype === working ? (x as Value<NumberType>) : own(cast(isLazy ? expressionOf(x) : x, working));
    // A fraction is not 0, but its integer is.
    const isFraction = condition.dtype !== working && condition.dtype !== "uint8" && condition.dtype !== "int32";
    const mask = as(isFraction ? own(keep(by as Value<NumberType>, 1)) : by);
    const part = (f: typeof keep, x: Value<CastType> | Repeated) =>
      own(typeof x === "number" ? f(mask, x) : f(mask, as(x)));
    const [first, second] = [part(keep, a), part(drop, b)];
    if (working === dtype) return (either as Last)(first, second, into as Into<NumberType>);
    const y = own(either(first, second));
    return operate<CastType, { readonly dtype: CastType }>(CAST, [y], { dtype }, into);
  });
}
