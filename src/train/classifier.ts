/** What the loop and the evaluation need of a network. */
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** What can be trained and evaluated: a network that classifies rows. */
export type Classifier<D extends FloatType> = {
  readonly engine: Engine;
  readonly dtype: D;
  readonly inputSize: number;
  readonly outputSize: number;
  /** One step of gradient descent on the loss of these rows. */
  step(x: Tensor<D> | SparseMatrix<D>, labels: Tensor<"int32">, learningRate: number): void;
  loss(x: Tensor<D> | SparseMatrix<D>, labels: Tensor<"int32">): number;
  countCorrect(x: Tensor<D> | SparseMatrix<D>, labels: Tensor<"int32">): number;
};
