/** Driving a trainer: when checkpoints are saved, who else gets a turn, and how an aborted run ends. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { drive } from "../../src/cli/drive.ts";
import type { RunFolder } from "../../src/cli/run_folder.ts";
import { DivergedError } from "../../src/errors.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { type Checkpoint, restore } from "../../src/train/checkpoints/checkpoint.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { loadEngine } from "../support/engine.ts";
import { smallTrainer } from "./small_run.ts";

const engine = await loadEngine();
const test = suite("driving a trainer");

type Course = {
  /** `3` for a checkpoint after three steps, `best 3` for one of the best. */
  readonly saved: readonly string[];
  readonly steps: readonly number[];
  readonly losses: readonly number[];
  readonly validation: readonly (readonly [steps: number, loss: number | undefined])[];
  readonly outcome: string | undefined;
  /** Turns that others had meanwhile. */
  readonly turns: number;
};

type Parts = {
  readonly checkpointEvery?: number;
  /** Aborted in this step. */
  readonly abortAt?: number;
  /** What the clock says, again and again. */
  readonly millisecondsPerReading?: number;
  readonly validation?: "none";
};

/** Drives a run, and tells its course. */
async function courseOf(
  options: TrainerOptions,
  { checkpointEvery, abortAt, millisecondsPerReading = 0, validation: examples }: Parts = {},
): Promise<Course> {
  using trainer = smallTrainer(engine, options, examples);
  using _ = trainer.network;
  const saved: string[] = [];
  const steps: number[] = [];
  const run = {
    save: async ({ iteration }: Checkpoint, as?: "best") =>
      saved.push(as === undefined ? `${iteration}` : `${as} ${iteration}`),
  } as unknown as RunFolder;
  const controller = new AbortController();
  let turns = 0;
  let isOver = false;
  const others = () => {
    turns += 1;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  const { now } = performance;
  let time = 0;
  performance.now = () => {
    time += millisecondsPerReading;
    return time;
  };
  try {
    await drive(trainer, {
      run,
      checkpointEvery,
      signal: controller.signal,
      onStep({ iteration, loss }) {
        assert.ok(Number.isFinite(loss));
        steps.push(iteration);
        if (iteration === abortAt) controller.abort();
      },
    });
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    saved.push("diverged");
  } finally {
    isOver = true;
    performance.now = now;
  }
  const { losses, evaluations, outcome } = trainer.history;
  const validation = evaluations.map(({ iteration, validationLoss }) => [iteration + 1, validationLoss] as const);
  return { saved, steps, losses, validation, outcome, turns };
}

test("a run has a checkpoint every so many steps, and one of its last step", async () => {
  const { saved, steps, outcome } = await courseOf({ iterations: 7, evaluateEvery: 100 }, { checkpointEvery: 3 });
  assert.equal(saved, ["3", "6", "7"]);
  assert.equal(steps, [0, 1, 2, 3, 4, 5, 6]);
  assert.is(outcome, "finished");
  assert.equal((await courseOf({ iterations: 6, evaluateEvery: 100 }, { checkpointEvery: 3 })).saved, ["3", "6"]);
});

test("without a number of steps it has one a minute", async () => {
  const options = { iterations: 40, evaluateEvery: 100 };
  assert.equal((await courseOf(options)).saved, ["40"]);
  const { saved } = await courseOf(options, { millisecondsPerReading: 2000 }); // it is read up to three times a step
  const gaps = saved.map(Number).map((step, i, all) => step - (all[i - 1] ?? 0));
  assert.ok(saved.length > 2 && gaps.slice(0, -1).every((gap) => gap >= 9 && gap <= 16), `${saved}`);
  const exactly = await courseOf({ iterations: 2, evaluateEvery: 100 }, { millisecondsPerReading: 60_000 });
  assert.equal(exactly.saved, ["1", "2"], "a minute is enough");
});

test("others have a turn after 50 milliseconds, and none before", async () => {
  const options = { iterations: 40, evaluateEvery: 100 };
  assert.ok((await courseOf(options, { checkpointEvery: 100 })).turns <= 2);
  assert.ok((await courseOf(options, { checkpointEvery: 100, millisecondsPerReading: 50 })).turns >= 39);
  const { turns } = await courseOf(options, { checkpointEvery: 100, millisecondsPerReading: 10 });
  assert.ok(turns > 4 && turns < 15, `${turns} turns in 40 steps of 10 milliseconds or 20`);
});

test("an aborted run ends after its step, with a checkpoint", async () => {
  const { saved, steps, outcome, losses } = await courseOf({ iterations: 9, evaluateEvery: 100 }, { abortAt: 4 });
  assert.equal(saved, ["5"]);
  assert.equal(steps, [0, 1, 2, 3, 4]);
  assert.is(losses.length, 5);
  assert.is(outcome, "aborted");
  const last = await courseOf({ iterations: 5, evaluateEvery: 100 }, { abortAt: 4 });
  assert.equal([last.saved, last.outcome], [["5"], "finished"], "after its last step it is finished");
});

test("the checkpoint of the last step, and of one that is aborted, does not wait for the step's evaluation", async () => {
  const { saved, outcome } = await courseOf({ epochs: 2 }, { checkpointEvery: 100, validation: "none" });
  assert.equal([saved, outcome], [["8", "8"], "finished"], "before the last evaluation, and with it");
  using trainer = smallTrainer(engine, { epochs: 2 });
  using _ = trainer.network;
  const checkpoints: Checkpoint[] = [];
  const steps: number[] = [];
  const run = { save: async (checkpoint: Checkpoint) => checkpoints.push(checkpoint) } as unknown as RunFolder;
  const signal = {
    get aborted() {
      return trainer.iteration === 4; // the first epoch's last step is made, and its evaluation has begun
    },
  } as AbortSignal;
  await drive(trainer, { run, checkpointEvery: 100, signal, onStep: ({ iteration }) => steps.push(iteration) });
  assert.equal([trainer.history.outcome, steps], ["aborted", [0, 1, 2]]);
  assert.equal(
    checkpoints.map(({ iteration, facts }) => [iteration, facts.evaluations.length]),
    [[4, 0]],
  );
  using resumed = smallTrainer(engine, { epochs: 2 });
  using __ = resumed.network;
  restore(resumed, checkpoints[0]!);
  assert.equal(
    Array.from(resumed.steps(), ({ iteration }) => iteration),
    [3, 4, 5, 6, 7],
    "it ends that step first",
  );
  const whole = await courseOf({ epochs: 2 }, { checkpointEvery: 100 });
  const { losses, evaluations } = resumed.history;
  assert.equal(losses, whole.losses);
  assert.equal(
    evaluations.map(({ iteration, validationLoss }) => [iteration + 1, validationLoss]),
    whole.validation,
  );
});

/** The checkpoints of the best, and those that there were to be: of losses that are less than the least by more than this. */
function bests({ saved, validation }: Course, minDelta: number) {
  let least = Number.POSITIVE_INFINITY;
  const wanted = validation.flatMap(([steps, loss = Number.NaN]) => {
    if (!(loss < least - minDelta)) return [];
    least = loss;
    return [`best ${steps}`];
  });
  return { found: saved.filter((name) => name.startsWith("best")), wanted };
}

test("each evaluation that is better than all before it is saved as the best", async () => {
  for (const learningRate of [0.1, 8, 1e-30]) {
    const course = await courseOf({ epochs: 12, learningRate }, { checkpointEvery: 100 });
    const { found, wanted } = bests(course, 0);
    assert.equal(found, wanted);
    if (learningRate === 8) assert.ok(wanted.length > 1 && wanted.length < 12, "some are better, and some are not");
    if (learningRate === 1e-30) assert.equal(wanted, ["best 4"], "what is as good is not better");
  }
  const { saved } = await courseOf({ epochs: 3 }, { checkpointEvery: 100, validation: "none" });
  assert.equal(saved, ["12", "12"], "without validation examples there is no best");
});

test("where training watches the validation examples, the best is what it goes back to", async () => {
  for (const learningRate of [0.1, 8]) {
    const options = { epochs: 30, learningRate, earlyStopping: { patience: 3, minDelta: 0.05 } };
    const course = await courseOf(options, { checkpointEvery: 100 });
    const { found, wanted } = bests(course, 0.05);
    assert.equal(found, wanted);
    if (learningRate === 0.1)
      assert.ok(wanted.length < bests(course, 0).wanted.length, "a little better is not enough");
    assert.is(course.outcome, "stopped early");
    assert.is(course.saved.at(-1), `${course.validation.at(-1)?.[0]}`, "and it has a checkpoint of its last step");
  }
});

test("a loss that is not finite is no step: it is neither reported nor saved", async () => {
  const { saved, steps, losses } = await courseOf({ iterations: 50, learningRate: 1e38 }, { checkpointEvery: 1 });
  assert.is(saved.at(-1), "diverged");
  assert.is(losses.length, steps.length + 1);
  assert.is(saved.filter((name) => /^\d/.test(name)).length, steps.length);
});

test("an update that overflows is no checkpoint, the last one neither, whatever its loss was", async () => {
  const parts = [
    { schedule: 0.1, steps: 3 },
    { schedule: Number.MAX_VALUE, steps: 1 },
  ];
  const learningRate = schedule({ kind: "sequence", parts });
  const options = { learningRate, lossAt: "before update" } as const;
  for (const iterations of [4, 50]) {
    const { saved, steps, losses, outcome } = await courseOf({ iterations, ...options }, { checkpointEvery: 1 });
    assert.equal(
      saved.filter((name) => !name.startsWith("best")),
      ["1", "2", "3", "diverged"],
    );
    assert.equal([steps, losses.length, outcome], [[0, 1, 2, 3], 4, undefined]);
  }
  const aborted = await courseOf({ iterations: 50, ...options }, { abortAt: 3 });
  assert.equal([aborted.saved.at(-1), aborted.steps.length, aborted.outcome], ["diverged", 4, undefined]);
});

test.run();
