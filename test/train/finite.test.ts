/** Weights that are no longer finite end a run: they are not saved, and no run ends with them as if it had finished. */
import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DivergedError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adaGrad } from "../../src/nn/optimizers/ada_grad.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { rmsProp } from "../../src/nn/optimizers/rms_prop.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { CheckpointFolder } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { streamDataset } from "../../src/train/feeding/stream.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { type TrainOptions, train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("finite weights");

/** Bytes as they are, from 0 to 255: gradients of about 100, so that a rate of 3e38 overflows in one update. */
function bytesOf(seed: number, count = 40): Dataset {
  const { name, inputs, labels, shape, classes } = clusters({ count, size: 6, classes: 3, seed });
  return new Dataset({ name, inputs, labels, shape, classes });
}
const examples = bytesOf(1);

/** Three good steps, then an update that overflows: that of iteration 3, whose own loss is finite. */
const overflowing = schedule({
  kind: "sequence",
  parts: [
    { schedule: 1e-6, steps: 3 },
    { schedule: 3e38, steps: 1 },
  ],
});
const OVERFLOW: TrainOptions = { batchSize: 10, optimizer: sgd({ learningRate: overflowing }) };

function netOf<D extends FloatType = "float32">(dtype: D = "float32" as D): Network<D> {
  return network(engine, sequential(dense(6, 3)), { seed: 0, dtype });
}

/** Trains with a checkpoint after every step; what was saved, and the error that ended the run. */
async function diverged(
  options: TrainOptions,
  net: Network<FloatType> = netOf(),
  data: Parameters<typeof train>[1] = examples,
) {
  using _ = net;
  const path = makeTemporaryFolder();
  const folder = new CheckpointFolder(path, { keep: 1 });
  const history = emptyHistory();
  const call = () =>
    train(
      net,
      data,
      { checkpointEvery: 1, onCheckpoint: (trainer) => folder.save(checkpointOf(trainer)), ...options },
      history,
    );
  const error = await assertRejects(call, DivergedError, "diverged");
  assert.is(history.outcome, undefined, "it did not finish");
  return { error, history, folder, path };
}

/** The checkpoint can be put back, and steps from it are finite. */
async function assertResumable(checkpoint: Checkpoint | undefined, net: Network<FloatType> = netOf()): Promise<void> {
  using _ = net;
  assert.ok(checkpoint, "there is one");
  const options = { ...OVERFLOW, epochs: 9, optimizer: sgd({ learningRate: 1e-6 }), resume: checkpoint };
  const { losses } = await train(net, examples, options);
  assert.ok(losses.every(Number.isFinite));
}

test("an update that overflows: the only checkpoint is the one before it, and the iteration is that of the update", async () => {
  const { error, folder, history } = await diverged({ ...OVERFLOW, epochs: 2 });
  assert.equal([error.iteration, error.subject], [3, "W1"]);
  assert.not.ok(Number.isFinite(error.loss));
  assert.match(error.message, /^W1 is (NaN|-?Infinity) at iteration 3; .*: try a smaller learning rate$/);
  assert.equal(await folder.names(), ["checkpoint-000000003.safetensors"]);
  assert.is(history.losses.length, 4);
  assert.ok(history.losses.every(Number.isFinite), "every loss was of weights that were");
  await assertResumable(await folder.latest());
});

test("the last update of a run is looked at, with and without checkpoints", async () => {
  const last = { ...OVERFLOW, epochs: 1 };
  const { error, folder } = await diverged(last);
  assert.is(error.iteration, 3);
  assert.is((await folder.latest())?.iteration, 3);
  const { error: bare } = await diverged({ ...last, checkpointEvery: Number.POSITIVE_INFINITY });
  assert.equal([bare.iteration, bare.subject], [3, "W1"]);
  using net = netOf();
  using trainer = new Trainer(net, { train: examples }, last);
  const steps: number[] = [];
  const run = () => {
    for (const { iteration } of trainer.steps()) steps.push(iteration);
  };
  assert.is(assertThrows(run, DivergedError, "a trainer that is driven by hand").iteration, 3);
  assert.equal(steps, [0, 1, 2, 3], "its step was yielded before");
});

