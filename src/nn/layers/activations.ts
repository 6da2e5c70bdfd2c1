/** Activations: the operations of src/ops, which are layers where nothing is given to compute. */
import { OptionError } from "../../errors.ts";
import {
  type AlphaOption,
  elu as eluOf,
  hardSigmoid as hardSigmoidOf,
  hardSwish as hardSwishOf,
  mish as mishOf,
  relu6 as relu6Of,
  selu as seluOf,
  silu as siluOf,
} from "../../ops/activations.ts";
import { checkNumber, type Into } from "../../ops/check.ts";
import {
  approximationOf,
  type ComposedFunction,
  type GeluOptions,
  gelu as geluOf,
  leakyRelu as leakyReluOf,
  relu as reluOf,
  type SlopeOption,
  sigmoid as sigmoidOf,
  softplus as softplusOf,
  tanh as tanhOf,
} from "../../ops/elementwise.ts";
import type { UnaryFunction } from "../../ops/unary.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type LayerFormats, type LayerRecord, layerOf, type OnnxOperator } from "./record.ts";

/** An activation as a layer's description: what these functions give when they are called without an operand. */
export type ActivationLayer = {
  readonly kind: "activation";
  /** The function. */
  readonly name:
    | "sigmoid"
    | "tanh"
    | "relu"
    | "leakyRelu"
    | "softplus"
    | "gelu"
    | "silu"
    | "mish"
    | "elu"
    | "selu"
    | "relu6"
    | "hardSigmoid"
    | "hardSwish";
  /** Of leakyRelu. */
  readonly slope?: number;
  /** Of elu. */
  readonly alpha?: number;
  /** Of gelu by the error function. */
  readonly approximate?: "none";
};

/** As `UnaryFunction`, and without an operand a layer's description. */
export type ActivationFunction = UnaryFunction & (() => ActivationLayer);

/**
 * 1 / (1 + e^-x) of each element. Shapes, `out` and errors as for `exp`. Without x, a layer's description.
 *
 * @example
 * using x = tensor(engine, [0, Infinity]);
 * using y = sigmoid(x);
 * y.toArray(); // → [0.5, 1]
 */
export const sigmoid: ActivationFunction = /* @__PURE__ */ activation("sigmoid", sigmoidOf, false);

/** tanh x of each element. Shapes, `out` and errors as for `exp`. Without x, a layer's description. */
export const tanh: ActivationFunction = /* @__PURE__ */ activation("tanh", tanhOf, false);

/**
 * max(x, 0) of each element. Its gradient at 0 is 0. Shapes, `out` and errors as for `exp`. Without x, a layer's description.
 *
 * @example
 * using x = tensor(engine, [-1, 2]);
 * relu(x, { out: x }).toArray(); // → [0, 2]
 * const layer = relu(); // for `sequential`
 */
export const relu: ActivationFunction = /* @__PURE__ */ activation("relu", reluOf, true);

/** ln(1 + e^x) of each element, to full relative accuracy. Shapes, `out` and errors as for `exp`. Without x, a layer's description. */
export const softplus: ActivationFunction = /* @__PURE__ */ activation("softplus", softplusOf, true);

/**
 * x · sigmoid(x) (Hendrycks and Gimpel, arXiv 1606.08415), also called swish; -0 far below 0, to -∞. Shapes, `out` and errors
 * as for `exp`. Without x, a layer's description.
 *
 * @example
 * using x = tensor(engine, [0, 100]);
 * using y = silu(x);
 * y.toArray(); // → [0, 100]
 */
export const silu: ActivationFunction = /* @__PURE__ */ activation("silu", siluOf, true);

/**
 * x · tanh(softplus(x)) (Misra, arXiv 1908.08681); -0 far below 0, to -∞. Shapes, `out` and errors as for `exp`. Without x, a
 * layer's description.
 */
export const mish: ActivationFunction = /* @__PURE__ */ activation("mish", mishOf, true);

/**
 * λx above 0, else λα · (e^x - 1), with λ = 1.0507… and α = 1.6732…, for which mean 0 and variance 1 are a fixed point (Klambauer
 * et al., arXiv 1706.02515). Its gradient at 0 is λα. Shapes, `out` and errors as for `exp`. Without x, a layer's description.
 */
export const selu: ActivationFunction = /* @__PURE__ */ activation("selu", seluOf, false); // weights of variance 1 / fan-in

/**
 * x between 0 and 6. Its gradient is 1 between them, 0 at both and beyond. Shapes, `out` and errors as for `exp`. Without x, a layer's
 * description.
 */
