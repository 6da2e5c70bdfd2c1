import * as assert from "uvu/assert";

import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { compile } from "../../src/autodiff/program.ts";
import { ShapeError } from "../../src/errors.ts";
import { meanSquaredError, squaredError } from "../../src/ops/squared_error.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("squared error operation", engine);

for (const dtype of FLOATS) {
  test(`half the sum of squares of any shape, with y - t as its gradient, onto either operand, ${dtype}`, () => {
    const make = () => ({
      y: tensor(
        engine,
        [
          [1, 2],
          [3, 5],
        ],
        { dtype },
      ),
      t: tensor(
        engine,
        [
          [1, 0],
          [4, 2],
        ],
        { dtype },
      ),
    });
    using gradient = zeros(engine, [2, 2], { dtype });
    const { y, t } = make();
    assert.is(squaredError(y, t), 7);
    assert.is(squaredError(y, t, { gradient }), 7);
    assert.equal(gradient.toArray(), [
      [0, 2],
      [-1, 3],
    ]);
    assert.equal(
      [y.toArray(), t.toArray()],
      [
        [
          [1, 2],
          [3, 5],
        ],
        [
          [1, 0],
          [4, 2],
        ],
      ],
    );
    squaredError(y, t, { gradient: y });
    assert.equal(y.toArray(), gradient.toArray());
    const fresh = make();
    squaredError(fresh.y, fresh.t, { gradient: fresh.t });
    assert.equal(fresh.t.toArray(), gradient.toArray());
    for (const operand of [y, t, fresh.y, fresh.t]) operand.dispose();
  });

  test(`nothing costs nothing, and an output equal to its target too, ${dtype}`, () => {
    using none = zeros(engine, [0], { dtype });
    assert.is(squaredError(none, none), 0);
    using scalar = tensor(engine, 3, { dtype });
    assert.is(squaredError(scalar, scalar), 0);
  });
}

for (const dtype of FLOATS) {
  test(`the mean of squares over all elements, rows and columns alike, as PyTorch's MSELoss, ${dtype}`, () => {
    const shape = [2, 4];
    using y = tensor(engine, [1, 2, 3, 5, 0, 0, 0, 0], { shape, dtype });
    using t = tensor(engine, [1, 0, 4, 2, 0, 0, 0, 0], { shape, dtype });
    using gradient = zeros(engine, shape, { dtype });
    assert.is(meanSquaredError(y, t), 14 / 8);
    assert.is(meanSquaredError(y, t, { gradient }), 14 / 8);
    assert.equal([...gradient.data], [0, 4 / 8, -2 / 8, 6 / 8, 0, 0, 0, 0]);
    using program = compile({ loss: meanSquaredError(expressionOf(y), t) });
    program.run();
    assert.is(program.outputs.loss.toArray(), 14 / 8);
    using none = zeros(engine, [0], { dtype });
    assert.ok(Number.isNaN(meanSquaredError(none, none)), "the mean of nothing");
  });
}

test("a mean that float32 holds is right though the sum is beyond it", () => {
  using y = tensor(engine, new Float32Array(1000).fill(1e18));
  using t = zeros(engine, [1000]);
  using program = compile({ loss: meanSquaredError(expressionOf(y), t) });
  program.run();
  const large = Math.fround(1e18);
  assert.is(program.outputs.loss.toArray(), Math.fround(large * large));
});

test("errors of the mean name it", () => {
  using y = zeros(engine, [2, 3]);
  using t = zeros(engine, [3, 2]);
  const { message } = assertThrows(() => meanSquaredError(y, t), ShapeError, "t");
  assert.is(message, "meanSquaredError: t: expected [2, 3], found [3, 2]");
});

test("shapes that differ are refused, with both, even of one size", () => {
  using y = zeros(engine, [2, 3]);
  using t = zeros(engine, [3, 2]);
  const error = assertThrows(() => squaredError(y, t), ShapeError, "t");
  assert.is(error.message, "squaredError: t: expected [2, 3], found [3, 2]");
});

test("as an expression it is the same number, with a gradient for either operand", () => {
  using y = tensor(engine, reals(6, 1, "float64"), { shape: [2, 3] });
  using t = tensor(engine, reals(6, 2, "float64"), { shape: [2, 3] });
  using program = compile({ loss: squaredError(expressionOf(y), t) });
  program.run();
  assert.is(program.outputs.loss.toArray(), squaredError(y, t));
  assert.ok(gradCheck((y, t) => squaredError(y, t), [y, t]).passed);
  assert.ok(gradCheck((y, t) => meanSquaredError(y, t), [y, t]).passed);
});

test.run();
