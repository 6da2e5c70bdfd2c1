/**
 * How parameters follow their gradients: descriptions, plain data. η is the learning rate, g a gradient, and
 * d = g + λw where there is weight decay.
 *
 *   sgd        w ← w - η·d
 *   momentum   v ← μv + d,                         w ← w - η·v              Polyak 1964, as PyTorch has it: with a
 *                                                                           constant η the same steps as v ← μv - ηd, w ← w + v
 *   nesterov   v ← μv + d,                         w ← w - η(d + μv)        Sutskever et al. 2013, as PyTorch has it
 *   adaGrad    h ← h + d²,                         w ← w - η·d / (√h + ε)   Duchi et al. 2011
 *   rmsProp    h ← ρh + (1 - ρ)d²,                 w ← w - η·d / (√h + ε)   Tieleman and Hinton 2012
 *   adam       m ← β₁m + (1 - β₁)d,
 *              v ← β₂v + (1 - β₂)d²,               w ← w - η·m̂ / (√v̂ + ε)   Kingma and Ba, arXiv 1412.6980
 *   adamW      as adam with d = g,                 w ← w - ηλw - …          Loshchilov and Hutter, arXiv 1711.05101
 *
 * with m̂ = m / (1 - β₁^t) and v̂ = v / (1 - β₂^t) in step t = 1, 2, …
 */

import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkRate, type Schedule } from "./learning_rate.ts";

/** What every optimizer may be told. */
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

/** The numbers of each kind of optimizer. */
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

/** An optimizer's description. */
export type Optimizer = { [K in keyof Kinds]: UpdateOptions & Kinds[K] & { readonly kind: K } }[keyof Kinds];

/** What the function of one kind is told. */
export type OptimizerOptions<K extends keyof Kinds> = UpdateOptions & Partial<Kinds[K]>;

/**
 * Gradient descent.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = sgd({ learningRate: 0.1, clipNorm: 1 });
 */
export function sgd(options: OptimizerOptions<"sgd">): Optimizer {
  return described("sgd", {}, options);
}

/**
 * Gradient descent with momentum μ, default 0.9.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = momentum({ learningRate: 0.01, momentum: 0.95 });
 */
export function momentum(options: OptimizerOptions<"momentum">): Optimizer {
  return described("momentum", { momentum: 0.9 }, options);
}

/**
 * Nesterov's momentum μ, default 0.9.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = nesterov({ learningRate: 0.01 });
 */
export function nesterov(options: OptimizerOptions<"nesterov">): Optimizer {
  return described("nesterov", { momentum: 0.9 }, options);
}

/**
 * AdaGrad; ε default 1e-10, as PyTorch has it (the chapter's book: 1e-7).
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adaGrad({ learningRate: 0.01 });
 */
export function adaGrad(options: OptimizerOptions<"adaGrad">): Optimizer {
  return described("adaGrad", { epsilon: 1e-10 }, options);
}

/**
 * RMSProp; ρ (PyTorch's alpha) default 0.99, ε default 1e-8.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = rmsProp({ learningRate: 1e-3, decay: 0.9 });
 */
export function rmsProp(options: OptimizerOptions<"rmsProp">): Optimizer {
  return described("rmsProp", { decay: 0.99, epsilon: 1e-8 }, options);
}

/**
 * Adam; β₁ default 0.9, β₂ 0.999, ε 1e-8. Weight decay is added to the gradient.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adam({ learningRate: schedule({ kind: "cosine", rate: 1e-3 }) });
 */
export function adam(options: OptimizerOptions<"adam">): Optimizer {
  return described("adam", { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, options);
}

/**
 * AdamW: Adam whose weight decay λ, default 0.01, acts on the weights themselves.
 *
 * @throws {OptionError} a rate, a schedule or another number outside its range
 * @example
 * const optimizer = adamW({ learningRate: 1e-3, weightDecay: 0.05 });
 */
export function adamW(options: OptimizerOptions<"adamW">): Optimizer {
  return described("adamW", { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }, options);
}

/** What each number of a description must be. */
const RANGES: Readonly<Record<string, readonly [expected: string, holds: (value: number) => boolean]>> = {
  weightDecay: ["a number from 0 on", (value) => value >= 0],
  clipValue: ["a number above 0", (value) => value > 0],
  clipNorm: ["a number above 0", (value) => value > 0],
  momentum: ["a number from 0 to below 1", (value) => value >= 0 && value < 1],
  decay: ["a number from 0 to below 1", (value) => value >= 0 && value < 1],
  beta1: ["a number from 0 to below 1", (value) => value >= 0 && value < 1],
  beta2: ["a number from 0 to below 1", (value) => value >= 0 && value < 1],
  epsilon: ["a number from 0 on", (value) => value >= 0],
};

/** The numbers that each kind cannot do without. */
const NEEDED: { readonly [K in keyof Kinds]: readonly string[] } = {
  sgd: [],
  momentum: ["momentum"],
  nesterov: ["momentum"],
  adaGrad: ["epsilon"],
  rmsProp: ["decay", "epsilon"],
  adam: ["beta1", "beta2", "epsilon"],
  adamW: ["beta1", "beta2", "epsilon"],
};

/** Options that every kind has. */
const COMMON = ["kind", "learningRate", "weightDecay", "clipValue", "clipNorm"];

function described(
  kind: Optimizer["kind"],
  defaults: Readonly<Record<string, number>>,
  options: UpdateOptions & Readonly<Record<string, unknown>>,
): Optimizer {
  checkType(kind, "object", options);
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined || !Object.hasOwn(defaults, name),
  );
  const optimizer = { kind, ...defaults, ...Object.fromEntries(given) } as Optimizer;
  checkOptimizer(optimizer);
  return optimizer;
}

/**
 * As the functions above check: for descriptions from elsewhere, such as a file.
 *
 * @throws {OptionError} an unknown kind, or a number that is missing or outside its range
 */
export function checkOptimizer(optimizer: Optimizer): void {
  if (!Object.hasOwn(NEEDED, optimizer?.kind)) {
    throw new OptionError("optimizer: kind", Object.keys(NEEDED).join(", "), optimizer?.kind);
  }
  const known = [...COMMON, ...NEEDED[optimizer.kind]].map((name) => [name, 1] as const);
  checkOptions(optimizer.kind, optimizer, Object.fromEntries(known));
  checkRate(`${optimizer.kind}: learningRate`, optimizer.learningRate);
  const needed = NEEDED[optimizer.kind].map((name) => [name, undefined] as const);
  for (const [name, value] of Object.entries<unknown>({ ...Object.fromEntries(needed), ...optimizer })) {
    const range = RANGES[name];
    if (range === undefined || (value === undefined && !NEEDED[optimizer.kind].includes(name))) continue;
    const [expected, holds] = range;
    if (!Number.isFinite(value) || !holds(value as number)) {
      throw new OptionError(`${optimizer.kind}: ${name}`, expected, value);
    }
  }
}
