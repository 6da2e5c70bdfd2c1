/**
 * An optimizer at work on one network: its state, the numbers of the current step, and its part of a program.
 */
import { ADAGRAD, ADAM, CLIP_NORM, CLIP_VALUE, effect, MOMENTUM, type Rates, RMSPROP, SGD } from "../ops/update.ts";
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

const RATES = 8;

/** Moving averages of gradients, one block each, and the step count. The caller disposes of it. */
export class OptimizerState<D extends FloatType> {
  readonly optimizer: Optimizer;
  /** As large as all parameters together: momentum, or squares, or both. */
  readonly averages: readonly Tensor<D>[];
  readonly #rates: Rates = new Float64Array(RATES);
  #step = 0;

  /** @param parameters every parameter as one vector */
  constructor(optimizer: Optimizer, parameters: Tensor<D>) {
    this.optimizer = optimizer;
    const names = AVERAGES[optimizer.kind];
    this.averages = names.map((name) => zeros(parameters.engine, parameters.shape, { dtype: parameters.dtype, name }));
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
    const rates = this.#rates;
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
        rates[2] = optimizer.epsilon;
        return;
      case "rmsProp":
        rates[2] = optimizer.decay;
        rates[3] = optimizer.epsilon;
        return;
      case "adam":
      case "adamW": {
        const isDecoupled = optimizer.kind === "adamW";
        rates[5] = isDecoupled ? 1 - rate * rates[1] : 1;
        if (isDecoupled) rates[1] = 0;
        rates[2] = optimizer.beta1;
        rates[3] = optimizer.beta2;
        rates[4] = optimizer.epsilon;
        rates[6] = 1 - wholePower(optimizer.beta1, this.#step);
        rates[7] = 1 - wholePower(optimizer.beta2, this.#step);
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
    const rates = { rates: this.#rates };
    if (kind === "sgd" && clipValue === undefined && clipNorm === undefined) {
      return { into: [], effects: names.map((name) => effect(SGD, parameters.parts[name], [values[name]], rates)) };
    }
    const into = names.map((name) => [values[name], gradients.parts[name]] as const);
    const effects: Expression[] = [];
    if (clipValue !== undefined) effects.push(effect(CLIP_VALUE, gradients.whole, [], { limit: clipValue }));
    if (clipNorm !== undefined) effects.push(effect(CLIP_NORM, gradients.whole, [], { limit: clipNorm }));
    effects.push(effect(UPDATES[kind], parameters.whole, [gradients.whole, ...this.averages], rates));
    return { into, effects };
  }

  dispose(): void {
    for (const average of this.averages) average.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const AVERAGES: { readonly [K in Optimizer["kind"]]: readonly string[] } = {
  sgd: [],
  momentum: ["velocity"],
  nesterov: ["velocity"],
  adaGrad: ["squares"],
  rmsProp: ["squares"],
  adam: ["mean", "squares"],
  adamW: ["mean", "squares"],
};

const UPDATES: { readonly [K in Optimizer["kind"]]: typeof SGD } = {
  sgd: SGD,
  momentum: MOMENTUM,
  nesterov: MOMENTUM,
  adaGrad: ADAGRAD,
  rmsProp: RMSPROP,
  adam: ADAM,
  adamW: ADAM,
};
