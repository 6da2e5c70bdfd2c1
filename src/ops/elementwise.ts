/**
 * Functions of one element, and the gradients of the activations from their outputs.
 */

import { scoped } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf } from "../tensor/layout.ts";
import type { Applied, Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MAP_SCRATCH } from "../wasm/abi.ts";
import type { FloatType, NumberType } from "../wasm/dtype.ts";
import {
  add,
  type BinaryFunction,
  binary,
  div,
  drop,
  either,
  equal,
  greater,
  greaterEqual,
  keep,
  type Last,
  maximum,
  minimum,
  mul,
  sub,
} from "./binary.ts";
import { checkAlike, checkFloat, checkFloatOrInt32, checkNumber, checkShapeIs, type Into, intoOf } from "./check.ts";
import { operate, withOperation, withRule } from "./operation.ts";
import { type UnaryFunction, unary } from "./unary.ts";

type Floats = Expression<FloatType>;
type MapName = "exp" | "log" | "sqrt" | "sigmoid" | "tanh" | "relu" | "softplus";
type GradientName = "sigmoidGradient" | "tanhGradient" | "reluGradient";

const NO_OPTIONS = {};

/** Of `gelu`. */
export type GeluOptions = {
  /** By the formula with tanh, or not approximated: by the error function. */
  readonly approximate?: "tanh" | "none";
};

/** Of `leakyRelu`. */
export type SlopeOption = {
  /** Of the line below 0. */
  readonly slope?: number;
};

/** A composite function of one operand, with the `out` of a `UnaryFunction`. */
export type ComposedFunction<T extends NumberType = FloatType> = {
  <D extends T>(x: Tensor<D>, options?: Into<D>): Tensor<D>;
  <D extends T>(x: Expression<D>): Expression<D>;
  <D extends T>(x: Value<D>): Value<D>;
};

/** A function of an activation's output y and of ∂loss/∂y, both of one shape; `out` may be either. */
export type GradientFunction = {
  <D extends FloatType>(y: Tensor<D>, dy: Tensor<D>, options?: Into<D>): Tensor<D>;
  <D extends FloatType>(y: Value<D>, dy: Value<D>): Expression<D>;
};

/**
 * e^x of each element: +∞ above the largest finite result, gradually to 0.
 *
 * @throws {DTypeError} integers
 * @throws {ShapeError} an `out` that does not fit, or overlaps x in part
 * @example
 * using x = tensor(engine, [0, -Infinity]);
 * using y = exp(x);
 * y.toArray(); // → [1, 0]
 */
export const exp: UnaryFunction = /* @__PURE__ */ map("exp", ({ result }, dy) => mul(dy, result));

/** ln x of each element: -∞ at 0, NaN below. Shapes, `out` and errors as for `exp`. */
export const log: UnaryFunction = /* @__PURE__ */ map("log", ({ operands: [x] }, dy) => div(dy, x as Floats));

/** √x of each element: NaN below 0. Shapes, `out` and errors as for `exp`. */
export const sqrt: UnaryFunction = /* @__PURE__ */ map("sqrt", ({ result }, dy) => div(mul(dy, 0.5), result));

/**
 * 1 / (1 + e^-x) of each element. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [0, Infinity]);
 * using y = sigmoid(x);
 * y.toArray(); // → [0.5, 1]
 */
export const sigmoid: UnaryFunction = /* @__PURE__ */ map(
  "sigmoid",
  ({ result }, dy) => sigmoidGradient(result, dy),
  true,
);

/** tanh x of each element. Shapes, `out` and errors as for `exp`. */
export const tanh: UnaryFunction = /* @__PURE__ */ map("tanh", ({ result }, dy) => tanhGradient(result, dy), true);

/**
 * max(x, 0) of each element. Its gradient at 0 is 0. Shapes, `out` and errors as for `exp`.
 *
 * @example
 * using x = tensor(engine, [-1, 2]);
 * relu(x, { out: x }).toArray(); // → [0, 2]
 */
export const relu: UnaryFunction = /* @__PURE__ */ map("relu", ({ result }, dy) => reluGradient(result, dy), true);

/** ln(1 + e^x) of each element, to full relative accuracy. Shapes, `out` and errors as for `exp`. */
export const softplus: UnaryFunction = /* @__PURE__ */ map("softplus", ({ operands: [x] }, dy) =>
  mul(dy, sigmoid(x as Floats)),
);

/**
 * dx = dy · y(1 - y): the gradient of y = sigmoid(x).
 *
 * @param y what `sigmoid` gave
 * @param dy ∂loss/∂y, of y's shape
 * @returns ∂loss/∂x: `out` (which may be y or dy), or a new tensor
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {ShapeError} shapes differ, or `out` overlaps in part
 */
