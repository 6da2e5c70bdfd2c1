/**
 * A whole training step of the chapter's network: gradient of a minibatch of 100, and the update.
 *
 *   dense    random input without zeros
 *   sparse   the bundled digits, whose pixels are mostly 0
 */
import { fileURLToPath } from "node:url";
import {
  type Dataset,
  type Engine,
  type FloatType,
  loadMnist,
  Minibatch,
  RandomState,
  ResidentDataset,
  type SparseMatrix,
  type Tensor,
  TwoLayerNet,
  tensor,
  zeros,
} from "lanegrad";
import type { Case } from "./case.ts";

const BATCH = 100;
const LEARNING_RATE = 1e-9; // the weights stay where they are, so that every run does the same work

export async function stepCases(engine: Engine): Promise<Case[]> {
  const { train } = await loadMnist(fileURLToPath(new URL("../data", import.meta.url)));
  return [
    denseCase(engine, "float32", "step 784-50-10 dense"),
    denseCase(engine, "float64", "step 784-50-10 dense float64"),
    sparseCase(engine, train),
  ];
}

function denseCase(engine: Engine, dtype: FloatType, name: string): Case {
  const random = new RandomState(1);
  const net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype });
  const x = tensor(engine, random.rand(BATCH, 784), { dtype, shape: [BATCH, 784] });
  const labels = tensor(engine, random.choice(10, BATCH));
  return stepCase(name, net, { x, dense: x, labels });
}

function sparseCase(engine: Engine, digits: Dataset): Case {
  const random = new RandomState(1);
  const net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });
  const [sparse, dense] = (["sparse", "dense"] as const).map((layout) => {
    const batch = new Minibatch(new ResidentDataset(engine, digits, { layout }), BATCH, "float32");
    for (let i = 0; i < BATCH; i++) batch.indices.data[i] = 71 * i;
    batch.gather();
    return batch;
  }) as [Minibatch<"float32">, Minibatch<"float32">];
  const whole = zeros(engine, [BATCH, 784]);
  whole.set((dense.inputs as Tensor<"float32">).data);
  return stepCase("step 784-50-10 sparse", net, { x: sparse.inputs, dense: whole, labels: sparse.labels });
}

type StepData<D extends FloatType> = {
  readonly x: Tensor<D> | SparseMatrix<D>;
  /** The same rows, for the reference. */
  readonly dense: Tensor<D>;
  readonly labels: Tensor<"int32">;
};

function stepCase<D extends FloatType>(name: string, net: TwoLayerNet<D>, { x, dense, labels }: StepData<D>): Case {
  return {
    name,
    // Forward and weight gradient of both layers, the input gradient of the second; the zeros count as work, too.
    flops: 2 * BATCH * (2 * 784 * 50 + 3 * 50 * 10),
    tolerance: 1e-5,
    residual: () => distanceToFloat64(net, { x, dense, labels }),
    run: () => {
      net.step(x, labels, LEARNING_RATE);
      return net.parameters.W1.data[0] ?? 0;
    },
  };
}

/** The largest difference from the float64 gradient of the same network, over the largest gradient. */
function distanceToFloat64<D extends FloatType>(net: TwoLayerNet<D>, { x, dense, labels }: StepData<D>): number {
  const { engine, inputSize, hiddenSize, outputSize } = net;
  const random = new RandomState(0);
  using oracle = new TwoLayerNet(engine, { inputSize, hiddenSize, outputSize, random, dtype: "float64" });
  for (const name of ["W1", "b1", "W2", "b2"] as const) oracle.parameters[name].set(net.parameters[name].data);
  using doubles = tensor(engine, dense.data, { dtype: "float64", shape: dense.shape });
  const got = net.gradient(x, labels).W1.data;
  const want = oracle.gradient(doubles, labels).W1.data;
  let worst = 0;
  let largest = 0;
  for (const [i, value] of want.entries()) {
    worst = Math.max(worst, Math.abs((got[i] ?? Number.NaN) - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return worst / largest;
}
