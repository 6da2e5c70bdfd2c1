import * as assert from "uvu/assert";

import { ShapeError } from "../../src/errors.ts";
import { addBias, columnSums } from "../../src/ops/bias.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("bias operations", engine);

for (const dtype of FLOATS) {
  test(`addBias adds the row to each row, into a new tensor or x itself, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype },
    );
    using b = tensor(engine, [10, 20, 30], { dtype });
    using y = addBias(x, b);
    assert.equal(
      [y.dtype, y.toArray()],
      [
        dtype,
        [
          [11, 22, 33],
          [14, 25, 36],
        ],
      ],
    );
    assert.equal(x.toArray(), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    assert.is(addBias(x, b, { out: x }), x);
    assert.equal(x.toArray(), y.toArray());
  });

  test(`columnSums adds the rows up, and no rows to zeros, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype },
    );
    using sums = columnSums(x);
    assert.equal([sums.shape, sums.dtype, sums.toArray()], [[3], dtype, [5, 7, 9]]);
    columnSums(x.rows(1, 2), { out: sums });
    assert.equal(sums.toArray(), [4, 5, 6]);
    columnSums(x.rows(1, 1), { out: sums });
    assert.equal(sums.toArray(), [0, 0, 0]);
  });

  test(`matrices without rows or without columns are legal, ${dtype}`, () => {
    for (const [m, n] of [
      [0, 3],
      [3, 0],
      [0, 0],
    ] as const) {
      using x = zeros(engine, [m, n], { dtype });
      using b = zeros(engine, [n], { dtype });
      using y = addBias(x, b);
      using sums = columnSums(x);
      assert.equal([y.shape, sums.shape], [[m, n], [n]]);
      assert.ok(sums.data.every((value) => value === 0));
    }
  });
}

test("columnSums is the gradient of addBias: Σ dy·(x + b) grows with b_j as the sum of column j", () => {
  const dtype = "float64";
  using x = zeros(engine, [3, 2], { dtype });
  using dy = tensor(
    engine,
    [
      [1, -2],
      [3, 4],
      [5, 0.5],
    ],
    { dtype },
  );
  using db = columnSums(dy);
  const total = (b: readonly number[]) => {
    using bias = tensor(engine, b, { dtype });
    using y = addBias(x, bias);
    return y.data.reduce((sum, value, at) => sum + value * (dy.data[at] ?? Number.NaN), 0);
  };
  assert.equal([total([1, 0]) - total([0, 0]), total([0, 1]) - total([0, 0])], [...db.data]);
});

test("shapes that do not fit are refused, with both", () => {
  using x = zeros(engine, [2, 3]);
  using vector = zeros(engine, [3]);
  using short = zeros(engine, [2]);
  const messages = [
    [() => addBias(x, short), "addBias: b: expected [3], found [2]"],
    [() => addBias(x, x), "addBias: b: expected [3], found [2, 3]"],
    [() => addBias(vector, vector), "addBias: x: expected a matrix (2 axes), found [3]"],
    [() => columnSums(vector), "columnSums: x: expected a matrix (2 axes), found [3]"],
  ] as const;
  for (const [call, message] of messages) assert.is(assertThrows(call, ShapeError, message).message, message);
});

test("the sums of one row may not be written over it", () => {
  using x = zeros(engine, [1, 2], { name: "x" });
  const error = assertThrows(() => columnSums(x, { out: x.part(0, [2]) }), ShapeError, "one row");
  assert.is(error.found, "an overlap with x float32 [1, 2]");
});

test("out may not be the bias, nor begin where it does", () => {
  using owner = zeros(engine, [4]);
  using x = zeros(engine, [1, 2]);
  const b = owner.part(0, [2], "b");
  const error = assertThrows(() => addBias(x, b, { out: owner.part(0, [1, 2]) }), ShapeError, "same place");
  assert.is(error.message, "addBias: out: expected memory apart from the inputs, found an overlap with b float32 [2]");
});

test.run();
