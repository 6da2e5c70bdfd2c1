/** Going on from a checkpoint: N steps, a file, another network, N steps more, and the same bits as 2N steps at once. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { decodeNetwork } from "../../src/nn/files/network_file.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Schedule } from "../../src/nn/learning_rate.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { type Checkpoint, checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import type { TrainHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer, type TrainerData } from "../../src/train/loop/trainer.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { clusters, halfWrong } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { lion } from "../support/lion.ts";
import { KINDS, optimizerOf } from "../support/optimizers.ts";
import { advance, resultOf } from "../support/runs.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("checkpoint");
const trainSet = clusters({ count: 70, size: 19, classes: 4, seed: 2 });
const testSet = clusters({ count: 30, size: 19, classes: 4, seed: 3 });

const LAYERS = {
  images: [dense(25, 8), relu(), dropout(0.2), dense(8, 4)],
  plain: [dense(19, 8), relu(), dense(8, 4)],
  "dropout, batch normalisation": [dense(19, 8), batchNorm(), relu(), dropout(0.3), dense(8, 4)],
};
const HYPERPARAMETERS: { readonly [name: string]: Schedule } = {
  constant: 0.02,
  cosine: schedule({ kind: "cosine", rate: 0.05, steps: 30 }),
};
/** Each with clipping, decay, or neither: a third of them each. */
const OPTIONS = [{ clipNorm: 1 }, {}, { weightDecay: 1e-3 }];
const OPTIMIZERS: readonly (readonly [name: string, of: (learningRate: Schedule) => Optimizer])[] = [
  ...KINDS.map(
    (kind, i) =>
      [kind, (learningRate: Schedule) => optimizerOf(kind, { learningRate, ...OPTIONS[i % 3] }, "defaults")] as const,
  ),
  ["one of one's own", (learningRate) => lion({ learningRate, clipNorm: 1 })],
];

function netOf(layers: keyof typeof LAYERS, seed: number): Network<"float32"> {
  return network(engine, sequential(...LAYERS[layers]), { seed });
}

function assertSameBits(
  layers: keyof typeof LAYERS,
  options: TrainerOptions,
  data: TrainerData = { train: trainSet },
  name = "",
): void {
  for (const made of [1, 7, 13]) {
    using whole = netOf(layers, 1);
    using unbroken = new Trainer(whole, data, options);
    advance(unbroken, made);
    const bytes = encodeCheckpoint(checkpointOf(unbroken));
    advance(unbroken, 1000);

    using other = netOf(layers, 9);
    using resumed = new Trainer(other, data, { ...options, seed: 77 });
    advance(resumed, 3); // what it did before is forgotten
    restore(resumed, decodeCheckpoint(bytes, { optimizers: [lion] }));
    assert.is(resumed.iteration, made);
    advance(resumed, 1000);
    assert.equal(resultOf(resumed), resultOf(unbroken), `after ${made} steps ${name}`);
  }
}

for (const [name, optimizer] of OPTIMIZERS) {
  for (const layers of ["plain", "dropout, batch normalisation"] as const) {
    for (const [schedule, rate] of Object.entries(HYPERPARAMETERS)) {
      test(`the same bits after going on: ${name}, ${layers}, ${schedule}`, () => {
        assertSameBits(layers, { epochs: 4, batchSize: 20, optimizer: optimizer(rate) });
        assertSameBits(
          layers,
          { iterations: 20, batchSize: 20, optimizer: optimizer(rate) },
          { train: trainSet, test: testSet },
        );
      });
    }
  }
}

test("with images that are changed on the way", () => {
  const images = clusters({ count: 50, size: 25, classes: 4, seed: 2 });
  const augmentation = augment({ shift: 1, rotate: 20, scale: 0.1 });
  for (const [name, optimizer] of OPTIMIZERS) {
    const options: TrainerOptions = { epochs: 4, batchSize: 15, optimizer: optimizer(0.02), augmentation };
    assertSameBits("images", options, { train: images }, name);
  }
});

