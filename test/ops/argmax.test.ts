import * as assert from "uvu/assert";

import { ShapeError } from "../../src/errors.ts";
import { argmax, argmin } from "../../src/ops/argmax.ts";
import { countCorrect } from "../../src/ops/argmax_rows.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("argmax operation", engine);

for (const dtype of FLOATS) {
  test(`the column of each row's largest element, by NumPy's rule for ties and NaN, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 3, 2],
        [5, 5, 0],
        [0, Number.NaN, 9],
      ],
      { dtype },
    );
    using y = argmax(x);
    assert.equal([y.dtype, y.shape, y.toArray()], ["int32", [3], [0 + 1, 0, 1]]);
    using out = zeros(engine, [3], { dtype: "int32" });
    assert.is(argmax(x, { out }), out);
    assert.equal(out.toArray(), [1, 0, 1]);
    argmax(x.rows(1, 2), { out: out.part(2, [1]) });
    assert.equal(out.toArray(), [1, 0, 0]);
  });

  test(`countCorrect counts the rows that hit their label, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 3, 2],
        [5, 5, 0],
        [0, 1, 9],
      ],
      { dtype },
    );
    for (const [labels, count] of [
      [[1, 0, 2], 3],
      [[1, 1, 2], 2],
      [[0, 2, 0], 0],
    ] as const) {
      using t = tensor(engine, labels, { dtype: "int32" });
      assert.is(countCorrect(x, t), count);
    }
  });

  test(`no rows are none right, ${dtype}`, () => {
    using x = zeros(engine, [0, 3], { dtype });
    using labels = zeros(engine, [0], { dtype: "int32" });
    using y = argmax(x);
    assert.equal([y.shape, countCorrect(x, labels)], [[0], 0]);
  });
}

test("shapes that do not fit are refused, with both", () => {
  using x = zeros(engine, [2, 3]);
  using narrow = zeros(engine, [2, 0]);
  using vector = zeros(engine, [3]);
  using labels = zeros(engine, [3], { dtype: "int32" });
  const rows = "expected a matrix with at least one column";
  using scalar = zeros(engine, []);
  const messages = [
    [() => argmax(narrow), "argmax: x: expected at least one element along axis 1, found [2, 0]"],
    [() => argmin(x, { axis: 2 }), "argmin: axis: expected an axis of [2, 3], found 2"],
    [() => argmax(scalar), "argmax: axis: expected an axis of [], found -1"],
    [() => countCorrect(vector, labels), `countCorrect: x: ${rows}, found [3]`],
    [() => countCorrect(x, labels), "countCorrect: labels: expected [2], found [3]"],
  ] as const;
  for (const [call, message] of messages) assert.is(assertThrows(call, ShapeError, message).message, message);
});

test.run();
