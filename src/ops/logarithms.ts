/** Exponentials and logarithms that keep their digits, and inverses. */
import type { Expression } from "../tensor/expression.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, div, type Last, mul } from "./binary.ts";
import { type ComposedFunction, composed, sqrt, square } from "./elementwise.ts";
import { withRule } from "./operation.ts";
import { type UnaryFunction, unary } from "./unary.ts";

type Floats = Expression<FloatType>;

/**
 * e^x - 1 of each element, near 0 with all its digits. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [0, Math.LN2]);
 * using y = expm1(x);
 * y.toArray(); // → [0, 1]
 */
export const expm1: UnaryFunction = /* @__PURE__ */ unary("expm1", (_, y, dy) => mul(dy, add(y, 1)));

/** ln(1 + x) of each element, near 0 with all its digits; -∞ at -1, NaN below. Shapes, `out` and errors as for `exp`. */
export const log1p: UnaryFunction = /* @__PURE__ */ unary("log1p", (x, _, dy) => div(dy, add(x, 1)));

/** log₂ x of each element, exact for powers of 2; -∞ at 0, NaN below. Shapes, `out` and errors as for `exp`. */
export const log2: UnaryFunction = /* @__PURE__ */ unary("log2", (x, _, dy) => div(dy, mul(x, Math.LN2)));

/** log₁₀ x of each element, exact for powers of 10; -∞ at 0, NaN below. Shapes, `out` and errors as for `exp`. */
export const log10: UnaryFunction = /* @__PURE__ */ unary("log10", (x, _, dy) => div(dy, mul(x, Math.LN10)));

/**
 * 1 / x of each element: ±∞ at ±0. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [2, -0.5]);
 * using y = reciprocal(x);
 * y.toArray(); // → [0.5, -2]
 */
export const reciprocal: ComposedFunction = /* @__PURE__ */ composed("reciprocal", (x, into) => {
  const y = (div as Last)(1, x, into);
  return withRule("reciprocal", y, [x], (_, dy) => mul(dy, mul(square(y as Floats), -1)));
});

/** 1 / √x of each element: ±∞ at ±0, NaN below. Shapes, `out` and errors as for `exp`. */
export const rsqrt: ComposedFunction = /* @__PURE__ */ composed("rsqrt", (x, into) => {
  using root = sqrt(x);
  const y = (div as Last)(1, root, into);
  return withRule("rsqrt", y, [x], (_, dy) => mul(dy, mul(mul(square(y as Floats), y as Floats), -0.5)));
});
