/**
 * Gradient descent: η is the learning rate, g a gradient, λ the weight decay.
 *
 *   w ← w - η(g + λw)
 */
import { effect, SGD } from "../../ops/update.ts";
import type { AnyValue, Expression } from "../../tensor/expression.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { described, type OptimizerOf, type OptimizerOptions, type OptimizerRecord } from "./record.ts";

export const SGD_RECORD: OptimizerRecord<OptimizerOf<"sgd">> = {
  kind: "sgd",
  defaults: { learningRate: 0.01 },
  hyperparameters: {},
  averages: [],
  begin({ weightDecay = 0 }, { hyperparameters }) {
    hyperparameters.data[1] = weightDecay;
    const updateOne = (w: Tensor, g: AnyValue): Expression => effect(SGD, w, [hyperparameters, g], {});
    return { updateOne, update: (parameters, gradients) => updateOne(parameters.whole, gradients.whole) };
  },
};

/**
 * Gradient descent; the learning rate's default is 0.01.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = sgd({ learningRate: 0.1, clipNorm: 1 });
 */
export function sgd(options?: OptimizerOptions<"sgd">): OptimizerOf<"sgd"> {
  return described(SGD_RECORD, options);
}