export const relu6: ActivationFunction = /* @__PURE__ */ activation("relu6", relu6Of, true);

/**
 * (x + 3) / 6 between 0 and 1. Its gradient is 1/6 between -3 and 3, 0 at both and beyond. Shapes, `out` and errors as for `exp`.
 * Without x, a layer's description.
 */
export const hardSigmoid: ActivationFunction = /* @__PURE__ */ activation("hardSigmoid", hardSigmoidOf, false);

/**
 * x · `hardSigmoid`(x) (Howard et al., arXiv 1905.02244); -0 up to -3, from -∞ on. Its gradient is 0 below -3, 1 from 3 on, and
 * x/3 + ½ between them. Shapes, `out` and errors as for `exp`. Without x, a layer's description.
 */
export const hardSwish: ActivationFunction = /* @__PURE__ */ activation("hardSwish", hardSwishOf, true);

/**
 * x above 0, else alpha · (e^x - 1) (Clevert et al., arXiv 1511.07289). Its gradient at 0 is alpha. Without x, a layer's
 * description.
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
export function elu(options?: AlphaOption): ActivationLayer;
export function elu<D extends FloatType>(x: Tensor<D>, options?: AlphaOption & Into<D>): Tensor<D>;
export function elu<D extends FloatType>(x: Expression<D>, options?: AlphaOption): Expression<D>;
export function elu<D extends FloatType>(x: Value<D>, options?: AlphaOption): Value<D>;
export function elu(
  x: Value<FloatType> | AlphaOption = {},
  options: AlphaOption = {},
): Value<FloatType> | ActivationLayer {
  if (x instanceof Tensor || x instanceof Expression) return eluOf(x, options);
  checkOptions<AlphaOption>("elu", x, { alpha: 1 });
  const { alpha = 1 } = x;
  checkNumber("elu", "alpha", alpha);
  return layerOf({ kind: "activation", name: "elu", alpha }, ELU);
}

const ELU: LayerRecord<ActivationLayer> = /* @__PURE__ */ eluRecord();

function eluRecord(): LayerRecord<ActivationLayer> {
  const record = recordOfActivation("elu", (x, { alpha = 1 }) => eluOf(x, { alpha }), true);
  return {
    ...record,
    check(option, layer) {
      record.check(option, layer);
      if (layer.alpha !== undefined) checkNumber(option, "alpha", layer.alpha);
    },
    keys: { kind: 1, name: 1, alpha: 1 } as LayerRecord<ActivationLayer>["keys"],
  };
}

/**
 * x · Φ(x), Φ the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415), by their formula or by the error function:
 *
 *   "tanh"   ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
 *   "none"   ½ x (1 + erf(x / √2))
 *
 * Its gradient is 0 far below 0 and 1 far above, to ±∞. Without x, a layer's description.
 *
 * @param options.approximate default `"tanh"`; PyTorch's is `"none"`
 * @throws {OptionError} another approximation
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [1]);
 * using y = gelu(x);
 * using exact = gelu(x, { approximate: "none" });
 * [y.toArray(), exact.toArray()]; // → [[0.8411…], [0.8413…]]
 */
export function gelu(options?: GeluOptions): ActivationLayer;
export function gelu<D extends FloatType>(x: Tensor<D>, options?: GeluOptions & Into<D>): Tensor<D>;
export function gelu<D extends FloatType>(x: Expression<D>, options?: GeluOptions): Expression<D>;
export function gelu<D extends FloatType>(x: Value<D>, options?: GeluOptions): Value<D>;
export function gelu(
  x: Value<FloatType> | GeluOptions = {},
  options: GeluOptions = {},
): Value<FloatType> | ActivationLayer {
  if (x instanceof Tensor || x instanceof Expression) return geluOf(x, options);
  const isExact = approximationOf(x) === "none";
  return layerOf({ kind: "activation", name: "gelu", ...(isExact ? { approximate: "none" } : {}) }, GELU);
}

const GELU: LayerRecord<ActivationLayer> = /* @__PURE__ */ geluRecord();

function geluRecord(): LayerRecord<ActivationLayer> {
  return {
    ...recordOfActivation(
      "gelu",
      (x, { approximate }) => geluOf(x, approximate === undefined ? {} : { approximate }),
      true,
    ),
    keys: { kind: 1, name: 1, approximate: 1 } as LayerRecord<ActivationLayer>["keys"],
  };
}

