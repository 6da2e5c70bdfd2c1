/**
 * Going on from a checkpoint: N steps, a file, another network, N steps more, and the same bits as 2N steps at once; and
 * files that are refused.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CheckpointError, FormatError } from "../../src/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { batchNorm, dense, sequential } from "../../src/nn/layers.ts";
import type { Schedule } from "../../src/nn/learning_rate.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { decodeNetwork } from "../../src/nn/network_file.ts";
import { adaGrad, adam, adamW, momentum, nesterov, type Optimizer, rmsProp, sgd } from "../../src/nn/optimizers.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { weightsOf } from "../../src/nn/weights.ts";
import { dropout } from "../../src/ops/dropout.ts";
import { relu } from "../../src/ops/elementwise.ts";
import { augment } from "../../src/train/augment.ts";
import {
  type Checkpoint,
  checkpointOf,
  decodeCheckpoint,
  encodeCheckpoint,
  restore,
} from "../../src/train/checkpoint.ts";
import { train } from "../../src/train/train.ts";
import { Trainer, type TrainerData } from "../../src/train/trainer.ts";
import type { TrainerOptions } from "../../src/train/training_plan.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
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
const RATES: { readonly [name: string]: Schedule } = {
  constant: 0.02,
  cosine: schedule({ kind: "cosine", rate: 0.05, steps: 30 }),
};
const OPTIMIZERS: { readonly [name: string]: (learningRate: Schedule) => Optimizer } = {
  sgd: (learningRate) => sgd({ learningRate, clipNorm: 1 }),
  momentum: (learningRate) => momentum({ learningRate }),
  nesterov: (learningRate) => nesterov({ learningRate, weightDecay: 1e-3 }),
  adaGrad: (learningRate) => adaGrad({ learningRate }),
  rmsProp: (learningRate) => rmsProp({ learningRate }),
  adam: (learningRate) => adam({ learningRate }),
  adamW: (learningRate) => adamW({ learningRate }),
};

function netOf(layers: keyof typeof LAYERS, seed: number): Network<"float32"> {
  return network(engine, sequential(...LAYERS[layers]), { seed });
}

/** Everything that a run changes, and what it recorded. */
function resultOf<D extends "float32" | "float64">({ network: net, state, history, random }: Trainer<D>) {
  return {
    blocks: net.blocks.map(({ data }) => [...data]),
    averages: state.averages.map(({ data }) => [...data]),
    history,
    random: random.getState(),
  };
}

/** N steps of a trainer. */
function advance<D extends "float32" | "float64">(trainer: Trainer<D>, steps: number): void {
  let made = 0;
  for (const _ of trainer.steps()) if (++made === steps) break;
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
    restore(resumed, decodeCheckpoint(bytes));
    assert.is(resumed.iteration, made);
    advance(resumed, 1000);
    assert.equal(resultOf(resumed), resultOf(unbroken), `after ${made} steps ${name}`);
  }
}

