/** What the loop and the evaluation need of a network. */
import type { OptimizerState } from "../nn/optimizer_state.ts";
import type { Optimizer } from "../nn/optimizers.ts";
import type { StepSource, TrainingStep } from "../nn/training_step.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** What can be trained and evaluated: `Network`, `TwoLayerNet`, or another that classifies rows. */
export type Classifier<D extends FloatType> = {
  readonly engine: Engine;
  readonly dtype: D;
  readonly inputSize: number;
  readonly outputSize: number;
  /** An optimizer's state, which the caller disposes of. */
  optimize(optimizer: Optimizer): OptimizerState<D>;
  /** Steps on examples that expressions give, as one program, which the caller disposes of. */
  trainingStep(state: OptimizerState<D>, source: StepSource<D>): TrainingStep<D>;
  loss(x: Tensor<D> | SparseMatrix<D>, labels: Tensor<"int32">): number;
  countCorrect(x: Tensor<D> | SparseMatrix<D>, labels: Tensor<"int32">): number;
};