/**
 * x where x > 0, else slope · x. Its gradient at 0 is the slope. Without x, a layer's description.
 *
 * @param options.slope default 0.01
 * @throws {OptionError} slope is not a number
 * @example
 * using x = tensor(engine, [-2, 2]);
 * using y = leakyRelu(x, { slope: 0.25 });
 * y.toArray(); // → [-0.5, 2]
 */
export function leakyRelu(options?: SlopeOption): ActivationLayer;
export function leakyRelu<D extends FloatType>(x: Tensor<D>, options?: SlopeOption & Into<D>): Tensor<D>;
export function leakyRelu<D extends FloatType>(x: Expression<D>, options?: SlopeOption): Expression<D>;
export function leakyRelu<D extends FloatType>(x: Value<D>, options?: SlopeOption): Value<D>;
export function leakyRelu<D extends FloatType>(
  x: Value<D> | SlopeOption = {},
  options: SlopeOption = {},
): Value<D> | ActivationLayer {
  if (x instanceof Tensor || x instanceof Expression) return leakyReluOf(x, options);
  checkOptions<SlopeOption>("leakyRelu", x, { slope: 1 });
  const { slope = DEFAULT_SLOPE } = x;
  checkNumber("leakyRelu", "slope", slope);
  return layerOf({ kind: "activation", name: "leakyRelu", slope }, LEAKY_RELU);
}

const DEFAULT_SLOPE = 0.01;
const LEAKY_RELU: LayerRecord<ActivationLayer> = /* @__PURE__ */ slopedRecord();

function slopedRecord(): LayerRecord<ActivationLayer> {
  return {
    ...recordOfActivation("leakyRelu", (x, { slope = DEFAULT_SLOPE }) => leakyReluOf(x, { slope }), true),
    keys: { kind: 1, name: 1, slope: 1 } as LayerRecord<ActivationLayer>["keys"],
  };
}

/** A function that is a layer where it is called without an operand. */
function activation<F extends UnaryFunction | ComposedFunction>(
  name: ActivationLayer["name"],
  f: F,
  isRectifier: boolean,
): F & (() => ActivationLayer) {
  const record = recordOfActivation(name, (x) => f(x), isRectifier);
  const entry = (...given: [] | [Tensor<FloatType>]) =>
    given.length === 0 ? layerOf<ActivationLayer>({ kind: "activation", name }, record) : f(...given);
  return entry as F & (() => ActivationLayer);
}

function recordOfActivation(
  name: ActivationLayer["name"],
  forward: LayerRecord<ActivationLayer>["forward"],
  isRectifier: boolean,
): LayerRecord<ActivationLayer> {
  return {
    kind: "activation",
    keys: { kind: 1, name: 1 } as LayerRecord<ActivationLayer>["keys"],
    check(option, layer) {
      if (layer.name !== name) throw new OptionError(`${option}: name`, `"${name}"`, layer.name);
      if (layer.slope !== undefined) checkNumber(option, "slope", layer.slope);
      if (layer.approximate !== undefined && layer.approximate !== "none")
        throw new OptionError(`${option}: approximate`, '"none"', layer.approximate);
    },
    keepsShape: true,
    isRectifier,
    forward,
  };
}

const OPERATORS: { readonly [Name in ActivationLayer["name"]]: string } = {
  sigmoid: "Sigmoid",
  tanh: "Tanh",
  relu: "Relu",
  leakyRelu: "LeakyRelu",
  softplus: "Softplus",
  gelu: "Gelu",
  silu: "Sigmoid",
  mish: "Mish",
  elu: "Elu",
  selu: "Selu",
  relu6: "Clip",
  hardSigmoid: "HardSigmoid",
  hardSwish: "HardSwish",
};

export const ACTIVATION_FORMATS: LayerFormats<ActivationLayer> = {
  onnx({ name, slope = DEFAULT_SLOPE, alpha = 1, approximate = "tanh" }): OnnxOperator | readonly OnnxOperator[] {
    const op = OPERATORS[name];
    switch (name) {
      case "leakyRelu":
        return { op, attributes: { alpha: { float: slope } } };
      case "elu":
        return { op, attributes: { alpha: { float: alpha } } };
      case "gelu":
        return { op, attributes: { approximate: { text: approximate } } };
      case "relu6":
        return { op, constants: [0, 6] };
      case "hardSigmoid":
        return { op, attributes: { alpha: { float: 1 / 6 }, beta: { float: 0.5 } } };
      case "silu":
        return [{ op }, { op: "Mul", takesInput: true }];
      default:
        return { op };
    }
  },
};
