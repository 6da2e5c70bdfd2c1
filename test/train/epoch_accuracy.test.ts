/** The accuracy of an epoch, from its steps' own forward passes; and progress that is shown. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import { crossEntropyLoss } from "../../src/nn/described_losses.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Loss } from "../../src/nn/losses.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { DatasetStream } from "../../src/train/feeding/stream.ts";
import type { FitProgress } from "../../src/train/loop/progress.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters, halfWrong } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = suite("accuracy of epochs, progress");
const COUNT = 50;
const labelled = halfWrong(clusters({ count: COUNT, size: 6, classes: 3, seed: 4 }));
const floats = Float32Array.from(labelled.inputs, (byte) => byte / 255);
const numbersOf = (of: (i: number) => number) =>
  new Dataset({
    name: "n",
    inputs: floats,
    shape: [6],
    targetValues: Float32Array.from({ length: 3 * COUNT }, (_, i) => of(i)),
  });
const { labels } = labelled;
const shares = numbersOf((i) => (labels[Math.floor(i / 3)] === i % 3 ? 0.6 : 0.2));
const yesNo = numbersOf((i) => (labels[Math.floor(i / 3)] === i % 3 ? 1 : 0));

const TASKS: Readonly<Record<string, readonly [Loss<FloatType>, Dataset]>> = {
  labels: ["softmaxCrossEntropy", labelled],
  "probabilities of classes": ["softmaxCrossEntropy", shares],
  "answers of yes and no": ["binaryCrossEntropyWithLogits", yesNo],
  "labels of which one is ignored": [crossEntropyLoss({ ignoreLabel: 1 }), labelled],
  "class weights": [crossEntropyLoss({ classWeights: [1, 2, 3] }), labelled],
};

function netOf(loss: Loss<FloatType> = "softmaxCrossEntropy", dtype: FloatType = "float32") {
  return network<FloatType>(engine, sequential(dense(6, 8), relu(), dense(8, 3)), { loss, dtype, seed: 2 });
}

for (const [name, [loss, data]] of Object.entries(TASKS)) {
  test(`${name}: what evaluate finds with the weights before the step`, async () => {
    const answers = 3 * COUNT; // or a third: `evaluate` takes the mean of every output's fraction
    for (const dtype of ["float32", "float64"] as const) {
      using net = netOf(loss, dtype);
      const before = [evaluate(net, data).accuracy];
      const options = { epochs: 4, batchSize: COUNT, learningRate: 0.5, evaluateTraining: true };
      const { epochs } = await train(net, data, {
        ...options,
        onEpoch: () => before.push(evaluate(net, data).accuracy),
      });
      assert.equal(
        epochs.map(({ accuracy = -1 }) => Math.round(accuracy * answers)),
        before.slice(0, 4).map((accuracy = -1) => Math.round(accuracy * answers)),
      );
      assert.ok(new Set(before).size > 1, "it has learned something");
      // minibatches together, a short one among them, gradients added up, and draws as many as there are
      using still = netOf(loss, dtype);
      for (const more of [{ batchSize: 7 }, { batchSize: 8, accumulate: 3 }]) {
        const { epochs } = await train(still, data, { epochs: 2, learningRate: 0, ...more });
        for (const { accuracy = -1 } of epochs) assert.ok(Math.abs(accuracy - (before[0] ?? 0)) < 1e-15);
      }
    }
  });
}

test("numbers have none; with replacement it is that of what was drawn; streams have it", async () => {
  using numbers = netOf("meanSquaredError");
  const { epochs } = await train(numbers, yesNo, { epochs: 1, learningRate: 0.1 });
  assert.equal(Object.keys(epochs[0] ?? {}), ["epoch", "iteration", "loss"]);
  using net = netOf();
  const drawn = await train(net, labelled, { iterations: 10, batchSize: 10, learningRate: 0 });
  assert.is(drawn.epochs.length, 2);
  for (const { accuracy = -1 } of drawn.epochs)
    assert.ok(accuracy >= 0 && accuracy <= 1 && Number.isInteger(50 * accuracy));
  const stream = new DatasetStream({
    chunks: async function* () {
      yield labelled;
    },
  });
  const streamed = await train(net, stream, { epochs: 1, learningRate: 0, batchSize: 20 });
  assert.is(streamed.epochs[0]?.accuracy, evaluate(net, labelled).accuracy);
});

test("a run that resumes within an epoch, and a worker, have the same", async () => {
  const options = { epochs: 2, batchSize: 7, optimizer: adam(), seed: 3 };
  using net = netOf();
  const { epochs } = await train(net, labelled, options);
  using half = netOf();
  using trainer = new Trainer(half, { train: labelled }, options);
  let steps = 0;
  for (const _ of trainer.steps()) if (++steps === 11) break;
  const bytes = encodeCheckpoint(checkpointOf(trainer));
  using other = netOf();
  using resumed = new Trainer(other, { train: labelled }, options);
  restore(resumed, decodeCheckpoint(bytes));
  for (const _ of resumed.steps());
  assert.equal(resumed.history.epochs, epochs);
  await using worker = await startLocalWorker();
  const there = await worker.network(sequential(dense(6, 8), relu(), dense(8, 3)), { seed: 2 });
  const set = await worker.dataset(labelled, { transfer: "copy" });
  assert.equal((await there.train(set, options)).epochs, epochs);
  assert.match(
    (await assertRejects(() => there.train(set, { progress: true } as never), OptionError, "worker")).message,
    /onProgress/,
  );
});

test("progress: a function after each epoch, with what is known, and the caller's onEpoch as well", async () => {
  const seen: FitProgress[] = [];
  const epochs: number[] = [];
  using net = netOf();
  const history = await train(net, labelled, {
    ...{ epochs: 3, batchSize: 20, learningRate: 0.1, validation: 0.2 },
    progress: (state) => seen.push(state),
    onEpoch: ({ epoch }) => epochs.push(epoch),
  });
  assert.equal(epochs, [0, 1, 2]);
  assert.equal(
    seen,
    history.epochs.map(({ epoch, loss, accuracy }, i) => {
      const { validationLoss, validationAccuracy } = history.evaluations[i] ?? {};
      return { epoch: epoch + 1, epochs: 3, loss, accuracy, validationLoss, validationAccuracy };
    }),
  );
  using drawn = netOf();
  seen.length = 0;
  await train(drawn, labelled, {
    iterations: 12,
    batchSize: 10,
    learningRate: 0.1,
    progress: (state) => seen.push(state),
  });
  assert.equal(
    seen.map(({ epoch, epochs }) => `${epoch}/${epochs}`),
    ["1/3", "2/3"],
  );
  for (const wrong of ["yes", 1, {}, null]) {
    await assertRejects(() => train(net, labelled, { progress: wrong as never }), OptionError, `${wrong}`);
  }
});

/** What stderr, or a page's console, is written meanwhile. */
async function shownBy(stderr: object | undefined, run: () => Promise<unknown>): Promise<string[]> {
  const written: string[] = [];
  const own = Object.getOwnPropertyDescriptor(process, "stderr") as PropertyDescriptor;
  const { info } = console;
  const write = (text: string) => written.push(text);
  Object.defineProperty(process, "stderr", { value: stderr && { ...stderr, write }, configurable: true });
  console.info = write;
  try {
    await run();
  } catch {
    // what was written is what the test asks for
  } finally {
    Object.defineProperty(process, "stderr", own);
    console.info = info;
  }
  return written;
}

