/** Which evaluation is the best, when patience has run out, and that the weights of the best come back. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { BestWeights, checkEarlyStopping, type EarlyStopping } from "../../src/train/evaluation/early_stopping.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("early stopping", engine);
const netOf = () => network(engine, sequential(dense(2, 1)), { seed: 1, loss: "meanSquaredError" });

/** Whether each of these validation losses, or accuracies, is the best so far. */
function bests(options: EarlyStopping, values: readonly number[]): boolean[] {
  using net = netOf();
  const watched = new BestWeights(net, options);
  const record = (value: number, iteration: number) =>
    options.watch === "accuracy" ? { iteration, validationAccuracy: value } : { iteration, validationLoss: value };
  return values.map((value, i) => watched.observe(record(value, i)).isBest === true);
}

test("a loss is best when it is lower, an accuracy when it is higher, by more than minDelta", () => {
  assert.equal(bests({ patience: 1 }, [3, 4, 2, 2, 1.5]), [true, false, true, false, true]);
  assert.equal(bests({ patience: 1, watch: "loss", minDelta: 1 }, [3, 2, 1.5, 1.9, 0.5]), [
    true,
    false,
    true,
    false,
    false,
  ]);
  assert.equal(bests({ patience: 1, watch: "accuracy" }, [0, 0.5, 0.25, 0.5, 1]), [true, true, false, false, true]);
  assert.equal(bests({ patience: 1 }, [Number.NaN, 5, Number.NaN, 4]), [false, true, false, true]);
});

test("patience counts evaluations without a better one, and begins anew with each", () => {
  using net = netOf();
  const watched = new BestWeights(net, { patience: 2 });
  assert.is(watched.best, undefined);
  const over = [3, 4, 2, 5, 5, 1].map((validationLoss, iteration) => {
    watched.observe({ iteration, validationLoss });
    return watched.isOver;
  });
  assert.equal(over, [false, false, false, false, true, false]);
  assert.equal(watched.best, { iteration: 5, validationLoss: 1, isBest: true });
});

test("the weights of the best come back, also after going on from a state", () => {
  using net = netOf();
  const [block] = net.blocks as [(typeof net.blocks)[number]];
  const watched = new BestWeights(net, { patience: 3 });
  for (const [iteration, validationLoss] of [3, 1, 2].entries()) {
    block.data.fill(iteration);
    watched.observe({ iteration, validationLoss });
  }
  const state = watched.state();
  assert.equal([state.waited, state.best?.iteration], [1, 1]);
  watched.restore();
  assert.ok(block.data.every((value) => value === 1));

  block.data.fill(7);
  const again = new BestWeights(net, { patience: 2 });
  again.restore(); // nothing was observed: nothing is changed
  assert.ok(block.data.every((value) => value === 7));
  again.resume(state);
  assert.equal(again.state(), state);
  assert.is(again.observe({ iteration: 3, validationLoss: 1 }).isBest, false);
  assert.ok(again.isOver);
  again.restore();
  assert.ok(block.data.every((value) => value === 1));
});

test("what cannot be meant is refused by name", () => {
  for (const patience of [0, -1, 1.5, Number.NaN]) {
    const error = assertThrows(() => checkEarlyStopping({ patience }), OptionError, `${patience}`);
    assert.is(error.option, "earlyStopping: patience");
  }
  for (const minDelta of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const error = assertThrows(() => checkEarlyStopping({ patience: 1, minDelta }), OptionError, `${minDelta}`);
    assert.is(error.option, "earlyStopping: minDelta");
  }
  const watch = "losses" as "loss";
  assert.is(
    assertThrows(() => checkEarlyStopping({ patience: 1, watch }), OptionError, "watch").option,
    "earlyStopping: watch",
  );
  for (const right of ["loss", "accuracy"] as const) checkEarlyStopping({ patience: 1, watch: right, minDelta: 0 });
  checkEarlyStopping({ patience: 1, minDelta: 0.5 });
});

test.run();
