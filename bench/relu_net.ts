/**
 * A network of dense layers with relu between them, by hand over the operations: what a step of a deeper network costs.
 *
 *   Aₗ = Zₗ₋₁·Wₗ + bₗ,  Zₗ = relu(Aₗ) but for the last,  loss = mean cross entropy of the softmax
 */
import {
  affine,
  axpy,
  columnSums,
  type Engine,
  matmul,
  type RandomState,
  reluGradient,
  SparseMatrix,
  softmaxCrossEntropy,
  sparseAxpy,
  type Tensor,
  type TensorGroup,
  tensorGroup,
  zeros,
} from "lanegrad";

type Floats = Tensor<"float32">;
type Rows = Floats | SparseMatrix<"float32">;

/** One layer's tensors: parameters and gradients are views into blocks of their own. */
type Layer = {
  readonly weights: Floats;
  readonly bias: Floats;
  readonly dWeights: Floats;
  readonly dBias: Floats;
  readonly output: Floats;
  readonly dOutput: Floats;
};

/** The caller disposes of it. */
export class ReluNet {
  readonly layers: readonly Layer[];
  /** All but the first layer's weights, whose gradient is the largest and, for sparse rows, is not made. */
  readonly #parameters: TensorGroup<string, "float32">;
  readonly #gradients: TensorGroup<string, "float32">;

  /** Weights as He et al. draw them, N(0, 2 / fan-in), biases 0, and room for batches of `rows`. */
  constructor(engine: Engine, sizes: readonly number[], rows: number, random: RandomState) {
    const shapes: Record<string, readonly number[]> = {};
    for (const [l, n] of sizes.slice(1).entries()) {
      if (l > 0) shapes[`W${l}`] = [sizes[l]!, n];
      shapes[`b${l}`] = [n];
    }
    this.#parameters = tensorGroup(engine, shapes, "float32");
    this.#gradients = tensorGroup(engine, shapes, "float32");
    const [values, gradients] = [this.#parameters.parts, this.#gradients.parts];
    this.layers = sizes.slice(1).map((n, l) => ({
      weights: values[`W${l}`] ?? zeros(engine, [sizes[0]!, n]),
      bias: values[`b${l}`]!,
      dWeights: gradients[`W${l}`] ?? zeros(engine, [sizes[0]!, n]),
      dBias: gradients[`b${l}`]!,
      output: zeros(engine, [rows, n]),
      dOutput: zeros(engine, [rows, n]),
    }));
    for (const [l, { weights }] of this.layers.entries()) {
      const std = Math.sqrt(2 / sizes[l]!);
      weights.set(random.randn(weights.size).map((draw) => std * draw));
    }
  }

  /** Fills every layer's gradients, of sparse rows not that of the first weights, and returns the loss. */
  gradient(x: Rows, labels: Tensor<"int32">): number {
    const last = this.layers.length - 1;
    let input: Rows = x;
    for (const [l, { weights, bias, output }] of this.layers.entries()) {
      affine(input, weights, bias, { activation: l < last ? "relu" : "none", out: output });
      input = output;
    }
    const loss = softmaxCrossEntropy(this.layers[last]!.output, labels, { gradient: this.layers[last]!.dOutput });
    for (let l = last; l >= 0; l--) {
      const { weights, dWeights, dBias, dOutput } = this.layers[l]!;
      const below = this.layers[l - 1];
      const layerInput = below?.output ?? x;
      if (!(layerInput instanceof SparseMatrix)) matmul(layerInput, dOutput, { transpose: "a", out: dWeights });
      columnSums(dOutput, { out: dBias });
      if (below === undefined) break;
      matmul(dOutput, weights, { transpose: "b", out: below.dOutput });
      reluGradient(below.output, below.dOutput, { out: below.dOutput });
    }
    return loss;
  }

  /** One step of gradient descent; returns the loss before it. */
  step(x: Rows, labels: Tensor<"int32">, learningRate: number): number {
    const loss = this.gradient(x, labels);
    const { weights, dWeights, dOutput } = this.layers[0]!;
    if (x instanceof SparseMatrix) sparseAxpy(-learningRate, x, dOutput, weights);
    else axpy(-learningRate, dWeights, weights);
    axpy(-learningRate, this.#gradients.whole, this.#parameters.whole);
    return loss;
  }

  dispose(): void {
    this.#parameters.whole.dispose();
    this.#gradients.whole.dispose();
    this.layers[0]?.weights.dispose();
    this.layers[0]?.dWeights.dispose();
    for (const { output, dOutput } of this.layers) {
      output.dispose();
      dOutput.dispose();
    }
  }
}
