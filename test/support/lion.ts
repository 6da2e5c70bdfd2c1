/** An optimizer that the library does not have: Lion (Chen et al. 2023, arXiv 2302.06675). */
import { defineOptimizer, type OptimizerFunction } from "../../src/nn/optimizers/custom.ts";
import { add, greater, mul, sub } from "../../src/ops/binary.ts";

export const lion: OptimizerFunction<"beta1" | "beta2"> = defineOptimizer({
  kind: "acme/lion",
  defaults: { learningRate: 0.01, weightDecay: 0.1 },
  weightDecayOf: "parameter",
  hyperparameters: { beta1: { default: 0.9, range: "[0, 1)" }, beta2: { default: 0.99, range: "[0, 1)" } },
  averages: ["momentum"],
  update({ parameter, gradient, averages: { momentum }, hyperparameters: { beta1, beta2 }, learningRate }) {
    const c = add(mul(beta1, momentum), mul(sub(1, beta1), gradient));
    const sign = sub(greater(c, 0), greater(0, c));
    return {
      parameter: sub(parameter, mul(learningRate, sign)),
      averages: { momentum: add(mul(beta2, momentum), mul(sub(1, beta2), gradient)) },
    };
  },
});