test("with gradients of several minibatches, and early stopping that has its best weights already", () => {
  const optimizer = adam({ learningRate: 0.05 });
  assertSameBits("plain", { epochs: 10, batchSize: 20, accumulate: 3, optimizer });
  const options: TrainerOptions = {
    epochs: 30,
    batchSize: 10,
    optimizer,
    earlyStopping: { patience: 3 },
    evaluateEvery: 4,
  };
  assertSameBits("dropout, batch normalisation", options, { train: trainSet, validation: testSet });
});

test("early stopping goes on with its best weights and its patience, wherever the checkpoint was taken", () => {
  // Half of the labels are wrong: the validation loss first falls, and then rises again.
  const data = { train: halfWrong(trainSet), validation: halfWrong(testSet) };
  const options: TrainerOptions = {
    ...{ epochs: 100, batchSize: 10, optimizer: adam({ learningRate: 0.02 }) },
    earlyStopping: { patience: 4 },
  };
  using whole = netOf("plain", 1);
  using unbroken = new Trainer(whole, data, options);
  const kept: [Uint8Array, TrainHistory["best"]][] = [];
  for (const { evaluation } of unbroken.steps()) {
    if (evaluation) kept.push([encodeCheckpoint(checkpointOf(unbroken)), unbroken.history.best]);
  }
  const { evaluations, outcome, best } = unbroken.history;
  assert.is(outcome, "stopped early");
  assert.ok(best!.iteration < evaluations.at(-1)!.iteration && evaluations.length > 6);
  for (const [bytes, bestByThen] of kept) {
    using other = netOf("plain", 9);
    using resumed = new Trainer(other, data, { ...options, seed: 77 });
    advance(resumed, 30);
    restore(resumed, decodeCheckpoint(bytes));
    assert.equal(resumed.history.best, bestByThen);
    advance(resumed, 1000);
    assert.equal(resultOf(resumed), resultOf(unbroken));
  }
});

test("early stopping may begin, or be left out, where a run goes on", () => {
  const data = { train: halfWrong(trainSet), validation: halfWrong(testSet) };
  const options: TrainerOptions = { epochs: 100, batchSize: 10, optimizer: adam({ learningRate: 0.02 }) };
  const stopping: TrainerOptions = { ...options, earlyStopping: { patience: 4 } };
  const after = (first: TrainerOptions, second: TrainerOptions, forgotten = 0) => {
    using net = netOf("plain", 1);
    using trainer = new Trainer(net, data, first);
    advance(trainer, 20);
    using other = netOf("plain", 2);
    using resumed = new Trainer(other, data, second);
    if (forgotten > 0) advance(resumed, forgotten);
    restore(resumed, checkpointOf(trainer));
    advance(resumed, 1000);
    return resumed.history;
  };
  const begun = after(options, stopping);
  assert.is(begun.outcome, "stopped early");
  const last = begun.evaluations.findIndex(({ iteration }) => iteration === begun.best?.iteration);
  assert.is(begun.evaluations.length - 1 - last, 4);
  assert.equal(after(options, stopping, 100), begun, "what was best before is forgotten");
  const left = after(stopping, options);
  assert.equal([left.outcome, left.losses.length], ["finished", 700]);
});

test("the second of two Gaussian draws is kept for whoever draws next", () => {
  using net = netOf("plain", 1);
  const random = new RandomState(5);
  random.randn(1);
  const options: TrainerOptions = { epochs: 2, batchSize: 20, optimizer: sgd({ learningRate: 0.1 }) };
  using trainer = new Trainer(net, { train: trainSet }, { ...options, random });
  advance(trainer, 1);
  const bytes = encodeCheckpoint(checkpointOf(trainer));
  using other = netOf("plain", 1);
  using resumed = new Trainer(other, { train: trainSet }, options);
  restore(resumed, decodeCheckpoint(bytes));
  assert.equal(resumed.random.getState(), random.getState());
  assert.equal([...resumed.random.randn(3)], [...random.randn(3)]);
});

