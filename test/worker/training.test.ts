/** A run as the program sees it, with a worker that says what a test wants it to say. */
import { getEventListeners } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, OptionError, ShapeError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { Connection } from "../../src/worker/connection.ts";
import { WorkerDataset } from "../../src/worker/dataset.ts";
import { encodeError } from "../../src/worker/errors.ts";
import type { Records, RunEvent, TrainAnswer } from "../../src/worker/protocol.ts";
import { refused, startTraining, type TrainingRun, type WorkerTrainOptions } from "../../src/worker/training.ts";
import { clusters } from "../support/digits.ts";
import { assertRejects } from "../support/throws.ts";
import { ScriptedWorker } from "../support/workers.ts";

const test = suite("worker: a run's program");
const PLAN = { iterations: 9, learningRate: 0.1, batchSize: 2 };
const EPOCH = { epoch: 0, iteration: 3, loss: 0.5 };
const NOTHING: TrainAnswer = { outcome: undefined, layout: undefined, random: undefined };

function records(changes: Partial<Records>): Records {
  const none = { start: 0, losses: new Float64Array(0), evaluations: [], epochs: [], best: undefined };
  return { kind: "records", from: "steps", ...none, ...changes };
}

/** A run that was asked for, and its worker's voice. */
function begin(options: WorkerTrainOptions) {
  const worker = new ScriptedWorker();
  const connection = new Connection(worker);
  const data = new WorkerDataset(connection, 4, clusters({ count: 4, size: 2, classes: 2, seed: 1 }));
  const history = emptyHistory();
  const run = startTraining(connection, 3, data, options, history);
  const id = 1;
  return {
    ...{ worker, connection, history, run, data },
    tell: (event: RunEvent) => worker.emit("message", { kind: "event", run: id, event }),
    done: (value: TrainAnswer) => worker.emit("message", { kind: "done", id, value }),
    failed: (error: Error) => worker.emit("message", { kind: "failed", id, error: encodeError(error) }),
    /** What the worker was told since it was asked. */
    notices: () => worker.posted.slice(1).map(({ message }) => (message as { kind: string }).kind),
  };
}

/** Until callbacks that are awaited have come back. */
const settled = () => new Promise(setImmediate);

test("a run is asked for with its plan, and with nothing that cannot be posted", async () => {
  const { worker, done, run } = begin({ ...PLAN, onProgress() {}, onEnd() {} });
  const { message } = worker.posted[0] as { message: { kind: string; ask: object } };
  const absent = { test: undefined, validation: undefined, random: undefined, resume: undefined };
  assert.is(message.kind, "train");
  assert.equal(message.ask, {
    ...{ network: 3, dataset: 4, options: PLAN, checkpointEvery: undefined, awaits: [], isStopped: false },
    ...absent,
  });
  done(NOTHING);
  await run;
});

test("a run waits for the callbacks that there are", () => {
  const awaitsOf = (options: WorkerTrainOptions) => {
    const { message } = begin(options).worker.posted[0] as { message: { ask: { awaits: string[] } } };
    return message.ask.awaits;
  };
  assert.equal(awaitsOf({ ...PLAN, onEvaluation() {} }), ["evaluation"]);
  assert.equal(awaitsOf({ ...PLAN, onEpoch() {} }), ["epoch"]);
  assert.equal(awaitsOf({ ...PLAN, onCheckpoint() {}, checkpointEvery: 2 }), ["checkpoint"]);
});

test("what the worker answers is in the history, and only that", async () => {
  const random = new RandomState(1);
  const moved = new RandomState(2).getState();
  const ended: unknown[] = [];
  const full = begin({ ...PLAN, random, onEnd: (history) => void ended.push(history) });
  full.done({ outcome: "finished", layout: "bytes" as never, random: moved });
  assert.is(await full.run, full.history);
  assert.is(ended[0], full.history);
  assert.equal(full.history, { losses: [], evaluations: [], epochs: [], outcome: "finished", layout: "bytes" });
  assert.equal(random.getState(), moved);

  const empty = begin({ ...PLAN, random });
  empty.done(NOTHING);
  assert.equal(Object.keys(await empty.run), ["losses", "evaluations", "epochs"]);
  assert.equal(random.getState(), moved);
});