test("a run that is aborted in such a step, or in one whose loss is not finite, has diverged", async () => {
  for (const at of [3, 4]) {
    const controller = new AbortController();
    const onStep = ({ iteration }: { iteration: number }) => {
      if (iteration === at) controller.abort();
    };
    const { error, folder } = await diverged({
      ...{ ...OVERFLOW, epochs: 2, onStep, signal: controller.signal },
      checkpointEvery: at === 3 ? 1 : 3,
    });
    assert.is(error.iteration, at);
    assert.is((await folder.latest())?.iteration, 3);
  }
});

test("a step whose loss is not finite is no checkpoint, also where the weights are", async () => {
  const onStep = ({ iteration }: { iteration: number }) => {
    if (iteration === 1) net.parameters["b1"]?.data.fill(Number.NaN);
    if (iteration === 2) net.parameters["b1"]?.data.fill(0);
  };
  const options = { ...OVERFLOW, epochs: 2, optimizer: sgd({ learningRate: 1e-9 }), onStep };
  const net = netOf();
  const { error, folder } = await diverged({ ...options, checkpointEvery: 3 }, net);
  assert.equal([error.iteration, error.subject], [2, "loss"]);
  assert.equal(await folder.names(), []);
});

test("accumulated gradients, float64, streams, a loss after the update", async () => {
  const accumulated = await diverged({ ...OVERFLOW, epochs: 4, batchSize: 5, accumulate: 2 });
  assert.equal([accumulated.error.iteration, (await accumulated.folder.latest())?.iteration], [3, 3]);

  const steep = schedule({
    kind: "sequence",
    parts: [
      { schedule: 1e-6, steps: 3 },
      { schedule: 1e308, steps: 1 },
    ],
  });
  const float64 = { ...OVERFLOW, epochs: 2, optimizer: sgd({ learningRate: steep }) };
  const double = await diverged(float64, netOf("float64"));
  assert.equal([double.error.iteration, (await double.folder.latest())?.iteration], [3, 3]);

  const chunks = () => [examples];
  const stream = await diverged({ ...OVERFLOW, epochs: 2 }, netOf(), streamDataset({ chunks }));
  assert.equal([stream.error.iteration, (await stream.folder.latest())?.iteration], [3, 3]);

  const after = await diverged({ ...OVERFLOW, epochs: 2, lossAt: "after update" });
  assert.equal([after.error.iteration, after.error.subject], [3, "loss"]);
  assert.is((await after.folder.latest())?.iteration, 3);
});

test("the optimizer's averages and running statistics are looked at, too", async () => {
  const optimizers: readonly [string, Optimizer][] = [
    ["velocity", momentum({ learningRate: 1e-30 })],
    ["squares", adaGrad({ learningRate: 1e-6 })],
    ["squares", rmsProp({ learningRate: 1e-6 })],
    ["mean", adam({ learningRate: 1e-6 })],
  ];
  for (const [name, optimizer] of optimizers) {
    using net = netOf();
    using trainer = new Trainer(net, { train: examples }, { ...OVERFLOW, epochs: 2, optimizer });
    const steps = trainer.steps();
    steps.next();
    steps.next();
    const average = trainer.state.averages.find((one) => one.name === name);
    average?.data.fill(Number.POSITIVE_INFINITY, 2, 3);
    const error = assertThrows(() => checkpointOf(trainer), DivergedError, name);
    assert.equal([error.iteration, error.subject, error.loss], [1, name, Number.POSITIVE_INFINITY]);
  }
  using net = network(engine, sequential(dense(6, 4), batchNorm(), relu(), dense(4, 3)), { seed: 0 });
  using trainer = new Trainer(
    net,
    { train: examples },
    { ...OVERFLOW, epochs: 1, optimizer: sgd({ learningRate: 1e-9 }) },
  );
  trainer.steps().next();
  net.statistics["variance1"]?.data.fill(Number.POSITIVE_INFINITY, 0, 1);
  assert.is(assertThrows(() => checkpointOf(trainer), DivergedError, "statistics").subject, "variance1");
});

test("a unit that is dead hides weights that are not finite from the loss: they are found all the same", async () => {
  const net = network(engine, sequential(dense(6, 4), relu(), dense(4, 3)), { seed: 0 });
  const onStep = ({ iteration }: { iteration: number }) => {
    if (iteration === 1) net.parameters["b1"]?.data.fill(Number.NEGATIVE_INFINITY, 0, 1); // relu(-∞) = 0
  };
  const quiet = { ...OVERFLOW, epochs: 1, optimizer: sgd({ learningRate: 1e-9 }), onStep };
  const { error, history, folder } = await diverged({ ...quiet, checkpointEvery: 4 }, net);
  assert.equal([error.iteration, error.subject, error.loss], [3, "b1", Number.NEGATIVE_INFINITY]);
  assert.ok(history.losses.every(Number.isFinite));
  assert.equal(await folder.names(), []);
});

