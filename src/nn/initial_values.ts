/** What a network's tensors start with. */
import { fill } from "../ops/vectors.ts";
import type { RandomState } from "../random/random_state.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { drawWeights } from "./initializers.ts";
import { initializerOf, type Layer } from "./layers.ts";

type NamedTensors = Readonly<Record<string, Tensor<FloatType>>>;

/** γ and variances are 1, weights are drawn layer by layer, and the rest stays 0. */
export function initialize(
  layers: readonly Layer[],
  { parameters, statistics }: { readonly parameters: NamedTensors; readonly statistics: NamedTensors },
  random: RandomState | "none",
): void {
  for (const [name, value] of Object.entries(parameters)) if (name.startsWith("gamma")) fill(value, 1);
  for (const [name, value] of Object.entries(statistics)) if (name.startsWith("variance")) fill(value, 1);
  if (random === "none") return;
  let count = 0;
  for (const [i, layer] of layers.entries()) {
    if (layer.kind !== "dense") continue;
    count += 1;
    const weights = drawWeights(initializerOf(layers, i), [layer.inputSize, layer.outputSize], random);
    parameters[`W${count}`]?.data.set(weights);
  }
}
