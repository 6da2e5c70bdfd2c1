/** The chapter's losses: its numbers, batches against single examples, and what they refuse. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crossEntropyError, meanSquaredError, type Rows } from "../../src/chapter/losses.ts";
import { IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("losses");
const right = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0];
const wrong = [0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0];
const two = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const seven = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0];

test("the chapter's four losses, to the last digit", () => {
  assert.is(meanSquaredError(right, two), 0.09750000000000003);
  assert.is(meanSquaredError(wrong, two), 0.5975);
  for (const t of [two, 2, [2], Uint8Array.of(2), Float64Array.from(two)]) {
    assert.is(crossEntropyError(right, t), 0.510825457099338);
    assert.is(crossEntropyError(Float64Array.from(wrong), t), 2.302584092994546);
  }
});

test("a batch of cross entropies is their mean, of squared errors their sum", () => {
  const rows = [right, wrong, Float64Array.from(right)];
  const labels = [2, 7, 2];
  const oneHot = [two, seven, two];
  const each = rows.map((row, i) => crossEntropyError(row, labels[i]!));
  const mean = (each[0]! + each[1]! + each[2]!) / 3;
  assert.is(crossEntropyError(rows, labels), mean);
  assert.is(crossEntropyError(rows, oneHot), mean);
  assert.is(crossEntropyError([right], [2]), crossEntropyError(right, 2));
  const squares = rows.map((row, i) => meanSquaredError(row, oneHot[i]!));
  assert.ok(Math.abs(meanSquaredError(rows, oneHot) - squares.reduce((a, b) => a + b)) < 1e-16);
});

test("δ stands inside the logarithm; without it an impossible class costs an infinite loss, and other classes nothing", () => {
  assert.is(crossEntropyError([1, 0], 1), -Math.log(1e-7));
  assert.is(crossEntropyError([1, 0], 1, { delta: 0 }), Number.POSITIVE_INFINITY);
  assert.is(crossEntropyError([1, 0], [1, 0], { delta: 0 }), 0);
  assert.ok(Math.abs(crossEntropyError([0.5, 0.5], [0.25, 0.75], { delta: 0 }) - Math.LN2) < 1e-15);
});

test("what is no probability, no target and no label is refused by name", () => {
  const options: [string, () => unknown][] = [
    ["crossEntropyError: t[0]", () => crossEntropyError([0.5, 0.5], [1, 1])],
    [
      "crossEntropyError: t[1]",
      () =>
        crossEntropyError(
          [
            [1, 0],
            [0, 1],
          ],
          [
            [1, 0],
            [0, 0],
          ],
        ),
    ],
    ["crossEntropyError: t[0][0]", () => crossEntropyError([0.5, 0.5], [-1, 2])],
    ["crossEntropyError: y[0][1]", () => crossEntropyError([0.5, -0.5], 0)],
    ["crossEntropyError: y[0][0]", () => crossEntropyError([Number.NaN, 0.5], 0)],
    ["crossEntropyError: y[0][0]", () => crossEntropyError([3, 4], 0)],
    ["crossEntropyError: y[0]", () => crossEntropyError(["1", 2] as never, 0)],
    ["delta", () => crossEntropyError([1], 0, { delta: -1 })],
    ["delta", () => crossEntropyError([1], 0, { delta: Number.NaN })],
    ["delta", () => crossEntropyError([1], 0, { delta: Number.POSITIVE_INFINITY })],
    ["meanSquaredError: y[0][1]", () => meanSquaredError([[1, null]] as never, [[1, 2]])],
    ["crossEntropyError: t[0][1]", () => crossEntropyError([[0.5, 0.5]], [[1, null]] as never)],
    ["crossEntropyError: y[1]", () => crossEntropyError([[1], "x"] as never, [0, 0])],
    ["meanSquaredError: t[0]", () => meanSquaredError([1], [null] as never)],
  ];
  const squares = (rows: readonly number[][]) => meanSquaredError(rows, rows);
  const entropy = (t: Rows) => crossEntropyError([right, wrong], t);
  for (const [option, call] of options) assert.is(assertThrows(call, OptionError, option).option, option);
  const shapes: [string, () => unknown][] = [
    ["meanSquaredError: t: expected [1, 2], as y, found [1, 1]", () => meanSquaredError([1, 2], [1])],
    ["meanSquaredError: t: expected [1, 2], found [1, 2]", () => meanSquaredError([1, 2], [[1, 2]])],
    ["crossEntropyError: y: expected at least one probability, found none", () => crossEntropyError([], [])],
    ["crossEntropyError: y: expected at least one probability", () => crossEntropyError([[], []], [0, 0])],
    ["meanSquaredError: y: [1]: expected 2 numbers, as in the first row, found 1", () => squares([[1, 2], [3]])],
    ["crossEntropyError: t: expected 2 labels, or rows [2, 10], found 1 numbers", () => entropy([2])],
    [
      "crossEntropyError: t: expected 1 labels, or rows [1, 10], found 2 numbers",
      () => crossEntropyError(right, [2, 7]),
    ],
    ["crossEntropyError: t: expected [2, 10], as y, found [1, 10]", () => entropy([two])],
    ["crossEntropyError: t: expected [1, 10], as y, found [1, 2]", () => crossEntropyError([right], [[0, 1]])],
  ];
  for (const [text, call] of shapes) assert.ok(assertThrows(call, ShapeError, text).message.startsWith(text), text);
  for (const label of [10, -1, 0.5]) {
    assert.is(assertThrows(() => crossEntropyError(right, label), IndexError, `${label}`).value, label);
  }
  assert.is(crossEntropyError([1 + 1e-5, 0], 0, { delta: 0 }), -Math.log(1 + 1e-5)); // what float32 leaves
  assertThrows(() => crossEntropyError([1 + 2e-5, 0], 0), OptionError, "more than that");
});

test.run();
