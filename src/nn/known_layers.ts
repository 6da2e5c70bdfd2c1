/** Every layer of the library by its kind, for descriptions that come from JSON or another thread. */
import { checkList } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { dropout } from "../ops/dropout.ts";
import { gelu, leakyRelu, relu, sigmoid, softplus, tanh } from "../ops/elementwise.ts";
import { layerOf, recordOf } from "../ops/layer.ts";
import { batchNorm } from "./batch_norm.ts";
import { dense, type Layer } from "./layers.ts";

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
 * Layers that were copied by JSON or `structuredClone`, for `sequential`: each gets back what it computes, which copies leave
 * out. `sequential` checks their numbers.
 *
 * @throws {OptionError} no list, or a layer of an unknown kind or name
 * @example
 * const copy: unknown = JSON.parse(JSON.stringify([dense(4, 3), relu(), dense(3, 2)]));
 * const layers = sequential(...parseLayers(copy));
 */
export function parseLayers(layers: unknown): Layer[] {
  checkList("parseLayers", layers, "an array of layers");
  return Array.from(layers, (layer, i) => knownLayer(`layers[${i}]`, layer as Layer));
}

function knownLayer(option: string, layer: Layer): Layer {
  const kind: unknown = layer?.kind;
  if (typeof kind !== "string" || !Object.hasOwn(EXAMPLES, kind)) {
    throw new OptionError(`${option}: kind`, Object.keys(EXAMPLES).join(", "), kind);
  }
  const example = EXAMPLES[layer.kind](layer as never, option);
  return layerOf(layer, recordOf(example) as never);
}
