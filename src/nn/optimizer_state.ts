/**
 * An optimizer at work on one network: its state, the numbers of the current step, and its part of a program.
 */
import { ADAPTIVE, CLIP_NORM, CLIP_VALUE, effect, MOMENTUM, RATES, type Rates, SGD } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import type { TensorGroup } from "../tensor/group.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Optimizer } from "./optimizers.ts";
import { rateAt, wholePower } from "./schedules.ts";

/** What a program does to follow gradients. */
export type UpdatePlan<D extends FloatType> = {
  /** Where gradients are to be written before the effects run. */
  readonly into: readonly (readonly [Expression, Tensor<D>])[];
  readonly effects: readonly Expression[];
};

/** Moving averages of gradients, one block each, and the step count. The caller disposes of it. */
export class OptimizerState<D extends FloatType> {
  readonly optimizer: Optimizer;
  /** As large as all parameters together: momentum, or squares, or both. */
  readonly averages: readonly Tensor<D>[];
  readonly #rates: Rates;
  #step = 0;

  /** @param parameters every parameter as one vector */
  constructor(optimizer: Optimizer, parameters: Tensor<D>) {
    this.optimizer = optimizer;
    const { engine, shape, dtype } = parameters;
    this.#rates = zeros(engine, [RATES], { dtype: "float64", name: "rates" });
    this.averages = AVERAGES[optimizer.kind].map((name) => zeros(engine, shape, { dtype, name }));
  }

  /** Steps made so far. */
  get step(): number {
    return this.#step;
  }

  /**
   * Sets the rates for the next run of the program, and counts it.
   *
   * @param rate instead of the schedule's
   */
  advance(rate: number = rateAt(this.optimizer.learningRate, this.#step)): void {
    const { optimizer } = this;
    const rates = this.#rates.data;
    this.#step += 1;
    rates[0] = rate;
    rates[1] = optimizer.weightDecay ?? 0;
    switch (optimizer.kind) {
      case "sgd":
        return;
      case "momentum":
      case "nesterov":
        rates[2] = optimizer.momentum;
        rates[3] = optimizer.kind === "nesterov" ? 1 : 0;
        return;
      case "adaGrad":
        setAdaptive(rates, optimizer.epsilon, 1, 1);
        return;
      case "rmsProp":
        setAdaptive(rates, optimizer.epsilon, optimizer.decay, 1 - optimizer.decay);
        return;
      default: {
        const { kind, beta1, beta2, epsilon, weightDecay = 0 } = optimizer;
        setAdaptive(rates, epsilon, beta2, 1 - beta2);
        rates[0] = rate / (1 - wholePower(beta1, this.#step));
        rates[1] = kind === "adamW" ? 0 : weightDecay;
        rates[5] = beta1;
        rates[6] = kind === "adamW" ? 1 - rate * weightDecay : 1;
        rates[7] = 1 / (1 - wholePower(beta2, this.#step));
      }
    }
  }

  /**
   * The updates for gradients by name. Plain gradient descent needs no room for gradients: each parameter is changed by
   * itself, where a kernel can without a gradient of its own. Others work on all parameters as one vector.
   */
  plan<Name extends string>(
    parameters: TensorGroup<Name, D>,
    gradients: TensorGroup<Name, D>,
    values: { readonly [N in Name]: Expression },
  ): UpdatePlan<D> {
    const { kind, clipValue, clipNorm } = this.optimizer;
    const names = Object.keys(parameters.parts) as Name[];
    const rates = this.#rates;
    if (kind === "sgd" && clipValue === undefined && clipNorm === undefined) {
      return { into: [], effects: names.map((name) => effect(SGD, parameters.parts[name], [rates, values[name]], {})) };
    }
    const into = names.map((name) => [values[name], gradients.parts[name]] as const);
    const effects: Expression[] = [];
    if (clipValue !== undefined) effects.push(effect(CLIP_VALUE, gradients.whole, [], { limit: clipValue }));
    if (clipNorm !== undefined) effects.push(effect(CLIP_NORM, gradients.whole, [], { limit: clipNorm }));
    effects.push(effect(UPDATES[kind], parameters.whole, [rates, gradients.whole, ...this.averages], {}));
    return { into, effects };
  }

  dispose(): void {
    for (const average of this.averages) average.dispose();
    this.#rates.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Without a mean of gradients, shrinking and corrections. */
function setAdaptive(rates: Float64Array, epsilon: number, beta: number, gamma: number): void {
  rates[2] = epsilon;
  rates[3] = beta;
  rates[4] = gamma;
  rates[5] = 0;
  rates[6] = 1;
  rates[7] = 1;
}

/** In the order of the kernels' operands. */
const AVERAGES: { readonly [K in Optimizer["kind"]]: readonly string[] } = {
  sgd: [],
  momentum: ["velocity"],
  nesterov: ["velocity"],
  adaGrad: ["squares"],
  rmsProp: ["squares"],
  adam: ["squares", "mean"],
  adamW: ["squares", "mean"],
};

const UPDATES: { readonly [K in Optimizer["kind"]]: typeof SGD } = {
  sgd: SGD,
  momentum: MOMENTUM,
  nesterov: MOMENTUM,
  adaGrad: ADAPTIVE,
  rmsProp: ADAPTIVE,
  adam: ADAPTIVE,
  adamW: ADAPTIVE,
};
