/** What a network in a worker asks for, and what it refuses to ask for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, OptionError } from "../../src/errors.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { NetworkWorker } from "../../src/worker/client.ts";
import { Connection } from "../../src/worker/connection.ts";
import { WorkerDataset } from "../../src/worker/dataset.ts";
import { WorkerNetwork } from "../../src/worker/network.ts";
import { clusters } from "../support/digits.ts";
import { assertRejects } from "../support/throws.ts";
import { ScriptedWorker } from "../support/workers.ts";

const test = suite("worker: network");
const FACTS = { dtype: "float32", description: sequential(dense(2, 3)), inputSize: 2, outputSize: 3 } as const;

function make() {
  const worker = new ScriptedWorker();
  const connection = new Connection(worker);
  const net = new WorkerNetwork<"float32">(connection, 7, FACTS);
  const data = new WorkerDataset(connection, 8, clusters({ count: 4, size: 2, classes: 2, seed: 1 }));
  return { worker, connection, net, data };
}

test("a network is what the worker says of it", () => {
  const { dtype, description, inputSize, outputSize } = make().net;
  assert.equal({ dtype, description, inputSize, outputSize }, FACTS);
});

test("what has no facts is shown by its name alone", () => {
  assert.is(String(new NetworkWorker(make().connection)), "NetworkWorker");
});

test("each call asks for itself, and gives what is answered", async () => {
  const { worker, net, data } = make();
  const both = { network: 7, dataset: 8 };
  const calls: [() => Promise<unknown>, string, object][] = [
    [() => net.evaluate(data), "evaluate", { ...both, options: {} }],
    [() => net.evaluate(data, { topK: 2 }), "evaluate", { ...both, options: { topK: 2 } }],
    [() => net.misclassified(data), "misclassified", { ...both, options: {} }],
    [() => net.misclassified(data, { limit: 2 }), "misclassified", { ...both, options: { limit: 2 } }],
    [() => net.weights(), "weights", { network: 7 }],
    [() => net.save(), "save", { network: 7 }],
  ];
  for (const [i, [call, kind, ask]] of calls.entries()) {
    const answer = call();
    assert.equal(worker.posted[i], { message: { kind, id: i + 1, ask }, transfer: [] });
    worker.emit("message", { kind: "done", id: i + 1, value: `answer ${i}` });
    assert.is(await answer, `answer ${i}`);
  }
});

test("rows are copied, and the copy goes over; lists go as they are", async () => {
  const { worker, net } = make();
  const rows = Float64Array.of(1, 2);
  const answer = net.predict(rows);
  const { message, transfer } = worker.posted[0] as { message: { ask: { rows: Float64Array } }; transfer: unknown[] };
  assert.equal(message.ask, { network: 7, rows });
  assert.is.not(message.ask.rows, rows);
  assert.is(transfer[0], message.ask.rows.buffer);
  const predicted = { shape: [1, 3], data: Float32Array.of(1, 2, 3) };
  worker.emit("message", { kind: "done", id: 1, value: predicted });
  assert.equal(await answer, predicted);
  net.predict([[3, 4]]);
  assert.equal(worker.posted[1], {
    message: { kind: "predict", id: 2, ask: { network: 7, rows: [[3, 4]] } },
    transfer: [],
  });
});

test("weights are copied, and the copies go over", () => {
  const { worker, net } = make();
  const weights: NamedArray[] = [{ name: "b1", shape: [3], data: Float32Array.of(1, 2, 3) }];
  net.setWeights(weights, { strict: true } as never);
  const { message, transfer } = worker.posted[0] as unknown as {
    message: { kind: string; ask: { weights: NamedArray[] } };
    transfer: unknown[];
  };
  assert.is(message.kind, "setWeights");
  assert.equal(message.ask, { network: 7, weights, options: { strict: true } });
  const own = message.ask.weights[0]!;
  assert.is.not(own.data.buffer, weights[0]!.data.buffer);
  assert.equal(transfer.length, 1);
  assert.is(transfer[0], own.data.buffer);
});

test("what is disposed of is refused by the name of the call", async () => {
  const { worker, net, data } = make();
  net.dispose();
  net.dispose();
  net[Symbol.asyncDispose]();
  assert.equal(worker.posted, [{ message: { kind: "disposeNetwork", id: 1, ask: { network: 7 } }, transfer: [] }]);
  const calls: [string, () => Promise<unknown>][] = [
    ["train", () => net.train(data, { epochs: 1, learningRate: 1 })],
    ["predict", () => net.predict([1, 2])],
    ["evaluate", () => net.evaluate(data)],
    ["misclassified", () => net.misclassified(data)],
    ["weights", () => net.weights()],
    ["setWeights", () => net.setWeights([])],
    ["save", () => net.save()],
  ];
  for (const [op, call] of calls) {
    const { message } = await assertRejects(call, DisposedError, op);
    assert.ok(message.startsWith(`${op}: network 2-…-3 `), message);
  }
  assert.is(worker.posted.length, 1);
});

test("a network and a dataset end with the block that they are used in", async () => {
  const { worker, net, data } = make();
  const ended = async () => {
    await using _ = net;
    await using __ = data;
  };
  const end = ended();
  for (const id of [1, 2]) {
    await new Promise(setImmediate);
    worker.emit("message", { kind: "done", id });
  }
  await end;
  assert.equal(
    worker.posted.map(({ message }) => (message as { kind: string }).kind),
    ["disposeDataset", "disposeNetwork"],
  );
});

test("what went with the worker is disposed of without a word", async () => {
  const { worker, connection, net, data } = make();
  await connection.close();
  await net.dispose();
  await data.dispose();
  assert.equal(worker.posted, []);
});

test("a dataset of another worker, or one that is disposed of, is refused by the name of the call", async () => {
  const { net, data, worker } = make();
  const other = make().data;
  for (const [op, call] of [
    ["evaluate", (set: WorkerDataset) => net.evaluate(set)],
    ["misclassified", (set: WorkerDataset) => net.misclassified(set)],
    ["train", (set: WorkerDataset) => net.train(set, { epochs: 1, learningRate: 1 })],
  ] as const) {
    const { option, found } = await assertRejects(() => call(other), OptionError, op);
    assert.equal([option, found], [`${op}: dataset`, "clusters"]);
  }
  data.dispose();
  data.dispose();
  assert.equal(worker.posted, [{ message: { kind: "disposeDataset", id: 1, ask: { dataset: 8 } }, transfer: [] }]);
  const { message } = await assertRejects(() => net.evaluate(data), DisposedError, "evaluate");
  assert.match(message, /^evaluate: dataset clusters /);
});

test.run();
