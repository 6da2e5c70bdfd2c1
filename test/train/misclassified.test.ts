/** The wrong answers of a network, beside a plain loop over its probabilities. */
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("misclassified", engine);

function twoLayer(): TwoLayerNet<"float64"> {
  const random = new RandomState(1);
  const sizes = { inputSize: 19, hiddenSize: 6, outputSize: 4 };
  return new TwoLayerNet(engine, { ...sizes, random, weightInitStd: 0.5, dtype: "float64" });
}

for (const layout of ["dense", "sparse"] as const) {
  test(`the surest wrong answers come first, as a loop over the probabilities finds them, ${layout}`, () => {
    using net = twoLayer();
    for (const count of [1, 256, 257, 600]) {
      const data = clusters({ count, size: 19, classes: 4, seed: count + 1 });
      using resident = new ResidentDataset(engine, data, { layout });
      using p = net.predict(Float64Array.from(data.inputs, (byte) => byte * data.scale));
      const want = (p.toArray() as number[][])
        .map((row, index) => {
          const probability = Math.max(...row);
          return { index, label: data.labels[index]!, prediction: row.indexOf(probability), probability };
        })
        .filter(({ label, prediction }) => label !== prediction)
        .sort((a, b) => b.probability - a.probability || a.index - b.index);
      const got = misclassified(net, resident, { limit: Number.POSITIVE_INFINITY });
      assert.equal(
        got.map(({ index }) => index),
        want.map(({ index }) => index),
        `${count} examples`,
      );
      for (const [i, { label, prediction, probability }] of got.entries()) {
        assert.equal([label, prediction], [want[i]!.label, want[i]!.prediction]);
        assert.ok(Math.abs(probability - want[i]!.probability) <= 1e-12);
      }
      assert.is(got.length, count - evaluate(net, resident).correct!);
      assert.equal(misclassified(net, data, { limit: 3 }), misclassified(net, resident, { limit: 3 }));
      assert.equal(misclassified(net, resident, { limit: 3 }), got.slice(0, 3));
      assert.equal(misclassified(net, resident, { limit: 1 }), got.slice(0, 1));
      assert.equal(misclassified(net, resident), got.slice(0, 20));
    }
  });
}

test("equal probabilities stay in the order of the data, and a network that is always right has none", () => {
  using net = network(engine, sequential(dense(2, 3)), { random: "none" });
  net.parameters["b1"]!.set([0, 2, 1]);
  const of = (labels: number[]) =>
    new Dataset({
      name: "few",
      inputs: new Uint8Array(2 * labels.length),
      labels: Uint8Array.from(labels),
      shape: [2],
      classes: 3,
    });
  const labels = [1, 0, 2, 1, 0];
  assert.equal(
    misclassified(net, of(labels)).map(({ index, label }) => [index, label]),
    [
      [1, 0],
      [2, 2],
      [4, 0],
    ],
  );
  assert.equal(misclassified(net, of([1, 1])), []);
});

test("answers of NaN come last", () => {
  using net = network(engine, sequential(dense(1, 2)), { random: "none" });
  const inputs = Uint8Array.of(3, 1, 2);
  const data = new Dataset({ name: "three", inputs, labels: new Uint8Array(3), shape: [1], classes: 2, scale: 1e38 });
  net.parameters["W1"]!.set([[-4, 4]]); // 1e38 · 4 is infinite in float32: its probability is NaN
  const found = misclassified(net, data);
  assert.equal(found.length, 3);
  assert.ok(found.every(({ probability }) => Number.isNaN(probability)));
  net.parameters["W1"]!.set([[-1.5, 1.5]]); // finite for the last two
  const order = misclassified(net, data).map(({ index, probability }) => [index, probability]);
  assert.equal(order, [
    [1, 1],
    [2, 1],
    [0, Number.NaN],
  ]);
});

test("a limit that is no count is refused", () => {
  using net = twoLayer();
  const data = clusters({ count: 3, size: 19, classes: 4, seed: 1 });
  for (const limit of [0, -1, 1.5, Number.NaN]) {
    assert.is(assertThrows(() => misclassified(net, data, { limit }), OptionError, `${limit}`).option, "limit");
  }
});

test.run();
