/** What saving, training and evaluation take: a network, or something that has one. */

import { OptionError } from "../errors.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Network } from "./network.ts";

/** A network, or an object that owns one, such as `TwoLayerNet` of `lanegrad/chapter`. */
export type Trainable<D extends FloatType> =
  | Network<D>
  | {
      /** What is trained, evaluated and saved. */
      readonly network: Network<D>;
    };

/**
 * The network itself.
 *
 * @throws {OptionError} neither a network nor an object that has one
 * @example
 * const classifier = { network: network(engine, sequential(dense(784, 10))), names: ["zero", "one"] };
 * networkOf(classifier).parameters["W1"]?.shape; // → [784, 10]
 */
export function networkOf<D extends FloatType>(net: Trainable<D>): Network<D> {
  const found = typeof net === "object" && net !== null && "network" in net ? net.network : net;
  if (typeof found !== "object" || found === null || !("lossFunction" in found)) {
    throw new OptionError("net", "a network", net);
  }
  return found;
}