export const sigmoidGradient: GradientFunction = /* @__PURE__ */ mapGradient("sigmoidGradient", (y) =>
  sub(1, mul(y, 2)),
);

/** dx = dy · (1 - y²): the gradient of y = tanh(x). Shapes, `out` and errors as for `sigmoidGradient`. */
export const tanhGradient: GradientFunction = /* @__PURE__ */ mapGradient("tanhGradient", (y) => mul(y, -2));

/** dx = dy where y > 0, else 0: the gradient of y = relu(x). Shapes, `out` and errors as for `sigmoidGradient`. */
export const reluGradient: GradientFunction = /* @__PURE__ */ mapGradient("reluGradient", () => undefined);

/** The error function, 2/√π ∫₀ˣ e^-t² dt, of each element. Shapes, `out` and errors as for `exp`. */
export const erf: UnaryFunction = /* @__PURE__ */ unary("erf", (x, _, dy) =>
  mul(dy, mul(exp(mul(square(x), -1)), ERF_SLOPE)),
);

/** 2/√π */
const ERF_SLOPE = 1.1283791670955126;

/** -x of each element, int32 as well. Shapes, `out` and errors as for `exp`. */
export const neg: ComposedFunction<NumberType> = /* @__PURE__ */ composed(
  "neg",
  (x, into) => (mul as Last)(x, -1, into),
  checkFloatOrInt32,
);

/** x² of each element, int32 as well, which wraps around. Shapes, `out` and errors as for `exp`. */
export const square: ComposedFunction<NumberType> = /* @__PURE__ */ composed(
  "square",
  (x, into) => (mul as Last)(x, x, into),
  checkFloatOrInt32,
);

/**
 * x where x > 0, else slope · x. Its gradient at 0 is the slope. Shapes, `out` and errors as for `exp`.
 *
 * @param options.slope default 0.01
 * @throws {OptionError} slope is not a number
 */
export function leakyRelu<D extends FloatType>(x: Tensor<D>, options?: SlopeOption & Into<D>): Tensor<D>;
export function leakyRelu<D extends FloatType>(x: Expression<D>, options?: SlopeOption): Expression<D>;
export function leakyRelu<D extends FloatType>(x: Value<D>, options?: SlopeOption): Value<D>;
export function leakyRelu(x: Value<FloatType>, options: SlopeOption & Into<FloatType> = {}): Value<FloatType> {
  checkOptions<SlopeOption & Into<FloatType>>("leakyRelu", options, { slope: 1, out: 1 });
  const { slope = 0.01, ...place } = options;
  checkNumber("leakyRelu", "slope", slope);
  checkFloat("leakyRelu", "x", x);
  const into = intoOf("leakyRelu", place, x, [x], [0]);
  return scoped((own) => {
    const isAbove = own(greater(x, 0));
    return (either as Last)(own(keep(isAbove, x)), own(drop(isAbove, own(mul(x, slope)))), into);
  });
}

/**
 * x · Φ(x), Φ the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415), by their formula or by the error function:
 *
 *   "tanh"   ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
 *   "none"   ½ x (1 + erf(x / √2))
 *
 * Its gradient is 0 far below 0 and 1 far above, to ±∞.
 *
 * @param options.approximate default `"tanh"`; PyTorch's is `"none"`
 * @throws {OptionError} another approximation
 * @throws {DTypeError} integers
 */
export function gelu<D extends FloatType>(x: Tensor<D>, options?: GeluOptions & Into<D>): Tensor<D>;
export function gelu<D extends FloatType>(x: Expression<D>, options?: GeluOptions): Expression<D>;
export function gelu<D extends FloatType>(x: Value<D>, options?: GeluOptions): Value<D>;
export function gelu(x: Value<FloatType>, options: GeluOptions & Into<FloatType> = {}): Value<FloatType> {
  checkFloat("gelu", "x", x);
  const approximate = approximationOf(options, { out: 1 });
  const into = intoOf("gelu", options.out === undefined ? NO_OPTIONS : { out: options.out }, x, [x], [0]);
  // Beyond these bounds tanh and erf are ±1 and their slopes 0; within them nothing overflows.
  using bounded = maximum(-GELU_FLAT, x);
  using near = minimum(GELU_FLAT, bounded);
  return approximate === "none" ? geluByErf(x, bounded, near, into) : geluByTanh(x, bounded, near, into);
}

/** @throws {OptionError} unknown options, or an unknown approximation */
export function approximationOf(options: GeluOptions, more: { readonly out?: 1 } = {}): "tanh" | "none" {
  checkOptions<GeluOptions>("gelu", options, { approximate: 1, ...more });
  const { approximate = "tanh" } = options;
  if (approximate !== "tanh" && approximate !== "none")
    throw new OptionError("gelu: approximate", '"tanh" or "none"', approximate);
  return approximate;
}

