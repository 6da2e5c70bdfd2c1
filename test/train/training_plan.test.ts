/** What a run makes of its options: defaults, bounds, and what excludes what. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { planOf, type TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("training plan");
const rate = { learningRate: 0.1 };

test("iterations draw with replacement, and are measured after the update", () => {
  const { plan, random } = planOf({ iterations: 3, ...rate }, 250, false);
  assert.equal(plan, {
    ...{
      sampling: "withReplacement",
      iterations: 3,
      epochs: undefined,
      batchSize: 100,
      accumulate: 1,
      dropLast: false,
    },
    ...{ optimizer: sgd(rate), augmentation: undefined, lossAt: "after update", layout: "auto" },
    ...{ evaluateEvery: undefined, evaluateTraining: true, earlyStopping: undefined },
  });
  assert.equal(random.getState(), new RandomState(0).getState());
  assert.is(planOf({ iterations: 3, accumulate: 2, ...rate }, 250, false).plan.lossAt, "before update");
});

test("epochs take every example once, and are measured before the update", () => {
  const { plan } = planOf({ epochs: 3, ...rate }, 60, false);
  assert.equal(plan, {
    ...{ sampling: "epochs", iterations: undefined, epochs: 3, batchSize: 60, accumulate: 1, dropLast: false },
    ...{ optimizer: sgd(rate), augmentation: undefined, lossAt: "before update", layout: "auto" },
    ...{ evaluateEvery: undefined, evaluateTraining: false, earlyStopping: undefined },
  });
  const stream = planOf({ epochs: 3, ...rate }, undefined, false).plan;
  assert.equal([stream.sampling, stream.batchSize], ["stream", 100]);
});

test("a schedule that leaves its length to the run learns it; of a stream nobody knows it", () => {
  const optimizer = sgd({ learningRate: schedule({ kind: "cosine", rate: 0.1, steps: undefined }) });
  const { learningRate } = planOf({ epochs: 3, batchSize: 20, accumulate: 2, optimizer }, 70, false).plan.optimizer;
  assert.is((learningRate as { readonly steps?: number }).steps, 6);
  const endless = () => planOf({ epochs: 3, optimizer }, undefined, false);
  assert.is(assertThrows(endless, OptionError, "stream").option, "cosine: steps");
});

test("bounds are part of their range, and what lies beyond is refused with what was found", () => {
  for (const batchSize of [1, 70])
    assert.is(planOf({ epochs: 1, batchSize, ...rate }, 70, false).plan.batchSize, batchSize);
  assert.is(planOf({ epochs: 1, batchSize: 1e6, ...rate }, undefined, false).plan.batchSize, 1e6);
  for (const [examples, expected] of [
    [70, "an integer from 1 on"],
    [undefined, "an integer from 1 on"],
  ] as const) {
    for (const batchSize of [0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const plan = () => planOf({ epochs: 1, batchSize, ...rate }, examples, false);
      const error = assertThrows(plan, OptionError, `${batchSize}`);
      assert.equal([error.option, error.expected], ["batchSize", expected]);
      assert.ok(Object.is(error.found, batchSize));
    }
  }
});

test("what is not said has a default: adam, 100 examples, 20 epochs and at least 1,000 updates", () => {
  const of = (options: TrainerOptions, examples: number | undefined) => {
    const { optimizer, epochs, iterations, batchSize } = planOf(options, examples, false).plan;
    return [optimizer.kind, epochs, iterations, batchSize];
  };
  assert.equal(of({}, 60_000), ["adam", 20, undefined, 100]);
  assert.equal(of({}, 150), ["adam", 500, undefined, 100]);
  assert.equal(of({}, 4), ["adam", 1000, undefined, 4]);
  assert.equal(of({}, undefined), ["adam", 1, undefined, 100]);
  assert.equal(of({ batchSize: 10, dropLast: true, accumulate: 3 }, 99), ["adam", 334, undefined, 10]);
  assert.equal(of({ iterations: 7, ...rate }, 99), ["sgd", undefined, 7, 99]);
});

test("a minibatch larger than the data is all of it", () => {
  for (const batchSize of [71, 1e6]) {
    assert.is(planOf({ epochs: 1, batchSize, ...rate }, 70, false).plan.batchSize, 70);
    assert.is(planOf({ iterations: 1, batchSize, ...rate }, 70, false).plan.batchSize, 70);
  }
});

test("of two options that exclude each other exactly one is wanted", () => {
  for (const [options, problem] of [
    [{ ...rate, epochs: 1, iterations: 1 }, "pass either iterations or epochs, not both"],
    [{ ...rate, epochs: 1, optimizer: sgd(rate) }, "pass either an optimizer or a learningRate, not both"],
  ] as const) {
    const error = assertThrows(() => planOf(options as TrainerOptions, 70, false), OptionError, problem);
    assert.is(error.message, `train: ${problem}`);
  }
});

test.run();
