/** Optimizers, as a program names them. */
export { adaGrad } from "./optimizers/ada_grad.ts";
export { adam, adamW } from "./optimizers/adam.ts";
export {
  defineOptimizer,
  type OptimizerDefinition,
  type OptimizerFunction,
  type UpdateOperands,
} from "./optimizers/custom.ts";
export { momentum, nesterov } from "./optimizers/momentum.ts";
export type {
  CustomOptimizer,
  Hyperparameter,
  Kinds,
  Optimizer,
  OptimizerFacts,
  OptimizerOf,
  OptimizerOptions,
  UpdateOptions,
} from "./optimizers/record.ts";
export { rmsProp } from "./optimizers/rms_prop.ts";
export { sgd } from "./optimizers/sgd.ts";