type GeluParts = readonly [
  x: Value<FloatType>,
  bounded: Value<FloatType>,
  near: Value<FloatType>,
  into: Into<FloatType>,
];

function geluByTanh(...[x, bounded, near, into]: GeluParts): Value<FloatType> {
  using squared = mul(near, near);
  using scaled = mul(squared, GELU_CUBIC * SQRT_2_PI);
  using factor = add(scaled, SQRT_2_PI);
  using inner = mul(near, factor);
  using t = tanh(inner);
  using twice = add(t, 1);
  using half = mul(bounded, 0.5);
  return withRule("gelu", (mul as Last)(half, twice, into), [x], (_, dy) => {
    const [at, inside] = [near as Floats, t as Floats];
    const dInner = tanhGradient(inside, mul(dy, mul(at, 0.5)));
    const dSquared = mul(mul(dInner, at), GELU_CUBIC * SQRT_2_PI);
    const dFactor = mul(dSquared, at);
    return add(add(add(mul(dInner, factor as Floats), dFactor), dFactor), mul(mul(dy, twice as Floats), 0.5));
  });
}

function geluByErf(...[x, bounded, near, into]: GeluParts): Value<FloatType> {
  using inner = mul(near, Math.SQRT1_2);
  using part = erf(inner);
  using twice = add(part, 1);
  using half = mul(bounded, 0.5);
  return withRule("gelu", (mul as Last)(half, twice, into), [x], (_, dy) => {
    const at = near as Floats;
    const density = mul(exp(mul(square(at), -0.5)), 0.5 * SQRT_2_PI);
    return mul(dy, add(mul(twice as Floats, 0.5), mul(at, density)));
  });
}

const GELU_CUBIC = 0.044715;
/** In float64 1 - |tanh| of the formula's argument is 0 from 7.6 on, 1 - |erf| from 8.3 on, and e^(-x²/2) from 39 on. */
const GELU_FLAT = 64;
/** √(2/π) */
const SQRT_2_PI = 0.7978845608028654;

/**
 * x^p. Of two tensors or expressions, which broadcast as those of `add`, to about an ulp, with the special values of C and
 * NumPy: x^0 and 1^p are 1 everywhere, and a power of x below 0 is NaN unless p is an integer.
 *
 * A number p: integer powers are products, or e^(p ln |x|) with x's sign where p is large; x^0 is 1 everywhere. √x
 * is taken for ½; others are e^(p ln x), NaN for x below 0, with a relative error of about |p ln x| units in the last place.
 *
 * Its gradient by x is p · x^(p - 1), also at 0: 0 for p above 1, +∞ for p between 0 and 1; 0 everywhere for p = 0. By p it is
 * x^p · ln x, 0 at x = 0 for p from 0 on.
 *
 * @param x tensor or expression; a number where p is one
 * @param p tensor, expression, or any finite number
 * @throws {OptionError} p is a number that is not finite; two numbers
 * @throws {ShapeError} shapes do not broadcast, or an `out` that does not fit or overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using x = tensor(engine, [1, 2, 3]);
 * using cubes = pow(x, 3);
 * cubes.toArray(); // → [1, 8, 27]
 */
export function pow<D extends FloatType>(x: Tensor<D>, p: number | Tensor<D>, options?: Into<D>): Tensor<D>;
export function pow<D extends FloatType>(x: number, p: Tensor<D>, options?: Into<D>): Tensor<D>;
export function pow<D extends FloatType>(x: Expression<D>, p: number | Value<D>): Expression<D>;
export function pow<D extends FloatType>(x: number | Value<D>, p: Expression<D>): Expression<D>;
export function pow<D extends FloatType>(x: Value<D>, p: number): Value<D>;
export function pow(
  x: number | Value<FloatType>,
  p: number | Value<FloatType>,
  options: Into<FloatType> = NO_OPTIONS,
): Value<FloatType> {
  if (typeof x === "number" || typeof p !== "number") return (powers as Last)(x, p, options);
  checkFloat("pow", "x", x);
  if (!Number.isFinite(p)) throw new OptionError("pow: p", "a finite number", p);
  const into = intoOf("pow", options, x, [x], [0]);
  return withRule("pow", power(x, p, into), [x], (_, dy) => {
    if (p === 0) return undefined;
    return p === 1 ? dy : mul(dy, mul(pow(x as Floats, p - 1), p));
  });
}

