/** What a run trains on and is measured by: held once, and named in errors. */
import * as assert from "uvu/assert";
import { ShapeError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { streamDataset } from "../../src/train/feeding/stream.ts";
import { Trainer, type TrainerData } from "../../src/train/loop/trainer.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("a trainer's data", engine);
const images = clusters({ count: 1000, size: 25, classes: 4, seed: 2 });
const options: TrainerOptions = { epochs: 1, batchSize: 500, optimizer: sgd({ learningRate: 0.1 }), layout: "dense" };

/** Bytes that a run holds in the engine. */
function bytesOf(data: TrainerData, more: Partial<TrainerOptions> = {}): number {
  using net = network(engine, sequential(dense(25, 4)), { seed: 1 });
  const before = engine.stats().bytes;
  using _ = new Trainer(net, data, { ...options, ...more });
  return engine.stats().bytes - before;
}

test("examples are held once, also where a run is measured by what it trains on, and not at all where each is changed", () => {
  const alone = bytesOf({ train: images });
  assert.is(bytesOf({ train: images, test: images }), alone);
  const changed = bytesOf({ train: images }, { augmentation: augment({ shift: 1 }) });
  const measured = { augmentation: augment({ shift: 1 }), evaluateTraining: true };
  assert.is(bytesOf({ train: images }, measured) - changed, 1000 * (25 + 4), "bytes and labels");
  assert.is(bytesOf({ train: images, test: images }, measured) - changed, 1000 * (25 + 4));
});

test("a run on images that are changed can be measured by the images as they are", () => {
  using net = network(engine, sequential(dense(25, 4)), { seed: 1 });
  const data = { train: images, test: images };
  using trainer = new Trainer(net, data, { ...options, augmentation: augment({ shift: 1 }) });
  for (const _ of trainer.steps());
  const { testAccuracy, trainAccuracy } = trainer.history.evaluations[0]!;
  assert.equal([testAccuracy, trainAccuracy], [evaluate(net, images).accuracy, undefined]);
});

test("a trainer gives the number of examples, where it is known, and their size", () => {
  using net = network(engine, sequential(dense(25, 4)), { seed: 1 });
  using known = new Trainer(net, { train: images }, options);
  assert.equal(known.examples, { length: 1000, size: 25 });
  using streamed = new Trainer(net, { train: streamDataset({ chunks: () => [images] }) }, options);
  assert.equal(streamed.examples, { length: undefined, size: 25 });
});

test("examples of another size are refused by what they are for", () => {
  using net = network(engine, sequential(dense(25, 4)), { seed: 1 });
  const wide = clusters({ count: 500, size: 36, classes: 4, seed: 2 });
  for (const [data, argument] of [
    [{ train: wide }, "training examples"],
    [{ train: images, test: wide }, "test examples"],
    [{ train: images, validation: wide }, "validation examples"],
  ] as const) {
    const error = assertThrows(() => new Trainer(net, data, options), ShapeError, argument);
    assert.equal([error.op, error.argument, error.expected, error.found], ["train", argument, "25 values each", "36"]);
  }
});

test.run();
