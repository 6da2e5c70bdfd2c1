/** Angles in radians, and the hyperbolic functions. Accuracies: docs/quality/numerics.md. */
import type { Expression } from "../tensor/expression.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, type BinaryFunction, binary, div, mul, sub } from "./binary.ts";
import { sqrt, square } from "./elementwise.ts";
import { withRule } from "./operation.ts";
import { type UnaryFunction, unary } from "./unary.ts";

type Floats = Expression<FloatType>;

/**
 * sin x of each element, for every x; NaN for ±∞. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [0, Math.PI / 6]);
 * using y = sin(x);
 * y.toArray(); // → [0, 0.5]
 */
export const sin: UnaryFunction = /* @__PURE__ */ unary("sin", (x, _, dy) => mul(dy, cos(x)));

/** cos x of each element, for every x; NaN for ±∞. Shapes, `out` and errors as for `exp`. */
export const cos: UnaryFunction = /* @__PURE__ */ unary("cos", (x, _, dy) => mul(dy, mul(sin(x), -1)));

/** tan x of each element, for every x; NaN for ±∞. Shapes, `out` and errors as for `exp`. */
export const tan: UnaryFunction = /* @__PURE__ */ unary("tan", (_, y, dy) => mul(dy, add(square(y), 1)));

/** The angle from -π/2 to π/2 whose sine is x; NaN outside of [-1, 1]. Shapes, `out` and errors as for `exp`. */
export const asin: UnaryFunction = /* @__PURE__ */ unary("asin", (x, _, dy) => div(dy, otherLeg(x)));

/** The angle from 0 to π whose cosine is x; NaN outside of [-1, 1]. Shapes, `out` and errors as for `exp`. */
export const acos: UnaryFunction = /* @__PURE__ */ unary("acos", (x, _, dy) => mul(div(dy, otherLeg(x)), -1));

/** The angle from -π/2 to π/2 whose tangent is x. Shapes, `out` and errors as for `exp`. */
export const atan: UnaryFunction = /* @__PURE__ */ unary("atan", (x, _, dy) => div(dy, add(square(x), 1)));

/**
 * The angle from -π to π of the point (b, a): atan(a / b) in the quadrant that the signs say, those of zeros included.
 * Shapes, `out` and errors as for `add`.
 *
 * @example
 * using y = tensor(engine, [1, -1]);
 * using x = tensor(engine, [-1, -1]);
 * using angles = atan2(y, x);
 * angles.toArray(); // → [2.356…, -2.356…]
 */
export const atan2: BinaryFunction = /* @__PURE__ */ binary("atan2", [
  ({ a, b }, dy) => div(mul(dy, b), add(square(a), square(b))),
  ({ a, b }, dy) => mul(div(mul(dy, a), add(square(a), square(b))), -1),
]);

/** ½(e^x - e^-x) of each element. Shapes, `out` and errors as for `exp`. */
export const sinh: UnaryFunction = /* @__PURE__ */ unary("sinh", (x, _, dy) => mul(dy, cosh(x)));

/** ½(e^x + e^-x) of each element. Shapes, `out` and errors as for `exp`. */
export const cosh: UnaryFunction = /* @__PURE__ */ unary("cosh", (x, _, dy) => mul(dy, sinh(x)));

/** √(1 - x²): factors keep its digits near ±1, and the rule those of its slope near 0. */
function otherLeg(x: Floats): Floats {
  const y = sqrt(mul(sub(1, x), add(x, 1)));
  return withRule("otherLeg", y, [x], (_, dy) => mul(div(mul(dy, x), y), -1)) as Floats;
}
