/** What losses are of several minibatches together: reports, accumulated gradients; and what a loss needs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimpleNet } from "../../src/chapter/simple_net.ts";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { tanh } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { LOSSES, type Loss, type LossName } from "../../src/nn/losses.ts";
import { Network, network } from "../../src/nn/network.ts";
import { numericalGradientOf } from "../../src/nn/numerical_gradient.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mul } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/reduce.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

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

const CURE = "softmaxCrossEntropy of one output is always 0; use binaryCrossEntropyWithLogits, or two outputs";

test("softmax over one output is refused with the cure, wherever a network is made", () => {
  const before = engine.stats();
  const one = sequential(dense(3, 4), tanh(), dense(4, 1), dropout(0.5));
  const random = new RandomState(0);
  for (const [label, make] of Object.entries({
    network: () => network(engine, one),
    "by name": () => network(engine, one, { loss: "softmaxCrossEntropy", dtype: "float64" }),
    "weights to come": () => network(engine, one, { random: "none" }),
    "the class": () => new Network(engine, one, {}),
    TwoLayerNet: () => new TwoLayerNet(engine, { inputSize: 3, hiddenSize: 2, outputSize: 1, random }),
    SimpleNet: () => new SimpleNet(engine, { random, outputSize: 1 }),
  })) {
    const error = assertThrows(make, OptionError, label);
    assert.is(error.message, `network: loss: ${CURE}`, label);
  }
  assert.equal(engine.stats(), before, "nothing was allocated");
  assert.equal(random.getState(), new RandomState(0).getState(), "nor drawn");
  for (const loss of [...NAMES.slice(1), OWN]) network(engine, one, { loss: loss as LossName }).dispose();
  network(engine, sequential(dense(3, 1), tanh(), dense(1, 2))).dispose(); // one unit within is no output
});

/** As version 0.1 before this rule wrote it: one output, with the default loss. */
function fileOfOneOutput(): Uint8Array<ArrayBuffer> {
  using net = network(engine, sequential(dense(3, 4), tanh(), dense(4, 1)), { seed: 2, loss: "meanSquaredError" });
  const { tensors, metadata } = decodeSafetensors(encodeNetwork(net));
  const description = metadata.get("lanegrad.network")?.replace("meanSquaredError", "softmaxCrossEntropy") ?? "";
  return encodeSafetensors(tensors, { "lanegrad.network": description });
}

test("a file of softmax over one output is read, predicts what it did, and is refused when it is trained", async () => {
  const bytes = fileOfOneOutput();
  using net = decodeNetwork(engine, bytes);
  assert.equal([net.lossFunction, net.outputSize], ["softmaxCrossEntropy", 1]);
  using y = net.predict([[1, 2, 3]]);
  assert.equal(y.toArray(), [[1]]);
  using again = decodeNetwork(engine, encodeNetwork(net));
  assert.equal(encodeNetwork(again), encodeNetwork(net), "written and read again");
  const { inputs } = numbersOf(4);
  const labelled = new Dataset({ name: "one class", inputs, shape: [3], labels: new Uint8Array(4), classes: 1 });
  using state = net.optimize(sgd({ learningRate: 0.1 }));
  using x = tensor(engine, new Float32Array(6), { shape: [2, 3] });
  using t = tensor(engine, new Int32Array(2));
  for (const [label, use] of Object.entries({
    loss: () => net.loss(x, t),
    gradient: () => net.gradient(x, t),
    step: () => net.step(state, x, t),
    "by differences": () => numericalGradientOf(net, x, t),
    evaluate: () => evaluate(net, labelled),
    Trainer: () => new Trainer(net, { train: labelled }, { epochs: 1, learningRate: 0.1 }),
  })) {
    assert.match(assertThrows(use, OptionError, label).message, CURE);
  }
  using cured = decodeNetwork(engine, bytes, { loss: "binaryCrossEntropyWithLogits" });
  const halves = new Dataset({
    name: "yes or no",
    inputs,
    shape: [3],
    targetValues: Float32Array.of(0, 1, 0, 1),
  });
  const { losses } = await train(cured, halves, { epochs: 50, batchSize: 4, learningRate: 1 });
  assert.ok(losses.at(-1)! < 0.9 * losses[0]!, `${losses[0]} to ${losses.at(-1)}`);
});

test.run();
