/** What is in a worker, whose it is, and what becomes of it when the worker ends. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { DisposedError, OptionError } from "../../src/errors.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { train } from "../../src/train/loop/train.ts";
import { EngineError } from "../../src/wasm/errors.ts";
import { NetworkWorker, startWorker } from "../../src/worker/client.ts";
import { Connection } from "../../src/worker/connection.ts";
import { encodeError } from "../../src/worker/errors.ts";
import { WorkerError } from "../../src/worker/worker_error.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { bitsOf, ScriptedWorker, startLocalWorker } from "../support/workers.ts";

const test = suite("worker: what is in it");
const examples = () => clusters({ count: 60, size: 8, classes: 3, seed: 1 });
const REFUSED = encodeError(new EngineError({ kind: "no-simd" }));
const layers = () => sequential(dense(8, 3));

test("a dataset is moved: nothing is left of it here, and whoever uses it is told", async () => {
  await using worker = await startLocalWorker();
  const dataset = examples();
  const { inputs, labels } = dataset;
  const data = await worker.dataset(dataset);
  assert.is(inputs.buffer.byteLength, 0);
  assert.is(labels.buffer.byteLength, 0);
  assert.equal([data.name, data.length, data.size, data.classes], ["clusters", 60, 8, 3]);

  for (const use of [
    () => dataset.inputs,
    () => dataset.batch([0]),
    () => dataset.slice(0, 2),
    () => dataset.pick([1]),
  ]) {
    assert.is(assertThrows(use, DatasetError, "use").fault.kind, "moved");
  }
  assert.is((await assertRejects(() => worker.dataset(dataset), DatasetError, "again")).fault.kind, "moved");
});

test("a copy leaves the dataset here, and takes no more than its elements along", async () => {
  await using worker = await startLocalWorker();
  const whole = examples();
  const part = whole.slice(10, 30);
  const data = await worker.dataset(part, { transfer: "copy" });
  assert.is(whole.inputs.length, 480);

  using engine = await loadEngine();
  using here = network(engine, layers());
  await train(here, part, { epochs: 2, batchSize: 5, learningRate: 0.1 });
  const there = await worker.network(layers());
  await there.train(data, { epochs: 2, batchSize: 5, learningRate: 0.1 });
  assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(here)));
  const wrong = { transfer: "clone" as "copy" };
  await assertRejects(() => worker.dataset(part, wrong), OptionError, "transfer");
});

test("a slice is copied, however little it leaves of what it was taken from", async () => {
  await using worker = await startLocalWorker();
  const whole = examples();
  const [part, rest] = [whole.slice(0, 10), whole.slice(10)];
  for (const dataset of [part, rest]) await worker.dataset(dataset);
  assert.is(whole.inputs.length, 480);
  assert.is(whole.labels.length, 60);
});

test("what shares its buffer with a header is moved, with more it is copied", async () => {
  await using worker = await startLocalWorker();
  const make = (before: number) => {
    const inputs = new Uint8Array(new ArrayBuffer(before + 8), before, 8);
    return new Dataset({ name: "bytes", inputs, labels: Uint8Array.of(0, 1), shape: [4], classes: 2 });
  };
  const [file, part] = [make(16), make(4096)];
  await worker.dataset(file);
  assertThrows(() => file.inputs, DatasetError, "moved");
  await worker.dataset(part);
  assert.is(part.inputs.length, 8);

  const pool = Buffer.allocUnsafe(8).fill(1); // lies in a pool, which belongs to Node
  const pooled = new Dataset({ name: "pool", inputs: pool, labels: Uint8Array.of(0, 1), shape: [4], classes: 2 });
  const data = await worker.dataset(pooled, { transfer: "copy" });
  assert.is(data.length, 2);
  assert.is(pooled.inputs.length, 8);
});

test("numbers as targets, and names, go over too", async () => {
  await using worker = await startLocalWorker();
  const inputs = Float64Array.of(0, 1, 2, 3);
  const line = new Dataset({ name: "line", inputs, shape: [1], targetValues: Float64Array.of(1, 3, 5, 7) });
  const data = await worker.dataset(line);
  const net = await worker.network(sequential(dense(1, 1)), { dtype: "float64", loss: "squaredError" });
  await net.train(data, { epochs: 400, batchSize: 4, learningRate: 0.05 });
  const { data: y } = await net.predict([[10]]);
  assert.ok(Math.abs(y[0]! - 21) < 1e-3, `${y[0]}`);
});

test("what a labelled dataset says of itself goes over too, and disposing of it twice is once", async () => {
  await using worker = await startLocalWorker();
  const inputs = Float32Array.of(0, 1, 1, 0);
  const labels = Int32Array.of(0, 1);
  const names = { inputNames: ["left", "right"], classNames: ["no", "yes"] };
  const parts = { name: "sides", inputs, labels, shape: [2], classes: 2, targets: "oneHot", ...names } as const;
  const data = await worker.dataset(new Dataset(parts), { transfer: "copy" });
  assert.equal([...inputs, ...labels], [0, 1, 1, 0, 0, 1]);
  const net = await worker.network(sequential(dense(2, 2)));
  const { accuracy } = await net.evaluate(data);
  const { evaluations } = await net.train(data, { epochs: 60, batchSize: 2, learningRate: 1, test: data });
  assert.ok(accuracy! <= 1);
  assert.is(evaluations.at(-1)?.testAccuracy, 1);
  await data.dispose();
  await data.dispose();
  await assertRejects(() => net.evaluate(data), DisposedError, "after it");
});

test("one worker serves several networks, at the same time", async () => {
  await using worker = await startLocalWorker();
  const [a, b] = await Promise.all([worker.network(layers(), { seed: 1 }), worker.network(layers(), { seed: 2 })]);
  const data = await worker.dataset(examples());
  const options = { batchSize: 10, learningRate: 0.1 };
  const endless = a.train(data, { ...options, iterations: 1e9 });
  const { outcome } = await b.train(data, { ...options, epochs: 3 });
  assert.is(outcome, "finished");
  assert.is((await b.predict([1, 2, 3, 4, 5, 6, 7, 8])).data.length, 3);

  using engine = await loadEngine();
  using alone = network(engine, layers(), { seed: 2 });
  await train(alone, examples(), { ...options, epochs: 3 });
  assert.equal(bitsOf(await b.weights()), bitsOf(weightsOf(alone)), "neither changes the other");
  endless.stop();
  await endless;
});

test("disposing gives everything back, and stops runs first", async () => {
  await using worker = await startLocalWorker();
  const { tensors, bytes } = await worker.stats();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  const run = net.train(data, { iterations: 1e9, batchSize: 10, learningRate: 0.1 });
  await net.dispose();
  await net.dispose();
  assert.is((await run).outcome, "aborted");
  await data.dispose();
  const after = await worker.stats();
  assert.equal([after.tensors, after.bytes, after.networks, after.datasets], [tensors, bytes, 0, 0]);

  await assertRejects(() => net.predict([1]), DisposedError, "predict");
  await assertRejects(() => net.train(data, { epochs: 1, learningRate: 1 }), DisposedError, "train");
  const other = await worker.network(layers());
  await assertRejects(() => other.evaluate(data), DisposedError, "evaluate");
});

test("a dataset belongs to its worker", async () => {
  await using worker = await startLocalWorker();
  await using other = await startLocalWorker();
  const data = await worker.dataset(examples());
  const net = await other.network(layers());
  await assertRejects(() => net.evaluate(data), OptionError, "evaluate");
});

test("a worker that cannot be made is one that did not start, for the reason that it gives", async () => {
  const thrown = new TypeError("not here");
  const refusing = (): never => {
    throw thrown;
  };
  const error = await assertRejects(() => startWorker({ worker: refusing }), WorkerError, "refusing");
  assert.equal(error.fault, { kind: "start", reason: "not here" });
  assert.is(error.cause, thrown);
});

test("a worker whose start is refused is ended", async () => {
  const worker = new ScriptedWorker();
  worker.postMessage = () =>
    void queueMicrotask(() => worker.emit("message", { kind: "failed", id: 1, error: REFUSED }));
  await assertRejects(() => startWorker({ build: "js", worker: () => worker }), EngineError, "start");
  assert.is(worker.said.at(-1), "terminate");
});

test("kernels for the build js are refused, before a worker is started", async () => {
  const both = () => startWorker({ build: "js", wasm: new Uint8Array(8), worker: () => assert.unreachable() as never });
  assert.is((await assertRejects(both, OptionError, "kernels for js")).option, "wasm");
});

test("a file's bytes are copied, and the copy goes over", () => {
  const scripted = new ScriptedWorker();
  const bytes = Uint8Array.of(1, 2, 3);
  new NetworkWorker(new Connection(scripted)).load(bytes, { file: "a" });
  const { message, transfer } = scripted.posted[0] as { message: { ask: { bytes: Uint8Array } }; transfer: unknown[] };
  assert.equal(message.ask, { network: 1, bytes, options: { file: "a" } });
  assert.is.not(message.ask.bytes.buffer, bytes.buffer);
  assert.is(transfer[0], message.ask.bytes.buffer);
});

test("a worker ends with the block that it is used in", async () => {
  const worker = await startLocalWorker();
  {
    await using _ = worker;
    assert.is((await worker.stats()).networks, 0);
  }
  await assertRejects(() => worker.stats(), DisposedError, "stats");
});

test("a loss that is a function is refused by its name", async () => {
  await using worker = await startLocalWorker();
  const loss = () => worker.network(layers(), { loss: (() => 0) as never });
  assert.is((await assertRejects(loss, OptionError, "loss")).option, "network: loss");
});

test("weights come from a stream, which stands behind their draws, or from nowhere", async () => {
  await using worker = await startLocalWorker();
  using engine = await loadEngine();
  const [here, there] = [new RandomState(3), new RandomState(3)];
  for (const [own, other] of [
    [here, there],
    ["none", "none"],
  ] as const) {
    using net = network(engine, layers(), { random: own });
    const remote = await worker.network(layers(), { random: other });
    assert.equal(bitsOf(await remote.weights()), bitsOf(weightsOf(net)));
  }
  assert.equal(there.getState(), here.getState());
});

test.run();
