/**
 * No file, flag, address or message reaches a prototype: each parser is given every hostile name in every place, and may
 * refuse it or keep it as a name, but nothing else changes, and nothing in its result inherits what the file said.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { parse } from "../../src/cli/options.ts";
import { TRAIN_FLAGS } from "../../src/cli/train_flags.ts";
import { parseCsv } from "../../src/data/csv.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { describeNetwork, parseDescription } from "../../src/nn/files/description.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { leakyRelu } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { decodeError } from "../../src/worker/errors.ts";
import { lanegrad, newPath } from "../cli/lanegrad.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertPlain, assertUnpolluted, HOSTILE_NAMES, poisoned } from "./hostile.ts";

type Refusal = new (...args: never[]) => Error;

const test = suite("hostile names");
const engine = await loadEngine();
const weights = { std: 0.1 };
const layers = sequential(dense(6, 5, { weights }), batchNorm(), leakyRelu({ slope: 0.1 }), dropout(0.5), dense(5, 3));
const net = network(engine, layers, { seed: 1 });
const examples = clusters({ count: 30, size: 6, classes: 3, seed: 2 });

/** Calls with each input; what is thrown must be a refusal. Gives how many were accepted and how many refused. */
async function attack<T>(
  inputs: readonly T[],
  refusals: readonly Refusal[],
  call: (input: T) => unknown,
): Promise<readonly [accepted: number, refused: number]> {
  let accepted = 0;
  for (const input of inputs) {
    const label = String(input).slice(0, 200);
    try {
      assertPlain(await call(input), label);
      accepted += 1;
    } catch (error) {
      if (!refusals.some((refusal) => error instanceof refusal)) throw error;
    }
    assertUnpolluted(label);
  }
  assert.ok(inputs.length > 0);
  return [accepted, inputs.length - accepted];
}

test("the harness sees what careless code does", () => {
  const sees = (look: () => void) => {
    try {
      look();
      return false;
    } catch {
      return true; // uvu's throws() lets assertions through
    }
  };
  const given = JSON.parse('{"__proto__":{"polluted":"yes"}}') as Record<string, object>;
  assert.not.ok(sees(() => assertPlain(given, "an own key is no inheritance")));
  assert.ok(sees(() => assertPlain(Object.assign({}, given), "assigned")));
  const careless: Record<string, object> = {};
  for (const [key, value] of Object.entries(given)) Object.assign(careless[key] as object, value); // merged
  const isSeen = sees(() => assertUnpolluted("merged"));
  Reflect.deleteProperty(Object.prototype, "polluted");
  assert.ok(isSeen);
  assertUnpolluted("cleaned up");
});

test("network descriptions: refused wherever the name stands", async () => {
  const texts = poisoned(describeNetwork(net));
  const [accepted] = await attack(texts, [FormatError], (text) => parseDescription(JSON.parse(text)));
  assert.is(accepted, 0);
});

test("network files: description, metadata, and tensors of such names", async () => {
  const { tensors, metadata } = decodeSafetensors(encodeNetwork(net));
  const key = "lanegrad.network";
  const described = poisoned(JSON.parse(metadata.get(key) ?? ""));
  const files = described.map((text) => encodeSafetensors(tensors, { ...Object.fromEntries(metadata), [key]: text }));
  const named = HOSTILE_NAMES.map((name) =>
    encodeSafetensors([...tensors, { name, shape: [1], data: new Float32Array(1) }], Object.fromEntries(metadata)),
  );
  const [accepted] = await attack([...files, ...named], [FormatError], (bytes) =>
    decodeNetwork(engine, bytes).dispose(),
  );
  assert.is(accepted, 0);
});

test("checkpoints: what is read and what a run makes of it; the run is as it was where one is refused", async () => {
  using trained = network(engine, layers, { seed: 1 });
  const options = { epochs: 9, batchSize: 8, optimizer: adam({ learningRate: 1e-3 }), earlyStopping: { patience: 2 } };
  using trainer = new Trainer(trained, { train: examples, validation: examples }, options);
  let left = 5;
  for (const _ of trainer.steps()) if (--left === 0) break;
  const { tensors, metadata } = decodeSafetensors(encodeCheckpoint(checkpointOf(trainer)));
  for (const key of ["lanegrad.checkpoint", "lanegrad.network"]) {
    const files = poisoned(JSON.parse(metadata.get(key) ?? "")).map((text) =>
      encodeSafetensors(tensors, { ...Object.fromEntries(metadata), [key]: text }),
    );
    await attack(files, [FormatError, CheckpointError], (bytes) => {
      const checkpoint = decodeCheckpoint(bytes);
      restore(trainer, checkpoint);
      return [checkpoint, trainer.history];
    });
  }
});

