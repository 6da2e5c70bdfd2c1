/**
 * Two operands element by element, by NumPy's broadcasting: shapes are aligned at their last axes, and where one has
 * extent 1, or no axis, its elements are repeated. Both have one dtype, which the result has as well, comparisons too.
 */
import { scoped } from "../disposable.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { broadcastShape, walkOver } from "../tensor/broadcast.ts";
import { constant, Expression, expressionOf, isConstant, type Value } from "../tensor/expression.ts";
import { isSameShape, type Shape, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { BINARY } from "../wasm/abi.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { checkAlike, checkDense, checkFloat, checkFloatOrInt32, type Into } from "./check.ts";
import { operate, withOperation } from "./operation.ts";
import { callsOver } from "./strided.ts";
import { BROADCAST, sumTo } from "./sum.ts";

type Floats = Expression<FloatType>;
type Name = keyof typeof BINARY;

/** A number, which is repeated for every element. */
type Repeated = number;

/**
 * A function of two operands: tensors give a tensor of the broadcast shape (`out`, which may be an operand of this
 * shape, or a new one, which the caller disposes of); an expression among them gives an expression.
 */
export type BinaryFunction = {
  <D extends NumberType>(a: Tensor<D>, b: Tensor<D> | Repeated, options?: Into<D>): Tensor<D>;
  <D extends NumberType>(a: Repeated, b: Tensor<D>, options?: Into<D>): Tensor<D>;
  <D extends NumberType>(a: Expression<D>, b: Value<D> | Repeated): Expression<D>;
  <D extends NumberType>(a: Value<D> | Repeated, b: Expression<D>): Expression<D>;
  <D extends NumberType>(a: Value<D> | Repeated, b: Value<D>): Value<D>;
  <D extends NumberType>(a: Value<D>, b: Repeated): Value<D>;
};

/** ∂loss/∂a and ∂loss/∂b, of the result's shape. */
type Rules = readonly (Rule | undefined)[];
type Rule = (node: { readonly a: Floats; readonly b: Floats; readonly y: Floats }, dy: Floats) => Floats;

/**
 * a + b. Of int32 it wraps around, as `sub` and `mul` do.
 *
 * @throws {ShapeError} shapes do not broadcast, or `out` does not fit or overlaps in part
 * @throws {DTypeError} neither floats nor int32, or two dtypes: `cast` makes one of them
 * @throws {OptionError} two numbers, something other than tensors, expressions and numbers, or a number that int32 cannot hold
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using row = tensor(engine, [10, 20]);
 * using y = add(x, row);
 * y.toArray(); // → [[11, 22], [13, 24]]
 */
export const add: BinaryFunction = /* @__PURE__ */ binary("add", [(_, dy) => dy, (_, dy) => dy]);

/** a - b. Shapes, `out` and errors as for `add`. */
export const sub: BinaryFunction = /* @__PURE__ */ binary("sub", [(_, dy) => dy, (_, dy) => mul(dy, -1)]);

/** a · b, element by element. Shapes, `out` and errors as for `add`. */
export const mul: BinaryFunction = /* @__PURE__ */ binary("mul", [
  ({ b }, dy) => mul(dy, b),
  ({ a }, dy) => mul(dy, a),
]);

/** a / b of floats: ±∞ and NaN where b is 0. Shapes, `out` and errors as for `add`. */
export const div: BinaryFunction = /* @__PURE__ */ binary("div", [
  ({ b }, dy) => div(dy, b),
  ({ b, y }, dy) => mul(div(mul(dy, y), b), -1),
]);

/** The larger of a and b; NaN where either is. Of equals, a has the gradient. Shapes and so on as for `add`. */
export const maximum: BinaryFunction = /* @__PURE__ */ binary("maximum", [
  ({ a, b }, dy) => keep(greaterEqual(a, b), dy),
  ({ a, b }, dy) => drop(greaterEqual(a, b), dy),
]);

/** The smaller of a and b; NaN where either is. Of equals, a has the gradient. Shapes and so on as for `add`. */
export const minimum: BinaryFunction = /* @__PURE__ */ binary("minimum", [
  ({ a, b }, dy) => keep(greaterEqual(b, a), dy),
  ({ a, b }, dy) => drop(greaterEqual(b, a), dy),
]);

/** 1 where a > b, else 0, in the dtype of both. It has no gradient. Shapes, `out` and errors as for `add`. */
export const greater: BinaryFunction = /* @__PURE__ */ binary("greater", []);

/** 1 where a >= b, else 0, in the dtype of both. It has no gradient. Shapes, `out` and errors as for `add`. */
export const greaterEqual: BinaryFunction = /* @__PURE__ */ binary("greaterEqual", []);

/** 1 where a = b, else 0, in the dtype of both. It has no gradient. Shapes, `out` and errors as for `add`. */
export const equal: BinaryFunction = /* @__PURE__ */ binary("equal", []);

/** b where a is not 0, else 0, even where b is NaN or ∞. Shapes, `out` and errors as for `add`. */
export const keep: BinaryFunction = /* @__PURE__ */ binary("keep", [undefined, ({ a }, dy) => keep(a, dy)]);

/** b where a is 0, else 0, even where b is NaN or ∞. Shapes, `out` and errors as for `add`. */
export const drop: BinaryFunction = /* @__PURE__ */ binary("drop", [undefined, ({ a }, dy) => drop(a, dy)]);

/**
 * The one that is not 0, of two of which one is: what `keep` and `drop` of one condition gave. Unlike `add`, it keeps
 * the sign of -0.
 */
export const either: BinaryFunction = /* @__PURE__ */ binary("either", [(_, dy) => dy, (_, dy) => dy]);

/**
 * a where the condition is not 0, else b; what is not chosen does not matter, be it NaN or ∞.
 *
 * @param condition what `greater`, `greaterEqual` or `equal` gives
 * @param a of a shape that broadcasts with the condition's, or a number
 * @param b the same
 * @throws {ShapeError} shapes do not broadcast
 * @throws {DTypeError} neither floats nor int32, or two dtypes
 * @example
 * using x = tensor(engine, [0.5, 3]);
 * using condition = greater(x, 1);
 * using clipped = where(condition, 1, x);
 * clipped.toArray(); // → [0.5, 1]
 */
export function where<D extends NumberType>(
  condition: Tensor<D>,
  a: Tensor<D> | Repeated,
  b: Tensor<D> | Repeated,
): Tensor<D>;
export function where<D extends NumberType>(
  condition: Value<D>,
  a: Value<D> | Repeated,
  b: Value<D> | Repeated,
): Expression<D>;
export function where(
  condition: Value<NumberType>,
  a: Value<NumberType> | Repeated,
  b: Value<NumberType> | Repeated,
): Value<NumberType> {
  checkFloatOrInt32("where", "condition", condition);
  let shape: Shape | undefined = condition.shape;
  for (const [argument, x] of [["a", a] as const, ["b", b] as const]) {
    if (typeof x === "number") continue;
    checkAlike("where", argument, x, condition);
    const before = show(shape);
    shape = broadcastShape(shape, x.shape);
    if (shape === undefined)
      throw new ShapeError("where", argument, `a shape that broadcasts with ${before}`, show(x.shape));
  }
  // Beside an expression everything is nodes: a tensor made here would be gone when the program runs.
  const by = a instanceof Expression || b instanceof Expression ? expressionOf(condition) : condition;
  return scoped((own) => either(own(chosenBy(keep, by, a)), own(chosenBy(drop, by, b))));
}

function chosenBy(f: BinaryFunction, condition: Value<NumberType>, x: Value<NumberType> | Repeated): Value<NumberType> {
  return typeof x === "number" ? f(condition, x) : f(condition, x);
}

/** The entry of a function of two operands whose number `BINARY` has, from ∂loss/∂a and ∂loss/∂b: none where they are 0. */
export function binary(name: Name, rules: Rules): BinaryFunction {
  const check = name === "div" || name === "atan2" || name === "pow" ? checkFloat : checkFloatOrInt32;
  const operation: Operation = {
    name,
    spec([a, b]) {
      check(name, "a", a as Value);
      checkAlike(name, "b", b as Value, a as Value);
      const shape = broadcastShape((a as Value).shape, (b as Value).shape);
      if (shape !== undefined) return { dtype: (a as Value).dtype, shape };
      const expected = `a shape that broadcasts with a's ${show((a as Value).shape)}`;
      throw new ShapeError(name, "b", expected, show((b as Value).shape));
    },
    bind({ kernels, specs: [a, b], result, at, out }) {
      const walk = walkOver(result.shape, a.shape, b.shape);
      const pointers = [at[0].pointer, at[1].pointer, out.pointer] as const;
      return callsOver(kernels, result.dtype as NumberType, BINARY[name], walk, pointers);
    },
    gradient(which, { operands, result }, dy) {
      const [a, b] = operands;
      const rule = rules[which];
      return rule && sumTo(rule({ a, b, y: result }, dy), (operands[which] as Floats).shape);
    },
    inPlace: [0, 1],
    isElementwise: true,
  };
  const f = (
    a: Value<NumberType> | Repeated,
    b: Value<NumberType> | Repeated,
    options?: Into<NumberType>,
  ): Value<NumberType> => {
    const like = typeof a === "number" ? b : a;
    if (typeof like === "number") throw new OptionError(`${name}: a`, "a tensor or an expression with a number", a);
    check(name, typeof a === "number" ? "b" : "a", like);
    if (typeof a !== "number" && typeof b !== "number") {
      checkDense(name, "b", b);
      return unchanged(operation, a, b) ?? operate(operation, withoutRepeats(a, b), {}, options);
    }
    return scoped((own) => {
      const number = own(
        repeated(`${name}: ${typeof a === "number" ? "a" : "b"}`, like, (typeof a === "number" ? a : b) as number),
      );
      const [left, right] = typeof a === "number" ? [number, like] : [like, number];
      return unchanged(operation, left, right) ?? operate(operation, [left, right], {}, options);
    });
  };
  return withOperation(f as BinaryFunction, operation);
}

/** A number as an operand together with `like`. */
function repeated(option: string, like: Value<NumberType>, value: number): Value<NumberType> {
  if (like.dtype === "int32" && (value | 0) !== value) throw new OptionError(option, "an integer of int32", value);
  if (like instanceof Expression) return constant(like.engine, value, like.dtype as FloatType);
  return tensor(like.engine, value, { dtype: like.dtype });
}

/** x · 1 and x + -0 are x itself, and no node is made for them; x + 0 is not: -0 + 0 is 0. */
function unchanged(operation: Operation, a: Value<NumberType>, b: Value<NumberType>): Value<NumberType> | undefined {
  const neutral = NEUTRAL[operation.name];
  if (neutral === undefined || !(isConstant(a, neutral) || isConstant(b, neutral))) return undefined;
  operation.spec([a, b], {});
  return expressionOf(isConstant(b, neutral) ? a : b);
}

const NEUTRAL: Readonly<Record<string, number>> = { mul: 1, add: -0 };

/** Operands that are repeated anyway need not be repeated before: the result's shape must stay. */
function withoutRepeats(a: Value<NumberType>, b: Value<NumberType>): readonly [Value<NumberType>, Value<NumberType>] {
  const [left, right] = [beforeRepeat(a), beforeRepeat(b)];
  if (isSameShape(left.shape, a.shape) && isSameShape(right.shape, b.shape)) return [a, b];
  const wanted = broadcastShape(a.shape, b.shape) ?? [];
  const keeps = (x: Shape, y: Shape) => isSameShape(broadcastShape(x, y) ?? [-1], wanted);
  if (keeps(left.shape, right.shape)) return [left, right];
  if (keeps(left.shape, b.shape)) return [left, b];
  return keeps(a.shape, right.shape) ? [a, right] : [a, b];
}

function beforeRepeat(x: Value<NumberType>): Value<NumberType> {
  if (!(x instanceof Expression) || x.source.kind !== "applied" || x.source.operation.name !== BROADCAST.name) return x;
  return x.source.operands[0] as Floats;
}
