/** What losses are of several minibatches together: reports, accumulated gradients; and what a loss needs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { dense, sequential } from "../../src/nn/layers.ts";
import { LOSSES, type Loss, type LossName } from "../../src/nn/losses.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam, momentum, sgd } from "../../src/nn/optimizers.ts";
import { mul } from "../../src/ops/binary.ts";
import { tanh } from "../../src/ops/elementwise.ts";
import { mean } from "../../src/ops/reduce.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { evaluate } from "../../src/train/evaluate.ts";
import { train } from "../../src/train/train.ts";
import { loadEngine } from "../support/engine.ts";

const engine = await loadEngine();
const test = suite("losses");
const NAMES = Object.keys(LOSSES) as LossName[];
const OWN: Loss<"float64"> = (z, t) => mean(mul(z, t));

/** n examples with targets of two numbers between 0 and 1. */
function numbersOf(n: number): Dataset {
  const random = new RandomState(5);
  return new Dataset({
    name: "numbers",
    inputs: Float64Array.from(random.randn(n, 3)),
    shape: [3],
    targetValues: Float64Array.from(random.rand(n, 2)),
  });
}

function netOf(loss: Loss<"float64">): Network<"float64"> {
  return network(engine, sequential(dense(3, 4), tanh(), dense(4, 2)), { seed: 1, dtype: "float64", loss });
}

function weightsOf(net: Network<"float64">): number[] {
  return Object.values(net.parameters).flatMap(({ data }) => [...data]);
}

function assertNear(found: readonly number[], want: readonly number[], label: string): void {
  assert.is(found.length, want.length, label);
  for (const [i, value] of found.entries()) {
    assert.ok(Math.abs(value - want[i]!) <= 1e-13 * Math.max(1, Math.abs(want[i]!)), `${label}: ${value}, ${want[i]}`);
  }
}

for (const loss of [...NAMES, OWN]) {
  const name = typeof loss === "function" ? "a function" : loss;

  test(`accumulated gradients are those of the large batch, a short last group among them: ${name}`, async () => {
    const data = numbersOf(11); // one update of all 11, or of groups with a short last minibatch
    const optimizers = [
      sgd({ learningRate: 0.1 }),
      sgd({ learningRate: 0.1, clipNorm: 0.05, weightDecay: 0.1 }),
      momentum({ learningRate: 0.1, clipValue: 0.01 }),
      adam({ learningRate: 0.01 }),
    ];
    for (const optimizer of optimizers) {
      using whole = netOf(loss);
      const want = await train(whole, data, { epochs: 3, batchSize: 11, optimizer });
      for (const [batchSize, accumulate] of [
        [1, 11],
        [2, 6],
        [3, 4],
        [4, 5],
        [10, 2],
      ] as const) {
        using net = netOf(loss);
        const { losses } = await train(net, data, { epochs: 3, batchSize, accumulate, optimizer });
        const label = `${optimizer.kind}, ${accumulate} of ${batchSize}`;
        assertNear(weightsOf(net), weightsOf(whole), label);
        assertNear(losses, want.losses, `${label}: losses`);
      }
    }
  });

  test(`losses of steps, epochs and evaluations are means over examples, whatever the batch: ${name}`, async () => {
    const data = numbersOf(11);
    using whole = netOf(loss);
    const want = evaluate(whole, data).loss;
    for (const how of [
      { epochs: 2 },
      { epochs: 2, accumulate: 2 },
      { epochs: 2, lossAt: "after update" },
      { iterations: 9 },
    ] as const) {
      for (const batchSize of [1, 2, 4, 11]) {
        using net = netOf(loss);
        const history = await train(net, data, { ...how, batchSize, learningRate: 0, validation: data });
        const label = `${JSON.stringify(how)} by ${batchSize}`;
        if ("epochs" in how) {
          assertNear(
            history.epochs.map((epoch) => epoch.loss),
            [want, want],
            label,
          );
        }
        for (const { validationLoss } of history.evaluations) assertNear([validationLoss!], [want], label);
        if (batchSize === 11) assertNear(history.losses, history.losses.fill(want), label);
      }
    }
  });
}

test("constant data: every batch size reports the same losses", async () => {
  const data = new Dataset({
    name: "constant",
    inputs: new Float64Array(8).fill(1),
    shape: [1],
    targetValues: new Float64Array(8).fill(3),
  });
  for (const [loss, want] of [
    ["squaredError", 4.5],
    ["meanSquaredError", 9],
  ] as const) {
    for (const batchSize of [1, 2, 3, 8]) {
      using net = network(engine, sequential(dense(1, 1)), { random: "none", loss });
      const history = await train(net, data, { epochs: 1, batchSize, learningRate: 0, validation: data });
      assert.equal(history.losses, new Array(Math.ceil(8 / batchSize)).fill(want), loss);
      assert.is(history.epochs[0]?.loss, want);
      assert.is(history.evaluations[0]?.validationLoss, want);
    }
  }
});

test("the step of a mean does not depend on the number of equal rows, that of squaredError does", async () => {
  const moved = async (loss: LossName, rows: number) => {
    const ones = new Float64Array(2 * rows).fill(1);
    const data = new Dataset({
      name: "ones",
      inputs: ones.subarray(0, rows),
      shape: [1],
      targetValues: ones,
    });
    using net = network(engine, sequential(dense(1, 2)), { random: "none", dtype: "float64", loss });
    await train(net, data, { epochs: 1, batchSize: rows, learningRate: 0.1 });
    return net.parameters["b1"]!.data[1];
  };
  for (const rows of [1, 4]) {
    assert.is(await moved("meanSquaredError", rows), 0.1, "2 / 2 outputs");
    assert.is(await moved("squaredError", rows), 0.1 * rows, "a sum");
  }
});

test.run();
