/**
 * Descent with a velocity v: η is the learning rate, g a gradient, λ the weight decay, and d = g + λw.
 *
 *   momentum   v ← μv + d,   w ← w - η·v          Polyak 1964, as PyTorch has it: with a constant η the same steps as
 *                                                 v ← μv - ηd, w ← w + v
 *   nesterov   v ← μv + d,   w ← w - η(d + μv)    Sutskever et al. 2013, as PyTorch has it
 */
import { MOMENTUM } from "../../ops/update.ts";
import { described, type OptimizerOf, type OptimizerOptions, type OptimizerRecord, updateBy } from "./record.ts";

const HYPERPARAMETERS: OptimizerRecord<OptimizerOf<"momentum">>["hyperparameters"] = {
  momentum: { default: 0.9, range: "[0, 1)" },
};

export const MOMENTUM_RECORD: OptimizerRecord<OptimizerOf<"momentum">> = {
  kind: "momentum",
  defaults: { learningRate: 0.01 },
  hyperparameters: HYPERPARAMETERS,
  averages: ["velocity"],
  begin({ momentum, weightDecay = 0 }, memory) {
    memory.hyperparameters.data.set([0, weightDecay, momentum, 0]);
    return { update: updateBy(MOMENTUM, memory) };
  },
};

export const NESTEROV_RECORD: OptimizerRecord<OptimizerOf<"nesterov">> = {
  kind: "nesterov",
  defaults: { learningRate: 0.01 },
  hyperparameters: HYPERPARAMETERS,
  averages: ["velocity"],
  begin({ momentum, weightDecay = 0 }, memory) {
    memory.hyperparameters.data.set([0, weightDecay, momentum, 1]);
    return { update: updateBy(MOMENTUM, memory) };
  },
};

/**
 * Gradient descent with momentum μ, default 0.9; the learning rate's default is 0.01.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = momentum({ learningRate: 0.01, momentum: 0.95 });
 */
export function momentum(options?: OptimizerOptions<"momentum">): OptimizerOf<"momentum"> {
  return described(MOMENTUM_RECORD, options);
}

/**
 * Nesterov's momentum μ, default 0.9; the learning rate's default is 0.01.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = nesterov({ learningRate: 0.01 });
 */
export function nesterov(options?: OptimizerOptions<"nesterov">): OptimizerOf<"nesterov"> {
  return described(NESTEROV_RECORD, options);
}
