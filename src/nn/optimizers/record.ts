/**
 * An optimizer is a description and a record:
 *
 *   description   { kind: "adam", learningRate: 1e-3, beta1: 0.9, … }: plain data, which JSON can write
 *   record        its hyperparameters with defaults and ranges, its averages, and what a step computes
 *
 * A description carries its record under a symbol, which JSON and copies for a worker leave out. So a bundle has only the
 * optimizers that it names, and `parseOptimizer` gives copies their records.
 */
import { OptionError } from "../../errors.ts";
import { type Interval, isWithin } from "../../interval.ts";
import { effect, type Hyperparameters } from "../../ops/update.ts";
import { checkOptions } from "../../options.ts";
import type { AnyValue, Expression } from "../../tensor/expression.ts";
import type { TensorGroup } from "../../tensor/group.ts";
import type { Operation } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { CustomKind } from "../layers/record.ts";
import { checkRate, type Schedule } from "../learning_rate.ts";

/** What every optimizer has. */
export type UpdateOptions = {
  /** A number, or a schedule. */
  readonly learningRate: Schedule;
  /** λ; default 0. */
  readonly weightDecay?: number;
  /** Gradients are cut to -clipValue..clipValue first. */
  readonly clipValue?: number;
  /** Gradients are scaled first, all of them together, to a Euclidean norm of at most this. */
  readonly clipNorm?: number;
};

/** The hyperparameters of each kind of optimizer. */
export type Kinds = {
  /** None. */
  sgd: object;
  /** μ */
  momentum: { readonly momentum: number };
  /** μ */
  nesterov: { readonly momentum: number };
  /** ε */
  adaGrad: { readonly epsilon: number };
  /** ρ and ε */
  rmsProp: { readonly decay: number; readonly epsilon: number };
  /** β₁, β₂ and ε */
  adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number };
  /** β₁, β₂ and ε */
  adamW: { readonly beta1: number; readonly beta2: number; readonly epsilon: number };
};

/** The description of an optimizer that `defineOptimizer` defined. */
export type CustomOptimizer = UpdateOptions & { readonly kind: CustomKind; readonly [name: string]: unknown };

/** The description of one kind. */
export type OptimizerOf<K extends keyof Kinds> = UpdateOptions & Kinds[K] & { readonly kind: K };

/** An optimizer's description. */
export type Optimizer = { [K in keyof Kinds]: OptimizerOf<K> }[keyof Kinds] | CustomOptimizer;

/** Options of the function of one kind: all have defaults. */
export type OptimizerOptions<K extends keyof Kinds> = Partial<UpdateOptions> & Partial<Kinds[K]>;

/** A number of an optimizer. */
export type Hyperparameter = {
  /** The value where none is given. */
  readonly default: number;
  /** The values that it may have, such as `[0, 1)`. */
  readonly range: Interval;
};

/** An optimizer's numbers: what its options are, by default and at all. */
export type OptimizerFacts<Kind extends string = string, Name extends string = string> = {
  readonly kind: Kind;
  /** Of what every optimizer has; weight decay is 0 where it is left out. */
  readonly defaults: { readonly learningRate: number; readonly weightDecay?: number };
  /** Of its own. */
  readonly hyperparameters: { readonly [N in Name]: Hyperparameter };
};

/** A kind of optimizer. */
export type OptimizerRecord<O extends Optimizer = Optimizer> = OptimizerFacts<
  O["kind"],
  Exclude<keyof O, "kind" | keyof UpdateOptions> & string
> & {
  /** Names of the moving averages, each as large as all parameters, in the order of the operation's operands. */
  readonly averages: readonly string[];
  /** Called once for a state. */
  begin<D extends FloatType>(optimizer: O, memory: Memory<D>): Rule<D>;
};

/** The memory of a state. */
export type Memory<D extends FloatType> = {
  /** Every parameter as one vector. */
  readonly parameters: Tensor<D>;
  /** What kernels read: `ops/update.ts` documents each number. */
  readonly hyperparameters: Hyperparameters;
  readonly averages: readonly Tensor<D>[];
};