test("safetensors: such tensors and such metadata are kept under their names; keys within a tensor's entry are refused", async () => {
  const data = new Float32Array(2);
  for (const name of HOSTILE_NAMES) {
    const words = Object.fromEntries([[name, "x"]]);
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors([{ name, shape: [2], data }], words));
    assert.equal([tensors[0]?.name, metadata.get(name), metadata.size], [name, "x", 1]);
  }
  const header = { __metadata__: { a: "b" }, W1: { dtype: "F32", shape: [1], data_offsets: [0, 4] } };
  const files = poisoned(header).map((text) => {
    const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
    const bytes = new Uint8Array(8 + json.length + 4);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  });
  const [accepted] = await attack(files, [FormatError], (bytes) => decodeSafetensors(bytes));
  assert.is(accepted, 0);
});

test("npz: arrays of such names are kept under them; npy: unknown keys of a header are refused", async () => {
  for (const name of HOSTILE_NAMES) {
    const [array] = await decodeNpz(encodeNpz([{ name, shape: [1], data: Float32Array.of(3) }]));
    assert.is(array?.name, name);
    assertPlain(array, name);
  }
  const headers = HOSTILE_NAMES.map(
    (name) => `{'descr': '<f4', 'fortran_order': False, 'shape': (1,), '${name}': {'polluted': True}}`,
  );
  const files = headers.map((header) => {
    const text = `${header.padEnd(117)}\n`;
    return Uint8Array.of(
      0x93,
      ...new TextEncoder().encode("NUMPY"),
      1,
      0,
      118,
      0,
      ...new TextEncoder().encode(text),
      0,
      0,
      0,
      0,
    );
  });
  const [accepted] = await attack(files, [FormatError], (bytes) => decodeNpy(bytes));
  assert.is(accepted, 0);
});

test("csv: columns and classes of such names", async () => {
  const [, ...others] = HOSTILE_NAMES;
  const names = ["__proto__", ...others];
  const text = `${names.join(",")},label\n${names.map((name) => `${names.map((_, i) => i).join(",")},${name}`).join("\n")}\n`;
  const [accepted] = await attack(["label", ...names], [DatasetError, OptionError], async (label) => {
    const data = await parseCsv(text, { label });
    if (label === "label")
      assert.equal([data.inputNames, [...(data.classNames ?? [])].sort()], [names, [...names].sort()]);
    return [data.inputNames, data.classNames, data.labels];
  });
  assert.ok(accepted >= 1);
});

test("configuration files and flags of the command line", async () => {
  const file = join(makeTemporaryFolder(), "config.json");
  const settings = { iterations: 3, schedule: "step", optimizer: "adam", clip: { norm: 1 } };
  const [accepted] = await attack(poisoned(settings), [UsageError, FileError], (text) => {
    writeFileSync(file, text);
    return parse(TRAIN_FLAGS, ["--config", file]).values;
  });
  assert.is(accepted, 0);
  const flags = HOSTILE_NAMES.flatMap((name) => [[`--${name}`, "x"], [`--${name}=x`], ["--clip", `${name}=1`]]);
  const [alsoAccepted] = await attack(flags, [UsageError], (args) => parse(TRAIN_FLAGS, args).values);
  assert.is(alsoAccepted, 0);
});

test("messages of a worker: an error's fields are its own, whatever their names", () => {
  for (const name of HOSTILE_NAMES) {
    const fields = Object.fromEntries([[name, { polluted: "yes" }]]);
    const error = decodeError({ name, message: "x", stack: undefined, fields, cause: undefined });
    assert.ok(error instanceof Error);
    assert.ok(Object.hasOwn(error, name));
    assert.is((error as { polluted?: unknown }).polluted, undefined);
    assertUnpolluted(name);
  }
});

test("lanegrad inspect tells such names, and exits in order", async () => {
  const file = newPath(".safetensors");
  const tensors = HOSTILE_NAMES.map((name) => ({ name, shape: [1], data: Float32Array.of(1) }));
  const words = Object.fromEntries(HOSTILE_NAMES.map((name) => [name, '{"__proto__":{"polluted":1}}']));
  writeFileSync(file, encodeSafetensors(tensors, words));
  const { code, stdout, stderr } = await lanegrad(["inspect", file, "--json"]);
  assert.is(code, 0, stderr);
  const told = JSON.parse(stdout) as { metadata: object; tensors: { name: string }[] };
  assert.equal(Object.keys(told.metadata).sort(), [...HOSTILE_NAMES].sort());
  assert.equal(
    told.tensors.map(({ name }) => name),
    HOSTILE_NAMES,
  );
});

test.run();
