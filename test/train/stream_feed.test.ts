/** Training on data that comes in chunks: the same steps as by hand, going on to the same bits, errors of the source. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { augmented } from "../../src/data/augmentation.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { type DatasetStream, streamDataset } from "../../src/train/feeding/stream.ts";
import { type TrainOptions, train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("stream feed");
const all = clusters({ count: 70, size: 19, classes: 4, seed: 2 });
const optimizer = adam({ learningRate: 0.02 });

function netOf(): Network<"float32"> {
  return network(engine, sequential(dense(19, 8), relu(), dropout(0.2), dense(8, 4)), { seed: 1 });
}

/** 70 examples in chunks of 16, which arrive a turn later; `onEnd` hears when the source is closed. */
function streamOf(data: Dataset, shuffleBuffer: number, onEnd: () => void = () => {}): DatasetStream {
  async function* chunks() {
    try {
      for (let start = 0; start < data.length; start += 16) {
        await new Promise((resolve) => setImmediate(resolve));
        yield data.slice(start, Math.min(data.length, start + 16));
      }
    } finally {
      onEnd();
    }
  }
  return streamDataset({ chunks, shuffleBuffer, seed: 3 });
}

function partsOf({ name, labels, shape, classes, scale }: Dataset) {
  return { name, labels, shape, classes, scale };
}

test("without a buffer, an epoch is the data in its order", async () => {
  using net = netOf();
  const history = await train(net, streamOf(all, 0), { epochs: 2, batchSize: 20, optimizer });
  using other = netOf();
  using state = other.optimize(optimizer);
  for (let epoch = 0; epoch < 2; epoch++) {
    for (let start = 0; start < 70; start += 20) {
      const rows = Array.from({ length: Math.min(20, 70 - start) }, (_, i) => start + i);
      using x = tensor(engine, all.batch(rows).inputs as Float32Array, { shape: [rows.length, 19] });
      using t = tensor(
        engine,
        Int32Array.from(rows, (row) => all.labels[row]!),
      );
      other.step(state, x, t);
    }
  }
  assert.is(history.losses.length, 8);
  for (const [name, { data }] of Object.entries(other.parameters)) {
    for (const [i, value] of data.entries()) assert.ok(Math.abs(net.parameters[name]!.data[i]! - value) < 1e-6, name);
  }
  assert.equal(
    history.epochs.map(({ epoch, iteration }) => [epoch, iteration]),
    [
      [0, 3],
      [1, 7],
    ],
  );
});

test("images of a stream are changed on the way, by the draws of the run", async () => {
  const images = clusters({ count: 50, size: 25, classes: 4, seed: 2 });
  const augmentation = augment({ shift: 1, rotate: 20 });
  const options: TrainOptions = { epochs: 1, batchSize: 20, optimizer, layout: "dense" };
  const made = () => network(engine, sequential(dense(25, 4)), { seed: 1 });
  using net = made();
  await train(net, streamOf(images, 0), { ...options, augmentation, random: new RandomState(4) });
  const random = new RandomState(4);
  async function* changed() {
    for (const start of [0, 20, 40])
      yield augmented(images.slice(start, Math.min(50, start + 20)), augmentation, random);
  }
  using same = made();
  await train(same, streamDataset({ chunks: changed }), options);
  assert.equal([...net.blocks[0]!.data], [...same.blocks[0]!.data]);
  using plain = made();
  await train(plain, streamOf(images, 0), options);
  assert.not.equal([...net.blocks[0]!.data], [...plain.blocks[0]!.data]);
});

test("the layout is the one that is asked for, or the first minibatch's, and the source is started once in an epoch", async () => {
  const full = new Dataset({ ...partsOf(all), inputs: Uint8Array.from(all.inputs, (byte) => byte | 1) });
  const empty = new Dataset({ ...partsOf(all), inputs: new Uint8Array(all.inputs.length) });
  for (const [layout, first, second, want] of [
    ["sparse", full, full, "sparse"],
    ["dense", empty, empty, "dense"],
    ["auto", full, empty, "dense"],
    ["auto", empty, full, "sparse"],
  ] as const) {
    let starts = 0;
    function* chunks() {
      starts += 1;
      yield first.slice(0, 20);
      yield second.slice(20, 60);
      yield second.slice(60, 70);
    }
    using net = netOf();
    const history = await train(net, streamDataset({ chunks }), { epochs: 2, batchSize: 20, optimizer, layout });
    assert.equal([history.layout, history.losses.length, starts], [want, 8, 2], `${layout} ${want}`);
  }
  using net = netOf();
  using trainer = new Trainer(net, { train: streamOf(all, 0) }, { epochs: 1, optimizer });
  assert.is(trainer.feed.layout, "dense", "before anything is read");
});

