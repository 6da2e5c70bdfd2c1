/** A run in a worker is paused, resumed and stopped, and tells what it does. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense, sequential } from "../../src/nn/layers.ts";
import type { TrainerOptions } from "../../src/train/training_plan.ts";
import type { WorkerDataset } from "../../src/worker/dataset.ts";
import type { WorkerNetwork } from "../../src/worker/network.ts";
import { clusters } from "../support/digits.ts";
import { startTestWorker } from "../support/workers.ts";

const test = suite("worker: runs");

/** More than any test waits for. */
const ENDLESS: TrainerOptions = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };

type Parts = { readonly net: WorkerNetwork; readonly data: WorkerDataset };

function runTest(law: string, body: (parts: Parts) => Promise<void>): void {
  test(law, async () => {
    const { worker } = await startTestWorker();
    await using _ = worker;
    const net = await worker.network(sequential(dense(8, 3)), {});
    await body({ net, data: await worker.dataset(clusters({ count: 60, size: 8, classes: 3, seed: 1 })) });
  });
}

runTest("a signal ends a run, whose history says so", async ({ net, data }) => {
  const controller = new AbortController();
  const run = net.train(data, { ...ENDLESS, signal: controller.signal, onProgress: () => controller.abort() });
  const { outcome, losses } = await run;
  assert.is(outcome, "aborted");
  assert.ok(losses.length > 0);
});

runTest("a signal that was given before ends the run after its first step", async ({ net, data }) => {
  const { outcome, losses } = await net.train(data, { ...ENDLESS, signal: AbortSignal.abort() });
  assert.is(outcome, "aborted");
  assert.is(losses.length, 1);
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
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(steps > stood);
    assert.not.equal(await net.weights(), before);
    run.stop();
    const { outcome, losses } = await run;
    assert.is(outcome, "aborted");
    assert.is(losses.length, steps);
  },
);

runTest("a paused run can be stopped; to pause or stop one that is over does nothing", async ({ net, data }) => {
  const run = net.train(data, ENDLESS);
  await run.pause();
  run.stop();
  assert.is((await run).outcome, "aborted");
  await run.pause();
  run.resume();
  run.stop();
  const short = net.train(data, { ...ENDLESS, iterations: 3 });
  await Promise.all([short.pause(), short]);
  assert.is((await short).outcome, "finished");
});

runTest("steps are told in batches, at most one for a frame", async ({ net, data }) => {
  const times: number[] = [];
  const run = net.train(data, { ...ENDLESS, onProgress: () => times.push(performance.now()) });
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 500));
  run.stop();
  const { losses } = await run;
  const frames = (performance.now() - start) / (1000 / 60);
  assert.ok(times.length <= frames + 2, `${times.length} batches in ${frames} frames`);
  assert.ok(losses.length > 10 * times.length, "or nothing was batched");
});

runTest("callbacks are awaited before the run goes on", async ({ net, data }) => {
  const said: string[] = [];
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
  const options = { epochs: 2, batchSize: 20, learningRate: 0.1, validation: data, checkpointEvery: 3 };
  await net.train(data, {
    ...options,
    onProgress: ({ losses }) => void said.push(`${losses.length} losses`),
    onEvaluation: async ({ iteration }) => {
      said.push(`evaluation ${iteration}`);
      await pause();
      said.push("taken");
    },
    onEpoch: async ({ epoch }) => {
      await pause();
      said.push(`epoch ${epoch}`);
    },
    onCheckpoint: async ({ iteration }) => {
      await pause();
      said.push(`checkpoint ${iteration}`);
    },
    onEnd: ({ outcome }) => void said.push(String(outcome)),
  });
  const told = said.filter((text) => !text.endsWith("losses"));
  const each = (step: number, epoch: number) => [
    ...[`evaluation ${step}`, "taken", `epoch ${epoch}`, `checkpoint ${step + 1}`],
  ];
  assert.equal(told, [...each(2, 0), ...each(5, 1), "finished"]);
});

runTest("a callback that throws ends the run, which is rejected with what it threw", async ({ net, data }) => {
  const thrown = new Error("enough");
  for (const options of [
    { onProgress: () => fail(thrown) },
    { onEvaluation: () => fail(thrown), evaluateEvery: 2 },
    { onEpoch: () => Promise.reject(thrown) },
    { onCheckpoint: () => fail(thrown), checkpointEvery: 2 },
  ]) {
    let found: unknown;
    await net.train(data, { ...ENDLESS, ...options }).catch((error: unknown) => {
      found = error;
    });
    assert.is(found, thrown, Object.keys(options).join());
  }
});

function fail(error: Error): never {
  throw error;
}

test.run();
