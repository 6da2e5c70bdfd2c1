/**
 * One seed gives one set of weights: on every machine, in every runtime, from `simd` and from `debug`.
 *
 * The hashes are those of the first 1,000 bundled digits, 784-50-10, batch 100, learning rate 0.1, seed 0, 200 steps. They
 * change only when the arithmetic does: then NumPy's losses (numpy.test.ts) say whether it is still right.
 */
import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadMnist } from "../../src/data/mnist.ts";
import { TwoLayerNet } from "../../src/nn/two_layer_net.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { InputLayout } from "../../src/train/resident.ts";
import { train } from "../../src/train/train.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { BUILD, loadEngine } from "../support/engine.ts";

const GOLDEN: { readonly [L in InputLayout]: { readonly [D in FloatType]: string } } = {
  dense: {
    float32: "297069095b43c20141f7f93612df6ba1d0b516302eabed7f2d55467227b99641",
    float64: "5ce9f2abb0e61e09350d463c716a3580ecc9fda96351b2a2759b49a27ab278ee",
  },
  sparse: {
    float32: "08e9dfcdd6cb400b3bf96ef0194362a5493154d6b69715f247d975a52b9305e4",
    float64: "d1b36c2a3538e89cbb7ccb4438a9f26026cb4f6bdd7a0ff9d4b0bcaa5f47881b",
  },
};

const test = suite("the same bits");
const digits = await loadMnist(new URL("../../data", import.meta.url));

async function weightsSha256(dtype: FloatType, layout: InputLayout): Promise<string> {
  using engine = await loadEngine();
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype });
  await train(net, digits.train.slice(0, 1000), { iterations: 200, batchSize: 100, learningRate: 0.1, random, layout });
  const hash = createHash("sha256");
  for (const { data } of Object.values(net.parameters)) hash.update(data);
  return hash.digest("hex");
}

for (const layout of ["dense", "sparse"] as const) {
  for (const dtype of ["float32", "float64"] as const) {
    test(`${dtype}, ${layout}: two engines give the same weights, and without fused arithmetic these`, async () => {
      const first = await weightsSha256(dtype, layout);
      assert.is(await weightsSha256(dtype, layout), first);
      if (BUILD !== "relaxed") assert.is(first, GOLDEN[layout][dtype]); // what relaxed gives is the machine's
    });
  }
}

test.run();