/** How parameters follow gradients. */
export type Rule<D extends FloatType> = {
  /** Writes the numbers of step 1, 2, …, of which the first is the learning rate, and is there. It allocates nothing. */
  advance?(hyperparameters: Float64Array, step: number): void;
  /** The effect of a step on all parameters. */
  update(parameters: TensorGroup<string, D>, gradients: TensorGroup<string, D>): Expression;
  /** Of a single parameter: where it is there, gradients that are not clipped need no memory. */
  updateOne?(parameter: Tensor<D>, gradient: AnyValue): Expression;
  dispose?(): void;
};

const RECORD: unique symbol = Symbol.for("lanegrad.optimizer");

/** A description, or the function that makes it, with its record. */
export function withRecord<T extends object>(value: T, record: OptimizerRecord): T {
  return Object.assign(value, { [RECORD]: record });
}

/** The record that something carries; undefined where it was made by nothing of the library, such as JSON. */
export function recordOf(value: unknown): OptimizerRecord | undefined {
  return (value as { readonly [RECORD]?: OptimizerRecord } | null | undefined)?.[RECORD];
}

/** The update by a kernel whose operands are all parameters, the hyperparameters, all gradients and the averages. */
export function updateBy<D extends FloatType>(
  operation: Operation,
  { hyperparameters, averages }: Memory<D>,
): Rule<D>["update"] {
  return (parameters, gradients) =>
    effect(operation, parameters.whole, [hyperparameters, gradients.whole, ...averages], {});
}

/**
 * A description with the defaults of its record.
 *
 * @throws {OptionError} an unknown option, or a number outside its range
 */
export function described<O extends Optimizer>(record: OptimizerRecord<O>, options: Partial<UpdateOptions> = {}): O {
  const { kind, defaults, hyperparameters } = record;
  checkOptions<object>(kind, options, keysOf(record));
  const own = Object.entries<Hyperparameter>(hyperparameters).map(([name, value]) => [name, value.default]);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const optimizer = { kind, ...Object.fromEntries(own), ...defaults, ...Object.fromEntries(given) };
  checkNumbers(record as never, optimizer);
  return withRecord(optimizer, record as never) as unknown as O;
}

/** The ranges of every optimizer's options. */
const COMMON: Readonly<Record<string, Pick<Hyperparameter, "range">>> = {
  weightDecay: { range: "[0, ∞)" },
  clipValue: { range: "(0, ∞)" },
  clipNorm: { range: "(0, ∞)" },
};

/** Every key that a description of this kind can have. */
export function keysOf({ hyperparameters }: Pick<OptimizerFacts, "hyperparameters">): object {
  return { kind: 1, learningRate: 1, ...COMMON, ...hyperparameters };
}

/**
 * Checks the numbers of a description.
 *
 * @throws {OptionError} an unknown key, or a number that is missing or outside its range
 */
export function checkNumbers(
  { kind, hyperparameters }: Pick<OptimizerFacts, "kind" | "hyperparameters">,
  optimizer: Readonly<Record<string, unknown>>,
): void {
  checkOptions<object>(kind, optimizer, keysOf({ hyperparameters }));
  checkRate(`${kind}: learningRate`, optimizer["learningRate"] as Schedule);
  for (const [name, { range }] of Object.entries({ ...COMMON, ...hyperparameters })) {
    const value = optimizer[name];
    if (isWithin(value, range) || (value === undefined && COMMON[name])) continue;
    throw new OptionError(`${kind}: ${name}`, `a number in ${range}`, value);
  }
}

/**
 * As the functions of optimizers check.
 *
 * @throws {OptionError} a description that carries no record, or whose numbers are outside their ranges
 */
export function checkOptimizer(optimizer: Optimizer): void {
  const record = recordOf(optimizer);
  if (record === undefined || record.kind !== optimizer.kind)
    throw new OptionError("optimizer", "an optimizer: adam(), or one that parseOptimizer read", optimizer);
  checkNumbers(record, optimizer);
}
