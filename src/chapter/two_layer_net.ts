/**
 * The two-layer network of Saito, *Deep Learning from Scratch*, ch. 4:
 *
 *   A1 = X·W1 + b1,  Z1 = sigmoid(A1),  A2 = Z1·W2 + b2,  Y = softmax(A2)
 *
 *   loss = mean over rows of -Σ_j t_ij ln y_ij, taken from A2 by log-sum-exp (no δ inside the logarithm)
 *
 * A `network` of two dense layers under the chapter's names: it has no arithmetic of its own.
 */
import { checkType } from "../arguments.ts";
import { allOrNothing, Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { checkFloatType, checkSize, type Examples, type Targets, type TensorRows } from "../nn/inputs.ts";
import { sigmoid } from "../nn/layers/activations.ts";
import { dense } from "../nn/layers/dense.ts";
import { sequential } from "../nn/layers/sequential.ts";
import { Network } from "../nn/network.ts";
import { type NumericalOptions, numericalGradientOf } from "../nn/numerical_gradient.ts";
import type { Optimizer } from "../nn/optimizers/record.ts";
import { sgd } from "../nn/optimizers/sgd.ts";
import type { OptimizerState } from "../nn/optimizers/state.ts";
import type { NamedTensors } from "../nn/parameters.ts";
import type { StepSource, TrainingStep } from "../nn/training_step.ts";
import { checkOptions } from "../options.ts";
import type { RandomState } from "../random/random_state.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** The sizes, and how the parameters start. */
export type TwoLayerNetOptions<D extends FloatType> = {
  readonly inputSize: number;
  /** Units of the hidden layer. */
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** Where the weights come from: W1 is drawn first, then W2. Without it they are 0, until they are set. */
  readonly random?: RandomState;
  /** Standard deviation of the weights; the biases start at 0. */
  readonly weightInitStd?: number;
  /** Default float32. */
  readonly dtype?: D;
};

/** W1 inputSize × hiddenSize, b1 hiddenSize, W2 hiddenSize × outputSize, b2 outputSize. */
export type TwoLayerParameters<D extends FloatType> = NamedTensors<"W1" | "b1" | "W2" | "b2", D>;

/**
 * The network, its parameters and its gradients. The caller disposes of it.
 *
 * Methods take tensors, or plain numbers: examples as rows, or one example alone; `t` as class labels, or as
 * one-hot rows or probabilities.
 *
 * @example
 * using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random: new RandomState(0) });
 */
export class TwoLayerNet<D extends FloatType = "float32"> extends Owner {
  static override get name(): string {
    return "TwoLayerNet";
  }
  readonly engine: Engine;
  readonly dtype: D;
  readonly inputSize: number;
  /** Units of the hidden layer. */
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** The underlying network; disposed of with this one. */
  readonly network: Network<D>;
  readonly #descent: OptimizerState<D>;

  /**
   * Draws the weights: `weightInitStd` times a standard normal, W1 row by row, then W2.
   *
   * @throws {OptionError} a size that is not an integer from 1 on, one output (a softmax of one is always 1), or a
   *   standard deviation that is not a number
   * @throws {DTypeError} neither float32 nor float64
   * @throws {AllocationError} the engine's memory is too small
   */
  constructor(engine: Engine, options: TwoLayerNetOptions<D>) {
    super();
    checkType("TwoLayerNet: options", "object", options);
    checkOptions<TwoLayerNetOptions<D>>("TwoLayerNet", options, {
      ...{ inputSize: 1, hiddenSize: 1, outputSize: 1, random: 1, weightInitStd: 1, dtype: 1 },
    });
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
    const weights = { weights: { std: weightInitStd } };
    const layers = [dense(inputSize, hiddenSize, weights), sigmoid(), dense(hiddenSize, outputSize, weights)];
    const { network, descent } = allOrNothing((own) => {
      const network = own(
        new Network(engine, sequential(...layers), { random: random === undefined ? "none" : random, dtype }),
      );
      return { network, descent: network.optimize(sgd({ learningRate: 0 })) };
    });
    this.network = network;
    this.#descent = descent;
  }

  /** The parameters by name: views into one block of the network's. `parameters.W1.set(…)` changes them. */
  get parameters(): TwoLayerParameters<D> {
    return this.network.parameters as TwoLayerParameters<D>;
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
    return this.network.predict(x);
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
    return this.network.loss(x, t);
  }

  /**
   * The fraction of examples whose most probable class is the label, from 0 to 1.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets, whose largest element counts
   */
  accuracy(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): number {
    return this.network.accuracy(x, t);
  }

  /** The number of rows that `accuracy` counts as right, for tensors. */
  countCorrect(x: TensorRows<D>, t: Tensor<D> | Tensor<"int32">): number {
    return this.network.countCorrect(x, t);
  }

  /**
   * ∂loss/∂parameter by backpropagation. Nothing is computed for the input.
   *
   * @param x m × inputSize, m >= 1
   * @param t m labels, or m × outputSize targets
   * @returns the network's own gradient tensors, which the next call overwrites: do not dispose of them
   */
  gradient(x: Examples<D> | SparseMatrix<D>, t: Targets<D>): TwoLayerParameters<D> {
    return this.network.gradient(x, t) as TwoLayerParameters<D>;
  }

  /**
   * The same by central differences: two losses for each parameter, right to about 1e-8 in float64 only. In float32 the
   * loss itself carries too few digits for more than a rough check.
   *
   * @param options.h how far a parameter moves; 1e-4 in float64, 1e-2 in float32
   * @param options.method `incremental`, the default, computes for each loss only what its parameter changes; `plain`
   *   computes the whole network, as the chapter does
   * @returns tensors of the network's own, which the next such call overwrites: do not dispose of them
   * @throws {OptionError} h is 0 or not a finite number, or an invalid method
   */
  numericalGradient(x: Examples<D>, t: Targets<D>, options: NumericalOptions = {}): TwoLayerParameters<D> {
    return numericalGradientOf(this.network, x, t, options) as TwoLayerParameters<D>;
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
  step(x: TensorRows<D>, t: Tensor<D> | Tensor<"int32">, learningRate: number): void {
    this.network.step(this.#descent, x, t, learningRate);
  }

  /** parameter ← parameter - learningRate · the gradient that `gradient` left. */
  descend(learningRate: number): void {
    this.network.descend(learningRate);
  }

  /** An optimizer's state for this network. The caller disposes of it. */
  optimize(optimizer: Optimizer): OptimizerState<D> {
    return this.network.optimize(optimizer);
  }

  /** A step whose examples come from expressions. The caller disposes of it. */
  trainingStep(state: OptimizerState<D>, source: StepSource<D>): TrainingStep<D> {
    return this.network.trainingStep(state, source);
  }

  /** The underlying network as text. */
  override toString(): string {
    return `TwoLayerNet of ${this.network}`;
  }

  /** Frees its memory. A second call does nothing. */
  dispose(): void {
    this.#descent.dispose();
    this.network.dispose();
  }
}
