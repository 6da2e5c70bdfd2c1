/** The chapter's losses: its numbers, batches against single examples, and what they refuse. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crossEntropyError, meanSquaredError } from "../../src/calculus/losses.ts";
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
    ["crossEntropyError: t[1]", () => crossEntropyError([[1, 0], [0, 1]], [[1, 0], [0, 0]])], // biome-ignore format: rows
    ["crossEntropyError: t[0][0]", () => crossEntropyError([0.5, 0.5], [-1, 2])],
    ["crossEntropyError: y[0][1]", () => crossEntropyError([0.5, -0.5], 0)],
    ["crossEntropyError: y[0][0]", () => crossEntropyError([Number.NaN, 0.5], 0)],
    ["crossEntropyError: y[0][0]", () => crossEntropyError([3, 4], 0)],
    ["crossEntropyError: y[0]", () => crossEntropyError(["1", 2] as never, 0)],
    ["delta", () => crossEntropyError([1], 0, { delta: -1 })],
    ["delta", () => crossEntropyError([1], 0, { delta: Number.NaN })],
    ["crossEntropyError: y[1]", () => crossEntropyError([[1], "x"] as never, [0, 0])],
    ["meanSquaredError: t[0]", () => meanSquaredError([1], [null] as never)],
  ];
  for (const [option, call] of options) assert.is(assertThrows(call, OptionError, option).option, option);
  const shapes: [string, () => unknown][] = [
    ["squares of other lengths", () => meanSquaredError([1, 2], [1])],
    ["an example and a batch", () => meanSquaredError([1, 2], [[1, 2]])],
    ["no example", () => crossEntropyError([], [])],
    ["examples without a class", () => crossEntropyError([[], []], [0, 0])],
    ["ragged rows", () => meanSquaredError([[1, 2], [3]], [[1, 2], [3]])],
    ["labels for other rows", () => crossEntropyError([right, wrong], [2])],
    ["neither label nor one-hot", () => crossEntropyError(right, [2, 7])],
    ["targets of other rows", () => crossEntropyError([right, wrong], [two])],
    ["targets of other classes", () => crossEntropyError([right], [[0, 1]])],
  ];
  for (const [label, call] of shapes) assertThrows(call, ShapeError, label);
  for (const label of [10, -1, 0.5]) {
    assert.is(assertThrows(() => crossEntropyError(right, label), IndexError, `${label}`).value, label);
  }
});

test.run();
