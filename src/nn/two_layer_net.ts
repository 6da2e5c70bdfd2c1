/**
 * The chapter's two-layer network:
 *
 *   A1 = X·W1 + b1,  Z1 = sigmoid(A1),  A2 = Z1·W2 + b2,  Y = softmax(A2)
 *
 *   loss = mean over rows of -Σ_j t_ij ln y_ij, taken from A2 by log-sum-exp (no δ inside the logarithm)
 */
import { DisposedError, OptionError } from "../errors.ts";
import { affine } from "../ops/affine.ts";
import { argmax, countCorrect } from "../ops/argmax.ts";
import { columnSums } from "../ops/bias.ts";
import { softmaxCrossEntropy } from "../ops/cross_entropy.ts";
import { sigmoidGradient } from "../ops/elementwise.ts";
import { matmul } from "../ops/matmul.ts";
import { softmax } from "../ops/softmax.ts";
import { sparseAxpy } from "../ops/sparse.ts";
import { fill } from "../ops/vectors.ts";
import type { RandomState } from "../random/random_state.ts";
import { type TensorGroup, tensorGroup } from "../tensor/group.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import {
  checkFloatType,
  checkSize,
  type Examples,
  examplesOf,
  isLabels,
  type Rows,
  release,
  type Targets,
  withTensors,
} from "./inputs.ts";
import { type NamedTensors, Parameters, STEP } from "./parameters.ts";

export type TwoLayerNetOptions<D extends FloatType> = {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** Where the weights come from: W1 is drawn first, then W2. Without it they are 0, until they are set. */
  readonly random?: RandomState;
  /** Standard deviation of the weights; the biases start at 0. */
  readonly weightInitStd?: number;
  readonly dtype?: D;
};

/** W1 inputSize × hiddenSize, b1 hiddenSize, W2 hiddenSize × outputSize, b2 outputSize. */
export type TwoLayerParameters<D extends FloatType> = NamedTensors<"W1" | "b1" | "W2" | "b2", D>;

/** What one pass over m rows needs between its first layer and its loss. */
type Workspace<D extends FloatType> = TensorGroup<"z1" | "a2" | "da2" | "dz1", D>;

const BEHIND_W1 = ["b1", "W2", "b2"] as const;

/**
 * The network, its parameters and its gradients. The caller disposes of it.
 *
 * Methods take tensors, or plain numbers: examples as rows, or one example alone; `t` as class labels, or as
 * one-hot rows or probabilities.
 *
 * @example
 * using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random: new RandomState(0) });
 */
export class TwoLayerNet<D extends FloatType = "float32"> {
  readonly engine: Engine;
  readonly dtype: D;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  readonly #parameters: Parameters<"W1" | "b1" | "W2" | "b2", D>;
  #workspace: Workspace<D> | undefined;
  #rows = 0;
  #isDisposed = false;

