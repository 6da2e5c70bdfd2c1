/** Activations that are composed of other operations. Gradients at kinks are PyTorch's. */
import { scoped } from "../disposable.ts";
import { ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { broadcastShape } from "../tensor/broadcast.ts";
import { Expression, expressionOf, type Value } from "../tensor/expression.ts";
import { isSameShape, show } from "../tensor/layout.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { add, div, drop, either, greater, greaterEqual, keep, type Last, maximum, minimum, mul } from "./binary.ts";
import { checkAlike, checkFloat, checkNumber, type Into, intoOf } from "./check.ts";
import { less, logicalAnd } from "./comparison.ts";
import {
  type ComposedFunction,
  composed,
  exp,
  sigmoid,
  sigmoidGradient,
  softplus,
  tanh,
  tanhGradient,
} from "./elementwise.ts";
import { expm1 } from "./logarithms.ts";
import { withRule } from "./operation.ts";
import { sumTo } from "./sum.ts";

type Floats = Expression<FloatType>;

/** Of `elu`. */
export type AlphaOption = {
  /** The limit far below 0 is -alpha. */
  readonly alpha?: number;
};

/** Beyond it sigmoid(x) is 0 or 1 in either type, and its slope 0. */
const FLAT = 1000;

/**
 * x · sigmoid(x) (Hendrycks and Gimpel, arXiv 1606.08415), also called swish; -0 far below 0, to -∞. Shapes, `out` and errors
 * as for `exp`.
 *
 * @example
 * using x = tensor(engine, [0, 100]);
 * using y = silu(x);
 * y.toArray(); // → [0, 100]
 */
export const silu: ComposedFunction = /* @__PURE__ */ composed("silu", (x, into) => {
  using bounded = maximum(-FLAT, x);
  using s = sigmoid(bounded);
  return withRule("silu", (mul as Last)(bounded, s, into), [x], (_, dy) => {
    const [at, slope] = [minimum(FLAT, bounded as Floats), s as Floats];
    return add(mul(dy, slope), sigmoidGradient(slope, mul(dy, at)));
  });
});

/** x · tanh(softplus(x)) (Misra, arXiv 1908.08681); -0 far below 0, to -∞. Shapes, `out` and errors as for `exp`. */
export const mish: ComposedFunction = /* @__PURE__ */ composed("mish", (x, into) => {
  using bounded = maximum(-FLAT, x);
  using soft = softplus(bounded);
  using t = tanh(soft);
  return withRule("mish", (mul as Last)(bounded, t, into), [x], (_, dy) => {
    const at = minimum(FLAT, bounded as Floats);
    return add(mul(dy, t as Floats), tanhGradient(t as Floats, mul(mul(dy, at), sigmoid(at))));
  });
});

/**
 * x above 0, else alpha · (e^x - 1) (Clevert et al., arXiv 1511.07289). Its gradient at 0 is alpha.
 *
 * @param options.alpha default 1
 * @throws {OptionError} alpha is not a number
 * @throws {DTypeError} integers
 * @throws {ShapeError} an `out` that does not fit, or overlaps in part
 * @example
 * using x = tensor(engine, [-Infinity, 2]);
 * using y = elu(x, { alpha: 0.5 });
 * y.toArray(); // → [-0.5, 2]
 */
export function elu<D extends FloatType>(x: Tensor<D>, options?: AlphaOption & Into<D>): Tensor<D>;
export function elu<D extends FloatType>(x: Expression<D>, options?: AlphaOption): Expression<D>;
export function elu<D extends FloatType>(x: Value<D>, options?: AlphaOption): Value<D>;
export function elu(x: Value<FloatType>, options: AlphaOption & Into<FloatType> = {}): Value<FloatType> {
  checkFloat("elu", "x", x);
  checkOptions<AlphaOption & Into<FloatType>>("elu", options, { alpha: 1, out: 1 });
  const { alpha = 1, ...place } = options;
  checkNumber("elu", "alpha", alpha);
  return scaledElu("elu", x, { scale: 1, alpha, into: intoOf("elu", place, x, [x], [0]) });
}

/**
 * λx above 0, else λα · (e^x - 1), with λ = 1.0507… and α = 1.6732…, for which mean 0 and variance 1 are a fixed point (Klambauer
 * et al., arXiv 1706.02515). Its gradient at 0 is λα. Shapes, `out` and errors as for `exp`.
 */
export const selu: ComposedFunction = /* @__PURE__ */ composed("selu", (x, into) =>
  scaledElu("selu", x, { scale: SELU_SCALE, alpha: SELU_ALPHA, into }),
);

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

type Scaled = { readonly scale: number; readonly alpha: number; readonly into: Into<FloatType> };

function scaledElu(name: string, x: Value<FloatType>, { scale, alpha, into }: Scaled): Value<FloatType> {
  const y = scoped((own) => {
    const isAbove = own(greater(x, 0));
    const below = own(mul(own(expm1(own(minimum(x, 0)))), scale * alpha));
    return (either as Last)(own(keep(isAbove, own(mul(x, scale)))), own(drop(isAbove, below)), into);
  });
  return withRule(name, y, [x], (_, dy) => {
    const at = x as Floats;
    const isAbove = greater(at, 0);
    const below = mul(dy, mul(exp(minimum(0, at)), scale * alpha));
    return either(keep(isAbove, mul(dy, scale)), drop(isAbove, below));
  });
}

/** x between 0 and 6. Its gradient is 1 between them, 0 at both and beyond. Shapes, `out` and errors as for `exp`. */
export const relu6: ComposedFunction = /* @__PURE__ */ composed("relu6", (x, into) => {
  using above = maximum(x, 0);
  return withRule("relu6", (minimum as Last)(above, 6, into), [x], (_, dy) => keep(isBetween(x as Floats, 0, 6), dy));
});

/** (x + 3) / 6 between 0 and 1. Its gradient is 1/6 between -3 and 3, 0 at both and beyond. Shapes, `out` and errors as for `exp`. */
export const hardSigmoid: ComposedFunction = /* @__PURE__ */ composed("hardSigmoid", (x, into) =>
  withRule("hardSigmoid", ramp(x, into), [x], (_, dy) => keep(isBetween(x as Floats, -3, 3), div(dy, 6))),
);

/**
 * x · `hardSigmoid`(x) (Howard et al., arXiv 1905.02244); -0 up to -3, from -∞ on. Its gradient is 0 below -3, 1 from 3 on, and
 * x/3 + ½ between them. Shapes, `out` and errors as for `exp`.
 */
export const hardSwish: ComposedFunction = /* @__PURE__ */ composed("hardSwish", (x, into) => {
  using bounded = maximum(x, -3);
  using factor = ramp(bounded, {});
  return withRule("hardSwish", (mul as Last)(bounded, factor, into), [x], (_, dy) => {
    const at = x as Floats;
    const isHigh = greaterEqual(at, 3);
    const middle = mul(dy, add(div(at, 3), 0.5));
    return drop(less(at, -3), either(keep(isHigh, dy), drop(isHigh, middle)));
  });
});

/**
 * x above 0, else slope · x, where the slope is a parameter (He et al., arXiv 1502.01852). The gradient at 0 is the slope by x, 0 by
 * the slope.
 *
 * @param slope one number, or one for each column: of a shape that broadcasts to x's
 * @throws {ShapeError} shapes do not broadcast, or an `out` that does not fit or overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @example
 * using x = tensor(engine, [[-2, 2]]);
 * using slope = tensor(engine, [0.25, 0.25]);
 * using y = prelu(x, slope);
 * y.toArray(); // → [[-0.5, 2]]
 */
export function prelu<D extends FloatType>(x: Tensor<D>, slope: Tensor<D>, options?: Into<D>): Tensor<D>;
export function prelu<D extends FloatType>(x: Value<D>, slope: Value<D>): Expression<D>;
export function prelu(x: Value<FloatType>, slope: Value<FloatType>, options: Into<FloatType> = {}): Value<FloatType> {
  checkFloat("prelu", "x", x);
  checkAlike("prelu", "slope", slope, x);
  if (!isSameShape(broadcastShape(x.shape, slope.shape) ?? [-1], x.shape))
    throw new ShapeError("prelu", "slope", `a shape that broadcasts to ${show(x.shape)}`, show(slope.shape));
  const into = intoOf("prelu", options, x, [x, slope], [0]);
  // With an expression everything is nodes: a tensor made here would be gone when the program runs.
  const at = slope instanceof Expression ? expressionOf(x) : x;
  const y = scoped((own) => {
    const isAbove = own(greater(at, 0));
    return (either as Last)(own(keep(isAbove, at)), own(drop(isAbove, own(mul(at, slope)))), into);
  });
  return withRule("prelu", y, [x, slope], (which, dy) => {
    const node = expressionOf(x);
    const isAbove = greater(node, 0);
    if (which === 1) return sumTo(drop(isAbove, mul(dy, node)), slope.shape);
    return either(keep(isAbove, dy), drop(isAbove, mul(dy, slope)));
  });
}

/** (x + 3) / 6 between 0 and 1. */
function ramp(x: Value<FloatType>, into: Into<FloatType>): Value<FloatType> {
  return scoped((own) => (div as Last)(own(minimum(own(maximum(own(add(x, 3)), 0)), 6)), 6, into));
}

/** 1 where low < x < high, else 0. */
function isBetween(x: Floats, low: number, high: number): Floats {
  return logicalAnd(greater(x, low), less(x, high));
}
