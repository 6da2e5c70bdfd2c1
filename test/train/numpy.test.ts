/** A float64 run from NumPy's seed gives NumPy's losses, on the bundled digits. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { InputLayout } from "../../src/train/feeding/resident.ts";
import { train } from "../../src/train/loop/train.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";

type Reference = { losses: number[]; evaluations: [number, number, number][] };

const test = suite("a run from NumPy's seed");
const engine = await loadEngine();
const digits = await loadMnist(new URL("../../data", import.meta.url));
const fixture = new URL("../fixtures/numpy-bundled-run.json", import.meta.url);
const reference = JSON.parse(readFileSync(fixture, "utf8")) as Reference;

async function run(dtype: FloatType, layout: InputLayout) {
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype });
  const options = {
    iterations: reference.losses.length,
    batchSize: 100,
    learningRate: 0.1,
    random,
    test: digits.test,
    layout,
  };
  return await train(net, digits.train, options);
}

for (const layout of ["dense", "sparse"] as const) {
  test(`float64, ${layout}: each of 300 losses within 1e-9, accuracies equal to within two images`, async () => {
    const { losses, evaluations } = await run("float64", layout);
    losses.forEach((loss, i) => {
      assert.ok(Math.abs(loss - reference.losses[i]!) <= 1e-9, `loss ${i}: ${loss}, NumPy ${reference.losses[i]}`);
    });
    assert.is(evaluations.length, reference.evaluations.length);
    for (const [i, [iteration, trainAccuracy, testAccuracy]] of reference.evaluations.entries()) {
      const found = evaluations[i]!;
      assert.is(found.iteration, iteration);
      assert.ok(
        Math.abs(found.trainAccuracy! - trainAccuracy) * digits.train.length <= 2,
        `train, iteration ${iteration}`,
      );
      assert.ok(Math.abs(found.testAccuracy! - testAccuracy) * digits.test.length <= 2, `test, iteration ${iteration}`);
    }
  });

  test(`float32, ${layout}: the first 100 losses within 1e-5, every accuracy within 0.003`, async () => {
    const { losses, evaluations } = await run("float32", layout);
    for (let i = 0; i < 100; i++) {
      assert.ok(
        Math.abs(losses[i]! - reference.losses[i]!) <= 1e-5,
        `loss ${i}: ${losses[i]}, NumPy ${reference.losses[i]}`,
      );
    }
    for (const [i, [iteration, trainAccuracy, testAccuracy]] of reference.evaluations.entries()) {
      const found = evaluations[i]!;
      assert.ok(Math.abs(found.trainAccuracy! - trainAccuracy) <= 0.003, `train, iteration ${iteration}`);
      assert.ok(Math.abs(found.testAccuracy! - testAccuracy) <= 0.003, `test, iteration ${iteration}`);
    }
  });
}

test.run();
