/** What a network's tensors start with. */
import { fill } from "../ops/vectors.ts";
import type { RandomState } from "../random/random_state.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { drawWeights, type Initializer } from "./layers/initializers.ts";
import { type Placed, recordIn, type Structure } from "./layers/structure.ts";

type NamedTensors = Readonly<Record<string, Tensor<FloatType>>>;

/** Tensors that start at 0 are there already; weights are drawn layer by layer. */
export function initialize(
  structure: Structure,
  { parameters, statistics }: { readonly parameters: NamedTensors; readonly statistics: NamedTensors },
  random: RandomState | "none",
): void {
  const layers = [...structure.layers.values()];
  for (const [i, placed] of layers.entries()) {
    for (const [name, { shape, start, fans }] of Object.entries({ ...placed.parameters, ...placed.statistics })) {
      const tensor = (parameters[name + placed.number] ?? statistics[name + placed.number]) as Tensor<FloatType>;
      if (typeof start === "number") {
        if (start !== 0) fill(tensor, start);
      } else if (random !== "none") {
        const rule = start === "auto" ? initializerBefore(layers.slice(i + 1)) : start;
        tensor.data.set(drawWeights(rule, shape, random, fans));
      }
    }
  }
}

/** How weights start where nothing is said: by the activation that follows. */
export function initializerBefore(following: readonly Placed[]): Initializer {
  const next = following.find(({ layer, parameters, statistics }) => {
    return (
      recordIn(layer).isRectifier !== undefined ||
      Object.values({ ...parameters, ...statistics }).some(({ start }) => typeof start !== "number")
    );
  });
  return next !== undefined && recordIn(next.layer).isRectifier ? "he" : "xavier";
}
