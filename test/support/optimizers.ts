/** Every optimizer of the library by its kind, so that a later one is in every test that goes over them. */
import { builtInOptimizers } from "../../src/nn/optimizers/known.ts";
import { described, type Kinds, type Optimizer, type UpdateOptions } from "../../src/nn/optimizers/record.ts";

export type OptimizerKind = keyof Kinds;

/** Numbers that are not the defaults, with which ten steps are well conditioned. */
const NUMBERS: Readonly<Record<string, number>> = {
  ...{ momentum: 0.8, decay: 0.9, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
};

export const KINDS = Object.keys(builtInOptimizers) as OptimizerKind[];

/** An optimizer with the numbers above, or with its defaults. */
export function optimizerOf(
  kind: OptimizerKind,
  options: Partial<UpdateOptions> = {},
  numbers: "others" | "defaults" = "others",
): Optimizer {
  const record = builtInOptimizers[kind];
  const own = Object.keys(record.hyperparameters).map((name) => [name, NUMBERS[name]]);
  return described<never>(record as never, { ...(numbers === "others" && Object.fromEntries(own)), ...options });
}