test("it learns, with a buffer, evaluations and accumulated gradients", async () => {
  using net = netOf();
  const options: TrainOptions = { epochs: 30, batchSize: 10, accumulate: 2, optimizer, test: all };
  const { evaluations, losses } = await train(net, streamOf(all, 40), options);
  assert.is(losses.length, 30 * 4);
  assert.ok(evaluations.at(-1)!.testAccuracy! > 0.95);
});

test("going on from any checkpoint gives the bits of an unbroken run", async () => {
  const options: TrainOptions = { epochs: 3, batchSize: 20, optimizer };
  const kept: Checkpoint[] = [];
  using net = netOf();
  const want = await train(net, streamOf(all, 30), {
    ...options,
    checkpointEvery: 1,
    onCheckpoint: (trainer) => void kept.push(decodeCheckpoint(encodeCheckpoint(checkpointOf(trainer)))),
  });
  assert.is(kept.length, 12);
  for (const resume of kept) {
    using other = netOf();
    const history = await train(other, streamOf(all, 30), { ...options, resume });
    assert.equal(history, want, `from ${resume.iteration}`);
    assert.equal([...other.blocks[0]!.data], [...net.blocks[0]!.data], `from ${resume.iteration}`);
  }
});

test("the source is closed when the run is aborted, and what it throws ends the run", async () => {
  let closed = 0;
  const controller = new AbortController();
  using net = netOf();
  const stream = streamOf(all, 30, () => {
    closed += 1;
  });
  const history = await train(net, stream, {
    epochs: 9,
    batchSize: 20,
    optimizer,
    signal: controller.signal,
    onStep: () => controller.abort(),
  });
  assert.equal([history.losses.length, history.outcome], [1, "aborted"]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(closed, 1);
  const before = engine.stats().tensors;
  async function* broken() {
    yield all.slice(0, 30);
    throw new Error("the line is cut");
  }
  const run = () => train(net, streamDataset({ chunks: broken }), { epochs: 1, batchSize: 20, optimizer });
  assert.is((await assertRejects(run, Error, "source")).message, "the line is cut");
  assert.is(engine.stats().tensors, before);
});

test("going on where a stream has no minibatch, or from a position that is none, is refused", async () => {
  const options: TrainOptions = { epochs: 2, batchSize: 20, optimizer };
  const kept: Checkpoint[] = [];
  using net = netOf();
  const onCheckpoint = (trainer: Trainer<FloatType>) => void kept.push(checkpointOf(trainer));
  await train(net, streamOf(all, 0), { ...options, checkpointEvery: 3, onCheckpoint });
  const short = streamOf(all.slice(0, 40), 0);
  const error = await assertRejects(() => train(net, short, { ...options, resume: kept[0]! }), OptionError, "shorter");
  assert.match(error.message, /expected more than 3 minibatches, as the stream had before/);
  using trainer = new Trainer(net, { train: streamOf(all, 0) }, options);
  for (const wrong of [-1, 0.5, Number.NaN]) {
    for (const state of [
      { epoch: wrong, position: 0 },
      { epoch: 0, position: wrong },
    ]) {
      assertThrows(() => trainer.feed.restore({ ...state, order: undefined }), OptionError, `${wrong}`);
    }
  }
  assert.match(assertThrows(() => trainer.feed.draw(), OptionError, "draw").message, /await wait\(\) first/);
});

test("what does not fit a stream is refused", async () => {
  using net = netOf();
  const stream = streamOf(all, 0);
  const drawn = () => train(net, stream, { iterations: 3, batchSize: 10, optimizer });
  assert.is((await assertRejects(drawn, OptionError, "iterations")).option, "iterations");
  const wide = clusters({ count: 20, size: 20, classes: 4, seed: 2 });
  const options: TrainOptions = { epochs: 1, batchSize: 10, optimizer: sgd({ learningRate: 0.1 }) };
  const { op, argument, expected, found } = await assertRejects(
    () => train(net, streamOf(wide, 0), options),
    ShapeError,
    "size",
  );
  assert.equal([op, argument, expected, found], ["train", "stream", "19 values each", "20"]);
  using trainer = new Trainer(net, { train: stream }, options);
  assertThrows(() => [...trainer.steps()], OptionError, "not at hand");
});

test.run();
