/**
 * The smallest network of Saito, *Deep Learning from Scratch*, ch. 4: one weight matrix and no bias:
 *
 *   Z = X·W,   loss = mean over rows of -Σ_j t_ij ln softmax(z_i)_j
 */

import { checkInstance, checkType } from "../arguments.ts";
import { Owner } from "../disposable.ts";
import {
  checkFloatType,
  checkSize,
  type Examples,
  examplesOf,
  release,
  type Targets,
  withTensors,
} from "../nn/inputs.ts";
import { checkOutputs } from "../nn/losses.ts";
import { type NamedTensors, Parameters } from "../nn/parameters.ts";
import { plainGradients, STEP } from "../nn/plain_gradients.ts";
import { softmaxCrossEntropy } from "../ops/cross_entropy.ts";
import { matrixProduct } from "../ops/product.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";

/** The matrix's size, and its first numbers. */
export type SimpleNetOptions<D extends FloatType> = {
  /** Where the weights come from: standard normal, drawn row by row. */
  readonly random: RandomState;
  /** Default 2. */
  readonly inputSize?: number;
  /** Default 3. */
  readonly outputSize?: number;
  /** Default float32. */
  readonly dtype?: D;
};

/**
 * A matrix W, inputSize × outputSize, that maps examples to logits. The caller disposes of it.
 *
 * Methods take tensors, or plain numbers: rows or one row alone; `t` as class labels, or as one-hot rows.
 *
 * @example
 * using net = new SimpleNet(engine, { random: new RandomState(0) });
 * net.gradient([0.6, 0.9], [0, 0, 1]).W.shape; // → [2, 3]
 */
export class SimpleNet<D extends FloatType = "float32"> extends Owner {
  static override get name(): string {
    return "SimpleNet";
  }
  readonly engine: Engine;
  readonly dtype: D;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly #parameters: Parameters<"W", D>;

  /** @throws {OptionError} a size that is not an integer from 1 on, or one output: a softmax of one is always 1 */
  constructor(engine: Engine, options: SimpleNetOptions<D>) {
    checkType("SimpleNet: options", "object", options);
    checkOptions<SimpleNetOptions<D>>("SimpleNet", options, { random: 1, inputSize: 1, outputSize: 1, dtype: 1 });
    const { random, inputSize = 2, outputSize = 3, dtype = "float32" as D } = options;
    super();
    checkInstance("random", "a RandomState", RandomState, random);
    checkSize("inputSize", inputSize);
    checkSize("outputSize", outputSize);
    checkOutputs("softmaxCrossEntropy", outputSize);
    checkFloatType(dtype);
    this.engine = engine;
    this.dtype = dtype;
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.#parameters = new Parameters(engine, { W: [inputSize, outputSize] }, dtype);
    this.parameters.W.data.set(random.randn(inputSize, outputSize));
  }

  /** W, a view into the network's block. `parameters.W.set(…)` changes it. */
  get parameters(): NamedTensors<"W", D> {
    return this.#parameters.values;
  }

  /**
   * Logits X·W, which the caller disposes of.
   *
   * @param x m × inputSize
   * @returns m × outputSize
   * @throws {ShapeError} x has other rows
   */
  predict(x: Examples<D>): Tensor<D> {
    const input = examplesOf<D>(this.engine, x, this.inputSize, this.dtype);
    try {
      return matrixProduct(input, this.parameters.W);
    } finally {
      release(input, x);
    }
  }

  /**
   * The mean cross entropy of the examples, in nats.
   *
   * @param t m labels, or m × outputSize targets
   */
  loss(x: Examples<D>, t: Targets<D>): number {
    return this.#with(x, t, (input, target) => {
      using z = matrixProduct(input, this.parameters.W);
      return softmaxCrossEntropy(z, target);
    });
  }

  /** ∂loss/∂W by backpropagation: a tensor of the network's own, which the next call overwrites. */
  gradient(x: Examples<D>, t: Targets<D>): NamedTensors<"W", D> {
    return this.#with(x, t, (input, target) => {
      using z = matrixProduct(input, this.parameters.W);
      using dz = zeros(this.engine, z.shape, { dtype: this.dtype });
      softmaxCrossEntropy(z, target, { gradient: dz });
      matrixProduct(input, dz, { transpose: "a", out: this.#parameters.gradients.W });
      return this.#parameters.gradients;
    });
  }

  /**
   * The same by central differences.
   *
   * @param options.h the step by which a weight is moved; 1e-4 in float64, 1e-2 in float32
   * @throws {OptionError} h is 0 or not a finite number
   */
  numericalGradient(x: Examples<D>, t: Targets<D>, options: { readonly h?: number } = {}): NamedTensors<"W", D> {
    checkOptions<{ readonly h?: number }>("numericalGradient", options, { h: 1 });
    const { h = STEP[this.dtype] } = options;
    return this.#with(x, t, (input, target) =>
      plainGradients(this.parameters, this.#parameters.numerical, () => this.loss(input, target), h),
    );
  }

  /** Its matrix. */
  override toString(): string {
    return `SimpleNet of ${this.parameters.W}`;
  }

  /** Frees its memory. A second call does nothing. */
  dispose(): void {
    this.#parameters.dispose();
  }

  #with<R>(x: Examples<D>, t: Targets<D>, compute: (x: Tensor<D>, t: Tensor<D> | Tensor<"int32">) => R): R {
    const form = { inputSize: this.inputSize, outputSize: this.outputSize, dtype: this.dtype };
    return withTensors<D, never, R>(this.engine, { x, t }, form, compute);
  }
}
