/**
 * A whole training step of the chapter's network: gradient of a minibatch of 100, and the update.
 *
 *   dense    random input without zeros
 *   sparse   the bundled digits, whose pixels are mostly 0
 *
 * Operations are those of the dense products, so that both can be compared: the zeros count as work.
 */
import {
  type Dataset,
  type Engine,
  type FloatType,
  Minibatch,
  RandomState,
  ResidentDataset,
  type SparseMatrix,
  type Tensor,
  tensor,
} from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { arrayOf, type Case, distanceOf, sizeOf, type Trial } from "./case.ts";
import { pixelsOf } from "./digits.ts";
import type { Floats } from "./plain/kernels.ts";
import { type Layer, PlainNetwork, stepFlops } from "./plain/network.ts";

const SIZES = [784, 50, 10] as const;
const BATCH = 100;
/** The weights stay where they are, so that every run does the same work. */
export const LEARNING_RATE = 1e-9;
/** Relative to the largest gradient: sums of up to 784 terms, mostly far better. */
const TOLERANCE: { readonly [D in FloatType]: number } = { float32: 1e-5, float64: 1e-13 };

export function stepCases(digits: Dataset<Uint8Array>): Case[] {
  return [
    stepCase("sparse", "float32", (engine) => sparseTrial(engine, digits)),
    stepCase("dense", "float32", (engine) => denseTrial(engine, "float32")),
    stepCase("dense", "float64", (engine) => denseTrial(engine, "float64")),
  ];
}

function stepCase(input: "dense" | "sparse", dtype: FloatType, prepare: (engine: Engine) => Trial): Case {
  const name = `step ${SIZES.join("-")} ${input}`;
  return { name: dtype === "float32" ? name : `${name} ${dtype}`, flops: stepFlops(SIZES, BATCH), dtype, prepare };
}

function denseTrial<D extends FloatType>(engine: Engine, dtype: D): Trial {
  const random = new RandomState(1);
  const net = networkOf(engine, random, dtype);
  const pixels = arrayOf(dtype, random.rand(BATCH, SIZES[0]));
  const x = tensor(engine, pixels, { dtype, shape: [BATCH, SIZES[0]] });
  const labels = tensor(engine, random.choice(SIZES[2], BATCH));
  return stepTrial(net, { x, pixels, labels }, [x, labels]);
}

function sparseTrial(engine: Engine, digits: Dataset<Uint8Array>): Trial {
  const net = networkOf(engine, new RandomState(1), "float32");
  const resident = new ResidentDataset(engine, digits, { layout: "sparse" });
  const batch = new Minibatch(resident, BATCH, "float32");
  for (let i = 0; i < BATCH; i++) batch.indices.data[i] = i;
  batch.gather();
  const { inputs: x, labels } = batch;
  return stepTrial(net, { x, pixels: pixelsOf(digits, 0, BATCH), labels }, [batch, resident]);
}

function networkOf<D extends FloatType>(engine: Engine, random: RandomState, dtype: D): TwoLayerNet<D> {
  const [inputSize, hiddenSize, outputSize] = SIZES;
  return new TwoLayerNet(engine, { inputSize, hiddenSize, outputSize, random, dtype });
}

type StepData<D extends FloatType> = {
  readonly x: Tensor<D> | SparseMatrix<D>;
  /** The same rows for plain JavaScript. */
  readonly pixels: Floats;
  readonly labels: Tensor<"int32">;
};

function stepTrial<D extends FloatType>(
  net: TwoLayerNet<D>,
  { x, pixels, labels }: StepData<D>,
  data: readonly { dispose(): void }[],
): Trial {
  const { W1, b1, W2, b2 } = net.parameters;
  const layers: Layer[] = [
    { weights: W1.data.slice(), bias: b1.data.slice() },
    { weights: W2.data.slice(), bias: b2.data.slice() },
  ];
  const plain = new PlainNetwork(SIZES, BATCH, "sigmoid", net.dtype);
  plain.set(layers);
  const plainLabels = labels.data.slice();
  return {
    run: () => {
      net.step(x, labels, LEARNING_RATE);
      return W1.data[0]!;
    },
    plain: () => plain.step(pixels, plainLabels, LEARNING_RATE),
    residual: () => {
      const gradients = net.gradient(x, labels);
      return gradientDistance(
        [gradients.W1, gradients.b1, gradients.W2, gradients.b2].map(({ data }) => data),
        referenceGradients(SIZES, "sigmoid", layers, { x: pixels, labels: plainLabels }),
      );
    },
    tolerance: TOLERANCE[net.dtype],
    owned: [net, ...data],
  };
}

/** Weight and bias gradients of each layer in turn, in float64. */
export function referenceGradients(
  sizes: readonly number[],
  activation: "sigmoid" | "relu",
  layers: readonly Layer[],
  { x, labels }: { readonly x: Floats; readonly labels: Int32Array },
): readonly Floats[] {
  const oracle = new PlainNetwork(sizes, labels.length, activation, "float64");
  oracle.set(layers);
  oracle.gradient(Float64Array.from(x), labels);
  return oracle.gradients.flatMap(({ weights, bias }) => [weights, bias]);
}

/** The largest difference of each array over its largest element; the worst of them. */
export function gradientDistance(got: readonly Floats[], want: readonly Floats[]): number {
  return Math.max(...want.map((wanted, i) => distanceOf(got[i]!, wanted) / sizeOf(wanted)));
}
