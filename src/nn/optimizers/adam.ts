/**
 * Adam: η is the learning rate, g a gradient, λ the weight decay.
 *
 *   adam    m ← β₁m + (1 - β₁)d,
 *           v ← β₂v + (1 - β₂)d²,   w ← w - η·m̂ / (√v̂ + ε)   d = g + λw: Kingma and Ba, arXiv 1412.6980
 *   adamW   as adam with d = g,     w ← w - ηλw - …          Loshchilov and Hutter, arXiv 1711.05101
 *
 * with m̂ = m / (1 - β₁^t) and v̂ = v / (1 - β₂^t) in step t = 1, 2, …
 */
import { ADAPTIVE } from "../../ops/update.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import {
  described,
  type Kinds,
  type Memory,
  type OptimizerOf,
  type OptimizerOptions,
  type OptimizerRecord,
  type Rule,
  updateBy,
} from "./record.ts";

const HYPERPARAMETERS: OptimizerRecord<OptimizerOf<"adam">>["hyperparameters"] = {
  beta1: { default: 0.9, range: "[0, 1)" },
  beta2: { default: 0.999, range: "[0, 1)" },
  epsilon: { default: 1e-8, range: "[0, ∞)" },
};

export const ADAM_RECORD: OptimizerRecord<OptimizerOf<"adam">> = {
  kind: "adam",
  defaults: { learningRate: 1e-3 },
  hyperparameters: HYPERPARAMETERS,
  averages: ["squares", "mean"],
  begin: (optimizer, memory) => begin(optimizer, memory, optimizer.weightDecay, 0),
};

export const ADAM_W_RECORD: OptimizerRecord<OptimizerOf<"adamW">> = {
  kind: "adamW",
  defaults: { learningRate: 1e-3, weightDecay: 0.01 },
  hyperparameters: HYPERPARAMETERS,
  averages: ["squares", "mean"],
  begin: (optimizer, memory) => begin(optimizer, memory, 0, optimizer.weightDecay),
};

/**
 * Adam; β₁ default 0.9, β₂ 0.999, ε 1e-8, the learning rate 1e-3. Weight decay is added to the gradient.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adam({ learningRate: schedule({ kind: "cosine", rate: 1e-3 }) });
 */
export function adam(options?: OptimizerOptions<"adam">): OptimizerOf<"adam"> {
  return described(ADAM_RECORD, options);
}

/**
 * AdamW: Adam whose weight decay λ, default 0.01, acts on the weights themselves. Other defaults are Adam's.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adamW({ weightDecay: 0.05 });
 */
export function adamW(options?: OptimizerOptions<"adamW">): OptimizerOf<"adamW"> {
  return described(ADAM_W_RECORD, options);
}

function begin<D extends FloatType>(
  { beta1, beta2, epsilon }: Kinds["adam"],
  memory: Memory<D>,
  decayOfGradient = 0,
  decayOfParameter = 0,
): Rule<D> {
  memory.hyperparameters.data.set([0, decayOfGradient, epsilon, beta2, 1 - beta2, beta1]);
  // Numbers go from one array of doubles to another: on its own, each would be one more in JavaScript's heap.
  const numbers = Float64Array.of(beta1, 0, beta2, 0, decayOfParameter);
  return {
    update: updateBy(ADAPTIVE, memory),
    advance(hyperparameters, step) {
      raise(numbers, 0, step);
      raise(numbers, 2, step);
      hyperparameters[6] = 1 - (hyperparameters[0] as number) * (numbers[4] as number);
      (hyperparameters[0] as number) /= 1 - (numbers[1] as number);
      hyperparameters[7] = 1 / (1 - (numbers[3] as number));
    },
  };
}

/** numbers[i + 1] ← numbers[i] to the power n, by squaring: the same bits on every machine. */
function raise(numbers: Float64Array, i: number, n: number): void {
  let power = 1;
  let square = numbers[i] as number;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  numbers[i + 1] = power;
}
