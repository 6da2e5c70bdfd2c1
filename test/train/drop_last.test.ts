/** Minibatches of one row, which batch normalisation has no variance of; and runs without a short last minibatch. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { type Checkpoint, checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { type DatasetStream, streamDataset } from "../../src/train/feeding/stream.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { planOf, type TrainerOptions } from "../../src/train/loop/training_plan.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { advance, resultOf } from "../support/runs.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = suite("drop last");
const SIZE = 19;
const examples = (count: number, seed = 2) => clusters({ count, size: SIZE, classes: 4, seed });
const DEEP = sequential(dense(SIZE, 8), batchNorm(), relu(), dense(8, 4));
const optimizer = adam({ learningRate: 0.02 });

function netOf(layers = DEEP): Network<"float32"> {
  return network(engine, layers, { seed: 1 });
}

/** The examples in chunks of 16. */
function streamOf(data: Dataset, shuffleBuffer = 0): DatasetStream {
  function* chunks() {
    for (let start = 0; start < data.length; start += 16) yield data.slice(start, Math.min(data.length, start + 16));
  }
  return streamDataset({ chunks, shuffleBuffer, seed: 3 });
}

const ONE_ROW =
  "batchNorm: expected at least 2 rows in a training minibatch, found 1; dropLast: true leaves out a short last one";
const LEFT = (n: number, by: number) =>
  `batchSize: ${n} examples by ${by} leave 1 for the last minibatch, batchNorm needs 2; pass dropLast: true or another batchSize`;

for (const [label, count, options, message] of [
  ["5 by 4", 5, { epochs: 2, batchSize: 4 }, LEFT(5, 4)],
  ["201 by 100", 201, { epochs: 2, batchSize: 100 }, LEFT(201, 100)],
  ["accumulated", 9, { epochs: 2, batchSize: 2, accumulate: 3 }, LEFT(9, 2)],
  ["one by one", 6, { epochs: 2, batchSize: 1 }, ONE_ROW],
  ["drawn", 6, { iterations: 2, batchSize: 1 }, ONE_ROW],
  ["one example", 1, { epochs: 2, dropLast: true }, ONE_ROW],
] as const) {
  test(`a minibatch of one row and batchNorm: refused before a step, with the cure: ${label}`, async () => {
    using net = netOf();
    const before = [engine.stats(), net.blocks.map(({ data }) => [...data])];
    const history = emptyHistory();
    const run = () => train(net, examples(count), { ...options, optimizer }, history);
    assert.is((await assertRejects(run, OptionError, label)).message, message);
    assert.equal([engine.stats(), net.blocks.map(({ data }) => [...data])], before);
    assert.equal(history, emptyHistory());

    using plain = netOf(sequential(dense(SIZE, 4)));
    await train(plain, examples(count), { ...options, optimizer }); // one row is enough for others
  });
}

test("2 rows in the last minibatch, or none, can be normalised", async () => {
  for (const [count, batchSize] of [
    [6, 4],
    [8, 4],
    [3, 3],
  ] as const) {
    using net = netOf();
    const { losses } = await train(net, examples(count), { epochs: 2, batchSize, optimizer });
    assert.is(losses.length, 2 * Math.ceil(count / batchSize));
  }
});

test("a worker refuses it as well, and takes dropLast", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(DEEP, { seed: 1 });
  const data = await worker.dataset(examples(41));
  const options = { epochs: 3, batchSize: 20, learningRate: 0.1 };
  assert.is((await assertRejects(() => net.train(data, options), OptionError, "worker")).message, LEFT(41, 20));
  const history = await net.train(data, { ...options, dropLast: true });
  assert.is(history.losses.length, 6);
  using here = netOf();
  const same = await train(here, examples(41), { ...options, dropLast: true });
  assert.equal(history.losses, same.losses);
});

test("one row, or none, while training: no way leads to a variance of 0", () => {
  using net = netOf();
  using state = net.optimize(sgd({ learningRate: 0.1 }));
  using sums = net.accumulation(state);
  const before = net.blocks.map(({ data }) => [...data]);
  for (const rows of [1, 0]) {
    using x = tensor(engine, new Float32Array(rows * SIZE), { shape: [rows, SIZE] });
    using t = tensor(engine, new Int32Array(rows), { shape: [rows] });
    const source = { x: expressionOf(x), t: expressionOf(t) };
    for (const [label, use] of Object.entries({
      step: () => net.step(state, x, t),
      gradient: () => net.gradient(x, t),
      trainingStep: () => net.trainingStep(state, source),
      accumulation: () => sums.part(source),
      forward: () => net.forward(x, "train"),
    })) {
      assert.is(
        assertThrows(use, OptionError, label).message,
        `batchNorm: expected at least 2 rows in a training minibatch, found ${rows}; dropLast: true leaves out a short last one`,
      );
    }
    net.forward(x, "predict"); // by the running statistics
  }
  assert.equal(
    net.blocks.map(({ data }) => [...data]),
    before,
  );
});

