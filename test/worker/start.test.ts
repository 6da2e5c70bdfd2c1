/** Starting a worker that does not start: how long, by which signal it ends, and what is refused before. */
import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { kernelsOf } from "../../src/wasm/load.ts";
import { startWorker, type WorkerOptions } from "../../src/worker/client.ts";
import type { WorkerEndpoint } from "../../src/worker/endpoint.ts";
import { WorkerError } from "../../src/worker/worker_error.ts";
import { clusters } from "../support/digits.ts";
import { BUILD, WASM_BUILD } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { ScriptedWorker, startTestWorker } from "../support/workers.ts";

const test = suite("worker: start");

/** Kernels that are waited for no longer: what remains is the worker. */
const wasm = await kernelsOf(BUILD, undefined);
const atHand = { build: BUILD, ...(wasm !== undefined && { wasm }) };

/** A thread that lives and does not answer. */
function silent(): Worker {
  return new Worker("setInterval(() => {}, 1e6);", { eval: true });
}

test("a worker that never answers is a WorkerError after the time limit, and is ended", async () => {
  const thread = silent();
  const start = () => startWorker({ ...atHand, worker: () => thread, timeoutMilliseconds: 50 });
  const { fault } = await assertRejects(start, WorkerError, "silent");
  assert.is(fault.kind, "start");
  assert.match((fault as { reason: string }).reason, /^no answer within 50 ms: .*serve/);
  assert.is(thread.threadId, -1, "the thread is gone");
});

test("a thread that ends without an answer is heard of at once, and so is one that the caller terminates", async () => {
  const ends = () => new Worker("process.exit(3)", { eval: true });
  const exited = await assertRejects(() => startWorker({ build: BUILD, worker: ends }), WorkerError, "exit");
  assert.equal(exited.fault, { kind: "start", reason: "its thread ended with code 3" });
  const thread = silent();
  const starting = assertRejects(() => startWorker({ ...atHand, worker: () => thread }), WorkerError, "terminated");
  thread.once("online", () => void thread.terminate());
  assert.equal((await starting).fault, { kind: "start", reason: "its thread ended with code 1" });
});

test("a worker that the caller terminates rejects all that waits: calls, a run, its pause, and a run that is held", async () => {
  const { worker, thread } = await startTestWorker();
  const [net, other] = [await worker.network(sequential(dense(8, 3))), await worker.network(sequential(dense(8, 3)))];
  const data = await worker.dataset(clusters({ count: 60, size: 8, classes: 3, seed: 1 }));
  const endless = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };
  const held = other.train(data, endless);
  await held.pause();
  const run = net.train(data, { ...endless, onProgress() {} });
  const calls = [run, held, run.pause(), net.predict([[1, 2, 3, 4, 5, 6, 7, 8]]), net.evaluate(data), net.save()];
  const ended = calls.map((call, i) => assertRejects<WorkerError>(() => call as Promise<unknown>, WorkerError, `${i}`));
  thread.terminate();
  for (const error of await Promise.all(ended)) assert.is(error.fault.kind, "ended");
  await assertRejects(() => worker.stats(), WorkerError, "later");
  run.stop();
  held.resume();
});

test("a signal ends the start with its reason, and has no effect afterwards", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const thread = silent();
  const starting = startWorker({
    ...{ build: BUILD, signal: controller.signal },
    worker() {
      setTimeout(() => controller.abort(reason), 20);
      return thread;
    },
  });
  assert.is(await starting.catch((error: unknown) => error), reason);
  assert.is(thread.threadId, -1, "the thread is gone");
  assert.equal(getEventListeners(controller.signal, "abort"), []);

  let made = 0;
  const worker = () => {
    made += 1;
    return silent();
  };
  assert.is(await startWorker({ worker, signal: controller.signal }).catch((error: unknown) => error), reason);
  assert.is(made, 0);

  const later = new AbortController();
  const { worker: started } = await startTestWorker({ signal: later.signal, timeoutMilliseconds: 1e12 });
  later.abort();
  assert.is((await started.stats()).networks, 0);
  await started.close();
});

test("kernels that never arrive are waited for no longer, and no worker is made for them", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const wasm = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/simd.wasm`);
  let made = 0;
  const worker = () => {
    made += 1;
    return silent();
  };
  const start = () => startWorker({ build: WASM_BUILD, wasm, worker, timeoutMilliseconds: 50 });
  const { fault } = await assertRejects(start, WorkerError, "kernels");
  assert.equal(fault, { kind: "start", reason: "the kernels were not fetched within 50 ms" });
  server.closeAllConnections();
  server.close();
  assert.is(made, 0);
});

test("options that are none are refused before a worker is made", async () => {
  for (const [options, option] of [
    [{ timeoutMilliseconds: 0 }, "startWorker: timeoutMilliseconds"],
    [{ timeoutMilliseconds: Number.NaN }, "startWorker: timeoutMilliseconds"],
    [{ timeout: 5 }, "startWorker: timeout"],
    [{ worker: () => undefined }, "startWorker: worker"],
    [{ worker: async () => new ScriptedWorker() }, "startWorker: worker"],
  ] as const) {
    const start = () => startWorker({ build: BUILD, ...options } as unknown as WorkerOptions);
    assert.is((await assertRejects(start, OptionError, option)).option, option);
  }
});

test("a start that is closed from outside does not wait, either", async () => {
  const worker = new ScriptedWorker();
  const starting = startWorker({ ...atHand, worker: () => worker as WorkerEndpoint });
  const failed = assertRejects(() => starting, WorkerError, "exit");
  await new Promise((resolve) => setTimeout(resolve, 20));
  worker.emit("exit", 0);
  assert.not((await failed) instanceof DisposedError);
});

test.run();