test("onEnd is awaited, and what it throws rejects the run", async () => {
  const { run, done } = begin({ ...PLAN, onEnd: () => Promise.reject(new TypeError("enough")) });
  done(NOTHING);
  await assertRejects(() => run, TypeError, "onEnd");
});

test("records are added in the order that they come in, and losses among them are progress", () => {
  const progress: unknown[] = [];
  const { history, tell } = begin({ ...PLAN, onProgress: (told) => void progress.push(told) });
  const best = { iteration: 1, validationAccuracy: 1 };
  tell(records({ losses: Float64Array.of(3, 2) }));
  tell(records({ start: 2, evaluations: [best], best }));
  tell(records({ start: 2, losses: Float64Array.of(1), epochs: [EPOCH] }));
  assert.equal(history, { losses: [3, 2, 1], evaluations: [best], epochs: [EPOCH], best });
  assert.equal(progress, [
    { iteration: 0, losses: Float64Array.of(3, 2) },
    { iteration: 2, losses: Float64Array.of(1) },
  ]);
});

test("a run whose progress nobody wants to hear of goes on", () => {
  const { tell, notices } = begin(PLAN);
  tell(records({ losses: Float64Array.of(1) }));
  assert.equal(notices(), []);
});

test("a checkpoint's records are in place of those that were there, and no progress", () => {
  const progress: unknown[] = [];
  const { history, tell } = begin({ ...PLAN, onProgress: (told) => void progress.push(told) });
  const old = { iteration: 0, validationAccuracy: 0 };
  tell(records({ losses: Float64Array.of(9), evaluations: [old], epochs: [EPOCH], best: old }));
  progress.length = 0;
  tell(records({ from: "checkpoint", losses: Float64Array.of(3, 2) }));
  assert.equal(history, { losses: [3, 2], evaluations: [], epochs: [] });
  assert.equal(progress, []);
});

test("an evaluation and a checkpoint are told, and taken when the callback is done", async () => {
  const told: unknown[] = [];
  const options = { onEvaluation: (record: unknown) => void told.push(record), checkpointEvery: 2 };
  const { tell, notices } = begin({
    ...{ ...PLAN, ...options },
    onCheckpoint: async (checkpoint) => {
      await settled();
      told.push(checkpoint);
    },
  });
  tell({ kind: "evaluation", record: { iteration: 3 } });
  await settled();
  assert.equal(notices(), ["taken"]);
  tell({ kind: "checkpoint", checkpoint: { iteration: 4 } as never });
  assert.equal(notices(), ["taken"]);
  await settled();
  await settled();
  assert.equal(notices(), ["taken", "taken"]);
  assert.equal(told, [{ iteration: 3 }, { iteration: 4 }]);
});

test("an epoch is told with what was measured after its last step, if anything was", async () => {
  const told: unknown[] = [];
  const { tell, notices } = begin({ ...PLAN, onEpoch: (...args) => void told.push(args) });
  tell({ kind: "epoch", record: EPOCH });
  tell(records({ evaluations: [{ iteration: 2 }] }));
  tell({ kind: "epoch", record: EPOCH });
  tell(records({ evaluations: [{ iteration: 4 }, { iteration: 3 }] }));
  tell({ kind: "epoch", record: EPOCH });
  await settled();
  assert.equal(told, [
    [EPOCH, undefined],
    [EPOCH, undefined],
    [EPOCH, { iteration: 3 }],
  ]);
  assert.equal(notices(), ["taken", "taken", "taken"]);
});

