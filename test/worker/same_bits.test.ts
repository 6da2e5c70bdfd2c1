/** A worker gives the bits and the records that the main thread gives. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { sparseRows } from "../../src/data/tables/sparse_rows.ts";
import { OptionError } from "../../src/errors.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import type { Sequential } from "../../src/nn/layers/layer.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { Checkpoint } from "../../src/train/checkpoints/checkpoint.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { SparseDataset } from "../../src/train/feeding/sparse_dataset.ts";
import { train } from "../../src/train/loop/train.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { lion } from "../support/lion.ts";
import { assertRejects } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const test = suite("worker: the same bits");
const examples = () => clusters({ count: 300, size: 16, classes: 4, seed: 2 });
const others = () => clusters({ count: 120, size: 16, classes: 4, seed: 3 });
const deep = () => sequential(dense(16, 12), batchNorm(), relu(), dropout(0.2), dense(12, 4));

type Case = {
  readonly law: string;
  readonly dtype: FloatType;
  readonly layers: () => Sequential;
  readonly options: (random: RandomState) => TrainerOptions;
};

const cases: readonly Case[] = [
  {
    law: "epochs, Adam, batch normalisation, dropout, early stopping, augmentation",
    dtype: "float32",
    layers: deep,
    options: () => ({
      epochs: 6,
      batchSize: 32,
      optimizer: adam({ learningRate: schedule({ kind: "step", rate: 1e-2, every: 9, factor: 0.5 }) }),
      earlyStopping: { patience: 3 },
      augmentation: augment({ shift: 1 }),
      seed: 5,
    }),
  },
  {
    law: "draws with replacement from the stream that the weights came from",
    dtype: "float64",
    layers: () => sequential(dense(16, 4)),
    options: (random) => ({
      iterations: 40,
      batchSize: 20,
      learningRate: schedule({ kind: "cosine", rate: 0.1 }),
      evaluateEvery: 15,
      random,
    }),
  },
];

for (const { law, dtype, layers, options } of cases) {
  test(`${law}, ${dtype}: weights, records, evaluations, and the stream afterwards`, async () => {
    using engine = await loadEngine();
    const here = new RandomState(7);
    using net = network(engine, layers(), { dtype, random: here });
    const history = await train(net, examples(), { ...options(here), validation: others() });

    await using worker = await startLocalWorker();
    const there = new RandomState(7);
    const remote = await worker.network(layers(), { dtype, random: there });
    const data = await worker.dataset(examples());
    const validation = await worker.dataset(others());
    const told = await remote.train(data, { ...options(there), validation });

    assert.ok(history.losses.length > 20);
    assert.equal(told, history);
    assert.equal(bitsOf(await remote.weights()), bitsOf(weightsOf(net)));
    assert.equal(there.getState(), here.getState());
    assert.equal(await remote.evaluate(validation, { topK: 2 }), evaluate(net, others(), { topK: 2 }));
    assert.equal(await remote.misclassified(validation), misclassified(net, others()));
    const rows = new Float32Array(32).map((_, i) => i / 32);
    const { shape, data: p } = await remote.predict(rows);
    using expected = net.predict(rows);
    assert.equal(shape, expected.shape);
    assert.equal(p, expected.data.slice());
  });
}

test("validation as a fraction is split off as on the main thread, also by a seed, and for numbers", async () => {
  using engine = await loadEngine();
  await using worker = await startLocalWorker();
  const inputs = () => Float32Array.from({ length: 40 }, (_, i) => i / 40);
  const line = () =>
    new Dataset({ name: "line", inputs: inputs(), shape: [1], targetValues: inputs().map((x) => 2 * x) });
  for (const [layers, examplesOf, options] of [
    [deep, examples, { earlyStopping: { patience: 2 } }],
    [deep, examples, { seed: 5 }],
    [() => sequential(dense(1, 1)), line, {}],
  ] as const) {
    const rest = { epochs: 3, batchSize: 8, learningRate: 0.05, validation: 0.2, ...options };
    const loss = examplesOf === line ? ({ loss: "squaredError" } as const) : {};
    using net = network(engine, layers(), { seed: 1, ...loss });
    const history = await train(net, examplesOf(), rest);
    const remote = await worker.network(layers(), { seed: 1, ...loss });
    const told = await remote.train(await worker.dataset(examplesOf()), rest);
    assert.equal(told, history);
    assert.is(told.evaluations.length, 3);
    assert.equal(bitsOf(await remote.weights()), bitsOf(weightsOf(net)));
  }
});

test("a validation that is no fraction and no dataset is refused as on the main thread", async () => {
  using engine = await loadEngine();
  using net = network(engine, deep());
  await using worker = await startLocalWorker();
  const remote = await worker.network(deep());
  const data = await worker.dataset(examples());
  for (const validation of [0, 1, -0.5, Number.NaN, 2]) {
    const options = { epochs: 1, learningRate: 0.1, validation };
    const here = await assertRejects(() => train(net, examples(), options), OptionError, `${validation}`);
    const there = await assertRejects(() => remote.train(data, options), OptionError, `${validation}`);
    assert.is(there.message, here.message);
  }
  const wrong = { epochs: 1, learningRate: 0.1, validation: "0.1" as never };
  assert.is((await assertRejects(() => remote.train(data, wrong), OptionError, "text")).option, "train: validation");
});

test("a run that is stopped and goes on from its checkpoint has the bits and records of an unbroken one", async () => {
  await using worker = await startLocalWorker();
  const data = await worker.dataset(examples());
  const validation = await worker.dataset(others());
  const options = { epochs: 4, batchSize: 32, optimizer: adam({ learningRate: 1e-2 }), validation };
  const whole = await worker.network(deep());
  const history = await whole.train(data, options);

  const broken = await worker.network(deep());
  const kept = { latest: undefined as Checkpoint | undefined };
  const stop = new AbortController();
  const first = await broken.train(data, {
    ...options,
    checkpointEvery: 15,
    onCheckpoint: (checkpoint) => {
      kept.latest = checkpoint;
      stop.abort();
    },
    signal: stop.signal,
  });
  assert.is(first.outcome, "aborted");
  assert.is(first.losses.length, 15); // the run waits for the callback, so that it ends at this step

  const again = await worker.network(deep(), { seed: 9 });
  const progress: number[] = [];
  const second = await again.train(data, {
    ...options,
    resume: kept.latest,
    onProgress: ({ iteration, losses }) => progress.push(iteration, losses.length),
  });
  assert.equal(second, history);
  assert.is(progress[0], 15, "only new steps are progress");
  assert.equal(bitsOf(await again.weights()), bitsOf(await whole.weights()));
});

test("a network goes through a file, in and out of a worker", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(deep(), { seed: 3, dtype: "float64" });
  const copy = await worker.load(await net.save());
  assert.is(copy.dtype, "float64");
  assert.equal(copy.description, net.description);
  assert.equal(bitsOf(await copy.weights()), bitsOf(await net.weights()));

  const other = await worker.network(deep(), { seed: 4, dtype: "float64" });
  const weights = await net.weights();
  await other.setWeights(weights);
  assert.equal(bitsOf(await other.weights()), bitsOf(weights)); // which are still here
});

test("an optimizer of one's own: the same bits in a worker that knows it, also resumed; else the error names serve", async () => {
  using engine = await loadEngine();
  const [layers, options] = [sequential(dense(16, 4)), { iterations: 20, batchSize: 20, optimizer: lion() }];
  using net = network(engine, layers, { seed: 1 });
  await train(net, examples(), options);

  await using worker = await startLocalWorker(undefined, { optimizers: [lion] });
  const remote = await worker.network(layers, { seed: 1 });
  const data = await worker.dataset(examples());
  let resume: Checkpoint | undefined;
  const onCheckpoint = (checkpoint: Checkpoint) => {
    resume ??= checkpoint;
  };
  await remote.train(data, { ...options, checkpointEvery: 8, onCheckpoint });
  assert.equal(bitsOf(await remote.weights()), bitsOf(weightsOf(net)));
  assert.is(resume?.iteration, 8);
  const resumed = await worker.network(layers, { seed: 2 });
  await resumed.train(data, { ...options, resume });
  assert.equal(bitsOf(await resumed.weights()), bitsOf(weightsOf(net)));

  await using other = await startLocalWorker();
  const unready = await other.network(layers, { seed: 1 });
  const error = await assertRejects(
    async () => unready.train(await other.dataset(examples()), options),
    OptionError,
    "a worker without it",
  );
  assert.match(error.message, /found "acme\/lion"; pass what .* serve\(self, \{ optimizers \}\)/);
});

test("sparse rows: the same bits in a worker, and the rows are still here", async () => {
  using engine = await loadEngine();
  const rows = sparseRows(Array.from({ length: 40 }, (_, i) => ({ [i % 7]: 1 + (i % 3), [7 + (i % 5)]: 2 })));
  const labels = Array.from({ length: 40 }, (_, i) => (i % 7 > 3 ? "late" : "early"));
  const of = () => new SparseDataset({ name: "days", rows, labels });
  const options = { epochs: 3, batchSize: 8, optimizer: adam(), validation: 0.2 };
  using net = network(engine, sequential(dense(12, 6), relu(), dense(2)), { seed: 1 });
  const history = await train(net, of(), options);

  await using worker = await startLocalWorker();
  const remote = await worker.network(sequential(dense(12, 6), relu(), dense(2)), { seed: 1 });
  const dataset = of();
  const data = await worker.dataset(dataset);
  assert.equal([data.length, data.size, data.classNames], [40, 12, ["early", "late"]]);
  assert.equal(await remote.train(data, options), history);
  assert.equal(bitsOf(await remote.weights()), bitsOf(weightsOf(net)));
  assert.equal(await remote.evaluate(data), evaluate(net, dataset));
  const numbers = new SparseDataset({ name: "n", rows, targetValues: Float32Array.from({ length: 40 }, (_, i) => i) });
  assert.is((await worker.dataset(numbers.slice(3, 9))).length, 6);
});

test.run();
