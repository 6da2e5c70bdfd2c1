import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import { IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { batchOf, gatherIndices, gatherRows, labelsOf } from "../../src/ops/gather.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("gather operations", engine);

const indicesOf = (...values: number[]) => tensor(engine, values, { dtype: "int32" });

for (const dtype of FLOATS) {
  test(`gatherRows makes floats of the rows that were asked for, times scale, ${dtype}`, () => {
    using x = tensor(
      engine,
      [
        [0, 51],
        [255, 102],
        [7, 8],
      ],
      { dtype: "uint8" },
    );
    using indices = indicesOf(1, 0, 1);
    using y = zeros(engine, [3, 2], { dtype });
    gatherRows(x, indices, y);
    assert.equal(y.toArray(), [
      [255, 102],
      [0, 51],
      [255, 102],
    ]);
    gatherRows(x, indices, y, 1 / 255);
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    assertSame(
      y.data,
      [255, 102, 0, 51, 255, 102].map((byte) => round(byte * round(1 / 255))),
      "scaled",
    );
  });

  test(`a gather of nothing writes nothing, ${dtype}`, () => {
    using x = zeros(engine, [0, 4], { dtype: "uint8" });
    using indices = indicesOf();
    using y = zeros(engine, [0, 4], { dtype });
    gatherRows(x, indices, y);
    assert.is(y.size, 0);
  });
}

test("gatherIndices picks labels, into a new tensor or out", () => {
  using x = indicesOf(10, -20, 30);
  using indices = indicesOf(2, 0, 0, 1);
  using y = gatherIndices(x, indices);
  assert.equal([y.dtype, y.toArray()], ["int32", [30, 10, 10, -20]]);
  using out = zeros(engine, [4], { dtype: "int32" });
  assert.is(gatherIndices(x, indices, { out }), out);
  assert.equal(out.toArray(), y.toArray());
});

test("an index that names no row is refused by its position, and nothing is written", () => {
  using x = zeros(engine, [3, 2], { dtype: "uint8" });
  using y = zeros(engine, [2, 2]);
  y.data.fill(7);
  for (const bad of [3, -1, 2 ** 31 - 1]) {
    using indices = indicesOf(0, bad);
    const error = assertThrows(() => gatherRows(x, indices, y), IndexError, `${bad}`);
    assert.is(error.message, `gatherRows: indices[1] is ${bad}; expected an integer from 0 to 2`);
  }
  assert.ok(y.data.every((value) => value === 7));
});

test("gatherIndices refuses an index that names no element, and leaves nothing behind", () => {
  using x = indicesOf(10, 20);
  using indices = indicesOf(0, 1, 2);
  const before = engine.stats();
  const error = assertThrows(() => gatherIndices(x, indices), IndexError, "2");
  assert.is(error.message, "gatherIndices: indices[2] is 2; expected an integer from 0 to 1");
  assert.equal(engine.stats(), before);
});

test("out may not be the table or the indices", () => {
  using x = indicesOf(1, 0);
  using indices = indicesOf(0, 1);
  for (const out of [x, indices]) assertThrows(() => gatherIndices(x, indices, { out }), ShapeError, "out");
});

test("shapes that do not fit are refused, with both", () => {
  using x = zeros(engine, [3, 2], { dtype: "uint8" });
  using flat = zeros(engine, [6], { dtype: "uint8" });
  using indices = indicesOf(0, 1);
  using matrix = zeros(engine, [2, 1], { dtype: "int32" });
  using y = zeros(engine, [2, 2]);
  using wide = zeros(engine, [2, 3]);
  const messages = [
    [() => gatherRows(flat, indices, y), "gatherRows: x: expected a matrix (2 axes), found [6]"],
    [() => gatherRows(x, matrix, y), "gatherRows: indices: expected [2], found [2, 1]"],
    [() => gatherRows(x, indices, wide), "gatherRows: y: expected [2, 2], found [2, 3]"],
    [() => gatherIndices(matrix, indices), "gatherIndices: x: expected [2], found [2, 1]"],
    [() => gatherIndices(indices, matrix), "gatherIndices: indices: expected [2], found [2, 1]"],
  ] as const;
  for (const [call, message] of messages) assert.is(assertThrows(call, ShapeError, message).message, message);
});

test("an index into an empty table is refused in words that hold", () => {
  using x = zeros(engine, [0, 2], { dtype: "uint8" });
  using indices = indicesOf(0);
  using y = zeros(engine, [1, 2]);
  const error = assertThrows(() => gatherRows(x, indices, y), IndexError, "0");
  assert.not.match(error.message, /from 0 to -1/);
});

test("batchOf makes floats only: another dtype would have no room for them", () => {
  using x = zeros(engine, [2, 3], { dtype: "uint8" });
  using indices = indicesOf(0);
  for (const dtype of ["uint16", "int32", "uint8", undefined]) {
    const error = assertThrows(() => batchOf(x, indices, { dtype: dtype as "float32" }), OptionError, `${dtype}`);
    assert.is(error.option, "batchOf: dtype");
  }
});

test("an index that names no row stops the program, which says whose it is", () => {
  using bytes = zeros(engine, [3, 2], { dtype: "uint8" });
  using labels = zeros(engine, [3], { dtype: "int32" });
  using order = tensor(engine, Int32Array.of(0, 3));
  for (const [y, op] of [
    [batchOf(bytes, order, { dtype: "float32" }), "gatherRows"],
    [labelsOf(labels, order), "gather"],
  ] as const) {
    using program = compile({ y: y as Expression });
    const error = assertThrows(() => program.run(), IndexError, op);
    assert.ok(error.message.startsWith(`${op}: indices`), error.message);
  }
});

test.run();
