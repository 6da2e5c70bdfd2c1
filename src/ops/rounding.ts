/** Sizes and signs, integers near a number, and quotients and remainders of divisions. */
import { type BinaryFunction, binary, mul } from "./binary.ts";
import { type UnaryFunction, unary } from "./unary.ts";

/**
 * |x| of each element. Its gradient at 0 is 0. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [-2, 0, 3]);
 * using y = abs(x);
 * y.toArray(); // → [2, 0, 3]
 */
export const abs: UnaryFunction = /* @__PURE__ */ unary("abs", (x, _, dy) => mul(dy, sign(x)));

/** 1 above 0, -1 below, 0 at ±0, NaN at NaN. It has no gradient. Shapes, `out` and errors as for `exp`. */
export const sign: UnaryFunction = /* @__PURE__ */ unary("sign");

/** The largest integer that is not above x. It has no gradient. Shapes, `out` and errors as for `exp`. */
export const floor: UnaryFunction = /* @__PURE__ */ unary("floor");

/** The smallest integer that is not below x. It has no gradient. Shapes, `out` and errors as for `exp`. */
export const ceil: UnaryFunction = /* @__PURE__ */ unary("ceil");

/** x without its fraction: the nearest integer towards 0. It has no gradient. Shapes, `out` and errors as for `exp`. */
export const trunc: UnaryFunction = /* @__PURE__ */ unary("trunc");

/**
 * The nearest integer, of two equally near the even one, as NumPy and PyTorch round. It has no gradient. Shapes, `out` and
 * errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [0.5, 1.5, 2.5, -0.7]);
 * using y = round(x);
 * y.toArray(); // → [0, 2, 2, -1]
 */
export const round: UnaryFunction = /* @__PURE__ */ unary("round");

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
