/**
 * A network of dense layers in plain JavaScript, with its gradients by backpropagation: the baseline of whole steps,
 * and in float64 their reference.
 *
 *   Aₗ = Zₗ₋₁·Wₗ + bₗ,  Zₗ = activation(Aₗ) but for the last,  loss = mean cross entropy of the softmax
 */
import type { FloatType } from "lanegrad";
import { type PlainKernels, plainKernels } from "./copies.ts";
import type { Floats } from "./kernels.ts";

export type Activation = "sigmoid" | "relu";

/** A weight matrix, row-major, fan-in × fan-out, with its bias. */
export type Layer = { readonly weights: Floats; readonly bias: Floats };

export class PlainNetwork {
  readonly layers: readonly Layer[];
  readonly gradients: readonly Layer[];
  readonly #sizes: readonly number[];
  readonly #activation: Activation;
  readonly #kernels: PlainKernels;
  readonly #outputs: readonly Floats[];
  readonly #outputGradients: readonly Floats[];

  /** Zero parameters for `sizes`, and room for batches of exactly `rows`. */
  constructor(sizes: readonly number[], rows: number, activation: Activation, dtype: FloatType = "float32") {
    const make = (size: number): Floats => (dtype === "float32" ? new Float32Array(size) : new Float64Array(size));
    const layer = (fanOut: number, l: number): Layer => ({
      weights: make((sizes[l] ?? 0) * fanOut),
      bias: make(fanOut),
    });
    this.#sizes = sizes;
    this.#activation = activation;
    this.#kernels = plainKernels(dtype);
    this.layers = sizes.slice(1).map(layer);
    this.gradients = sizes.slice(1).map(layer);
    this.#outputs = sizes.slice(1).map((size) => make(rows * size));
    this.#outputGradients = sizes.slice(1).map((size) => make(rows * size));
  }

  /** Copies parameters in. */
  set(layers: readonly Layer[]): void {
    for (const [l, { weights, bias }] of this.layers.entries()) {
      weights.set(layers[l]!.weights);
      bias.set(layers[l]!.bias);
    }
  }

  /** Logits, rows × classes: the network's own array, overwritten by the next call. */
  forward(x: Floats): Floats {
    const { gemmRows, addBias } = this.#kernels;
    let input = x;
    for (const [l, { weights, bias }] of this.layers.entries()) {
      const [k, n] = [this.#sizes[l]!, this.#sizes[l + 1]!];
      const output = this.#outputs[l]!;
      const m = output.length / n;
      gemmRows(m, n, k, input, k, 1, weights, output);
      addBias(m, n, output, bias, output);
      if (l < this.layers.length - 1) this.#kernels[this.#activation](output, output);
      input = output;
    }
    return input;
  }

  /** Fills `gradients` and returns the loss. */
  gradient(x: Floats, labels: Int32Array): number {
    const { gemmRows, gemmDots, columnSums, crossEntropy } = this.#kernels;
    const derive = this.#activation === "relu" ? this.#kernels.reluGradient : this.#kernels.sigmoidGradient;
    const classes = this.#sizes.at(-1)!;
    const logits = this.forward(x);
    const m = labels.length;
    const loss = crossEntropy(m, classes, logits, labels, this.#outputGradients.at(-1)!);
    for (let l = this.layers.length - 1; l >= 0; l--) {
      const [k, n] = [this.#sizes[l]!, this.#sizes[l + 1]!];
      const [input, dz] = [l === 0 ? x : this.#outputs[l - 1]!, this.#outputGradients[l]!];
      gemmRows(k, n, m, input, 1, k, dz, this.gradients[l]!.weights);
      columnSums(m, n, dz, this.gradients[l]!.bias);
      if (l === 0) break;
      const dx = this.#outputGradients[l - 1]!;
      gemmDots(m, k, n, dz, this.layers[l]!.weights, dx);
      derive(input, dx, dx);
    }
    return loss;
  }

  /** One step of gradient descent; returns the loss before it. */
  step(x: Floats, labels: Int32Array, learningRate: number): number {
    const loss = this.gradient(x, labels);
    for (const [l, { weights, bias }] of this.layers.entries()) {
      this.#kernels.axpy(-learningRate, this.gradients[l]!.weights, weights);
      this.#kernels.axpy(-learningRate, this.gradients[l]!.bias, bias);
    }
    return loss;
  }
}

/** Floating-point operations of the products of one step: the first layer needs no input gradient. */
export function stepFlops(sizes: readonly number[], rows: number): number {
  const products = sizes.slice(1).map((n, l) => (l === 0 ? 2 : 3) * sizes[l]! * n);
  return 2 * rows * products.reduce((sum, product) => sum + product, 0);
}

/** Floating-point operations of the products of one forward pass. */
export function forwardFlops(sizes: readonly number[], rows: number): number {
  return 2 * rows * sizes.slice(1).reduce((sum, n, l) => sum + sizes[l]! * n, 0);
}