test("the best weights are finite ones, whatever the validation examples say", async () => {
  const net = network(engine, sequential(dense(6, 4), relu(), dense(4, 3)), { seed: 0 });
  const bests: number[] = [];
  const onStep = ({ iteration }: { iteration: number }) => {
    if (iteration === 4) net.parameters["b1"]?.data.fill(Number.NEGATIVE_INFINITY, 0, 1);
  };
  const { error } = await diverged(
    {
      ...{ ...OVERFLOW, epochs: 3, optimizer: sgd({ learningRate: 1e-5 }), onStep },
      ...{ validation: bytesOf(2), earlyStopping: { patience: 9, watch: "accuracy" } },
      checkpointEvery: 100,
      onBest: (trainer) => bests.push(checkpointOf(trainer).iteration),
    },
    net,
  );
  assert.is(error.subject, "b1");
  assert.ok(bests.every((steps) => steps <= 4));
});

test("a validation loss that is not finite of weights that are ends nothing, and stays what it is in a checkpoint", async () => {
  const net = netOf();
  const { name, labels, shape, classes } = bytesOf(2, 20);
  const huge = new Dataset({ name, inputs: new Float64Array(20 * 6).fill(1e300), labels, shape, classes });
  using _ = net;
  const checkpoints: Checkpoint[] = [];
  const { evaluations, outcome } = await train(net, examples, {
    ...{ ...OVERFLOW, epochs: 2, optimizer: sgd({ learningRate: 1e-6 }), validation: huge, checkpointEvery: 8 },
    onCheckpoint: (trainer) => checkpoints.push(checkpointOf(trainer)),
  });
  assert.is(outcome, "finished");
  assert.equal([evaluations.length, checkpoints.length], [2, 1]);
  assert.ok(
    evaluations.every(({ validationLoss }) => Number.isNaN(validationLoss)),
    JSON.stringify(evaluations),
  );
  const read = decodeCheckpoint(encodeCheckpoint(checkpoints[0]!));
  assert.ok(read.facts.evaluations.every(({ validationLoss }) => Number.isNaN(validationLoss)));
});

test("a run that starts with weights that are not finite has diverged before its first step", async () => {
  using net = netOf();
  net.parameters["W1"]?.data.fill(Number.NaN, 0, 1);
  using trainer = new Trainer(net, { train: examples }, { ...OVERFLOW, epochs: 1 });
  assert.equal(assertThrows(() => checkpointOf(trainer), DivergedError, "at once").iteration, 0);
});

test("a checkpoint of another hand that is not finite is called damaged, and the one before it is offered", async () => {
  const path = makeTemporaryFolder();
  const folder = new CheckpointFolder(path);
  using net = netOf();
  using trainer = new Trainer(
    net,
    { train: examples },
    { ...OVERFLOW, epochs: 1, optimizer: momentum({ learningRate: 1e-6 }) },
  );
  const steps = trainer.steps();
  steps.next();
  await folder.save(checkpointOf(trainer));
  steps.next();
  const whole = checkpointOf(trainer);
  for (const [name, value] of [
    ["W1", Number.NEGATIVE_INFINITY],
    ["training/velocity", Number.NaN],
  ] as const) {
    const array = whole.arrays.get(name)!;
    const data = array.data.slice() as Float32Array;
    data[1] = value;
    const poisoned = { ...whole, arrays: new Map([...whole.arrays, [name, { ...array, data }]]) };
    assert.match(
      assertThrows(() => decodeCheckpoint(encodeCheckpoint(poisoned)), CheckpointError, name).message,
      `checkpoint: damaged: ${name} holds ${value}`,
    );
    await folder.save(poisoned);
    const error = await assertRejects(() => folder.latest(), CheckpointError, name);
    assert.match(error.message, /000000002\.safetensors: damaged: .*; the one before it is whole: .*000000001/);
    assert.is(readdirSync(path).length, 2);
  }
});

test.run();
