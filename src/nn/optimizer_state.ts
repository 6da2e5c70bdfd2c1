/**
 * An optimizer at work on one network: its state, the numbers of the current step, and its part of a program.
 */
import { allOrNothing, Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { ADAPTIVE, CLIP_NORM, CLIP_VALUE, effect, MOMENTUM, RATES, type Rates, SGD } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import type { TensorGroup } from "../tensor/group.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { rateOf, withLengthOf } from "./learning_rate.ts";
import type { Optimizer } from "./optimizers.ts";

/** What a program does to follow gradients. */
export type UpdatePlan<D extends FloatType> = {
  /** Where gradients are to be written before the effects run. */
  readonly into: readonly (readonly [Expression, Tensor<D>])[];
  readonly effects: readonly Expression[];
};

/**
 * Moving averages of gradients, one block each, and the step count. The caller disposes of it.
 *
 * @example
 * using state = net.optimize(momentum({ learningRate: 0.1 }));
 * state.step; // → 0
 */
export class OptimizerState<D extends FloatType> extends Owner {
  static override get name(): string {
    return "OptimizerState";
  }
  /** The description that it follows. */
  readonly optimizer: Optimizer;
  /** As large as all parameters together: momentum, or squares, or both. */
  readonly averages: readonly Tensor<D>[];
  readonly #rates: Rates;
  /** Of Adam: β₁ and its power, β₂ and its power, and the decay of the weights themselves. */
  readonly #numbers = new Float64Array(5);
  #step = 0;

  /**
   * @param parameters every parameter as one vector
   * @throws {OptionError} a schedule that leaves its length to the run
   */
  constructor(optimizer: Optimizer, parameters: Tensor<D>) {
    super();
    this.optimizer = { ...optimizer, learningRate: withLengthOf(optimizer.learningRate, undefined) };
    const { engine, shape, dtype } = parameters;
    const { rates, averages } = allOrNothing((own) => ({
      rates: own(zeros(engine, [RATES], { dtype: "float64", name: "rates" })),
      averages: AVERAGES[optimizer.kind].map((name) => own(zeros(engine, shape, { dtype, name }))),
    }));
    this.#rates = rates;
    this.averages = averages;
    this.#setConstants();
  }

  /** Steps made so far. */
  get step(): number {
    return this.#step;
  }

  /**
   * Goes on from a step that was reached before; the averages are put back by their own `set`.
   *
   * @throws {OptionError} no whole number from 0 on
   */
  resume(step: number): void {
    if (!Number.isSafeInteger(step) || step < 0)
      throw new OptionError("resume: step", "a whole number from 0 on", step);
    this.#step = step;
  }

  /**
   * Sets the rates for the next run of the program, and counts it.
   *
   * Numbers go from one array of doubles to another: on its own, each would be one more in JavaScript's heap.
   *
   * @param rate instead of the schedule's
   * @throws {OptionError} a rate that is not a number
   */
  advance(rate?: number): void {
    const { kind, learningRate } = this.optimizer;
    const rates = this.#rates.data;
    if (rate !== undefined && typeof rate !== "number") throw new OptionError("learningRate", "a number", rate);
    if (rate !== undefined) rates[0] = rate;
    else if (typeof learningRate === "object") rates[0] = rateOf(learningRate, this.#step);
    else rates[0] = learningRate;
    this.#step += 1;
    if (kind !== "adam" && kind !== "adamW") return;
    const numbers = this.#numbers;
    raise(numbers, 0, this.#step);
    raise(numbers, 2, this.#step);
    rates[6] = 1 - (rates[0] ?? 0) * (numbers[4] ?? 0);
    rates[0] = (rates[0] ?? 0) / (1 - (numbers[1] ?? 0));
    rates[7] = 1 / (1 - (numbers[3] ?? 0));
  }

  /**
   * The updates for gradients by name. Plain gradient descent needs no room for gradients: each parameter is changed by
   * itself, where a kernel can without a gradient of its own. Others work on all parameters as one vector.
   */
  plan<Name extends string>(
    parameters: TensorGroup<Name, D>,
    gradientsOf: () => TensorGroup<Name, D>,
    values: { readonly [N in Name]: Expression },
  ): UpdatePlan<D> {
    const { kind, clipValue, clipNorm } = this.optimizer;
    const names = Object.keys(parameters.parts) as Name[];
    const rates = this.#rates;
    if (kind === "sgd" && clipValue === undefined && clipNorm === undefined) {
      return { into: [], effects: names.map((name) => effect(SGD, parameters.parts[name], [rates, values[name]], {})) };
    }
    const gradients = gradientsOf();
    const into = names.map((name) => [values[name], gradients.parts[name]] as const);
    const effects: Expression[] = [];
    if (clipValue !== undefined) effects.push(effect(CLIP_VALUE, gradients.whole, [], { limit: clipValue }));
    if (clipNorm !== undefined) effects.push(effect(CLIP_NORM, gradients.whole, [], { limit: clipNorm }));
    effects.push(effect(UPDATES[kind], parameters.whole, [rates, gradients.whole, ...this.averages], {}));
    return { into, effects };
  }

  /** What stays the same from step to step; `update.ts` says what each rate means. */
  #setConstants(): void {
    const { optimizer } = this;
    const rates = this.#rates.data;
    rates[1] = optimizer.kind === "adamW" ? 0 : (optimizer.weightDecay ?? 0);
    switch (optimizer.kind) {
      case "sgd":
        return;
      case "momentum":
      case "nesterov":
        rates.set([optimizer.momentum, optimizer.kind === "nesterov" ? 1 : 0], 2);
        return;
      case "adaGrad":
        rates.set([optimizer.epsilon, 1, 1, 0, 1, 1], 2);
        return;
      case "rmsProp":
        rates.set([optimizer.epsilon, optimizer.decay, 1 - optimizer.decay, 0, 1, 1], 2);
        return;
      default: {
        const { beta1, beta2, epsilon } = optimizer;
        rates.set([epsilon, beta2, 1 - beta2, beta1], 2);
        this.#numbers.set([beta1, 0, beta2, 0, optimizer.kind === "adamW" ? (optimizer.weightDecay ?? 0) : 0]);
      }
    }
  }

  /** Its kind and step. */
  override toString(): string {
    return `OptimizerState ${this.optimizer.kind}, step ${this.#step}`;
  }

  dispose(): void {
    for (const average of this.averages) average.dispose();
    this.#rates.dispose();
  }
}

/** numbers[i + 1] ← numbers[i] to the power n, by squaring: the same bits on every machine. */
function raise(numbers: Float64Array, i: number, n: number): void {
  let power = 1;
  let square = numbers[i] ?? 0;
  for (let left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power *= square;
    square *= square;
  }
  numbers[i + 1] = power;
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
