/** The worker's side of the wire, asked by a test as a program asks it. */
import { EventEmitter } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { EngineError } from "../../src/wasm/errors.ts";
import { kernelsOf } from "../../src/wasm/load.ts";
import { decodeError } from "../../src/worker/errors.ts";
import { serve } from "../../src/worker/host.ts";
import { type Answer, type Ask, type FromWorker, type Kind, PROTOCOL } from "../../src/worker/protocol.ts";
import { WorkerError } from "../../src/worker/worker_error.ts";
import { clusters } from "../support/digits.ts";
import { BUILD, WASM_BUILD } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { startLocalWorker } from "../support/workers.ts";

const test = suite("worker: host");
const layers = () => sequential(dense(8, 3));
const examples = () => clusters({ count: 60, size: 8, classes: 3, seed: 1 });
const ENDLESS = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };

/** A worker's side, and what it answers: the value and the buffers that go over with it. */
class Asked extends EventEmitter {
  #id = 0;

  constructor() {
    super();
    serve(this);
  }

  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void {
    if (message.kind !== "event") this.emit(`answer ${message.id}`, message, transfer);
  }

  ask<K extends Kind>(kind: K, ask: Ask<K>): Promise<{ value: Answer<K>; transfer: ArrayBuffer[] }> {
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      this.once(`answer ${id}`, (message: FromWorker, transfer: ArrayBuffer[]) => {
        if (message.kind === "done") resolve({ value: message.value as Answer<K>, transfer });
        else if (message.kind === "failed") reject(decodeError(message.error));
      });
      this.emit("message", { kind, id, ask });
    });
  }
}

async function started(): Promise<Asked> {
  const asked = new Asked();
  await asked.ask("start", { protocol: PROTOCOL, build: BUILD, wasm: await kernelsOf(BUILD, undefined), ...ALONE });
  return asked;
}

/** Without a lock to hold. */
const ALONE = { lifeline: undefined };
const PLAIN = { seed: undefined, random: undefined, dtype: undefined, loss: undefined, inputShape: undefined };

test("another release is refused, and so are kernels that are none", async () => {
  const other = () => new Asked().ask("start", { protocol: 0, build: BUILD, wasm: undefined, ...ALONE });
  const { fault } = await assertRejects(other, WorkerError, "version");
  assert.equal(fault, { kind: "version", expected: 0, found: PROTOCOL });
  const none = () =>
    new Asked().ask("start", { protocol: PROTOCOL, build: WASM_BUILD, wasm: new Uint8Array(8), ...ALONE });
  await assertRejects(none, EngineError, "kernels");
});

test("what a worker does not have is named", async () => {
  const asked = new Asked();
  const failure = (kind: "stats" | "save" | "evaluate", ask: unknown) =>
    asked.ask(kind, ask as never).catch(({ message }: Error) => message);
  assert.is(await failure("stats", undefined), "the worker has no engine");
  assert.is(await failure("save", { network: 7 }), "the worker has no network 7");
  const ready = await started();
  await ready.ask("network", { network: 1, description: layers(), ...PLAIN });
  const evaluation = ready.ask("evaluate", { network: 1, dataset: 8, options: {} });
  assert.is(await evaluation.catch(({ message }: Error) => message), "the worker has no dataset 8");
});

test("a network is told with its facts, and with a stream that made it", async () => {
  const asked = await started();
  const made = await asked.ask("network", { network: 1, description: layers(), ...PLAIN });
  const facts = { dtype: "float32", description: layers(), inputSize: 8, outputSize: 3 };
  assert.equal(made.value, { facts, random: undefined });
  const wide = { ...PLAIN, dtype: "float64", loss: "squaredError", seed: 3 } as const;
  const { value } = await asked.ask("network", { network: 2, description: layers(), ...wide });
  assert.is(value.facts.dtype, "float64");
  const saved = await asked.ask("save", { network: 2 });
  const loaded = await asked.ask("load", { network: 3, bytes: saved.value, options: {} });
  assert.equal(loaded.value, { ...facts, dtype: "float64" });
  const bytes = (await asked.ask("save", { network: 3 })).value;
  assert.equal(bytes, saved.value, "which has loss and weights in it");
});

test("arrays of an answer are moved, not copied", async () => {
  const asked = await started();
  await asked.ask("network", { network: 1, description: layers(), ...PLAIN });
  const rows = new Float32Array(16);
  const predicted = await asked.ask("predict", { network: 1, rows });
  assert.equal(predicted.value.shape, [2, 3]);
  assert.equal(predicted.transfer, [predicted.value.data.buffer as ArrayBuffer]);
  const weights = await asked.ask("weights", { network: 1 });
  assert.equal(
    weights.transfer,
    weights.value.map(({ data }) => data.buffer as ArrayBuffer),
  );
  const saved = await asked.ask("save", { network: 1 });
  assert.equal(saved.transfer, [saved.value.buffer]);
});

test("a notice that comes too late, and to dispose of what is gone, changes nothing", async () => {
  const asked = await started();
  asked.emit("message", { kind: "stop", run: 99 });
  assert.is((await asked.ask("pause", { run: 99 })).value, undefined);
  await asked.ask("disposeNetwork", { network: 99 });
  await asked.ask("disposeDataset", { dataset: 99 });
});

test("a network that is disposed of stops its own runs, and waits for them", async () => {
  await using worker = await startLocalWorker();
  const [net, other] = [await worker.network(layers()), await worker.network(layers())];
  const data = await worker.dataset(examples());
  const told: string[] = [];
  const run = net.train(data, {
    ...ENDLESS,
    checkpointEvery: 1e9,
    onCheckpoint: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      told.push("checkpoint");
    },
  });
  const beside = other.train(data, ENDLESS);
  beside.then(() => told.push("beside")).catch(() => {});
  await beside.pause();
  await net.dispose();
  assert.equal(told, ["checkpoint"]);
  assert.is((await run).outcome, "aborted");
  await assertRejects(() => net.save(), DisposedError, "save");
  beside.stop();
  assert.is((await beside).outcome, "aborted");
});

test("to hold a run that is over does not wait for it", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(layers());
  const run = net.train(await worker.dataset(examples()), { ...ENDLESS, iterations: 3 });
  await run;
  await run.pause();
});

test.run();
