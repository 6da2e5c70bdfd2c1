/** Every layer of the library by its kind, for descriptions that come from JSON or another thread. */
import { OptionError } from "../errors.ts";
import { dropout } from "../ops/dropout.ts";
import { gelu, leakyRelu, relu, sigmoid, softplus, tanh } from "../ops/elementwise.ts";
import { layerOf, recordOf } from "../ops/layer.ts";
import { batchNorm } from "./batch_norm.ts";
import { dense, type Layer, type Sequential } from "./layers.ts";

const ACTIVATIONS = { sigmoid, tanh, relu, leakyRelu, softplus, gelu };
const EXAMPLES: { readonly [K in Layer["kind"]]: (layer: Extract<Layer, { kind: K }>, option: string) => Layer } = {
  dense: () => dense(1, 1),
  dropout: () => dropout(0),
  batchNorm: () => batchNorm(),
  activation({ name }, option) {
    if (typeof name === "string" && Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]();
    throw new OptionError(`${option}: name`, Object.keys(ACTIVATIONS).join(", "), name);
  },
};

/**
 * Layers with their records; other checks are left to `sequential`.
 *
 * @throws {OptionError} an unknown kind or name
 */
export function knownLayers(description: Sequential): Sequential {
  if (!Array.isArray(description?.layers)) return description;
  return { ...description, layers: description.layers.map((layer, i) => knownLayer(`layers[${i}]`, layer)) };
}

function knownLayer(option: string, layer: Layer): Layer {
  const kind: unknown = layer?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(EXAMPLES, kind)) {
    throw new OptionError(`${option}: kind`, Object.keys(EXAMPLES).join(", "), kind);
  }
  const example = EXAMPLES[layer.kind](layer as never, option);
  return layerOf(layer, recordOf(example) as never);
}
