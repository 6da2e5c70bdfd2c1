/** Epochs, evaluations, early stopping, accumulated gradients, callbacks: what `train` promises beyond the chapter's loop. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { split } from "../../src/data/split.ts";
import { OptionError } from "../../src/errors.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { emptyHistory, type TrainHistory } from "../../src/train/loop/history.ts";
import { type TrainOptions, train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { clusters, halfWrong } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("train");
const trainSet = clusters({ count: 70, size: 19, classes: 4, seed: 2 });
const testSet = clusters({ count: 40, size: 19, classes: 4, seed: 3 });
const optimizer = adam({ learningRate: 0.02 });

function netOf(seed = 1): Network<"float32"> {
  return network(engine, sequential(dense(19, 8), relu(), dense(8, 4)), { seed });
}

test("an epoch meets every example once, and its loss is the mean over its examples", async () => {
  using net = netOf();
  const losses: number[] = [];
  const history = await train(net, trainSet, {
    epochs: 3,
    batchSize: 20,
    optimizer,
    onStep: ({ iteration, epoch, loss }) => {
      losses.push(loss);
      assert.is(epoch, Math.floor(iteration / 4));
    },
  });
  assert.equal(history.losses, losses);
  assert.is(losses.length, 12, "70 examples are 20 + 20 + 20 + 10");
  for (const [epoch, record] of history.epochs.entries()) {
    const [a, b, c, d] = losses.slice(4 * epoch) as [number, number, number, number];
    assert.equal([record.epoch, record.iteration], [epoch, 4 * epoch + 3]);
    assert.ok(Math.abs(record.loss - (20 * a + 20 * b + 20 * c + 10 * d) / 70) < 1e-12);
  }
  assert.is(history.epochs.length, 3);
  assert.is(history.outcome, "finished");
});

test("the loss of a step is taken before its update or after it", async () => {
  const lossesOf = async (options: Pick<TrainOptions, "lossAt">) => {
    using net = netOf();
    const data = trainSet.slice(0, 20); // one minibatch: every step has the same examples
    return (await train(net, data, { epochs: 5, batchSize: 20, optimizer: sgd({ learningRate: 0.5 }), ...options }))
      .losses;
  };
  const before = await lossesOf({});
  const after = await lossesOf({ lossAt: "after update" });
  assert.equal(await lossesOf({ lossAt: "before update" }), before, "the default with epochs");
  for (let i = 1; i < 5; i++) assert.ok(Math.abs(before[i]! - after[i - 1]!) < 1e-6, `step ${i}`);
  assert.ok(after[4]! < before[4]!);
});

test("evaluations come once in an epoch or every so many steps, and say what evaluate says", async () => {
  using net = netOf();
  const steps: number[] = [];
  const options: TrainOptions = { epochs: 3, batchSize: 20, optimizer, test: testSet, validation: trainSet };
  await train(net, trainSet, {
    ...options,
    onEvaluation: (record) => {
      steps.push(record.iteration);
      assert.is(record.testAccuracy, evaluate(net, testSet).accuracy);
      const { accuracy, loss } = evaluate(net, trainSet);
      assert.equal([record.validationAccuracy, record.validationLoss], [accuracy, loss]);
      assert.is(record.trainAccuracy, undefined);
    },
  });
  assert.equal(steps, [3, 7, 11]);
  const every: TrainHistory = await train(net, trainSet, { ...options, evaluateEvery: 5, evaluateTraining: true });
  assert.equal(
    every.evaluations.map(({ iteration }) => iteration),
    [4, 9],
  );
  assert.type(every.evaluations[0]?.trainAccuracy, "number");
});

test("early stopping ends after as many evaluations as it has patience, with the best weights", async () => {
  for (const watch of ["loss", "accuracy"] as const) {
    using net = netOf();
    // Half of the labels are wrong: the validation loss first falls, and then rises again.
    const options = { epochs: 200, batchSize: 10, optimizer, validation: halfWrong(testSet) };
    const history = await train(net, halfWrong(trainSet), { ...options, earlyStopping: { patience: 4, watch } });
    const { evaluations, best } = history;
    const score = (i: number) =>
      watch === "loss" ? -evaluations[i]!.validationLoss! : evaluations[i]!.validationAccuracy!;
    const at = evaluations.findIndex(({ iteration }) => iteration === best?.iteration);
    assert.is(history.outcome, "stopped early");
    assert.is(evaluations.length - 1 - at, 4);
    for (let i = 0; i < evaluations.length; i++) assert.ok(i < at ? score(i) < score(at) : score(i) <= score(at));
    const { loss, accuracy } = evaluate(net, halfWrong(testSet));
    assert.equal([loss, accuracy], [best?.validationLoss, best?.validationAccuracy]);
  }
});

test("whenever the validation examples are met better, a checkpoint says so, and its weights are those", async () => {
  using net = netOf();
  const found: string[] = [];
  const { evaluations } = await train(net, halfWrong(trainSet), {
    ...{ epochs: 200, batchSize: 10, optimizer, validation: halfWrong(testSet), earlyStopping: { patience: 4 } },
    onBest: (trainer) => {
      const { iteration, arrays } = checkpointOf(trainer);
      found.push(`${iteration} ${arrays.get("W1")?.data}`);
      assert.equal(arrays.get("W1")?.data, net.parameters["W1"]?.data.slice());
    },
  });
  const best = evaluations.filter(({ isBest }) => isBest);
  assert.ok(best.length > 1 && best.length < evaluations.length);
  assert.equal(
    found.map((line) => line.split(" ")[0]),
    best.map(({ iteration }) => `${iteration + 1}`),
  );
  assert.is(found.at(-1)?.split(" ")[1], `${net.parameters["W1"]?.data}`, "the run ends with the best weights");
});

test("a share for validation is split off by the seed: what is trained on and what is watched are what split gives", async () => {
  const run = async (data: Dataset, validation: Dataset | number) => {
    using net = netOf();
    return await train(net, data, { epochs: 2, batchSize: 10, optimizer, seed: 6, validation });
  };
  const [part, rest] = split(trainSet, { share: 0.2, random: new RandomState(6), stratify: "classes" });
  assert.equal(await run(trainSet, 0.2), await run(rest, part));
  const numbers = new Dataset({
    ...{ name: "numbers", inputs: trainSet.inputs, shape: [19] },
    targetValues: Float32Array.from({ length: 4 * 70 }, (_, i) => i / 280),
  });
  const [few, many] = split(numbers, { share: 0.2, random: new RandomState(6) });
  assert.equal(await run(numbers, 0.2), await run(many, few));
  await assertRejects(() => run(trainSet, 1), OptionError, "a share of all");
  using net = netOf();
  using resident = new ResidentDataset(engine, trainSet);
  const error = await assertRejects(
    () => train(net, resident, { epochs: 1, optimizer, validation: 0.1 }),
    OptionError,
    "resident",
  );
  assert.is(error.option, "validation");
});

test("an improvement smaller than minDelta is none", async () => {
  using net = netOf();
  const options = { epochs: 50, batchSize: 70, optimizer: sgd({ learningRate: 1e-6 }), validation: testSet };
  const { evaluations, best } = await train(net, trainSet, {
    ...options,
    earlyStopping: { patience: 2, minDelta: 0.01 },
  });
  assert.is(evaluations.length, 3);
  assert.is(best?.iteration, 0);
});

test("gradients of three minibatches give the losses and weights of one three times as large", async () => {
  const run = async (batchSize: number, accumulate: number) => {
    using net = network(engine, sequential(dense(19, 8), tanh(), dense(8, 4)), { seed: 1, dtype: "float64" });
    const { losses } = await train(net, trainSet, { epochs: 4, batchSize, accumulate, optimizer });
    return [...losses, ...net.blocks[0]!.data];
  };
  const [whole, parts] = [await run(30, 1), await run(10, 3)];
  assert.is(parts.length, whole.length, "70 examples are 30 + 30 + 10 either way");
  for (const [i, value] of parts.entries()) assert.ok(Math.abs(value - whole[i]!) <= 1e-10, `${i}`);
});

test("a regression of numbers reaches its line, and is told by its loss", async () => {
  const random = new RandomState(4);
  const inputs = random.randn(60, 1);
  const targetValues = inputs.map((x) => 2 * x + 1);
  const line = new Dataset({ name: "line", inputs, targetValues, shape: [1] });
  using net = network(engine, sequential(dense(1, 1)), { loss: "squaredError", dtype: "float64" });
  const { evaluations } = await train(net, line, {
    epochs: 60,
    batchSize: 20,
    optimizer: sgd({ learningRate: 0.02 }),
    test: line,
    evaluateTraining: true,
  });
  const [first, last] = [evaluations[0]!, evaluations.at(-1)!];
  assert.ok(last.testLoss! < 1e-6 * first.testLoss!, `${first.testLoss} to ${last.testLoss}`);
  assert.is(last.trainLoss, last.testLoss);
  assert.is(last.testAccuracy, undefined);
  assert.ok(Math.abs(net.parameters["W1"]!.data[0]! - 2) < 1e-3);
});

test("changed images train too, and without any amount they are the images", async () => {
  const images = clusters({ count: 50, size: 25, classes: 4, seed: 2 });
  const run = async (options: Partial<TrainOptions>) => {
    using net = network(engine, sequential(dense(25, 8), relu(), dropout(0.1), dense(8, 4)), { seed: 1 });
    const history = await train(net, images, { epochs: 3, batchSize: 20, optimizer, layout: "dense", ...options });
    return [history.epochs[0]!.loss, ...net.blocks[0]!.data];
  };
  // The stream also gives the amounts, so that only the first epoch has the same order.
  const plain = await run({ epochs: 1, batchSize: 50 });
  assert.equal(await run({ epochs: 1, batchSize: 50, augmentation: augment({}) }), plain);
  assert.not.equal(await run({ epochs: 1, batchSize: 50, augmentation: augment({ shift: 2 }) }), plain);
});

test("a cosine without steps ends with the run", async () => {
  for (const [options, updates] of [
    [{ epochs: 3, batchSize: 20 }, 12],
    [{ epochs: 3, batchSize: 20, accumulate: 3 }, 6],
    [{ iterations: 9, batchSize: 20 }, 9],
  ] as const) {
    const run = async (steps: number | undefined) => {
      using net = netOf();
      const learningRate = schedule({ kind: "cosine", rate: 0.05, steps });
      await train(net, trainSet, { ...options, optimizer: adam({ learningRate }) });
      return [...net.blocks[0]!.data];
    };
    assert.equal(await run(undefined), await run(updates));
    assert.not.equal(await run(undefined), await run(updates + 1));
  }
});

test("callbacks are awaited, in order, and the end is told once", async () => {
  using net = netOf();
  const told: string[] = [];
  const later = async (what: string) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    told.push(what);
  };
  await train(net, trainSet, {
    epochs: 2,
    batchSize: 40,
    optimizer,
    test: testSet,
    checkpointEvery: 4,
    onStep: ({ iteration }) => void told.push(`step ${iteration}`),
    onEvaluation: ({ iteration }) => later(`evaluation ${iteration}`),
    onEpoch: ({ epoch }) => later(`epoch ${epoch}`),
    onCheckpoint: ({ iteration }) => later(`checkpoint ${iteration}`),
    onEnd: ({ outcome }) => later(`${outcome}`),
  });
  const first = ["step 0", "step 1", "evaluation 1", "epoch 0"];
  assert.equal(told, [...first, "step 2", "step 3", "evaluation 3", "epoch 1", "checkpoint 4", "finished"]);
  await train(net, trainSet, { epochs: 1, batchSize: 40, optimizer, checkpointEvery: 1 }); // nobody need listen
});

test("a long evaluation lets timers have their turn", async () => {
  using net = network(engine, sequential(dense(19, 700), relu(), dense(700, 700), relu(), dense(700, 4)));
  const many = clusters({ count: 5000, size: 19, classes: 4, seed: 3 });
  let longest = 0;
  let last = performance.now();
  let ticks = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    ticks += 1;
  }, 1);
  const start = performance.now();
  await train(net, trainSet, { epochs: 1, batchSize: 70, optimizer, test: many });
  const total = performance.now() - start;
  clearInterval(timer);
  if (total > 400) assert.ok(ticks > 2, `${ticks} ticks in ${total} ms, the longest wait ${longest} ms`);
});

test("options that make no sense are refused, by name, and leave nothing behind", async () => {
  using net = netOf();
  using resident = new ResidentDataset(engine, trainSet);
  const good: TrainOptions = { epochs: 1, batchSize: 10, optimizer };
  const before = engine.stats();
  for (const [option, options, data] of [
    ["train", { ...good, iterations: 3 }],
    ["train", { ...good, learningRate: 0.1 }],
    ["epochs", { ...good, epochs: 1.5 }],
    ["batchSize", { ...good, batchSize: 0 }],
    ["accumulate", { ...good, accumulate: 0 }],
    ["evaluateEvery", { ...good, evaluateEvery: 0 }],
    ["checkpointEvery", { ...good, checkpointEvery: -1 }],
    ["lossAt", { ...good, lossAt: "later" }],
    ["lossAt", { ...good, lossAt: "after update", accumulate: 2 }],
    ["earlyStopping", { ...good, earlyStopping: { patience: 3 } }],
    ["earlyStopping: patience", { ...good, validation: testSet, earlyStopping: { patience: 0 } }],
    ["earlyStopping: watch", { ...good, validation: testSet, earlyStopping: { patience: 1, watch: "f1" } }],
    ["earlyStopping: minDelta", { ...good, validation: testSet, earlyStopping: { patience: 1, minDelta: -1 } }],
    ["augment", { ...good, augmentation: augment({ shift: 1 }) }, resident],
  ] as const) {
    const run = () => train(net, data ?? trainSet, options as TrainOptions);
    assert.is((await assertRejects(run, OptionError, option)).option, option);
    assert.equal(engine.stats(), before, option);
  }
});

test("memory, tensors and bytes are given back, also when a callback throws", async () => {
  using net = netOf();
  const options: TrainOptions = { epochs: 2, batchSize: 20, accumulate: 2, optimizer, test: testSet };
  await train(net, trainSet, options); // the network keeps the programs that evaluations need
  const before = engine.stats();
  await train(net, trainSet, options);
  assert.equal(engine.stats(), before);
  const history = emptyHistory();
  const onEvaluation = () => {
    throw new Error("enough");
  };
  await assertRejects(() => train(net, trainSet, { ...options, onEvaluation }, history), Error, "enough");
  assert.equal(engine.stats(), before);
  assert.is(history.losses.length, 2, "the records stand");
});

test("a trainer can be left and gone on with", () => {
  const options = { epochs: 4, batchSize: 20, optimizer };
  using first = netOf();
  using unbroken = new Trainer(first, { train: trainSet }, options);
  for (const _ of unbroken.steps());
  using second = netOf();
  using broken = new Trainer(second, { train: trainSet }, options);
  while (!broken.isDone) for (const _ of broken.steps()) break;
  assert.equal([...second.blocks[0]!.data], [...first.blocks[0]!.data]);
  assert.equal(broken.history.losses, unbroken.history.losses);
});

test.run();
