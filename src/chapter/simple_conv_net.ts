/**
 * The convolutional network of Saito, *Deep Learning from Scratch*, ch. 7:
 *
 *   conv - relu - pool - affine - relu - affine - softmax
 *
 *   loss = mean over rows of -ln(y_label + δ), δ = 1e-7; its gradient is that without δ, as the book's
 *
 * A `network` under the book's names.
 */
import { checkInstance, checkRecord, checkType } from "../arguments.ts";
import { allOrNothing, Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import {
  checkFloatType,
  checkSize,
  type Examples,
  examplesOf,
  release,
  type Targets,
  withTensors,
} from "../nn/inputs.ts";
import { relu } from "../nn/layers/activations.ts";
import { dense } from "../nn/layers/dense.ts";
import { flatten } from "../nn/layers/flatten.ts";
import { sequential } from "../nn/layers/sequential.ts";
import { Network } from "../nn/network.ts";
import { numericalGradientOf } from "../nn/numerical_gradient.ts";
import type { NamedTensors } from "../nn/parameters.ts";
import { copy } from "../ops/vectors.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { convolution, pooling } from "./convolution.ts";
import { softmaxWithLoss } from "./softmax_with_loss.ts";

/** The book's `conv_param`. */
export type ConvParam = {
  /** Number of filters. Default 30. */
  readonly filterNum?: number;
  /** Rows and columns of a filter. Default 5. */
  readonly filterSize?: number;
  /** Zeros around each image, in pixels. Default 0. */
  readonly pad?: number;
  /** How far a filter moves, in pixels. Default 1. */
  readonly stride?: number;
};

/** The sizes, and how the parameters start. */
export type SimpleConvNetOptions<D extends FloatType> = {
  /** Channels, rows and columns of an image. Default [1, 28, 28]. */
  readonly inputDim?: readonly [number, number, number];
  /** The filters. Default: 30 of 5 × 5. */
  readonly convParam?: ConvParam;
  /** Units of the hidden layer. Default 100. */
  readonly hiddenSize?: number;
  /** Default 10. */
  readonly outputSize?: number;
  /** Where the weights come from: W1 is drawn first, then W2, then W3. Without it they are 0, until they are set. */
  readonly random?: RandomState;
  /** Standard deviation of the weights; the biases start at 0. Default 0.01. */
  readonly weightInitStd?: number;
  /** Default float32. */
  readonly dtype?: D;
};

/**
 * W1 filterNum × channels × filterSize × filterSize, b1 filterNum; W2 (filterNum · rows · columns after pooling) × hiddenSize,
 * b2 hiddenSize; W3 hiddenSize × outputSize, b3 outputSize.
 */
export type SimpleConvParameters<D extends FloatType> = NamedTensors<"W1" | "b1" | "W2" | "b2" | "W3" | "b3", D>;

/** Images at a time, as in the book: what the layers make of many would fill the memory. */
const BLOCK = 100;

/**
 * The network, its parameters and its gradients. The caller disposes of it.
 *
 * Methods take images as tensors, [N, C, H, W] or [N, C · H · W], or as plain numbers; `t` as class labels, or as one-hot rows.
 *
 * @example
 * using net = new SimpleConvNet(engine, {
 *   inputDim: [1, 28, 28],
 *   convParam: { filterNum: 30, filterSize: 5, pad: 0, stride: 1 },
 *   hiddenSize: 100,
 *   outputSize: 10,
 *   weightInitStd: 0.01,
 *   random: new RandomState(0),
 * });
 * net.parameters.W2.shape; // → [4320, 100]
 */
export class SimpleConvNet<D extends FloatType = "float32"> extends Owner {
  static override get name(): string {
    return "SimpleConvNet";
  }
  readonly engine: Engine;
  readonly dtype: D;
  /** Channels, rows and columns of an image. */
  readonly inputDim: readonly [number, number, number];
  readonly outputSize: number;
  /** The underlying network; disposed of with this one. */
  readonly network: Network<D>;

  /**
   * Draws the weights: `weightInitStd` times a standard normal, row-major, W1, then W2, then W3.
   *
   * @throws {OptionError} a size that is not an integer from 1 on, a pad that is not one from 0 on, or a standard deviation
   *   that is not a number
   * @throws {ShapeError} images that are smaller than a filter, or leave nothing to pool
   * @throws {DTypeError} neither float32 nor float64
   * @throws {AllocationError} the engine's memory is too small
   */
  constructor(engine: Engine, options: SimpleConvNetOptions<D> = {}) {
    super();
    checkType("SimpleConvNet: options", "object", options);
    checkOptions<SimpleConvNetOptions<D>>("SimpleConvNet", options, {
      ...{ inputDim: 1, convParam: 1, hiddenSize: 1, outputSize: 1, random: 1, weightInitStd: 1, dtype: 1 },
    });
    const { inputDim = [1, 28, 28], convParam = {}, hiddenSize = 100, outputSize = 10, random } = options;
    const { weightInitStd = 0.01, dtype = "float32" as D } = options;
    checkRecord("SimpleConvNet: convParam", convParam);
    checkOptions<ConvParam>("SimpleConvNet: convParam", convParam, { filterNum: 1, filterSize: 1, pad: 1, stride: 1 });
    const { filterNum = 30, filterSize = 5, pad = 0, stride = 1 } = convParam;
    if (!Array.isArray(inputDim) || inputDim.length !== 3)
      throw new OptionError("inputDim", "channels, rows and columns", inputDim);
    for (const [i, size] of inputDim.entries()) checkSize(`inputDim[${i}]`, size);
    checkSize("hiddenSize", hiddenSize);
    checkSize("outputSize", outputSize);
    checkFloatType(dtype);
    if (!Number.isFinite(weightInitStd)) throw new OptionError("weightInitStd", "a finite number", weightInitStd);
    if (random !== undefined) checkInstance("random", "a RandomState", RandomState, random);
    this.engine = engine;
    this.dtype = dtype;
    this.inputDim = [...inputDim] as [number, number, number];
    this.outputSize = outputSize;
    const layers = sequential(
      convolution({ filterNum, filterSize, stride, pad }),
      ...[relu(), pooling(), flatten()],
      ...[dense(hiddenSize), relu(), dense(outputSize)],
    );
    const { inputDim: inputShape } = this;
    this.network = new Network<D>(engine, layers, { inputShape, random: "none", dtype, loss: softmaxWithLoss });
    if (random === undefined) return;
    for (const name of ["W1", "W2", "W3"] as const) {
      const { data, size } = this.parameters[name];
      data.set(random.randn(size).map((value) => weightInitStd * value));
    }
  }

  /** The parameters by name, which the book calls `params`: views into one block of the network's. */
  get parameters(): SimpleConvParameters<D> {
    return this.network.parameters as SimpleConvParameters<D>;
  }

  /**
   * Scores, without softmax, as the book's.
   *
   * @param x m images
   * @returns m × outputSize, which the caller disposes of
   * @throws {ShapeError} x has other images
   * @throws {DisposedError} the network was disposed
   */
  predict(x: Examples<D>): Tensor<D> {
    const { engine, dtype, network, outputSize } = this;
    const images = examplesOf<D>(engine, x, network.inputSize, dtype);
    try {
      const [m = 0] = images.shape;
      return allOrNothing((own) => {
        const y = own(empty(engine, [m, outputSize], { dtype }));
        for (const [start, end] of blocksOf(m)) copy(network.logits(images.rows(start, end)), y.rows(start, end));
        return y;
      });
    } finally {
      release(images, x);
    }
  }

  /**
   * The book's mean cross entropy of the examples, in nats: with δ = 1e-7 inside the logarithm.
   *
   * @param x m images, m >= 1
   * @param t m labels, or m × outputSize targets
   * @throws {ShapeError} shapes do not fit
   * @throws {IndexError} a label outside 0..outputSize-1
   */
  loss(x: Examples<D>, t: Targets<D>): number {
    return this.network.loss(x, t);
  }

  /**
   * The fraction of examples whose largest score is the label's, from 0 to 1.
   *
   * @param x m images, m >= 1
   * @param t m labels, or m × outputSize targets, whose largest element counts
   * @throws {ShapeError} shapes do not fit
   */
  accuracy(x: Examples<D>, t: Targets<D>): number {
    return withTensors<D, never, number>(this.engine, { x, t }, this.#form(), (images, targets) => {
      const [m = 0] = images.shape;
      const correct = blocksOf(m).map(([start, end]) =>
        this.network.countCorrect(images.rows(start, end), targets.rows(start, end) as typeof targets),
      );
      return correct.reduce((sum, count) => sum + count, 0) / m;
    });
  }

  /**
   * ∂loss/∂parameter by backpropagation. Nothing is computed for the input.
   *
   * @param x m images, m >= 1
   * @param t m labels, or m × outputSize targets
   * @returns the network's own gradient tensors, which the next call overwrites: do not dispose of them
   * @throws {ShapeError} shapes do not fit
   */
  gradient(x: Examples<D>, t: Targets<D>): SimpleConvParameters<D> {
    return this.network.gradient(x, t) as SimpleConvParameters<D>;
  }

  /**
   * The same by central differences: two losses for each parameter.
   *
   * @param options.h how far a parameter moves; 1e-4 in float64, 1e-2 in float32
   * @returns tensors of the network's own, which the next such call overwrites: do not dispose of them
   * @throws {OptionError} h is 0 or not a finite number
   */
  numericalGradient(x: Examples<D>, t: Targets<D>, options: { readonly h?: number } = {}): SimpleConvParameters<D> {
    checkOptions<{ readonly h?: number }>("numericalGradient", options, { h: 1 });
    return numericalGradientOf(this.network, x, t, { ...options, method: "plain" }) as SimpleConvParameters<D>;
  }

  /** parameter ← parameter - learningRate · the gradient that `gradient` left. */
  descend(learningRate: number): void {
    this.network.descend(learningRate);
  }

  /** The underlying network as text. */
  override toString(): string {
    return `SimpleConvNet of ${this.network}`;
  }

  /** Frees its memory. A second call does nothing. */
  dispose(): void {
    this.network.dispose();
  }

  #form(): { readonly inputSize: number; readonly outputSize: number; readonly dtype: D } {
    const { inputSize, outputSize, dtype } = this.network;
    return { inputSize, outputSize, dtype };
  }
}

/** Where blocks of m rows start and end. */
function blocksOf(m: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: Math.ceil(m / BLOCK) }, (_, i) => [i * BLOCK, Math.min(m, (i + 1) * BLOCK)]);
}
