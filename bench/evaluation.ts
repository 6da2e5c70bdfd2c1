/**
 * The chapter's network on all 10,000 bundled digits, which lie in memory as the bytes that are not zero.
 *
 *   forward    gather → forward → argmax, by hand over the operations
 *   accuracy   the library's own, which counts the right answers
 *   evaluate   the same with the loss and the confusion matrix
 */
import {
  accuracyOf,
  addBias,
  argmax,
  type Dataset,
  type Engine,
  evaluate,
  Minibatch,
  matmul,
  RandomState,
  ResidentDataset,
  type SparseMatrix,
  sigmoid,
  sparseAffine,
  type Tensor,
  zeros,
} from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { type Case, distanceOf, type Trial } from "./case.ts";
import { pixelsOf } from "./digits.ts";
import { forwardFlops, type Layer, PlainNetwork } from "./plain/network.ts";

const SIZES = [784, 50, 10] as const;
/** Rows at a time: about as many as `evaluate` takes, and a divisor of all. */
const ROWS = 250;
/** How many digits plain JavaScript classifies, at some 20 µs each. */
const PLAIN_ROWS = 1000;

export function evaluationCases(digits: Dataset<Uint8Array>): Case[] {
  const flops = forwardFlops(SIZES, digits.length);
  const shape = `${digits.length}x${digits.size}`;
  return [
    { name: `forward ${shape}`, flops, dtype: "float32", prepare: (engine) => forwardTrial(engine, digits) },
    { name: `accuracy ${digits.length}`, flops, dtype: "float32", prepare: (engine) => accuracyTrial(engine, digits) },
    { name: `evaluate ${digits.length}`, flops, dtype: "float32", prepare: (engine) => evaluateTrial(engine, digits) },
  ];
}

function forwardTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  const { net, resident, layers, plain } = networkOf(engine, digits);
  const forward = new DigitForward(net, resident);
  const labels = zeros(engine, [digits.length], { dtype: "int32" });
  const options = { out: labels };
  return {
    run: () => {
      forward.run();
      return argmax(forward.logits, options).data[0]!;
    },
    plain,
    plainShare: PLAIN_ROWS / digits.length,
    residual: () => {
      forward.run();
      return distanceOf(forward.logits.data, referenceLogits(layers, digits));
    },
    tolerance: 1e-5,
    owned: [net, resident, forward, labels],
  };
}

function accuracyTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  return countingTrial(engine, digits, accuracyOf);
}

function evaluateTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  return countingTrial(engine, digits, (net, resident) => evaluate(net, resident).accuracy ?? 0);
}

function countingTrial(
  engine: Engine,
  digits: Dataset<Uint8Array>,
  measure: (net: TwoLayerNet, resident: ResidentDataset) => number,
): Trial {
  const { net, resident, layers, plain } = networkOf(engine, digits);
  return {
    run: () => measure(net, resident),
    plain,
    plainShare: PLAIN_ROWS / digits.length,
    residual: () => Math.abs(measure(net, resident) - countRight(layers, digits) / digits.length),
    tolerance: 1e-3, // near a tie, rounding decides
    owned: [net, resident],
  };
}

/** A network, the digits beside it, and plain JavaScript's forward pass over the first of them. */
function networkOf(engine: Engine, digits: Dataset<Uint8Array>) {
  const random = new RandomState(1);
  const [inputSize, hiddenSize, outputSize] = SIZES;
  const net = new TwoLayerNet(engine, { inputSize, hiddenSize, outputSize, random, weightInitStd: 0.1 });
  const resident = new ResidentDataset(engine, digits);
  const { W1, b1, W2, b2 } = net.parameters;
  const layers: Layer[] = [
    { weights: W1.data.slice(), bias: b1.data.slice() },
    { weights: W2.data.slice(), bias: b2.data.slice() },
  ];
  const network = new PlainNetwork(SIZES, PLAIN_ROWS, "sigmoid");
  network.set(layers);
  const pixels = pixelsOf(digits, 0, PLAIN_ROWS);
  return { net, resident, layers, plain: () => network.forward(pixels)[0]! };
}

/** Logits of every digit, batch by batch. The caller disposes of it. */
export class DigitForward {
  /** One row for each digit. */
  readonly logits: Tensor<"float32">;
  readonly #net: TwoLayerNet;
  readonly #batch: Minibatch<"float32">;
  readonly #hidden: Tensor<"float32">;
  readonly #logitsOfBatch: readonly Tensor<"float32">[];

  /** @param digits sparse, and as many as fill whole batches */
  constructor(net: TwoLayerNet, digits: ResidentDataset) {
    const { engine, hiddenSize, outputSize } = net;
    this.#net = net;
    this.#batch = new Minibatch(digits, ROWS, "float32");
    this.#hidden = zeros(engine, [ROWS, hiddenSize]);
    this.logits = zeros(engine, [digits.length, outputSize]);
    const batches = digits.length / ROWS;
    this.#logitsOfBatch = Array.from({ length: batches }, (_, i) => this.logits.rows(i * ROWS, (i + 1) * ROWS));
  }

  run(): void {
    const { W1, b1, W2, b2 } = this.#net.parameters;
    const hidden = this.#hidden;
    const { inputs, indices } = this.#batch;
    const positions = indices.data;
    for (const [batch, logits] of this.#logitsOfBatch.entries()) {
      for (let i = 0; i < ROWS; i++) positions[i] = batch * ROWS + i;
      this.#batch.gather();
      sparseAffine(inputs as SparseMatrix<"float32">, W1, b1, { out: hidden });
      sigmoid(hidden, { out: hidden });
      matmul(hidden, W2, { out: logits });
      addBias(logits, b2, { out: logits });
    }
  }

  dispose(): void {
    this.#batch.dispose();
    this.#hidden.dispose();
    this.logits.dispose();
  }
}

/** Right answers in float64. */
function countRight(layers: readonly Layer[], digits: Dataset<Uint8Array>): number {
  const logits = referenceLogits(layers, digits);
  const classes = SIZES[2];
  let correct = 0;
  for (const [i, label] of digits.labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) correct++;
  }
  return correct;
}

function referenceLogits(layers: readonly Layer[], digits: Dataset<Uint8Array>): Float64Array {
  const oracle = new PlainNetwork(SIZES, ROWS, "sigmoid", "float64");
  oracle.set(layers);
  const logits = new Float64Array(digits.length * SIZES[2]);
  for (let first = 0; first < digits.length; first += ROWS) {
    const pixels = Float64Array.from(pixelsOf(digits, first, first + ROWS));
    logits.set(oracle.forward(pixels), first * SIZES[2]);
  }
  return logits;
}