test("a checkpoint is a copy: later steps do not change it", () => {
  using net = netOf("plain", 1);
  using trainer = new Trainer(
    net,
    { train: trainSet },
    { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) },
  );
  advance(trainer, 2);
  const checkpoint = checkpointOf(trainer);
  const before = encodeCheckpoint(checkpoint);
  advance(trainer, 5);
  assert.equal(encodeCheckpoint(checkpoint), before);
});

test("train hands out checkpoints, one more when it is aborted, and goes on from any", async () => {
  const options = { epochs: 5, batchSize: 20, optimizer: adam({ learningRate: 0.05 }) };
  const kept: Checkpoint[] = [];
  const controller = new AbortController();
  using first = netOf("plain", 1);
  const history = await train(first, trainSet, {
    ...options,
    checkpointEvery: 4,
    onCheckpoint: (trainer) => void kept.push(checkpointOf(trainer)),
    onStep: ({ iteration }) => {
      if (iteration === 9) controller.abort();
    },
    signal: controller.signal,
  });
  assert.is(history.outcome, "aborted");
  assert.equal(
    kept.map(({ iteration }) => iteration),
    [4, 8, 10],
  );
  using whole = netOf("plain", 1);
  const want = await train(whole, trainSet, options);
  for (const resume of kept) {
    using net = netOf("plain", 2);
    assert.equal(await train(net, trainSet, { ...options, resume }), want);
    assert.equal([...net.blocks[0]!.data], [...whole.blocks[0]!.data]);
  }
});

test("the optimizer of a checkpoint can be passed to train, with its schedule", () => {
  for (const optimizer of [lion({ beta1: 0.7 }), adam({ learningRate: HYPERPARAMETERS["cosine"] as Schedule })]) {
    using net = netOf("plain", 1);
    using trainer = new Trainer(net, { train: trainSet }, { epochs: 3, batchSize: 20, optimizer });
    advance(trainer, 3);
    const bytes = encodeCheckpoint(checkpointOf(trainer));
    const checkpoint = decodeCheckpoint(bytes, { optimizers: [lion] });
    assert.equal(checkpoint.facts.plan.optimizer, trainer.plan.optimizer);
    using other = netOf("plain", 2);
    using resumed = new Trainer(
      other,
      { train: trainSet },
      { epochs: 3, batchSize: 20, optimizer: checkpoint.facts.plan.optimizer },
    );
    restore(resumed, checkpoint);
    for (const run of [trainer, resumed]) advance(run, 100);
    assert.equal(resultOf(resumed), resultOf(trainer));
  }
});

test("a checkpoint of an optimizer of one's own is refused without it, and the error says how to pass it", () => {
  using net = netOf("plain", 1);
  using trainer = new Trainer(net, { train: trainSet }, { epochs: 3, batchSize: 20, optimizer: lion() });
  advance(trainer, 2);
  const checkpoint = checkpointOf(trainer);
  assert.ok(checkpoint.arrays.has("training/acme/lion/momentum"));
  const bytes = encodeCheckpoint(checkpoint);
  const { message } = assertThrows(() => decodeCheckpoint(bytes), OptionError, "missing");
  assert.match(
    message,
    /found "acme\/lion"; pass what defineOptimizer returned .*decodeCheckpoint\(bytes, \{ optimizers/,
  );
  using plain = netOf("plain", 1);
  using other = new Trainer(plain, { train: trainSet }, { epochs: 3, batchSize: 20, optimizer: adam() });
  const decoded = decodeCheckpoint(bytes, { optimizers: [lion] });
  assert.match(
    assertThrows(() => restore(other, decoded), CheckpointError, "adam").message,
    /optimizer acme\/lion there/,
  );
});

test("a checkpoint is read as the network that it holds, whatever else it keeps", () => {
  using net = netOf("dropout, batch normalisation", 1);
  const options: TrainerOptions = { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) };
  using trainer = new Trainer(net, { train: trainSet }, options);
  advance(trainer, 3);
  using again = decodeNetwork(engine, encodeCheckpoint(checkpointOf(trainer)));
  assert.equal(again.description, net.description);
  assert.equal(weightsOf(again), weightsOf(net));
});

test.run();