test("a callback that throws stops the run; what it threw first is what the run is rejected with", async () => {
  for (const end of ["done", "failed"] as const) {
    const [first, second] = [new Error("first"), new Error("second")];
    let calls = 0;
    const fail = (error: Error) => {
      calls += 1;
      throw error;
    };
    const begun = begin({
      ...PLAN,
      onEpoch: () => fail(first),
      onProgress: () => fail(second),
      onEnd: () => fail(second),
    });
    begun.tell({ kind: "epoch", record: EPOCH });
    await settled();
    assert.equal(begun.notices(), ["stop", "taken"]);
    begun.tell({ kind: "epoch", record: EPOCH });
    begun.tell(records({ losses: Float64Array.of(1) }));
    await settled();
    assert.equal(begun.notices(), ["stop", "taken", "taken"]);
    assert.is(calls, 1);
    assert.equal(begun.history.losses, [1], "what was recorded is kept");
    if (end === "done") begun.done(NOTHING);
    else begun.failed(new ShapeError("a", "b", "c", "d"));
    assert.is(await begun.run.catch((error: unknown) => error), first);
  }
});

test("of two callbacks that throw at a time, the first counts", async () => {
  const [first, second] = [new Error("first"), new Error("second")];
  const { run, tell, done } = begin({
    ...PLAN,
    onEvaluation: () => Promise.reject(second),
    onProgress() {
      throw first;
    },
  });
  tell({ kind: "evaluation", record: { iteration: 0 } });
  tell(records({ losses: Float64Array.of(1) }));
  await settled();
  done(NOTHING);
  assert.is(await run.catch((error: unknown) => error), first);
});

test("what the worker refuses rejects the run", async () => {
  const { run, failed } = begin(PLAN);
  failed(new ShapeError("a", "b", "c", "d"));
  assert.is((await assertRejects(() => run, ShapeError, "train")).argument, "b");
});

test("a signal stops a run, and is left alone when the run is over", async () => {
  for (const end of ["done", "failed"] as const) {
    const controller = new AbortController();
    const begun = begin({ ...PLAN, signal: controller.signal });
    controller.abort();
    assert.equal(begun.notices(), ["stop"]);
    if (end === "done") begun.done(NOTHING);
    else begun.failed(new ShapeError("a", "b", "c", "d"));
    await begun.run.catch(() => {});
    assert.equal(getEventListeners(controller.signal, "abort"), []);
  }
  const { message } = begin({ ...PLAN, signal: AbortSignal.abort() }).worker.posted[0] as {
    message: { ask: { isStopped: boolean } };
  };
  assert.is(message.ask.isStopped, true);
});

test("a run is held, goes on and is stopped by its number", async () => {
  const { run, worker } = begin(PLAN);
  const held = run.pause();
  run.resume();
  run.stop();
  assert.equal(
    worker.posted.slice(1).map(({ message }) => message),
    [
      { kind: "pause", id: 2, ask: { run: 1 } },
      { kind: "resume", run: 1 },
      { kind: "stop", run: 1 },
    ],
  );
  worker.emit("message", { kind: "done", id: 2 });
  assert.is(await held, undefined);
});

test("datasets are asked for as this call's, and of this worker", () => {
  const { connection, worker, data: own } = begin(PLAN);
  const { data } = begin(PLAN);
  const ask = (set: WorkerDataset, options: WorkerTrainOptions) => () => startTraining(connection, 3, set, options);
  const calls = { dataset: ask(data, PLAN), test: ask(own, { ...PLAN, test: data }) };
  const validations = [data, "0.1" as never].map((validation) => ask(own, { ...PLAN, validation }));
  for (const [name, call] of [...Object.entries(calls), ...validations.map((call) => ["validation", call] as const)]) {
    assert.throws(call, (error: unknown) => error instanceof OptionError && error.option === `train: ${name}`);
  }
  const set = new WorkerDataset(connection, 5, clusters({ count: 4, size: 2, classes: 2, seed: 1 }));
  startTraining(connection, 3, own, { ...PLAN, test: set, validation: own });
  const { message } = worker.posted[1] as { message: { ask: { test: number; validation: object } } };
  assert.equal([message.ask.test, message.ask.validation], [5, { dataset: 4 }]);
  own.dispose();
  assert.throws(ask(own, PLAN), (error: unknown) => error instanceof DisposedError && /^train: /.test(error.message));
});

test("a run that was refused can be held and stopped like any other", async () => {
  const run: TrainingRun = refused(new TypeError("no"));
  const rejected = assertRejects(() => run, TypeError, "run");
  assert.is(await run.pause(), undefined);
  run.resume();
  run.stop();
  await rejected;
});

test.run();
