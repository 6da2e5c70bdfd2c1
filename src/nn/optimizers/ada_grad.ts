/**
 * AdaGrad (Duchi et al. 2011): η is the learning rate, g a gradient, λ the weight decay, and d = g + λw.
 *
 *   h ← h + d²,   w ← w - η·d / (√h + ε)
 */
import { ADAPTIVE } from "../../ops/update.ts";
import { described, type OptimizerOf, type OptimizerOptions, type OptimizerRecord, updateBy } from "./record.ts";

export const ADA_GRAD_RECORD: OptimizerRecord<OptimizerOf<"adaGrad">> = {
  kind: "adaGrad",
  defaults: { learningRate: 0.01 },
  hyperparameters: { epsilon: { default: 1e-10, range: "[0, ∞)" } },
  averages: ["squares"],
  begin({ epsilon, weightDecay = 0 }, memory) {
    memory.hyperparameters.data.set([0, weightDecay, epsilon, 1, 1, 0, 1, 1]);
    return { update: updateBy(ADAPTIVE, memory) };
  },
};

/**
 * AdaGrad; ε default 1e-10, as PyTorch has it (Saito's book: 1e-7); the learning rate's default is 0.01.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adaGrad({ learningRate: 0.01 });
 */
export function adaGrad(options?: OptimizerOptions<"adaGrad">): OptimizerOf<"adaGrad"> {
  return described(ADA_GRAD_RECORD, options);
}
