/** What saving, training and evaluation take: a network, or something that has one. */

import { OptionError } from "../errors.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Network } from "./network.ts";

/** A network, or what is one under other names, as `TwoLayerNet` is. */
export type Trainable<D extends FloatType> =
  | Network<D>
  | {
      /** What does the work. */
      readonly network: Network<D>;
    };

/**
 * The network itself.
 *
 * @throws {OptionError} neither a network nor an object that has one
 * @example
 * using two = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10 });
 * networkOf(two).parameters["W1"]?.shape; // → [784, 50]
 */
export function networkOf<D extends FloatType>(net: Trainable<D>): Network<D> {
  const found = typeof net === "object" && net !== null && "network" in net ? net.network : net;
  if (typeof found !== "object" || found === null || !("lossFunction" in found)) {
    throw new OptionError("net", "a network", net);
  }
  return found;
}
