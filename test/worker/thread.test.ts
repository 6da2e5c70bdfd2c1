/** A worker in a thread of its own: it runs beside the program, ends, and may die. */
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError } from "../../src/errors.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { train } from "../../src/train/loop/train.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { EngineError } from "../../src/wasm/errors.ts";
import { startWorker } from "../../src/worker/client.ts";
import type { WorkerDataset } from "../../src/worker/dataset.ts";
import type { WorkerNetwork } from "../../src/worker/network.ts";
import { WorkerError } from "../../src/worker/worker_error.ts";
import { becomes } from "../support/clock.ts";
import { clusters } from "../support/digits.ts";
import { BUILD, WASM_BUILD } from "../support/engine.ts";
import { runScript } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { bitsOf, startTestWorker } from "../support/workers.ts";

const test = suite("worker: a thread");
const examples = () => clusters({ count: 60, size: 8, classes: 3, seed: 1 });
const layers = () => sequential(dense(8, 3));
/** More than any test waits for. */
const ENDLESS = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };

/** A thread with a network and examples, and the run of a test on them. */
function runTest(law: string, body: (parts: { net: WorkerNetwork; data: WorkerDataset }) => Promise<void>): void {
  test(law, async () => {
    const { worker } = await startTestWorker();
    await using _ = worker;
    await body({ net: await worker.network(layers(), {}), data: await worker.dataset(examples()) });
  });
}

for (const [build, same] of [
  [BUILD, BUILD],
  ["js", "simd"],
] as const) {
  test(`a thread, ${build}, gives the bits of the main thread, ${same}`, async () => {
    const { worker } = await startTestWorker({ build });
    await using _ = worker;
    const options = { epochs: 2, batchSize: 5, learningRate: 0.1 };
    using engine = await Engine.load({ build: same });
    using here = network(engine, layers());
    await train(here, examples(), options);
    const there = await worker.network(layers());
    await there.train(await worker.dataset(examples()), options);
    assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(here)));
  });
}

test("closing ends what is under way, and everything after it is refused", async () => {
  const { worker, thread } = await startTestWorker();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  const run = net.train(data, { iterations: 1e9, batchSize: 10, learningRate: 0.1 });
  const ended = assertRejects(() => run, DisposedError, "train");
  await worker.close();
  await worker.close();
  await ended;
  await run.pause().catch(() => {});
  await assertRejects(() => net.predict([1]), DisposedError, "predict");
  await assertRejects(() => worker.stats(), DisposedError, "stats");
  await net.dispose(); // it went with the worker
  await data.dispose();
  assert.is((thread as Worker).threadId, -1, "the thread is gone");
});

test("a worker that dies rejects everything that waits for it, with one error", async () => {
  const { worker, thread } = await startTestWorker();
  const net = await worker.network(layers());
  const data = await worker.dataset(examples());
  const run = net.train(data, { iterations: 1e9, batchSize: 10, learningRate: 0.1 });
  const calls = [run, run.pause()];
  const ended = calls.map((call, i) => assertRejects(() => call, WorkerError, `call ${i}`));
  thread.terminate();
  const [error] = await Promise.all(ended);
  assert.is(error?.fault.kind, "ended");
  const later = await assertRejects(() => net.predict([1]), WorkerError, "later");
  assert.is(later, error);
  await worker.close();
});

test("a worker's own error is told, and where its script is missing, too", async () => {
  const failing = () => new Worker('throw new Error("no such thing");', { eval: true });
  const error = await assertRejects(() => startWorker({ worker: failing }), WorkerError, "failing");
  assert.equal(error.fault, { kind: "start", reason: "no such thing" });
  const missing = () => new Worker(new URL("./missing.js", import.meta.url));
  const start = await assertRejects(() => startWorker({ worker: missing }), WorkerError, "missing");
  assert.is(start.fault.kind, "start");
});

test("kernels that are none are refused as by an engine, and the thread ends", async () => {
  await assertRejects(() => startWorker({ build: WASM_BUILD, wasm: new Uint8Array(8) }), EngineError, "kernels");
});

test("a process ends by itself, after close and with an idle worker; not while it waits for an answer", async () => {
  for (const mode of ["closed", "idle"]) {
    const { code, stdout, stderr } = await runScript("test/worker/process.ts", [mode]);
    assert.is(code, 0, stderr);
    assert.is(stdout, `${mode}: 12 steps\n`);
  }
});

runTest(
  "a paused run stands still, while other calls are answered, and goes on where it stood",
  async ({ net, data }) => {
    let steps = 0;
    const run = net.train(data, {
      ...ENDLESS,
      onProgress({ iteration, losses }) {
        assert.is(iteration, steps, "no step is told twice or left out");
        steps += losses.length;
      },
    });
    await run.pause();
    const [stood, before] = [steps, await net.weights()];
    assert.ok(stood > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.is(steps, stood);
    assert.equal(await net.weights(), before);
    await run.pause(); // which it is
    run.resume();
    await becomes(() => steps > stood);
    assert.not.equal(await net.weights(), before);
    run.stop();
    const { outcome, losses } = await run;
    assert.is(outcome, "aborted");
    assert.is(losses.length, steps);
  },
);

runTest("steps are told in batches, at most one for a frame", async ({ net, data }) => {
  const sizes: number[] = [];
  const run = net.train(data, { ...ENDLESS, onProgress: ({ losses }) => sizes.push(losses.length) });
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  // On a busy machine a frame may have time for a single step.
  await becomes(() => Math.max(...sizes) > 10 || sizes.length > 1000);
  run.stop();
  await run;
  const frames = (performance.now() - start) / (1000 / 60);
  assert.ok(sizes.length <= frames + 2, `${sizes.length} batches in ${frames} frames`);
  assert.ok(Math.max(...sizes) > 10, "or nothing was batched");
});

test.run();
