/** Losses with options as those of networks: trained, evaluated, in files. */
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { crossEntropyLoss, huberLoss, meanAbsoluteErrorLoss, parseLoss } from "../../src/nn/described_losses.ts";
import { describeNetwork, parseDescription } from "../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { crossEntropy, huber, meanAbsoluteError } from "../../src/ops/losses.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { accuracyOf, evaluate } from "../../src/train/evaluation/evaluate.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("losses with options in networks", engine);
const weights = [1, 3, 0.5];
const LOSSES = [
  crossEntropyLoss({ classWeights: weights, labelSmoothing: 0.1, ignoreLabel: 2 }),
  crossEntropyLoss({ reduction: "sum" }),
  huberLoss({ delta: 0.5 }),
  meanAbsoluteErrorLoss(),
];

function labelled(count: number): Dataset {
  const draw = draws(count);
  const inputs = Float64Array.from({ length: 2 * count }, () => 2 * draw() - 1);
  const labels = Uint8Array.from({ length: count }, () => Math.floor(3 * draw()));
  return new Dataset({ name: "three", inputs, shape: [2], labels, classes: 3 });
}

const near = (found: number, want: number) => assert.ok(Math.abs(found - want) <= 1e-12, `${found}, not ${want}`);

for (const dtype of FLOATS) {
  test(`files have them, ${dtype}`, () => {
    for (const loss of LOSSES) {
      using net = network(engine, sequential(dense(2, 3)), { seed: 1, dtype, loss });
      using again = decodeNetwork(engine, encodeNetwork(net));
      assert.equal(describeNetwork(again), describeNetwork(net));
      assert.equal(parseDescription(JSON.parse(JSON.stringify(describeNetwork(net)))), describeNetwork(net));
      using x = tensor(engine, [[1, -2]], { dtype });
      using t = tensor(engine, [[0.25, 0.5, 0.25]], { dtype });
      const targets = loss === LOSSES[0] ? [1] : t;
      assert.is((again as Network<typeof dtype>).loss(x, targets), net.loss(x, targets));
    }
  });
}

test("a function of the library is known by files as well", () => {
  for (const [loss, kind] of [
    [huber, "huber"],
    [meanAbsoluteError, "meanAbsoluteError"],
    [crossEntropy, "crossEntropy"],
  ] as const) {
    using net = network(engine, sequential(dense(2, 3)), { loss });
    assert.equal(describeNetwork(net).loss, { kind });
    decodeNetwork(engine, encodeNetwork(net)).dispose();
  }
});

test("an evaluation is one loss of all examples: divided by the weights, without ignored labels", () => {
  const data = labelled(600);
  const options = { classWeights: weights, labelSmoothing: 0.1, ignoreLabel: 2 };
  using net = network(engine, sequential(dense(2, 3)), { seed: 1, dtype: "float64", loss: crossEntropyLoss(options) });
  using x = tensor(engine, data.inputs, { shape: [600, 2], dtype: "float64" });
  using t = tensor(engine, Int32Array.from(data.labels));
  const { loss, examples, accuracy, classes } = evaluate(net, data);
  near(loss, crossEntropy(net.logits(x), t, options));
  const counted = [...data.labels].filter((label) => label !== 2).length;
  assert.is(examples, counted);
  assert.is(classes!.perClass[2]!.support, 0);
  assert.is(accuracyOf(net, data), accuracy);
  using p = net.predict(x);
  near(p.data[0]! + p.data[1]! + p.data[2]!, 1);
});

test("a step follows the loss, and a minibatch that counts for nothing changes nothing", () => {
  using net = network(engine, sequential(dense(2, 3)), {
    seed: 1,
    dtype: "float64",
    loss: crossEntropyLoss({ ignoreLabel: 2 }),
  });
  using state = net.optimize(sgd({ learningRate: 0.5 }));
  using x = tensor(
    engine,
    [
      [1, 2],
      [3, -1],
    ],
    { dtype: "float64" },
  );
  using none = tensor(engine, Int32Array.of(2, 2));
  using some = tensor(engine, Int32Array.of(2, 1));
  const before = [...net.parameters["W1"]!.data];
  net.step(state, x, none);
  assert.equal([...net.parameters["W1"]!.data], before);
  assert.is(net.loss(x, none), 0);
  const loss = net.loss(x, some);
  net.step(state, x, some);
  assert.ok(net.loss(x, some) < loss);
});

test("what cannot be meant is refused when the network is made, or the file read", () => {
  const three = sequential(dense(2, 3));
  assertThrows(() => network(engine, three, { loss: crossEntropyLoss({ classWeights: [1, 2] }) }), ShapeError, "count");
  assertThrows(() => crossEntropyLoss({ classWeights: [1, -2] }), OptionError, "negative");
  assertThrows(() => crossEntropyLoss({ labelSmoothing: 1 }), OptionError, "smoothing");
  assertThrows(() => crossEntropyLoss({ reduction: "none" }), OptionError, "none");
  assertThrows(() => huberLoss({ delta: -1 }), OptionError, "delta");
  assertThrows(() => parseLoss({ kind: "hubris" }), OptionError, "kind");
  assertThrows(() => parseLoss({ kind: "huber", delta: "1" }), OptionError, "delta in a file");
});

test.run();