test("running statistics are those of full minibatches alone: 5 rows by 4", async () => {
  const inputs = Float64Array.from(new RandomState(1).randn(5, 2), (value) => 3 * value);
  const data = new Dataset({ name: "five", inputs, shape: [2], labels: Uint8Array.of(0, 1, 0, 1, 0), classes: 2 });
  const layers = sequential(dense(2, 2), batchNorm(), dense(2, 2));
  using net = network(engine, layers, { seed: 0, dtype: "float64" });
  net.parameters["W1"]!.set([
    [1, 0],
    [0, 1],
  ]);
  await train(net, data, { epochs: 20, batchSize: 4, learningRate: 0, dropLast: true, random: new RandomState(7) });

  const random = new RandomState(7);
  const want = [0, 1].map(() => ({ mean: 0, variance: 1 }));
  for (let epoch = 0; epoch < 20; epoch++) {
    const order = Int32Array.of(0, 1, 2, 3, 4);
    random.shuffle(order);
    for (const [j, running] of want.entries()) {
      const column = [...order.subarray(0, 4)].map((row) => inputs[2 * row + j]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / 4;
      const unbiased = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3;
      running.mean = 0.9 * running.mean + 0.1 * mean;
      running.variance = 0.9 * running.variance + 0.1 * unbiased;
    }
  }
  for (const [j, { mean, variance }] of want.entries()) {
    assert.ok(Math.abs(net.statistics["mean1"]!.data[j]! - mean) <= 1e-13, `mean ${j}`);
    assert.ok(Math.abs(net.statistics["variance1"]!.data[j]! - variance) <= 1e-12, `variance ${j}`);
  }
});

test("a short last minibatch has the weight of a full one in the running statistics, as in PyTorch", async () => {
  const inputs = Float64Array.of(1, 5, 2, 3, 9);
  const data = new Dataset({ name: "five", inputs, shape: [1], labels: new Uint8Array(5), classes: 2 });
  using net = network(engine, sequential(dense(1, 1), batchNorm(), dense(1, 2)), { random: "none", dtype: "float64" });
  net.parameters["W1"]!.set([[1]]);
  await train(net, streamOf(data), { epochs: 1, batchSize: 3, learningRate: 0 });
  const [first, second] = [
    { mean: 8 / 3, variance: 13 / 3 },
    { mean: 6, variance: 18 },
  ]; // of 1, 5, 2 and of 3, 9
  assert.ok(Math.abs(net.statistics["mean1"]!.data[0]! - (0.9 * 0.1 * first.mean + 0.1 * second.mean)) < 1e-14);
  const variance = 0.9 * (0.9 + 0.1 * first.variance) + 0.1 * second.variance;
  assert.ok(Math.abs(net.statistics["variance1"]!.data[0]! - variance) < 1e-14);
});

test("201 examples by 100, normalised: the network tells the test examples apart as well as its minibatches", async () => {
  using net = netOf();
  await train(net, examples(201), { epochs: 20, batchSize: 100, optimizer, dropLast: true });
  using full = netOf();
  await train(full, examples(200), { epochs: 20, batchSize: 100, optimizer });
  const [found, want] = [net, full].map((of) => evaluate(of, examples(300, 3)).accuracy) as [number, number];
  assert.ok(want > 0.9 && found > want - 0.02, `${found}, with 200 examples ${want}`);
});

test("steps, epochs, schedules and records count full minibatches alone", async () => {
  const cosine = adam({ learningRate: schedule({ kind: "cosine", rate: 0.1 }) });
  const lengthOf = (options: TrainerOptions, count: number) => {
    const { learningRate } = planOf({ optimizer: cosine, ...options }, count, false).plan.optimizer;
    return (learningRate as { readonly steps?: number }).steps;
  };
  for (const [count, options, batches, steps] of [
    [70, { batchSize: 20, dropLast: true }, 3, 3 * 3],
    [70, { batchSize: 20, dropLast: false }, 4, 3 * 4],
    [70, { batchSize: 20 }, 4, 3 * 4],
    [60, { batchSize: 20, dropLast: true }, 3, 3 * 3],
    [70, { batchSize: 20, dropLast: true, accumulate: 2 }, 3, 3 * 2],
    [70, { batchSize: 70, dropLast: true }, 1, 3],
    [99, { dropLast: true }, 1, 3], // by default, a minibatch is all of fewer than 100
  ] as const) {
    const label = `${count}, ${JSON.stringify(options)}`;
    assert.is(lengthOf({ epochs: 3, ...options }, count), steps, label);
    using net = netOf();
    using trainer = new Trainer(
      net,
      { train: examples(count), test: examples(10) },
      { epochs: 3, optimizer: cosine, ...options },
    );
    advance(trainer, 1000);
    const { losses, epochs, evaluations } = trainer.history;
    assert.is(losses.length, steps, label);
    assert.is(trainer.feed.batchesPerEpoch, batches, label);
    const lasts = [1, 2, 3].map((epoch) => (steps / 3) * epoch - 1);
    assert.equal(
      epochs.map(({ iteration }) => iteration),
      lasts,
      label,
    );
    assert.equal(
      evaluations.map(({ iteration }) => iteration),
      lasts,
      label,
    );
  }
});

test("with iterations every minibatch is full: dropLast changes nothing", async () => {
  const losses = [];
  for (const dropLast of [false, true]) {
    using net = netOf();
    losses.push(
      (await train(net, examples(41), { iterations: 10, batchSize: 20, learningRate: 0.1, dropLast })).losses,
    );
  }
  assert.equal(losses[0], losses[1]);
});

test("where nothing is left, dropLast changes no bit", async () => {
  const runs = [];
  for (const dropLast of [false, true]) {
    using net = netOf();
    using trainer = new Trainer(net, { train: examples(40) }, { epochs: 3, batchSize: 20, optimizer, dropLast });
    advance(trainer, 1000);
    runs.push(resultOf(trainer));
  }
  assert.equal(runs[0], runs[1]);
});

test("what is no boolean is refused", () => {
  for (const wrong of [1, "yes", null]) {
    const plan = () => planOf({ epochs: 1, optimizer, dropLast: wrong as never }, 10, false);
    assert.is(assertThrows(plan, OptionError, `${wrong}`).option, "dropLast");
  }
});

test("a run without short minibatches resumes with its bits, and not as one with them", () => {
  for (const accumulate of [1, 2]) {
    const options: TrainerOptions = { epochs: 4, batchSize: 20, accumulate, optimizer, dropLast: true };
    const data = { train: examples(61) };
    for (const made of [1, 2, 3, 5]) {
      using whole = netOf();
      using unbroken = new Trainer(whole, data, options);
      advance(unbroken, made);
      const bytes = encodeCheckpoint(checkpointOf(unbroken));
      advance(unbroken, 1000);
      using other = netOf();
      using resumed = new Trainer(other, data, { ...options, seed: 9 });
      advance(resumed, 1);
      restore(resumed, decodeCheckpoint(bytes));
      advance(resumed, 1000);
      assert.equal(resultOf(resumed), resultOf(unbroken), `after ${made}`);
    }
  }
  const plain = sequential(dense(SIZE, 4));
  using net = netOf(plain);
  using dropping = new Trainer(net, { train: examples(61) }, { epochs: 1, batchSize: 20, optimizer, dropLast: true });
  using keeping = new Trainer(net, { train: examples(61) }, { epochs: 1, batchSize: 20, optimizer });
  for (const [here, there, difference] of [
    [dropping, keeping, "dropLast false there, true here"],
    [keeping, dropping, "dropLast true there, false here"],
  ] as const) {
    assert.match(
      assertThrows(() => restore(here, checkpointOf(there)), CheckpointError, difference).message,
      difference,
    );
  }
});

/** As it was before there was `dropLast`: version 1, and a plan without it. */
function olderOf(checkpoint: Checkpoint): Checkpoint {
  const { dropLast: _, ...plan } = checkpoint.facts.plan;
  return { ...checkpoint, facts: { ...checkpoint.facts, version: 1, plan: plan as typeof checkpoint.facts.plan } };
}

test("a checkpoint says version 2 where version 1 would be read as another run, and of version 1 all are read", () => {
  const versionOf = (options: TrainerOptions) => {
    using net = netOf();
    using trainer = new Trainer(net, { train: examples(62) }, { epochs: 2, batchSize: 20, optimizer, ...options });
    advance(trainer, 2);
    const checkpoint = checkpointOf(trainer);
    if (!options.dropLast) restore(trainer, olderOf(checkpoint));
    return decodeCheckpoint(encodeCheckpoint(checkpoint)).facts.version;
  };
  assert.is(versionOf({}), 1);
  assert.is(versionOf({ dropLast: false }), 1);
  assert.is(versionOf({ dropLast: true }), 2);
});

test("squaredError in a checkpoint of version 1: the epoch so far was a sum of sums, and becomes one of means", () => {
  const random = new RandomState(5);
  const data = new Dataset({
    name: "numbers",
    inputs: Float64Array.from(random.randn(22, 3)),
    shape: [3],
    targetValues: Float64Array.from(random.randn(22, 2)),
  });
  const options: TrainerOptions = { epochs: 2, batchSize: 4, learningRate: 0.01 };
  const made = () => network(engine, sequential(dense(3, 2)), { seed: 1, dtype: "float64", loss: "squaredError" });
  using whole = made();
  using unbroken = new Trainer(whole, { train: data }, options);
  advance(unbroken, 4); // 16 of 22 examples
  const checkpoint = checkpointOf(unbroken);
  assert.is(checkpoint.facts.version, 2);
  const older = olderOf(checkpoint);
  const [iteration, sum, rows] = unbroken.position();
  assert.is(rows, 16);
  const name = "training/position";
  const position: NamedArray = { name, shape: [3], data: Float64Array.of(iteration!, 4 * sum!, rows!) }; // each loss times its rows
  const written = encodeCheckpoint({ ...older, arrays: new Map([...older.arrays, [name, position]]) });
  advance(unbroken, 1000);
  for (const bytes of [written, encodeCheckpoint(checkpoint)]) {
    const read = decodeCheckpoint(bytes);
    using other = made();
    using resumed = new Trainer(other, { train: data }, options);
    restore(resumed, read);
    assert.equal(
      read.arrays.get(name)?.data,
      decodeCheckpoint(bytes).arrays.get(name)?.data,
      "the checkpoint is not changed",
    );
    advance(resumed, 1000);
    assert.equal(resultOf(resumed), resultOf(unbroken));
  }
});

test("a run of before, whose last minibatch had one row, resumes with dropLast; others do not", () => {
  const plain = sequential(dense(SIZE, 4));
  const options: TrainerOptions = { epochs: 2, batchSize: 20, optimizer, dropLast: true };
  for (const [layers, count, mayResume] of [
    [DEEP, 61, true],
    [DEEP, 62, false],
    [plain, 61, false],
  ] as const) {
    using net = netOf(layers);
    using trainer = new Trainer(net, { train: examples(count) }, options);
    advance(trainer, 2);
    const older = olderOf(checkpointOf(trainer));
    const resume = () => restore(trainer, older);
    if (mayResume) resume();
    else assert.match(assertThrows(resume, CheckpointError, `${count}`).message, "dropLast false there, true here");
  }
});

test("a stream without short minibatches: epochs, bits after a checkpoint, and fewer examples than one", async () => {
  const options = { epochs: 3, batchSize: 20, optimizer, dropLast: true } as const;
  const kept: Checkpoint[] = [];
  using net = netOf();
  const onCheckpoint = (trainer: Trainer<FloatType>) => void kept.push(checkpointOf(trainer));
  const history = await train(net, streamOf(examples(61), 30), { ...options, checkpointEvery: 1, onCheckpoint });
  assert.is(history.losses.length, 9);
  assert.equal(
    history.epochs.map(({ iteration }) => iteration),
    [2, 5, 8],
  );
  for (const made of [1, 3, 5]) {
    using other = netOf();
    const resumed = await train(other, streamOf(examples(61), 30), { ...options, resume: kept[made - 1]! });
    assert.equal(resumed.losses, history.losses);
    assert.equal([...other.parameters["W1"]!.data], [...net.parameters["W1"]!.data]);
  }
  const few = () => train(net, streamOf(examples(19)), options);
  assert.is(
    (await assertRejects(few, OptionError, "few")).message,
    "dropLast: the stream has fewer examples than the batch size 20",
  );
});

test("a stream whose last minibatch has one row: refused when it comes, with the records up to there", async () => {
  using net = netOf();
  const history = emptyHistory();
  const run = () => train(net, streamOf(examples(41)), { epochs: 2, batchSize: 20, optimizer }, history);
  assert.match((await assertRejects(run, OptionError, "one row")).message, "dropLast: true leaves out");
  assert.is(history.losses.length, 2);
  const single = () => train(net, streamOf(examples(41)), { epochs: 2, batchSize: 1, optimizer });
  assert.is((await assertRejects(single, OptionError, "one by one")).option, "batchNorm");
});

test.run();
