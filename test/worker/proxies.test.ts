/** What state libraries put behind proxies, and what cannot be posted, on its way to a worker. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import type { Checkpoint } from "../../src/train/checkpoints/checkpoint.ts";
import type { NetworkWorker } from "../../src/worker/client.ts";
import { plainCopy } from "../../src/worker/plain.ts";
import { clusters } from "../support/digits.ts";
import { behindProxies, detached, proxyOf } from "../support/proxies.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const test = suite("worker: proxies");
const layers = () => sequential(dense(8, 6), relu(), dense(6, 3));
const examples = () => clusters({ count: 60, size: 8, classes: 3, seed: 1 });
const OPTIONS = { epochs: 2, batchSize: 10, optimizer: adam({ learningRate: 0.01 }), earlyStopping: { patience: 9 } };

async function failureOf(call: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(call, OptionError, "option")).message;
}

async function trained(worker: NetworkWorker, given: <T>(value: T) => T): Promise<Record<string, string>> {
  const net = await worker.network(given(layers()), given({ seed: 3 }));
  const data = await worker.dataset(examples(), given({ transfer: "copy" } as const));
  let last: Checkpoint | undefined;
  const onCheckpoint = (checkpoint: Checkpoint) => {
    last = checkpoint;
  };
  await net.train(data, { ...given(OPTIONS), validation: data, onCheckpoint, checkpointEvery: 3 });
  await net.setWeights(given(await net.weights()));
  await net.train(data, { ...given(OPTIONS), validation: data, resume: given(last as Checkpoint) });
  await net.predict(given([[1, 2, 3, 4, 5, 6, 7, 8]]));
  await net.evaluate(data, given({ topK: 2 }));
  return bitsOf(await net.weights());
}

test("descriptions, options, weights, rows and checkpoints behind proxies are those that are behind them", async () => {
  await using worker = await startLocalWorker();
  assert.equal(await trained(worker, behindProxies), await trained(worker, (value) => value));
});

test("a Proxy of a dataset or of an array is refused with the cure; shapes and names behind proxies go over", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  const [inputs, labels] = [new Float32Array(8), Uint8Array.of(0)];
  const names = behindProxies(["a", "b"]);
  await worker.dataset(
    new Dataset({ name: "one", inputs, labels, shape: behindProxies([8]), classes: 2, classNames: names }),
  );
  for (const [call, cure] of [
    [() => worker.dataset(proxyOf(examples())), /^dataset: .*toRaw/],
    [() => net.train(proxyOf(data), OPTIONS), /^train: .*toRaw/],
    [() => net.evaluate(proxyOf(data)), /^evaluate: .*toRaw/],
    [() => net.predict(proxyOf(new Float32Array(8))), /^predict: rows: .*toRaw/],
    [() => net.predict([proxyOf(new Float32Array(8))] as never), /^predict: rows\[0\]: .*toRaw/],
    [
      () => net.setWeights([{ name: "W1", shape: [8, 6], data: proxyOf(new Float32Array(48)) }]),
      /^setWeights: W1: .*toRaw/,
    ],
    [async () => worker.load(proxyOf(await net.save())), /^load: bytes: .*toRaw/],
  ] as const) {
    assert.match(await failureOf(call as () => Promise<unknown>), cure);
  }
});

test("detached arrays are refused by name, and nothing is sent", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(layers());
  assert.match(await failureOf(() => net.predict(detached())), /^predict: rows: .*transferred/);
  assert.match(
    await failureOf(() => net.setWeights([{ name: "W1", shape: [8, 6], data: detached() }])),
    /^setWeights: W1: /,
  );
  assert.match(await failureOf(() => worker.load(detached() as never)), /^load: bytes: .*transferred/);
  const data = examples();
  structuredClone(data.labels.buffer, { transfer: [data.labels.buffer as ArrayBuffer] });
  for (const transfer of ["move", "copy"] as const) {
    assert.is(
      (await assertRejects(() => worker.dataset(data, { transfer }), DatasetError, transfer)).fault.kind,
      "moved",
    );
  }
  assert.is(data.inputs.length, 480, "they are still here");
});

test("a function among options is named by its path", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  const optimizer = { ...adam({ learningRate: 0.1 }), clip: { norm: () => 1 } };
  const message = await failureOf(() => net.train(data, { ...OPTIONS, optimizer: optimizer as never }));
  assert.match(message, /^train: optimizer\.clip\.norm: expected plain data.*found function norm/);
  const layer = { ...layers().layers[0], weights: Symbol("w") };
  assert.match(
    await failureOf(() => worker.network({ ...layers(), layers: [layer as never] })),
    /^network: description\.layers\[0\]\.weights: /,
  );
});

test("what is no dataset of a worker is refused by its argument", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  for (const wrong of [examples(), "digits", 5, {}]) {
    const given = wrong as never;
    assert.match(await failureOf(() => net.train(given, OPTIONS)), /^train: dataset: expected a dataset in the worker/);
    assert.match(await failureOf(() => net.train(data, { ...OPTIONS, test: given })), /^train: test: /);
    assert.match(await failureOf(() => net.evaluate(given)), /^evaluate: dataset: /);
    assert.match(await failureOf(() => net.misclassified(given)), /^misclassified: dataset: /);
    if (!(wrong instanceof Dataset)) {
      assert.match(await failureOf(() => worker.dataset(given)), /^dataset: expected a Dataset/);
    }
  }
});

test("a plain copy keeps what is shared, cycles, arrays and instances, and takes no prototype from a key", () => {
  const bytes = new Uint8Array(2);
  const value: Record<string, unknown> = { bytes, same: bytes, list: [1, { a: null }], date: new Date(0) };
  value["self"] = value;
  Object.defineProperty(value, "__proto__", { value: { polluted: true }, enumerable: true, configurable: true });
  const copy = plainCopy(behindProxies(value), "op") as Record<string, unknown>;
  assert.is(copy["bytes"], bytes);
  assert.is(copy["same"], bytes);
  assert.is(copy["date"], value["date"]);
  assert.equal(copy["list"], [1, Object.assign(Object.create(null), { a: null })]);
  assert.is("polluted" in copy, false);
  const { message } = assertThrows(() => plainCopy({ a: { b: () => 1 } }, "op"), OptionError, "function");
  assert.match(message, /^op: a\.b: /);
});

test.run();
