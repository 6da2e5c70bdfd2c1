/**
 * Gradients of a network's loss by central differences: a separate function, so that bundles that only train
 * do not contain it.
 */

import { checkInstance } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { incrementalGradients, isColumnwise } from "./incremental_gradient.ts";
import { type Examples, type Targets, withTensors } from "./inputs.ts";
import { Network } from "./network.ts";
import type { NamedTensors } from "./parameters.ts";
import { plainGradients, STEP } from "./plain_gradients.ts";

/** How `numericalGradientOf` evaluates the loss for each parameter. */
export type NumericalMethod = "incremental" | "plain";

/** How `numericalGradient` differentiates. */
export type NumericalOptions = {
  /** How far a parameter moves: far above a loss's rounding error, far below its curvature. */
  readonly h?: number;
  /** Default: `incremental`, where the network and its loss allow that. */
  readonly method?: NumericalMethod;
};

/**
 * ∂loss/∂parameter by central differences: two losses for each parameter, right to about 1e-8 in float64 only. Dropout and
 * the batch's own statistics have no part in it.
 *
 * @param x m × inputSize, m >= 1
 * @param t m labels, or m × outputSize targets
 * @param options.h how far a parameter moves; 1e-4 in float64, 1e-2 in float32
 * @param options.method `plain` computes the whole network for each loss; `incremental` only what a parameter
 *   changes, which comes to the same but for rounding, and is the default. Not with batch normalisation; with a loss
 *   that is a function, only where it is asked for, because that loss must then see the parameters through its output alone
 * @returns tensors of the network's own, which the next such call overwrites: do not dispose of them
 * @throws {OptionError} h is 0 or not a finite number, or a method that is invalid, or not for this network
 * @throws {ShapeError} x or t do not fit the network
 * @throws {DisposedError} the network was disposed of
 * @example
 * using small = network(engine, sequential(dense(2, 3)), { dtype: "float64" });
 * const { W1 } = numericalGradientOf(small, [0.6, 0.9], [2]); // near small.gradient([0.6, 0.9], [2]).W1
 */
export function numericalGradientOf<D extends FloatType>(
  net: Network<D>,
  x: Examples<D>,
  t: Targets<D>,
  options: NumericalOptions = {},
): NamedTensors<string, D> {
  checkInstance("numericalGradientOf: net", "a Network", Network, net);
  checkOptions<NumericalOptions>("numericalGradientOf", options, { h: 1, method: 1 });
  const { h = STEP[net.dtype], method = methodFor(net) } = options;
  checkMethod(net, method);
  const { engine, dtype, inputSize, outputSize, parameters } = net;
  const gradients = net.roomForGradients();
  return withTensors<D, never, NamedTensors<string, D>>(
    engine,
    { x, t },
    { inputSize, outputSize, dtype },
    (input, target) => {
      if (method === "plain") return plainGradients(parameters, gradients, () => net.loss(input, target), h);
      const loss = (z: Tensor<D>) => net.lossOf(z, target);
      incrementalGradients({ engine, dtype, layers: net.description.layers, parameters, loss }, input, gradients, h);
      return gradients;
    },
  );
}

function methodFor<D extends FloatType>({ description, lossFunction }: Network<D>): NumericalMethod {
  return isColumnwise(description.layers) && typeof lossFunction !== "function" ? "incremental" : "plain";
}

function checkMethod<D extends FloatType>({ description }: Network<D>, method: NumericalMethod): void {
  if (method === "plain") return;
  const option = "numericalGradientOf: method";
  if (method !== "incremental") throw new OptionError(option, "incremental or plain", method);
  if (isColumnwise(description.layers)) return;
  throw new OptionError(option, "plain, because batchNorm's parameters are not moved column by column", method);
}