/** Of two operands, with the gradients that PyTorch has where a factor is 0. */
const powers: BinaryFunction = /* @__PURE__ */ binary("pow", [
  ({ a, b }, dy) => drop(equal(b, 0), mul(dy, mul(b, powers(a, sub(b, 1))))),
  ({ a, b, y }, dy) => mul(dy, drop(mul(equal(a, 0), greaterEqual(b, 0)), mul(y, log(a)))),
]);

/** The value of `pow`. */
function power(x: Value<FloatType>, p: number, into: Into<FloatType> = NO_OPTIONS): Value<FloatType> {
  const times = mul as Last;
  if (p === -0.5) {
    using root = sqrt(x);
    return (div as Last)(1, root, into);
  }
  if (p < 0 && p === Math.floor(p)) {
    using inverse = div(1, x);
    return power(inverse, -p, into);
  }
  if (p === 0.5) return sqrt(x as Tensor<FloatType>, into);
  if (p !== Math.floor(p)) return expOfLog(x, p, into);
  if (p > LARGEST_PRODUCT) {
    using opposite = mul(x, -1);
    using size = maximum(x, opposite);
    using even = expOfLog(size, p - (p % 2));
    return times(even, p % 2 === 0 ? 1 : x, into);
  }
  if (p === 0) {
    using nothing = keep(0, x); // 0 also where x is NaN or ∞
    return (add as Last)(nothing, 1, into);
  }
  if (p === 1) return times(x, 1, into);
  using half = power(x, Math.floor(p / 2));
  if (p % 2 === 0) return times(half, half, into);
  using even = mul(half, half);
  return times(even, x, into);
}

/** Whole powers up to this are products; those above would round more often than e^(p ln |x|). */
const LARGEST_PRODUCT = 64;

function expOfLog(x: Value<FloatType>, p: number, into: Into<FloatType> = NO_OPTIONS): Value<FloatType> {
  using logarithm = log(x);
  using scaled = mul(logarithm, p);
  return exp(scaled as Tensor<FloatType>, into);
}

/** The entry of a function of one element whose kernel has its name. */
function map(name: MapName, rule: (node: Applied, dy: Floats) => Floats, isActivation = false): UnaryFunction {
  const operation: Operation = {
    name,
    spec([x]) {
      checkFloat(name, "x", x as Value);
      return { dtype: (x as Value).dtype, shape: (x as Value).shape };
    },
    bind({ kernels, result, at: [x], out: y, scratch }) {
      return [kernels[name](countOf(result.shape), x.pointer, y.pointer, scratch)];
    },
    gradient: (_, node, dy) => rule(node, dy),
    inPlace: [0],
    isElementwise: true,
    isActivation,
    scratchBytes: () => MAP_SCRATCH,
  };
  const f = (x: Value<FloatType>, options?: Into<FloatType>) => operate(operation, [x], {}, options);
  return withOperation(f as UnaryFunction, operation);
}

/**
 * The entry of an activation's gradient, which is linear in dy.
 *
 * @param slope ∂dx/∂y, divided by dy; undefined where it is 0
 */
function mapGradient(name: GradientName, slope: (y: Floats) => Floats | undefined): GradientFunction {
  const operation: Operation = {
    name,
    spec([y, dy]) {
      checkFloat(name, "y", y as Value);
      checkAlike(name, "dy", dy as Value, y as Value);
      checkShapeIs(name, "dy", dy as Value, (y as Value).shape);
      return { dtype: (y as Value).dtype, shape: (y as Value).shape };
    },
    bind({ kernels, result, at: [y, dy], out: dx }) {
      return [kernels[name](countOf(result.shape), y.pointer, dy.pointer, dx.pointer)];
    },
    gradient(which, { operands }, g) {
      const [y, dy] = operands;
      if (which === 1) return operate(operation, [y, g], {}) as Floats;
      const factor = slope(y);
      return factor && mul(mul(g, dy), factor);
    },
    inPlace: [0, 1],
    isElementwise: true,
    flops: ({ result }) => 3 * countOf(result.shape),
  };
  const f = (y: Value<FloatType>, dy: Value<FloatType>, options?: Into<FloatType>) =>
    operate(operation, [y, dy], {}, options);
  return withOperation(f as GradientFunction, operation);
}

/**
 * A composite operation: eager intermediates are disposed of; lazy ones become graph nodes. Its last operation writes to the
 * caller's `out`, and x may be that.
 */
export function composed<T extends NumberType = FloatType>(
  name: string,
  f: (x: Value<FloatType>, into: Into<FloatType>) => Value<FloatType>,
  check: typeof checkFloat = checkFloat,
): ComposedFunction<T> {
  return ((x: Value<FloatType>, options: Into<FloatType> = NO_OPTIONS) => {
    check(name, "x", x);
    return f(x, intoOf(name, options, x, [x], [0]));
  }) as ComposedFunction<T>;
}
