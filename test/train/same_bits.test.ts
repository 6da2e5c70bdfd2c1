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
    float32: "dc64d4d85d3b7f2f294b588bf47e136ffec31a2d9718ad1796675ffcedb83e11",
    float64: "9f10f65fefe49eae6be679e12d3f6e7e67ca4c891371a4eef17e19f823160199",
  },
  sparse: {
    float32: "bbe3cf15a74285bc0409cdf8e0005ac0a498327ed8a795bbeb8eeb995dafadd3",
    float64: "9214c1bc2250139cf2e396726fad915c2042797e91cb39916b0f8d1dfbefe5ee",
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
