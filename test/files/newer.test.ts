/** Files of a version that knows more than this one: each is refused, and what is new is named. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LanegradError, OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { decodeNetwork } from "../../src/nn/files/network_file.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const FILES = new URL("../fixtures/files/0.1.0/", import.meta.url);
const NETWORK = "lanegrad.network";
const CHECKPOINT = "lanegrad.checkpoint";

const test = suite("files of newer versions");
const engine = await loadEngine();

/** A file in which some text of the metadata is another one. */
function changed(name: string, key: string, from: string, to: string): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(readFileSync(new URL(name, FILES)));
  const text = metadata.get(key) ?? "";
  assert.ok(text.includes(from), `${name}: ${from} in ${text}`);
  return encodeSafetensors(tensors, { ...Object.fromEntries(metadata), [key]: text.replace(from, to) });
}

const NETWORKS: readonly (readonly [what: string, file: string, from: string, to: string, message: RegExp])[] = [
  ["version", "relu-float32", '"version":1', '"version":3', /expected version 1 or 2, found 3/],
  ["kind of layer", "relu-float32", '"activation"', '"convolution"', /layers\[1\].*found "convolution"/],
  ["activation", "relu-float32", '"relu"', '"swish"', /layers\[1\].*"swish"/],
  ["loss", "relu-float32", '"softmaxCrossEntropy"', '"huber"', /loss: expected .*, found "huber"/],
  ["type of numbers", "relu-float32", '"float32"', '"float16"', /dtype: expected .*, found "float16"/],
  ["initializer", "dense-he-float32", '"he"', '"orthogonal"', /weights.*orthogonal/],
  ["key of a layer", "dropout-float32", '"rate":', '"axis":1,"rate":', /layers\[1\]: axis: unknown option/],
  ["key", "relu-float32", '"loss":', '"tags":[],"loss":', /unknown key "tags"/],
];

for (const [what, file, from, to, message] of NETWORKS) {
  test(`a network of another ${what}`, () => {
    const bytes = changed(`networks/${file}.safetensors`, NETWORK, from, to);
    assert.match(assertThrows(() => decodeNetwork(engine, bytes, { file: "n" }), FormatError, what).message, message);
  });
}

test("a checkpoint of a network that is unknown", () => {
  for (const [from, to, message] of [
    ['"version":1', '"version":3', /expected version 1 or 2, found 3/],
    ['"gelu"', '"swish"', /layers\[6\].*"swish"/],
    ['"softmaxCrossEntropy"', '"huber"', /loss: expected .*, found "huber"/],
  ] as const) {
    const bytes = changed("checkpoints/augmentation.safetensors", NETWORK, from, to);
    assert.match(assertThrows(() => decodeCheckpoint(bytes, { file: "c" }), FormatError, to).message, message);
  }
});

test("a network whose tensors are named in another way", () => {
  const bytes = changed("networks/naming-pytorch-float32.safetensors", "lanegrad.naming", "pytorch", "jax");
  assert.match(assertThrows(() => decodeNetwork(engine, bytes), FormatError, "naming").message, /found jax/);
});

const CHECKPOINTS: readonly (readonly [what: string, file: string, from: string, to: string, message: RegExp])[] = [
  ["version", "adam", '"version":1', '"version":3', /expected a checkpoint of version 2, found 3/],
  ["optimizer", "adam", '"kind":"adam"', '"kind":"lion"', /optimizer.*"lion"/],
  ["number of an optimizer", "adam", '"beta1":', '"beta3":0.5,"beta1":', /optimizer.*"beta3"/],
  ["schedule", "schedule-cosine", '"kind":"cosine"', '"kind":"oneCycle"', /schedule.*"oneCycle"/],
  ["sampling", "adam", '"sampling":"epochs"', '"sampling":"weighted"', /sampling.*"weighted"/],
  ["time of the loss", "adam", '"before update"', '"twice"', /lossAt.*"twice"/],
  ["augmentation", "augmentation", '"scale":0.1', '"scale":0.1,"mosaic":2', /augmentation.*"mosaic"/],
  ["option of the plan", "adam", '"batchSize":', '"dropFirst":true,"batchSize":', /plan.*"dropFirst"/],
  ["early stopping", "early-stopping", '"patience":', '"goal":1,"patience":', /earlyStopping.*"goal"/],
  ["fact", "adam", '"sampler":', '"devices":2,"sampler":', /"devices"/],
  ["place in the epoch", "adam", '"sampler":{', '"sampler":{"shard":1,', /sampler.*"shard"/],
];

for (const [what, file, from, to, message] of CHECKPOINTS) {
  test(`a checkpoint of another ${what}`, () => {
    const bytes = changed(`checkpoints/${file}.safetensors`, CHECKPOINT, from, to);
    const error = assertThrows(() => decodeCheckpoint(bytes, { file: "c" }), CheckpointError, what);
    assert.match(error.message, message);
    assert.ok(error instanceof LanegradError && error.message.startsWith("c: "));
  });
}

test("a stream of another generator", () => {
  const state = { ...new RandomState(0).getState(), algorithm: "PCG64" as "MT19937" };
  assert.match(assertThrows(() => new RandomState(0).setState(state), OptionError, "PCG64").message, /"PCG64"/);
});

test("a tensor of another type", () => {
  const bytes = encodeSafetensors([{ name: "a", shape: [1], data: Uint8Array.of(1) }]);
  const text = Buffer.from(bytes).toString("latin1").replace('"U8"', '"F4"');
  const newer = new Uint8Array(Buffer.from(text, "latin1"));
  assert.match(assertThrows(() => decodeSafetensors(newer), FormatError, "F4").message, /F4/);
});

test.run();
