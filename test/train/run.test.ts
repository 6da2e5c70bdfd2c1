/** The loop of a run whose trainer is the caller's: what it calls, when a checkpoint is due, and how it is ended. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { type Checkpoint, checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { type RunOptions, runTrainer } from "../../src/train/loop/run.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("running a trainer");
const data = clusters({ count: 60, size: 5, classes: 3, seed: 1 });
/** More than one block of rows: its evaluation is interrupted. */
const validation = clusters({ count: 300, size: 5, classes: 3, seed: 2 });
const options = { epochs: 2, batchSize: 20, optimizer: adam({ learningRate: 0.01 }) };

function netOf(): Network<"float32"> {
  return network(engine, sequential(dense(5, 3)), { seed: 1 });
}

/** Runs a trainer of its own, and returns what is left of the run. */
async function ran(run: (trainer: Trainer<"float32">) => RunOptions, resume?: Checkpoint) {
  using net = netOf();
  using trainer = new Trainer(net, { train: data, validation }, options);
  if (resume !== undefined) restore(trainer, resume);
  const history = await runTrainer(trainer, run(trainer));
  assert.is(history, trainer.history);
  return { history: structuredClone(history), weights: net.parameters["W1"]?.data.slice() };
}

test("it trains to the end, with the records and weights of train", async () => {
  using net = netOf();
  const wanted = await train(net, data, { ...options, validation });
  const { history, weights } = await ran(() => ({}));
  assert.equal(history, wanted);
  assert.equal(weights, net.parameters["W1"]?.data);
});

test("a function decides which checkpoints are due: it is asked after every step and within long evaluations", async () => {
  const asked: (number | undefined)[] = [];
  const kept: string[] = [];
  await ran((trainer) => ({
    checkpointEvery(progress) {
      asked.push(progress?.iteration);
      return progress === undefined || progress.iteration === 4;
    },
    onCheckpoint: () => void kept.push(`${trainer.iteration}, ${trainer.history.evaluations.length}`),
  }));
  assert.equal(
    asked.filter((iteration) => iteration !== undefined),
    [0, 1, 2, 3, 4, 5],
  );
  const blocks = asked.indexOf(2) - asked.indexOf(1) - 1;
  assert.ok(blocks >= 1, `${blocks} turns in an evaluation`);
  assert.equal(asked.slice(0, 2), [0, 1], "a step without an evaluation has none");
  assert.equal(kept, [...Array(blocks).fill("3, 0"), "5, 1", ...Array(blocks).fill("6, 1")]);
});

test("a run that is aborted within an evaluation leaves it, and one that resumes makes up for it", async () => {
  const whole = await ran(() => ({}));
  const controller = new AbortController();
  const told: string[] = [];
  let kept: Checkpoint | undefined;
  const first = await ran((trainer) => ({
    signal: controller.signal,
    checkpointEvery(progress) {
      if (progress === undefined) controller.abort();
      return false;
    },
    onStep: ({ iteration }) => void told.push(`step ${iteration}`),
    onEvaluation: ({ iteration }) => void told.push(`evaluation ${iteration}`),
    onEpoch: ({ epoch }) => void told.push(`epoch ${epoch}`),
    onCheckpoint: () => {
      assert.is(kept, undefined, "one checkpoint");
      kept = checkpointOf(trainer);
    },
    onEnd: ({ outcome }) => void told.push(`${outcome}`),
  }));
  assert.equal(told, ["step 0", "step 1", "aborted"]);
  assert.equal([first.history.losses.length, first.history.evaluations.length], [3, 0]);
  const second = await ran(
    () => ({
      onStep: ({ iteration }) => void told.push(`step ${iteration}`),
      onEvaluation: ({ iteration }) => void told.push(`evaluation ${iteration}`),
      onEpoch: ({ epoch }) => void told.push(`epoch ${epoch}`),
    }),
    kept,
  );
  assert.equal(told.slice(3, 7), ["step 2", "evaluation 2", "epoch 0", "step 3"]);
  assert.equal(second, whole);
});

test("an aborted run whose checkpoint is due has one, not two", async () => {
  for (const checkpointEvery of [2, () => true]) {
    const controller = new AbortController();
    const kept: number[] = [];
    const { history } = await ran((trainer) => ({
      signal: controller.signal,
      checkpointEvery,
      onStep({ iteration }) {
        if (iteration === 1) controller.abort();
      },
      onCheckpoint: () => void kept.push(trainer.iteration),
    }));
    assert.is(history.outcome, "aborted");
    assert.equal(kept, typeof checkpointEvery === "number" ? [2] : [1, 2]);
  }
});

test("what is no trainer, and options that are none, are refused by name", async () => {
  using net = netOf();
  using trainer = new Trainer(net, { train: data }, options);
  for (const [option, given, of] of [
    ["runTrainer: trainer", {}, net],
    ["runTrainer: onStep", { onStep: 1 }],
    ["runTrainer: signal", { signal: {} }],
    ["runTrainer: onsTep", { onsTep: () => {} }],
    ["checkpointEvery", { checkpointEvery: 0 }],
    ["checkpointEvery", { checkpointEvery: "always" }],
  ] as const) {
    const run = () => runTrainer((of ?? trainer) as typeof trainer, given as RunOptions);
    assert.is((await assertRejects(run, OptionError, option)).option, option);
  }
  assert.is(trainer.iteration, 0);
});

test.run();
