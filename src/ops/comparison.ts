/** What holds of an element, as 1 and 0: none of these functions has a gradient. */
import { scoped } from "../disposable.ts";
import type { NumberType } from "../wasm/dtype.ts";
import { type BinaryFunction, binary, equal, type Last, sub } from "./binary.ts";
import { checkFloatOrInt32 } from "./check.ts";
import { type ComposedFunction, composed } from "./elementwise.ts";

/** 1 where a < b, else 0. It has no gradient. Shapes, `out` and errors as for `add`. */
export const less: BinaryFunction = /* @__PURE__ */ binary("less", []);

/** 1 where a <= b, else 0. It has no gradient. Shapes, `out` and errors as for `add`. */
export const lessEqual: BinaryFunction = /* @__PURE__ */ binary("lessEqual", []);

/** 1 where a ≠ b, also where either is NaN, else 0. It has no gradient. Shapes, `out` and errors as for `add`. */
export const notEqual: BinaryFunction = /* @__PURE__ */ binary("notEqual", []);

/** 1 where neither is 0 (NaN is not 0), else 0. It has no gradient. Shapes, `out` and errors as for `add`. */
export const logicalAnd: BinaryFunction = /* @__PURE__ */ binary("logicalAnd", []);

/** 1 where a or b or both are not 0 (NaN is not), else 0. It has no gradient. Shapes, `out` and errors as for `add`. */
export const logicalOr: BinaryFunction = /* @__PURE__ */ binary("logicalOr", []);

/**
 * 1 where x is 0, else 0. It has no gradient. Shapes, `out` and errors as for `neg`.
 *
 * @example
 * using x = tensor(engine, [0, 2, NaN]);
 * using y = logicalNot(x);
 * y.toArray(); // → [1, 0, 0]
 */
export const logicalNot: ComposedFunction<NumberType> = /* @__PURE__ */ composed(
  "logicalNot",
  (x, into) => (equal as Last)(x, 0, into),
  checkFloatOrInt32,
);

/** 1 where x is NaN, else 0. It has no gradient. Shapes, `out` and errors as for `neg`. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: NumPy's and PyTorch's name
export const isNaN: ComposedFunction<NumberType> = /* @__PURE__ */ composed(
  "isNaN",
  (x, into) => (notEqual as Last)(x, x, into),
  checkFloatOrInt32,
);

/** 1 where x is neither NaN nor infinite, else 0. It has no gradient. Shapes, `out` and errors as for `neg`. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: NumPy's and PyTorch's name
export const isFinite: ComposedFunction<NumberType> = /* @__PURE__ */ composed(
  "isFinite",
  (x, into) => scoped((own) => (equal as Last)(own(sub(x, x)), 0, into)), // ∞ - ∞ is NaN
  checkFloatOrInt32,
);
