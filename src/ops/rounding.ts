/** Sizes and signs, integers near a number, and quotients and remainders of divisions. */
import { scoped } from "../disposable.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import { type BinaryFunction, binary, greater, type Last, maximum, mul, sub } from "./binary.ts";
import { type Into, intoOf } from "./check.ts";
import type { ComposedFunction } from "./elementwise.ts";
import { operationOf, withOperation } from "./operation.ts";
import { type UnaryFunction, unary } from "./unary.ts";

type Floats = Expression<FloatType>;

/**
 * |x| of each element; of int32 the smallest number stays. Its gradient at 0 is 0. Shapes, `out` and errors as for `neg`.
 *
 * @example
 * using x = tensor(engine, [-2, 0, 3]);
 * using y = abs(x);
 * y.toArray(); // → [2, 0, 3]
 */
export const abs: ComposedFunction<NumberType> = /* @__PURE__ */ integral(
  "abs",
  (x, into) => scoped((own) => (maximum as Last)(x, own(mul(x, -1)), into)),
  (x, _, dy) => mul(dy, sign(x)),
);

/** 1 above 0, -1 below, 0 at ±0, NaN at NaN. It has no gradient. Shapes, `out` and errors as for `neg`. */
export const sign: ComposedFunction<NumberType> = /* @__PURE__ */ integral("sign", (x, into) =>
  scoped((own) => (sub as Last)(own(greater(x, 0)), own(greater(0, x)), into)),
);

/** The largest integer that is not above x. It has no gradient. Shapes, `out` and errors as for `neg`. */
export const floor: ComposedFunction<NumberType> = /* @__PURE__ */ integral("floor", same);

/** The smallest integer that is not below x. It has no gradient. Shapes, `out` and errors as for `neg`. */
export const ceil: ComposedFunction<NumberType> = /* @__PURE__ */ integral("ceil", same);

/** x without its fraction: the nearest integer towards 0. It has no gradient. Shapes, `out` and errors as for `neg`. */
export const trunc: ComposedFunction<NumberType> = /* @__PURE__ */ integral("trunc", same);

/**
 * The nearest integer, of two equally near the even one, as NumPy and PyTorch round. It has no gradient. Shapes, `out` and
 * errors as for `neg`.
 *
 * @example
 * using x = tensor(engine, [0.5, 1.5, 2.5, -0.7]);
 * using y = round(x);
 * y.toArray(); // → [0, 2, 2, -1]
 */
export const round: ComposedFunction<NumberType> = /* @__PURE__ */ integral("round", same);

/**
 * a - b · ⌊a / b⌋, exact but for one rounding: the remainder with b's sign, as NumPy's `mod` and Python's %; NaN where b is 0 or
 * a infinite. Its gradient by a is 1, by b -⌊a / b⌋. Shapes, `out` and errors as for `add`.
 *
 * @example
 * using a = tensor(engine, [7, -7, 7.5]);
 * using y = mod(a, 4);
 * y.toArray(); // → [3, 1, 3.5]
 */
export const mod: BinaryFunction = /* @__PURE__ */ binary("mod", [
  (_, dy) => dy,
  ({ a, b }, dy) => mul(dy, mul(floorDiv(a, b), -1)),
]);

/**
 * ⌊a / b⌋ of the exact quotient, as NumPy's `floor_divide` and Python's //; a / b where b is 0. It has no gradient. Shapes,
 * `out` and errors as for `add`.
 */
export const floorDiv: BinaryFunction = /* @__PURE__ */ binary("floorDiv", []);

/** A function of one element, by another way for int32: integers are integers already. */
function integral(
  name: Parameters<typeof unary>[0],
  ofIntegers: (x: Value<NumberType>, into: Into<NumberType>) => Value,
  rule?: (x: Floats, y: Floats, dy: Floats) => Floats,
): ComposedFunction<NumberType> {
  const ofFloats: UnaryFunction = unary(name, rule);
  const f = (x: Value<NumberType>, options?: Into<NumberType>): Value => {
    if ((x as Value | undefined)?.dtype !== "int32") return (ofFloats as Applied)(x, options);
    return ofIntegers(x, intoOf(name, options ?? {}, x, [x], [0]));
  };
  return withOperation(f as ComposedFunction<NumberType>, operationOf(ofFloats));
}

type Applied = (x: Value, options?: Into<NumberType>) => Value;

function same(x: Value<NumberType>, into: Into<NumberType>): Value {
  return (mul as Last)(x, 1, into);
}