for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
  for (const layers of ["plain", "dropout, batch normalisation"] as const) {
    for (const [schedule, rate] of Object.entries(RATES)) {
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
  for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
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

test("a checkpoint of another run is refused with all that differs, and changes nothing", () => {
  const options: TrainerOptions = { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) };
  using net = netOf("plain", 1);
  using trainer = new Trainer(net, { train: trainSet }, options);
  advance(trainer, 2);
  const checkpoint = checkpointOf(trainer);
  for (const [other, data, differences] of [
    [{ ...options, batchSize: 10 }, trainSet, ["batchSize 20 there, 10 here"]],
    [{ ...options, accumulate: 2 }, trainSet, ["accumulate 1 there, 2 here"]],
    [{ ...options, optimizer: sgd({ learningRate: 1 }) }, trainSet, ["optimizer adam there, sgd here"]],
    [options, trainSet.slice(0, 40), ["examples 70 there, 40 here"]],
  ] as const) {
    using net2 = netOf("plain", 5);
    using changed = new Trainer(net2, { train: data }, other);
    advance(changed, 1);
    const before = resultOf(changed);
    const error = assertThrows(() => restore(changed, checkpoint), CheckpointError, differences[0]);
    assert.equal(error.fault, { kind: "another-run", differences });
    assert.match(error.message, differences[0]);
    assert.equal(resultOf(changed), before);
  }
  using wider = network(engine, sequential(dense(19, 9), relu(), dense(9, 4)));
  using changed = new Trainer(wider, { train: trainSet }, options);
  assert.match(assertThrows(() => restore(changed, checkpoint), CheckpointError, "network").message, /"outputSize":9/);
  using double = network(engine, sequential(...LAYERS.plain), { dtype: "float64" });
  using inDouble = new Trainer(double, { train: trainSet }, options);
  assert.match(assertThrows(() => restore(inDouble, checkpoint), CheckpointError, "dtype").message, /float64/);
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

test("files that are no checkpoints, of another version, or with something missing are refused", () => {
  using net = netOf("dropout, batch normalisation", 1);
  const options: TrainerOptions = { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) };
  using trainer = new Trainer(net, { train: trainSet }, options);
  advance(trainer, 2);
  const bytes = encodeCheckpoint(checkpointOf(trainer));
  const { tensors, metadata } = decodeSafetensors(bytes);
  const rewritten = (facts: (text: string) => string) =>
    encodeSafetensors(tensors, {
      ...Object.fromEntries(metadata),
      "lanegrad.checkpoint": facts(metadata.get("lanegrad.checkpoint")!),
    });

  const weights = encodeSafetensors(tensors.filter(({ name }) => !name.startsWith("training/")));
  assert.equal(assertThrows(() => decodeCheckpoint(weights), CheckpointError, "weights").fault, {
    kind: "no-checkpoint",
  });
  const version = rewritten((text) => text.replace('"version":1', '"version":2'));
  assert.match(
    assertThrows(() => decodeCheckpoint(version, { file: "run/c.safetensors" }), CheckpointError, "version").message,
    /^run\/c\.safetensors: expected a checkpoint of version 1, found 2$/,
  );
  for (const facts of ["", "null", "[]", '{"version":1}', '{"version":1,"plan":{}}']) {
    assertThrows(() => decodeCheckpoint(rewritten(() => facts)), CheckpointError, facts);
  }
  for (const length of [0, 7, 100, bytes.length - 1]) {
    assertThrows(() => decodeCheckpoint(bytes.subarray(0, length)), FormatError, `${length} bytes`);
  }
  for (const { name } of tensors) {
    const without = encodeSafetensors(
      tensors.filter((tensor) => tensor.name !== name),
      Object.fromEntries(metadata),
    );
    using fresh = netOf("dropout, batch normalisation", 4);
    using other = new Trainer(fresh, { train: trainSet }, options);
    const before = resultOf(other);
    const error = assertThrows(() => restore(other, decodeCheckpoint(without)), CheckpointError, name);
    assert.is(error.fault.kind, "damaged", name);
    assert.equal(resultOf(other), before, name);
  }
});

test("facts of the wrong kind, and an order of another type, are refused by words, and change nothing", () => {
  using net = netOf("plain", 1);
  const options: TrainerOptions = { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) };
  using trainer = new Trainer(net, { train: trainSet }, options);
  advance(trainer, 2);
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpointOf(trainer)));
  const facts = JSON.parse(metadata.get("lanegrad.checkpoint")!) as Record<string, unknown>;
  const written = (changes: Record<string, unknown>, arrays = tensors) =>
    encodeSafetensors(arrays, {
      ...Object.fromEntries(metadata),
      "lanegrad.checkpoint": JSON.stringify({ ...facts, ...changes }),
    });
  const own = JSON.parse('{"toString":1,"valueOf":1}') as unknown;
  const order = tensors.find(({ name }) => name === "training/order")!;
  const wide = { ...order, data: BigInt64Array.from(order.data, BigInt) };
  const others = tensors.map((tensor) => (tensor === order ? wide : tensor));
  const before = resultOf(trainer);
  for (const [reason, bytes] of [
    [/expected a checkpoint of version 1, found {"toString":1,"valueOf":1}/, written({ version: own })],
    [/examples {"toString":1,"valueOf":1} there, 70 here/, written({ data: { examples: own, size: 19 } })],
    [/no best evaluation/, written({ watch: { waited: 0, best: "none" } })],
    [/training\/order is not of int32/, written({}, others)],
  ] as const) {
    const error = assertThrows(() => restore(trainer, decodeCheckpoint(bytes)), CheckpointError, `${reason}`);
    assert.match(error.message, reason);
    assert.equal(resultOf(trainer), before, `${reason}`);
  }
  const deep = `${"[".repeat(6000)}${"]".repeat(6000)}`;
  const text = metadata.get("lanegrad.checkpoint")!.replace('"size":19', `"size":${deep}`);
  const bytes = encodeSafetensors(tensors, { ...Object.fromEntries(metadata), "lanegrad.checkpoint": text });
  assert.is(assertThrows(() => decodeCheckpoint(bytes), CheckpointError, "deep").fault.kind, "damaged");
});

test.run();