  /**
   * Draws the weights: `weightInitStd` times a standard normal, W1 row by row, then W2.
   *
   * @throws {OptionError} a size that is not a whole number from 1 on, or a standard deviation that is no number
   * @throws {DTypeError} neither float32 nor float64
   * @throws {AllocationError} the engine's memory is too small
   */
  constructor(engine: Engine, options: TwoLayerNetOptions<D>) {
    const { inputSize, hiddenSize, outputSize, random, weightInitStd = 0.01, dtype = "float32" as D } = options;
    checkSize("inputSize", inputSize);
    checkSize("hiddenSize", hiddenSize);
    checkSize("outputSize", outputSize);
    checkFloatType(dtype);
    if (!Number.isFinite(weightInitStd)) throw new OptionError("weightInitStd", "a finite number", weightInitStd);
    this.engine = engine;
    this.dtype = dtype;
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.outputSize = outputSize;
    this.#parameters = new Parameters(
      engine,
      { W1: [inputSize, hiddenSize], b1: [hiddenSize], W2: [hiddenSize, outputSize], b2: [outputSize] },
      dtype,
    );
    const { W1, W2 } = this.parameters;
    if (random === undefined) return;
    W1.data.set(random.randn(inputSize, hiddenSize).map((value) => weightInitStd * value));
    W2.data.set(random.randn(hiddenSize, outputSize).map((value) => weightInitStd * value));
  }

  /** The parameters by name: views into one block of the network's. `parameters.W1.set(…)` changes them. */
  get parameters(): TwoLayerParameters<D> {
    return this.#parameters.values;
  }

  /**
   * Class probabilities.
   *
   * @param x m × inputSize
   * @returns m × outputSize, which the caller disposes of
   * @throws {ShapeError} x has other rows
   * @throws {DisposedError} the network was disposed
   */
  predict(x: Examples<D>): Tensor<D> {
    const input = examplesOf(this.engine, x, this.inputSize, this.dtype);
    try {
      return softmax(this.#forward(input));
    } finally {
      release(input, x);
    }
  }

  /**
   * The mean cross entropy of the examples, in nats.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets
   * @throws {ShapeError} shapes do not fit
   * @throws {IndexError} a label outside 0..outputSize-1
   */
  loss(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): number {
    return this.#with(x, t, (input, target) => softmaxCrossEntropy(this.#forward(input), target));
  }

  /**
   * The share of examples whose most probable class is the label: a fraction in 0..1.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets, whose largest element counts
   */
  accuracy(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): number {
    return this.#with(x, t, (input, target) => this.countCorrect(input, target) / (input.shape[0] ?? 0));
  }

  /** The number of rows that `accuracy` counts as right, for tensors. */
  countCorrect(x: Rows<D>, t: Tensor<D> | Tensor<"int32">): number {
    const logits = this.#forward(x);
    if (isLabels(t)) return countCorrect(logits, t);
    using labels = argmax(t);
    return countCorrect(logits, labels);
  }

  /**
   * ∂loss/∂parameter by backpropagation. Nothing is computed for the input.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets
   * @returns the network's own gradient tensors, which the next call overwrites: do not dispose of them
   */
  gradient(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): TwoLayerParameters<D> {
    return this.#with(x, t, (input, target) => this.#backward(input, target));
  }

  /**
   * The same by central differences: two losses for each parameter, so slow, and right to about 1e-8 in
   * float64 only. In float32 the loss itself carries too few digits for more than a rough check.
   *
   * @param options.h how far a parameter moves; 1e-4 in float64, 1e-2 in float32
   * @returns tensors of the network's own, which the next such call overwrites: do not dispose of them
   * @throws {OptionError} h is 0 or no finite number
   */
  numericalGradient(
    x: Examples<D>,
    t: Targets<D>,
    { h = STEP[this.dtype] }: { h?: number } = {},
  ): TwoLayerParameters<D> {
    return this.#with(x, t, (input, target) =>
      this.#parameters.numericalGradients(() => softmaxCrossEntropy(this.#forward(input), target), h),
    );
  }

  /**
   * One step of gradient descent on the loss of x and t. W1 is changed directly, of sparse rows only where an input is
   * not zero, and no gradient of it is kept.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets
   * @throws {ShapeError} shapes do not fit
   * @throws {IndexError} a label outside 0..outputSize-1
   */
  step(x: Rows<D>, t: Tensor<D> | Tensor<"int32">, learningRate: number): void {
    const dz1 = this.#backwardToFirst(x, t);
    const { W1 } = this.parameters;
    if (x instanceof SparseMatrix) sparseAxpy(-learningRate, x, dz1, W1);
    else matmul(x, dz1, { transpose: "a", alpha: -learningRate, beta: 1, out: W1 });
    this.#parameters.descend(learningRate, BEHIND_W1);
  }

  /** parameter ← parameter - learningRate · the gradient that `gradient` left. */
  descend(learningRate: number): void {
    this.#parameters.descend(learningRate);
  }

  /** Gives the memory back. A second call does nothing. */
  dispose(): void {
    this.#isDisposed = true;
    this.#parameters.dispose();
    this.#workspace?.whole.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A2 for the rows of x, in the workspace: valid until the next pass. */
  #forward(x: Rows<D>): Tensor<D> {
    const { W1, b1, W2, b2 } = this.#parameters.values;
    const { z1, a2 } = this.#workspaceFor(x).parts;
    affine(x, W1, b1, { activation: "sigmoid", out: z1 });
    return affine(z1, W2, b2, { out: a2 });
  }

  #backward(x: Rows<D>, t: Tensor<D> | Tensor<"int32">): TwoLayerParameters<D> {
    const gradients = this.#parameters.gradients;
    const dz1 = this.#backwardToFirst(x, t);
    if (x instanceof SparseMatrix) {
      fill(gradients.W1, 0);
      sparseAxpy(1, x, dz1, gradients.W1);
    } else {
      matmul(x, dz1, { transpose: "a", out: gradients.W1 });
    }
    return gradients;
  }

  /** Every gradient but that of W1, and what that one needs: ∂loss/∂A1. */
  #backwardToFirst(x: Rows<D>, t: Tensor<D> | Tensor<"int32">): Tensor<D> {
    const { W2 } = this.#parameters.values;
    const gradients = this.#parameters.gradients;
    const { z1, da2, dz1 } = this.#workspaceFor(x).parts;
    softmaxCrossEntropy(this.#forward(x), t, { gradient: da2 });
    matmul(z1, da2, { transpose: "a", out: gradients.W2 });
    columnSums(da2, { out: gradients.b2 });
    matmul(da2, W2, { transpose: "b", out: dz1 });
    sigmoidGradient(z1, dz1, { out: dz1 });
    columnSums(dz1, { out: gradients.b1 });
    return dz1;
  }

  /** Room for the rows of x; made anew only when another number of rows comes. */
  #workspaceFor(x: Rows<D>): Workspace<D> {
    if (this.#isDisposed) throw new DisposedError(this.#describe(), "use");
    const [rows = 0] = x.shape;
    if (this.#workspace !== undefined && rows === this.#rows) return this.#workspace;
    this.#workspace?.whole.dispose();
    this.#workspace = tensorGroup(
      this.engine,
      {
        z1: [rows, this.hiddenSize],
        a2: [rows, this.outputSize],
        da2: [rows, this.outputSize],
        dz1: [rows, this.hiddenSize],
      },
      this.dtype,
    );
    this.#rows = rows;
    return this.#workspace;
  }

  #with<R>(
    x: Examples<D> | SparseMatrix<D>,
    t: Targets<D>,
    compute: (x: Rows<D>, t: Tensor<D> | Tensor<"int32">) => R,
  ): R {
    const form = { inputSize: this.inputSize, outputSize: this.outputSize, dtype: this.dtype };
    return withTensors(this.engine, { x, t }, form, compute);
  }

  #describe(): string {
    return `network ${this.inputSize}-${this.hiddenSize}-${this.outputSize}`;
  }
}
