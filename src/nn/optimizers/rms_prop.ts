/**
 * RMSProp (Tieleman and Hinton 2012): η is the learning rate, g a gradient, λ the weight decay, and d = g + λw.
 *
 *   h ← ρh + (1 - ρ)d²,   w ← w - η·d / (√h + ε)
 */
import { ADAPTIVE } from "../../ops/update.ts";
import { described, type OptimizerOf, type OptimizerOptions, type OptimizerRecord, updateBy } from "./record.ts";

export const RMS_PROP_RECORD: OptimizerRecord<OptimizerOf<"rmsProp">> = {
  kind: "rmsProp",
  defaults: { learningRate: 0.01 },
  hyperparameters: { decay: { default: 0.99, range: "[0, 1)" }, epsilon: { default: 1e-8, range: "[0, ∞)" } },
  averages: ["squares"],
  begin({ decay, epsilon, weightDecay = 0 }, memory) {
    memory.hyperparameters.data.set([0, weightDecay, epsilon, decay, 1 - decay, 0, 1, 1]);
    return { update: updateBy(ADAPTIVE, memory) };
  },
};

/**
 * RMSProp; ρ (PyTorch's alpha) default 0.99, ε default 1e-8; the learning rate's default is 0.01.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = rmsProp({ learningRate: 1e-3, decay: 0.9 });
 */
export function rmsProp(options?: OptimizerOptions<"rmsProp">): OptimizerOf<"rmsProp"> {
  return described(RMS_PROP_RECORD, options);
}