test("progress: true draws a bar on a terminal, prints lines elsewhere, and ends its line after an error", async () => {
  const options = { epochs: 2, batchSize: COUNT, learningRate: 0.1, progress: true };
  const run = async (more: object = {}) => {
    using net = netOf();
    await train(net, labelled, { ...options, ...more });
  };
  const bar = await shownBy({ isTTY: true }, run);
  assert.match(bar[0] ?? "", /^\r\[██████──────\] 1\/2 {2}loss [\d.]+, accuracy [\d.]+ %$/);
  assert.is(bar.at(-1), "\n");
  assert.match(bar.at(-2) ?? "", /2\/2/);
  const lines = await shownBy({}, run);
  assert.match(lines[0] ?? "", /^epoch 1\/2 {2}loss [\d.]+, accuracy [\d.]+ %\n$/);
  assert.match(lines.at(-1) ?? "", /^epoch 2\/2 .*\n$/);
  const page = await shownBy(undefined, run);
  assert.match(page.at(-1) ?? "", /^epoch 2\/2 .* %$/);
  const failed = await shownBy({ isTTY: true }, () => run({ onEpoch: () => Promise.reject(new Error("mine")) }));
  assert.is(failed.at(-1), "\n");
  assert.equal(await shownBy({}, () => run({ epochs: 0 })), []);
});

test.run();
