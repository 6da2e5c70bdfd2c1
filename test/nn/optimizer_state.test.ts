/** An optimizer's state: its steps, and the room that it needs. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { OptimizerState } from "../../src/nn/optimizers/state.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensorGroup } from "../../src/tensor/group.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("optimizer state", engine);

test("a state goes on from a whole step, from 0 on", () => {
  using whole = tensorGroup(engine, { w: [2] }, "float32").whole;
  using state = new OptimizerState(sgd({ learningRate: 0.1 }), whole);
  for (const step of [7, 0, 2 ** 53 - 1]) {
    state.resume(step);
    assert.is(state.step, step);
  }
  state.resume(5);
  for (const step of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0.5, "1"]) {
    const error = assertThrows(() => state.resume(step as number), OptionError, `${step}`);
    assert.is(error.option, "resume: step");
    assert.is(state.step, 5, "nothing has changed");
  }
  state.advance();
  assert.is(state.step, 6);
});

test("plain gradient descent needs no room for gradients, unless it clips them", () => {
  const group = tensorGroup(engine, { w: [2], b: [3] }, "float32");
  using parameters = group.whole;
  using gradients = tensorGroup(engine, { w: [2], b: [3] }, "float32").whole;
  const values = { w: expressionOf(group.parts.w), b: expressionOf(group.parts.b) };
  const rooms = (optimizer: Optimizer) => {
    using state = new OptimizerState(optimizer, parameters);
    let asked = 0;
    const parts = { w: gradients.part(0, [2]), b: gradients.part(4, [3]) };
    const gradientsOf = () => {
      asked += 1;
      return { whole: gradients, parts };
    };
    const { into, effects } = state.plan(group, gradientsOf, values);
    return [asked, into.length, effects.length];
  };
  const learningRate = schedule({ kind: "exponential", rate: 1, factor: 0.5 });
  assert.equal(rooms(sgd({ learningRate })), [0, 0, 2], "an update of each parameter");
  assert.equal(rooms(sgd({ learningRate, clipNorm: 1 })), [1, 2, 2], "a clip and an update of all");
  assert.equal(rooms(sgd({ learningRate, clipValue: 1 })), [1, 2, 2]);
  assert.equal(rooms(sgd({ learningRate, clipValue: 1, clipNorm: 1 })), [1, 2, 3]);
});

test.run();
