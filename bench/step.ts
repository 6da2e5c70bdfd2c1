/** A whole training step of the chapter's network: gradient of a minibatch of 100, and the update. */
import { type Engine, type FloatType, RandomState, type Tensor, TwoLayerNet, tensor } from "lanegrad";
import type { Case } from "./case.ts";

const BATCH = 100;
const LEARNING_RATE = 1e-9; // the weights stay where they are, so that every run does the same work

export function stepCases(engine: Engine): Case[] {
  return [stepCase(engine, "float32"), stepCase(engine, "float64")];
}

function stepCase(engine: Engine, dtype: FloatType): Case {
  const random = new RandomState(1);
  const net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype });
  const x = tensor(engine, random.rand(BATCH, 784), { dtype, shape: [BATCH, 784] });
  const labels = tensor(engine, random.choice(10, BATCH));
  return {
    name: `step 784-50-10 ${dtype}`,
    // Forward and weight gradient of both layers, the input gradient of the second.
    flops: 2 * BATCH * (2 * 784 * 50 + 3 * 50 * 10),
    tolerance: 1e-5,
    residual: () => distanceToFloat64(engine, net, x, labels),
    run: () => {
      const { W1 } = net.gradient(x, labels);
      net.descend(LEARNING_RATE);
      return W1.data[0] ?? 0;
    },
  };
}

/** The largest difference from the float64 gradient of the same network, over the largest gradient. */
function distanceToFloat64(
  engine: Engine,
  net: TwoLayerNet<FloatType>,
  x: Tensor<FloatType>,
  labels: Tensor<"int32">,
): number {
  const { inputSize, hiddenSize, outputSize } = net;
  const random = new RandomState(0);
  using oracle = new TwoLayerNet(engine, { inputSize, hiddenSize, outputSize, random, dtype: "float64" });
  for (const name of ["W1", "b1", "W2", "b2"] as const) oracle.parameters[name].set(net.parameters[name].data);
  using doubles = tensor(engine, x.data, { dtype: "float64", shape: x.shape });
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
