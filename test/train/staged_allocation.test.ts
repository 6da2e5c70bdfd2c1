/** A minibatch that is loaded makes nothing, and where its images are changed, nothing but the numbers of their draws. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AugmentationAmounts } from "../../src/data/augmentation.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { StagedMinibatch } from "../../src/train/feeding/staged.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { bytesPerCall, runAlone } from "../support/heap.ts";

const WARM_UP = 30_000;
const CALLS = 60_000;
const IMAGES = 4;
/**
 * Bytes a call. For each image four numbers are drawn, become four amounts, and an angle's sine and cosine; six more are drawn for what else
 * is asked for: each is 16 bytes where V8 does not see that it need not be an object, and in Node 26 those that are drawn are two. One number a row would be
 * more.
 */
const LIMITS = { plain: 1, augmented: 10 * 16 * IMAGES, "augmented in every way": 24 * 16 * IMAGES };
const WAYS: Readonly<Record<string, AugmentationAmounts>> = {
  augmented: { shift: 1, rotate: 10, scale: 0.1 },
  "augmented in every way": {
    ...{ shift: 1, rotate: 10, scale: 0.1 },
    ...{ flip: 0.5, crop: 1, cutout: 2, colour: 0.1 },
  },
};

const engine = await loadEngine();
const test = suite("allocation of staged minibatches");

runAlone(import.meta.url, "allocation of staged minibatches", () => {
  for (const layout of ["dense", "sparse"] as const) {
    for (const [how, limit] of Object.entries(LIMITS)) {
      test(`load and step leave both heaps as they are: ${how}, ${layout}`, async () => {
        if (BUILD !== "simd") return; // the JavaScript is the same for every build
        const inputs = Uint8Array.from({ length: 20 * 36 }, (_, i) => (i % 3 === 0 ? i % 256 : 0));
        const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 3);
        const data = new Dataset({ name: "small", inputs, labels, shape: [36], classes: 3, scale: 1 / 255 });
        using net = network(engine, sequential(dense(36, 3)), { seed: 1 });
        using batch = new StagedMinibatch(engine, data, { batchSize: IMAGES, dtype: net.dtype, layout });
        using state = net.optimize(sgd({ learningRate: 0.01 }));
        using step = net.trainingStep(state, batch.source);
        const indices = Int32Array.of(3, 19, 0, 7);
        const random = new RandomState(1);
        const options = how === "plain" ? {} : { augment: augment(WAYS[how] ?? {}), random };
        const once = () => {
          batch.load(data, indices, options);
          step.run();
        };
        once();
        const before = engine.stats();
        const bytes = await bytesPerCall(once, { warmUp: WARM_UP, calls: CALLS, limit });
        assert.equal(engine.stats(), before);
        assert.ok(bytes <= limit, `${bytes} bytes a call`);
      });
    }
  }
  test.run();
});
