/** A run in a worker is paused, resumed and stopped, and tells what it does. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Checkpoint } from "../../src/train/checkpoints/checkpoint.ts";
import type { TrainOptions } from "../../src/train/loop/train.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import type { WorkerDataset } from "../../src/worker/dataset.ts";
import type { WorkerNetwork } from "../../src/worker/network.ts";
import type { Awaited, Records, RunEvent, TrainRequest } from "../../src/worker/protocol.ts";
import { Run } from "../../src/worker/run.ts";
import { clusters } from "../support/digits.ts";
import { startLocalWorker } from "../support/workers.ts";

const test = suite("worker: runs");

/** More than any test waits for. */
const ENDLESS: TrainerOptions = { iterations: 1e9, batchSize: 10, learningRate: 0.01 };

type Progress = Parameters<NonNullable<TrainOptions["onStep"]>>[0];
type Parts = { readonly net: WorkerNetwork; readonly data: WorkerDataset };

function runTest(law: string, body: (parts: Parts) => Promise<void>): void {
  test(law, async () => {
    await using worker = await startLocalWorker();
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

runTest("a paused run can be stopped; to pause or stop one that is over does nothing", async ({ net, data }) => {
  const run = net.train(data, ENDLESS);
  await run.pause();
  run.stop();
  assert.is((await run).outcome, "aborted");
  await run.pause();
  run.resume();
  run.stop();
  const short = net.train(data, { ...ENDLESS, iterations: 3 });
  await Promise.all([short.pause().then(() => short.resume()), short]); // on a slow machine it has a turn to pause at
  assert.is((await short).outcome, "finished");
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

/** A run, what it told, and its history's arrays to write in. */
function runAlone(changes: Partial<TrainRequest>) {
  const none = { test: undefined, validation: undefined, random: undefined, resume: undefined };
  const plan = { options: { iterations: 9 }, checkpointEvery: undefined, awaits: [], isStopped: false };
  const told: RunEvent[] = [];
  const transfers: unknown[] = [];
  const run = new Run({ network: 1, dataset: 2, ...none, ...plan, ...changes }, (event, transfer) => {
    told.push(event);
    transfers.push(transfer);
  });
  const { history, hooks } = run;
  const step = (loss: number) => {
    history.losses.push(loss);
    hooks.onStep?.({} as Progress);
  };
  /** What was told since the last time: steps, and whether they were made. */
  const takeTold = () =>
    told.splice(0).map((event) => (event.kind === "records" ? [event.start, ...event.losses, event.from] : event.kind));
  return { run, history, hooks, told, transfers, step, takeTold };
}

/** Whether a promise is kept, after all that can come of what was done so far. */
async function isKept(promise: unknown): Promise<boolean> {
  const pending = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([Promise.resolve(promise).then(() => true), pending]);
}

const EVALUATION = { iteration: 1, validationAccuracy: 0.5 };
const EPOCH = { epoch: 0, iteration: 1, loss: 0.5 };

test("a run hears of what the program waits for, and of nothing else", () => {
  const heard = (awaits: readonly Awaited[]) => {
    const { onEvaluation, onEpoch, onCheckpoint } = runAlone({ awaits }).hooks;
    return [onEvaluation, onEpoch, onCheckpoint].map((callback) => typeof callback);
  };
  assert.equal(heard([]), ["undefined", "undefined", "undefined"]);
  assert.equal(heard(["evaluation"]), ["function", "undefined", "undefined"]);
  assert.equal(heard(["epoch"]), ["undefined", "function", "undefined"]);
  assert.equal(heard(["checkpoint"]), ["undefined", "undefined", "function"]);
});

test("steps that follow each other are told together, those after a frame anew", async () => {
  const { step, takeTold, transfers, told } = runAlone({});
  step(4);
  const { losses } = told[0] as Records;
  assert.equal(transfers, [[losses.buffer]]);
  assert.equal(takeTold(), [[0, 4, "steps"]]);
  step(3);
  step(2);
  assert.equal(takeTold(), []);
  await new Promise((resolve) => setTimeout(resolve, 25));
  step(1);
  assert.equal(takeTold(), [[1, 3, 2, 1, "steps"]]);
});

test("whatever was recorded since the last time is told once, each in its place", () => {
  const { run, history, told } = runAlone({});
  run.end();
  history.evaluations.push(EVALUATION);
  history.best = EVALUATION;
  run.end();
  run.end();
  history.epochs.push(EPOCH);
  run.end();
  run.end();
  history.losses.push(1);
  run.end();
  run.end();
  const none = { kind: "records", from: "steps", start: 0, losses: new Float64Array(0), evaluations: [], epochs: [] };
  assert.equal(told, [
    { ...none, best: EVALUATION, evaluations: [EVALUATION] },
    { ...none, best: EVALUATION, epochs: [EPOCH] },
    { ...none, best: EVALUATION, losses: Float64Array.of(1) },
  ]);
});

test("records of a checkpoint are told first, and as such", () => {
  const resume = { iteration: 2, facts: { evaluations: [EVALUATION], epochs: [EPOCH] } } as unknown as Checkpoint;
  const { run, history, told } = runAlone({ resume });
  run.end();
  assert.equal(told, [], "before they are there");
  history.losses.push(4, 3, 2);
  history.evaluations.push(EVALUATION, { iteration: 2 });
  history.epochs.push(EPOCH, { ...EPOCH, epoch: 1 });
  run.end();
  history.losses.push(1);
  run.end();
  const parts = (told as Records[]).map(({ from, start, losses, evaluations, epochs }) => ({
    ...{ from, start, losses: [...losses], evaluations: evaluations.length, epochs: epochs.length },
  }));
  assert.equal(parts, [
    { from: "checkpoint", start: 0, losses: [4, 3], evaluations: 1, epochs: 1 },
    { from: "steps", start: 2, losses: [2], evaluations: 1, epochs: 1 },
    { from: "steps", start: 3, losses: [1], evaluations: 0, epochs: 0 },
  ]);
});

test("a checkpoint that no step follows is told as one", () => {
  const resume = { iteration: 2, facts: { evaluations: [], epochs: [] } } as unknown as Checkpoint;
  const { run, history, takeTold } = runAlone({ resume });
  history.losses.push(4, 3);
  run.end();
  assert.equal(takeTold(), [[0, 4, 3, "checkpoint"]]);
});

test("what the program waits for is told after the records before it; the run waits until it is taken", async () => {
  const { run, history, hooks, takeTold } = runAlone({ awaits: ["evaluation", "epoch"] });
  history.losses.push(4);
  run.taken(); // nothing is
  const waiting = hooks.onEvaluation?.(EVALUATION) as Promise<void>;
  assert.equal(takeTold(), [[0, 4, "steps"], "evaluation"]);
  assert.is(await isKept(waiting), false);
  run.taken();
  assert.is(await isKept(waiting), true);
  const next = hooks.onEpoch?.(EPOCH, undefined) as Promise<void>;
  assert.equal(takeTold(), ["epoch"]);
  assert.is(await isKept(next), false);
  run.taken();
  assert.is(await isKept(next), true);
});

test("a run that is to be held stands at its next turn, and has told its records before it says so", async () => {
  const { run, history, hooks, takeTold } = runAlone({});
  assert.is(await isKept(hooks.onTurn?.()), true);
  history.losses.push(4);
  const [first, second] = [run.pause(), run.pause()];
  assert.is(await isKept(Promise.race([first, second])), false);
  const turn = hooks.onTurn?.();
  assert.equal(takeTold(), [[0, 4, "steps"]]);
  assert.is(await isKept(Promise.all([first, second])), true);
  assert.is(await isKept(run.pause()), true, "it stands");
  assert.is(await isKept(turn), false);
  run.resume();
  assert.is(await isKept(turn), true);
  const again = run.pause();
  assert.is(await isKept(Promise.race([again, run.pause()])), false, "it goes on until its next turn");
  const held = hooks.onTurn?.();
  assert.is(await isKept(again), true);
  run.resume();
  run.pause();
  assert.is(await isKept(held), false, "who is held again at once stands where he stood");
  run.stop();
  assert.is(await isKept(held), true);
});

test("who waits for a run to stand is told when it goes on, and when it is over", async () => {
  const { run, hooks } = runAlone({});
  const first = run.pause();
  run.resume();
  await hooks.onTurn?.();
  assert.is(await isKept(first), true);
  const last = run.pause();
  run.end();
  assert.is(await isKept(last), true);
});

test("a run is stopped by its signal, from the start or later", () => {
  assert.is(runAlone({ isStopped: true }).hooks.signal?.aborted, true);
  const { run, hooks } = runAlone({});
  assert.is(hooks.signal?.aborted, false);
  run.stop();
  assert.is(hooks.signal?.aborted, true);
});

test.run();
