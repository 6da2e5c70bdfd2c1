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
    float32: "46ebb74c17ac6c4b8706ef50b953e8d1f753483a031319ba416623c87a6dc242",
    float64: "87926e106b0764034e8ef395d22ca85a597a6ce2b844bc461d94548681b8994f",
  },
  sparse: {
    float32: "1a795f7b6d72e64e525b664ada99fa4b0e6a850f3ee7fb7fd95fbf9229cc748c",
    float64: "40097a3b34425e080d07d9e3be746c0079781367b50b4df37784e0cdb868a1b5",
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
