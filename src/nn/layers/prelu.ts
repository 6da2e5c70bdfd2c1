/** A leaky relu whose slopes are parameters. */
import { OptionError } from "../../errors.ts";
import { prelu as preluOf } from "../../ops/activations.ts";
import { checkNumber, type Into } from "../../ops/check.ts";
import { checkOptions } from "../../options.ts";
import { Expression, type Value } from "../../tensor/expression.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** x above 0, else slope · x (He et al., arXiv 1502.01852). */
export type PreluLayer = {
  readonly kind: "prelu";
  /** One slope for all of the layer, or one for each index of the last axis. */
  readonly slopes: "one" | "each";
  /** What they start at. */
  readonly start: number;
};

/** Options of `prelu`, which its layer holds. */
export type PreluOptions = {
  /** Default `"one"`, as PyTorch's. */
  readonly slopes?: "one" | "each";
  /** Default 0.25. */
  readonly start?: number;
};

/** A layer's description: its slopes are a parameter. */
export function prelu(options?: PreluOptions): PreluLayer;
/**
 * x above 0, else slope · x, where the slope is a parameter (He et al., arXiv 1502.01852). The gradient at 0 is the slope by x, 0 by
 * the slope. Without x, a layer's description.
 *
 * @param slope one number, or one for each column: of a shape that broadcasts to x's
 * @throws {ShapeError} shapes do not broadcast, or an `out` that does not fit or overlaps in part
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} of the layer: other slopes than `"one"` and `"each"`, or a start that is not a number
 * @example
 * using x = tensor(engine, [[-2, 2]]);
 * using slope = tensor(engine, [0.25, 0.25]);
 * using y = prelu(x, slope);
 * y.toArray(); // → [[-0.5, 2]]
 * const layer = prelu({ slopes: "each" }); // for `sequential`
 */
export function prelu<D extends FloatType>(x: Tensor<D>, slope: Tensor<D>, options?: Into<D>): Tensor<D>;
export function prelu<D extends FloatType>(x: Value<D>, slope: Value<D>): Expression<D>;
export function prelu(
  x: Value<FloatType> | PreluOptions = {},
  slope?: Value<FloatType>,
  options: Into<FloatType> = {},
): Value<FloatType> | PreluLayer {
  if (x instanceof Tensor || x instanceof Expression)
    return preluOf(x as Tensor<FloatType>, slope as Tensor<FloatType>, options);
  checkOptions<PreluOptions>("prelu", x, { slopes: 1, start: 1 });
  const { slopes = "one", start = 0.25 } = x;
  const layer = layerOf<PreluLayer>({ kind: "prelu", slopes, start }, PRELU);
  check("prelu", layer);
  return layer;
}

export const PRELU: LayerRecord<PreluLayer> = {
  kind: "prelu",
  keys: { kind: 1, slopes: 1, start: 1 },
  check,
  keepsShape: true,
  isRectifier: true,
  parameters: ({ slopes, start }, input) => ({ slope: { shape: [slopes === "one" ? 1 : (input.at(-1) ?? 1)], start } }),
  forward: (x, _, { parameter }) => preluOf(x, parameter("slope")),
};

export const PRELU_FORMATS: LayerFormats<PreluLayer> = {
  pytorch: { slope: "weight" },
  onnx: ({ slopes }) => ({ op: "PRelu", tensors: ["slope"], isChannelsLast: slopes === "each" }),
};

function check(option: string, { slopes, start }: PreluLayer): void {
  if (slopes !== "one" && slopes !== "each") throw new OptionError(`${option}: slopes`, '"one" or "each"', slopes);
  checkNumber(option, "start", start);
}
