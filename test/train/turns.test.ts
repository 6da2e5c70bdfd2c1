/** Who gets a turn during a run, and when a run that is aborted ends. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { streamDataset } from "../../src/train/feeding/stream.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("turns");
const data = clusters({ count: 60, size: 5, classes: 3, seed: 1 });
const optimizer = sgd({ learningRate: 0.1 });

function netOf(): Network<"float32"> {
  return network(engine, sequential(dense(5, 3)), { seed: 1 });
}

test("others get their turn when 50 ms have passed, and not before", async () => {
  using net = netOf();
  let clock = 1000;
  let steps = 0;
  const turns: number[] = [];
  Object.defineProperty(performance, "now", { value: () => clock, configurable: true });
  try {
    await train(net, data, {
      ...{ epochs: 12, batchSize: 60, optimizer },
      onStep: () => {
        steps += 1;
        clock += 12.5;
      },
      onTurn: () => void turns.push(steps),
    });
  } finally {
    Reflect.deleteProperty(performance, "now"); // and the runtime's own is there again
  }
  assert.equal(turns, [4, 8, 12]);
});

test("a checkpoint of a moment within an evaluation: the run that resumes from it evaluates first, to the same records", async () => {
  const validation = clusters({ count: 300, size: 5, classes: 3, seed: 2 });
  for (const options of [
    { epochs: 4, batchSize: 20, optimizer },
    { iterations: 9, batchSize: 20, optimizer },
    { epochs: 30, batchSize: 20, optimizer: sgd({ learningRate: 8 }), earlyStopping: { patience: 2 } },
  ]) {
    using whole = netOf();
    const wanted = await train(whole, data, { ...options, validation });
    for (let moment = 1; ; moment++) {
      using first = netOf();
      using left = new Trainer(first, { train: data, validation }, options);
      let seen = 0;
      for (const progress of left.turns()) {
        if (progress === undefined) seen += 1;
        if (seen === moment) break;
      }
      if (seen < moment) break; // there were no more
      using second = netOf();
      const found = await train(second, data, { ...options, validation, resume: checkpointOf(left) });
      assert.equal(found, wanted, `moment ${moment}`);
      assert.equal(second.parameters["W1"]?.data, whole.parameters["W1"]?.data);
      for (const _ of left.turns()); // the same trainer may also be driven on
      assert.equal(left.history, wanted, `moment ${moment}, by itself`);
    }
  }
});

test("a run that is aborted while data is on its way ends after the step that it falls in", async () => {
  using net = netOf();
  const controller = new AbortController();
  async function* chunks() {
    for (let start = 0; start < 60; start += 10) {
      if (start === 20) controller.abort(); // read ahead: the second of the first step's minibatches is not drawn yet
      yield data.slice(start, start + 10);
    }
  }
  const kept: number[] = [];
  const history = await train(net, streamDataset({ chunks }), {
    ...{ epochs: 1, batchSize: 10, accumulate: 2, optimizer, signal: controller.signal },
    onCheckpoint: (trainer) => void kept.push(checkpointOf(trainer).iteration),
  });
  assert.equal([history.outcome, history.losses.length, kept], ["aborted", 1, [1]]);
});

test("a stream is not read ahead while an evaluation is under way: its augmentation draws from what a checkpoint keeps", async () => {
  const images = clusters({ count: 40, size: 16, classes: 3, seed: 1 });
  const validation = clusters({ count: 300, size: 16, classes: 3, seed: 2 });
  const options = { epochs: 3, batchSize: 10, optimizer, validation, augmentation: augment({ shift: 1 }) };
  const net = () => network(engine, sequential(dense(16, 3)), { seed: 1 });
  const stream = () => streamDataset({ chunks: () => [images] });
  const kept: Checkpoint[] = [];
  const onCheckpoint = (trainer: Trainer<"float32" | "float64">) => void kept.push(checkpointOf(trainer));
  using whole = net();
  const wanted = await train(whole, stream(), { ...options, checkpointEvery: 4, onCheckpoint });
  assert.is(kept.length, 3);
  for (const resume of kept.slice(0, 2)) {
    using resumed = net();
    assert.equal(await train(resumed, stream(), { ...options, resume }), wanted, `after ${resume.iteration} steps`);
    assert.equal(resumed.parameters["W1"]?.data, whole.parameters["W1"]?.data);
  }
});

test("a checkpoint that was copied has lost how it is put back, and is refused", async () => {
  using net = netOf();
  using trainer = new Trainer(net, { train: data }, { epochs: 1, batchSize: 10, optimizer });
  const resume = structuredClone(checkpointOf(trainer));
  const run = () => train(net, data, { epochs: 1, batchSize: 10, optimizer, resume });
  assert.is((await assertRejects(run, OptionError, "a copy")).option, "resume");
});

test.run();
