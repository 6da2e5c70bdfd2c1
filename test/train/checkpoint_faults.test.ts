/** Checkpoints that are refused: of another run, or damaged in any way; and nothing is changed by them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { advance, resultOf } from "../support/runs.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("checkpoints that are refused");
const trainSet = clusters({ count: 70, size: 19, classes: 4, seed: 2 });

const LAYERS = {
  images: [dense(25, 8), relu(), dropout(0.2), dense(8, 4)],
  plain: [dense(19, 8), relu(), dense(8, 4)],
  "dropout, batch normalisation": [dense(19, 8), batchNorm(), relu(), dropout(0.3), dense(8, 4)],
};

function netOf(layers: keyof typeof LAYERS, seed: number): Network<"float32"> {
  return network(engine, sequential(...LAYERS[layers]), { seed });
}

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
  const images = clusters({ count: 70, size: 25, classes: 4, seed: 2 });
  using still = network(engine, sequential(...LAYERS.images), { seed: 1 });
  using plain = new Trainer(still, { train: images }, options);
  const augmentation = augment({ shift: 1 });
  using shifted = new Trainer(still, { train: images }, { ...options, augmentation });
  using turned = new Trainer(still, { train: images }, { ...options, augmentation: augment({ rotate: 3 }) });
  const [none, shift, rotate] = [plain, shifted, turned].map(({ plan }) => JSON.stringify(plan.augmentation) ?? "none");
  for (const [here, there, difference] of [
    [plain, shifted, `augmentation ${shift} there, none here`],
    [shifted, plain, `augmentation ${none} there, ${shift} here`],
    [turned, shifted, `augmentation ${shift} there, ${rotate} here`],
  ] as const) {
    const { fault } = assertThrows(() => restore(here, checkpointOf(there)), CheckpointError, difference);
    assert.equal(fault, { kind: "another-run", differences: [difference] });
  }
  restore(shifted, checkpointOf(shifted));
  using wider = network(engine, sequential(dense(19, 9), relu(), dense(9, 4)));
  using changed = new Trainer(wider, { train: trainSet }, options);
  assert.match(assertThrows(() => restore(changed, checkpoint), CheckpointError, "network").message, /"outputSize":9/);
  using double = network(engine, sequential(...LAYERS.plain), { dtype: "float64" });
  using inDouble = new Trainer(double, { train: trainSet }, options);
  assert.match(assertThrows(() => restore(inDouble, checkpoint), CheckpointError, "dtype").message, /float64/);
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

  const words = Object.fromEntries(metadata);
  for (const kept of [[], ["lanegrad.network"], ["lanegrad.checkpoint"]]) {
    const weights = encodeSafetensors(tensors, Object.fromEntries(kept.map((key) => [key, words[key]!])));
    const { fault } = assertThrows(() => decodeCheckpoint(weights), CheckpointError, `${kept}`);
    assert.equal(fault, { kind: "no-checkpoint" });
  }
  const version = rewritten((text) => text.replace('"version":1', '"version":3'));
  assert.match(
    assertThrows(() => decodeCheckpoint(version, { file: "run/c.safetensors" }), CheckpointError, "version").message,
    /^run\/c\.safetensors: expected a checkpoint of version 2, found 3$/,
  );
  for (const [facts, reason] of [
    ["", "lanegrad.checkpoint is no JSON"],
    ["null", "lanegrad.checkpoint is no object"],
    ["[]", "lanegrad.checkpoint is no object"],
    ['{"version":1}', "no plan"],
    ['{"version":1,"plan":{}}', "no plan"],
  ] as const) {
    const { fault } = assertThrows(() => decodeCheckpoint(rewritten(() => facts)), CheckpointError, facts);
    assert.equal(fault, { kind: "damaged", reason });
  }
  for (const length of [0, 7, 100, bytes.length - 1]) {
    const cut = () => decodeCheckpoint(bytes.subarray(0, length), { file: "cut.safetensors" });
    assert.is(assertThrows(cut, FormatError, `${length} bytes`).file, "cut.safetensors");
  }
  for (const { name, data } of tensors) {
    const others = tensors.filter((tensor) => tensor.name !== name);
    const shorter = { name, shape: [data.length - 1], data: data.subarray(1) };
    const mayMiss = name === "training/accuracy"; // as in files of before there was one
    for (const arrays of mayMiss ? [[...others, shorter]] : [others, [...others, shorter]]) {
      const damaged = encodeSafetensors(arrays, words);
      using fresh = netOf("dropout, batch normalisation", 4);
      using other = new Trainer(fresh, { train: trainSet }, options);
      const before = resultOf(other);
      const error = assertThrows(() => restore(other, decodeCheckpoint(damaged)), CheckpointError, name);
      assert.is(error.fault.kind, "damaged", name);
      assert.equal(resultOf(other), before, name);
    }
  }
  for (const { data } of [{ data: Float64Array.of(0.5, 0, 0) }, { data: new Float64Array(0) }]) {
    const position = { name: "training/position", shape: [data.length], data };
    const arrays = [...tensors.filter(({ name }) => name !== position.name), position];
    const { fault } = assertThrows(
      () => decodeCheckpoint(encodeSafetensors(arrays, words)),
      CheckpointError,
      "position",
    );
    assert.equal(fault, { kind: "damaged", reason: "no training/position" });
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
    [/expected a checkpoint of version 2, found { toString: 1, valueOf: 1 }/, written({ version: own })],
    [/examples { toString: 1, valueOf: 1 } there, 70 here/, written({ data: { examples: own, size: 19 } })],
    [/no data/, written({ data: 7 })],
    [/no sampler/, written({ sampler: null })],
    [/no records/, written({ evaluations: {} })],
    [/no records/, written({ evaluations: [1] })],
    [/no records/, written({ epochs: 7 })],
    [/no best weights/, written({ watch: null })],
    [/no best weights/, written({ watch: {} })],
    [/no best weights/, written({ watch: { waited: 0.5 } })],
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

test("an error that is no fault of the checkpoint passes through, and the draws and the step stay where they were", () => {
  using net = netOf("plain", 1);
  const options: TrainerOptions = { epochs: 3, batchSize: 20, optimizer: adam({ learningRate: 0.1 }) };
  using trainer = new Trainer(net, { train: trainSet }, options);
  const checkpoint = checkpointOf(trainer);
  advance(trainer, 2);
  const before = resultOf(trainer);
  const { step } = trainer.state;
  const broken = new RangeError("broken");
  const restoreFeed = () => {
    throw broken;
  };
  Object.assign(trainer.feed, { restore: restoreFeed });
  assert.is(
    assertThrows(() => restore(trainer, checkpoint), RangeError, "broken"),
    broken,
  );
  assert.equal(resultOf(trainer), before);
  assert.is(trainer.state.step, step);
});

test.run();
