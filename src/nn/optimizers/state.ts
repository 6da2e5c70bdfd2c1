/**
 * An optimizer at work on one network: its state, the numbers of the current step, and its part of a program.
 */
import { allOrNothing, Owner } from "../../disposable.ts";
import { OptionError } from "../../errors.ts";
import { CLIP_NORM, CLIP_VALUE, effect, HYPERPARAMETERS, type Hyperparameters } from "../../ops/update.ts";
import type { Expression } from "../../tensor/expression.ts";
import type { TensorGroup } from "../../tensor/group.ts";
import { type Tensor, zeros } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { rateOf, type Schedule, withLengthOf } from "../learning_rate.ts";
import { type Optimizer, type OptimizerRecord, type Rule, recordOf } from "./record.ts";

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
  readonly #hyperparameters: Hyperparameters;
  readonly #rule: Rule<D>;
  /** The learning rate's schedule; an array where it is a number. */
  readonly #rate: Float64Array | Exclude<Schedule, number>;
  #step = 0;

  /**
   * @param parameters every parameter as one vector
   * @throws {OptionError} a schedule that leaves its length to the run
   */
  constructor(optimizer: Optimizer, parameters: Tensor<D>) {
    super();
    const learningRate = withLengthOf(optimizer.learningRate, undefined);
    this.optimizer = { ...optimizer, learningRate };
    const record = recordOf(optimizer) as OptimizerRecord;
    const { engine, shape, dtype } = parameters;
    const { hyperparameters, averages, rule } = allOrNothing((own) => {
      const hyperparameters = own(zeros(engine, [HYPERPARAMETERS], { dtype: "float64", name: "hyperparameters" }));
      const averages = record.averages.map((name) => own(zeros(engine, shape, { dtype, name })));
      return {
        hyperparameters,
        averages,
        rule: record.begin(this.optimizer, { parameters, hyperparameters, averages }),
      };
    });
    this.#hyperparameters = hyperparameters;
    this.averages = averages;
    this.#rule = rule;
    this.#rate = typeof learningRate === "number" ? Float64Array.of(learningRate) : learningRate;
  }

  /** Steps made so far. */
  get step(): number {
    return this.#step;
  }

  /**
   * Resumes from a step that was reached before; the averages are put back by their own `set`.
   *
   * @throws {OptionError} not an integer from 0 on
   */
  resume(step: number): void {
    if (!Number.isSafeInteger(step) || step < 0) throw new OptionError("resume: step", "an integer from 0 on", step);
    this.#step = step;
  }

  /**
   * Sets the hyperparameters for the next run of the program, and counts it.
   *
   * Numbers go from one array of doubles to another: on its own, or read from an object, each would be one more in
   * JavaScript's heap.
   *
   * @param rate instead of the schedule's
   * @throws {OptionError} a rate that is not a number
   */
  advance(rate?: number): void {
    const hyperparameters = this.#hyperparameters.data;
    if (rate !== undefined && typeof rate !== "number") throw new OptionError("learningRate", "a number", rate);
    if (rate !== undefined) hyperparameters[0] = rate;
    else if (this.#rate instanceof Float64Array) hyperparameters[0] = this.#rate[0] as number;
    else hyperparameters[0] = rateOf(this.#rate, this.#step);
    this.#step += 1;
    this.#rule.advance?.(hyperparameters, this.#step);
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
    const { clipValue, clipNorm } = this.optimizer;
    const names = Object.keys(parameters.parts) as Name[];
    const { updateOne } = this.#rule;
    if (updateOne && clipValue === undefined && clipNorm === undefined) {
      return {
        into: [],
        effects: names.map((name) => updateOne(parameters.parts[name], values[name])),
      };
    }
    const gradients = gradientsOf();
    const into = names.map((name) => [values[name], gradients.parts[name]] as const);
    const effects: Expression[] = [];
    if (clipValue !== undefined) effects.push(effect(CLIP_VALUE, gradients.whole, [], { limit: clipValue }));
    if (clipNorm !== undefined) effects.push(effect(CLIP_NORM, gradients.whole, [], { limit: clipNorm }));
    effects.push(this.#rule.update(parameters, gradients));
    return { into, effects };
  }

  /** Its kind and step. */
  override toString(): string {
    return `OptimizerState ${this.optimizer.kind}, step ${this.#step}`;
  }

  dispose(): void {
    this.#rule.dispose?.();
    for (const average of this.averages) average.dispose();
    this.#hyperparameters.dispose();
  }
}
