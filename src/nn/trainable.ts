/** What saving, training and evaluation take: a network, or something that has one. */

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
 * @example
 * using two = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10 });
 * networkOf(two).parameters["W1"]?.shape; // → [784, 50]
 */
export function networkOf<D extends FloatType>(net: Trainable<D>): Network<D> {
  return "network" in net ? net.network : net;
}
