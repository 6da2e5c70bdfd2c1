import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { loadMnist } from "../../src/data/mnist.ts";
import { type Picture, prepareDigit } from "../../src/data/picture.ts";
import { OptionError } from "../../src/errors.ts";

const test = suite("picture");

/** A picture with a bar of ink from (left, top). */
function bar(side: number, [left, top, width, height]: readonly [number, number, number, number], ink = 255): Picture {
  const grey = new Float64Array(side * side);
  for (let y = top; y < top + height; y++) grey.fill(ink, y * side + left, y * side + left + width);
  return { width: side, height: side, grey };
}

/** The smallest box with ink, and the centre of mass as MNIST has it: at column 14 and row 14, counted from 0. */
function measured(pixels: Uint8Array, side = 28) {
  let [left, top, right, bottom, mass, x, y] = [side, side, -1, -1, 0, 0, 0];
  for (const [i, value] of pixels.entries()) {
    if (value === 0) continue;
    const [column, row] = [i % side, Math.floor(i / side)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [mass, x, y] = [mass + value, x + value * column, y + value * row];
  }
  return { box: [right - left + 1, bottom - top + 1], centre: [x / mass, y / mass] };
}

test("ink is scaled into 20 × 20 with its proportions, and its centre of mass is the picture's", () => {
  for (const [place, box] of [
    [
      [30, 40, 40, 160],
      [5, 20],
    ],
    [
      [10, 200, 200, 50],
      [20, 5],
    ],
    [
      [1, 1, 10, 10],
      [20, 20],
    ],
  ] as const) {
    const found = measured(prepareDigit(bar(280, place))!.pixels);
    assert.equal(found.box, box);
    for (const along of found.centre) assert.ok(Math.abs(along - 14) <= 0.5, `centre at ${found.centre}`);
  }
});

test("the centre is that of the mass, not of the box", () => {
  const { width, height, grey } = bar(280, [20, 20, 20, 200]);
  for (let y = 20; y < 60; y++) grey.fill(255, y * 280 + 20, y * 280 + 80); // a flag: its mass is up and to the left
  const { box, centre } = measured(prepareDigit({ width, height, grey })!.pixels);
  assert.equal(box, [6, 20]);
  for (const along of centre) assert.ok(Math.abs(along - 14) <= 0.5, `centre at ${centre}`);
});

test("MNIST's own digits have their centre of mass there", async () => {
  const { test: digits } = await loadMnist(fileURLToPath(new URL("../../data/", import.meta.url)));
  for (let i = 0; i < 100; i++) {
    const { centre } = measured(digits.inputs.subarray(784 * i, 784 * (i + 1)));
    for (const along of centre) assert.ok(Math.abs(along - 14) <= 0.6, `digit ${i}: centre at ${centre}`);
  }
});

test("where ink lies, how light it is and which of both is dark makes no difference", () => {
  const { pixels } = prepareDigit(bar(280, [30, 40, 40, 160]))!;
  assert.equal(prepareDigit(bar(280, [200, 90, 40, 160]))!.pixels, pixels);
  assert.equal(prepareDigit(bar(280, [30, 40, 40, 160], 100))!.pixels, pixels);
  const light = bar(280, [30, 40, 40, 160]);
  const inverted = prepareDigit({ ...light, grey: light.grey.map((value) => 255 - value) })!;
  assert.equal(inverted.pixels, pixels);
  assert.match(inverted.changes[0] ?? "", /inverted/);
});

test("a picture of the right size on a dark ground stays as it is", () => {
  const picture = bar(28, [2, 3, 4, 5], 200);
  const { pixels, changes } = prepareDigit(picture)!;
  assert.equal([...pixels], [...picture.grey]);
  assert.equal(changes, []);
});

test("other sides than 28 have the same proportions", () => {
  assert.equal(measured(prepareDigit(bar(280, [30, 40, 40, 160]), 56)!.pixels, 56).box, [10, 40]);
});

test("a picture of one grey has no ink", () => {
  assert.is(prepareDigit(bar(28, [0, 0, 0, 0])), undefined);
  assert.is(prepareDigit(bar(50, [0, 0, 50, 50], 90)), undefined);
});

test("a picture is as large as it says", () => {
  for (const picture of [
    { width: 0, height: 0, grey: new Float64Array(0) },
    { width: 3, height: 3, grey: new Float64Array(8) },
  ]) {
    assert.throws(
      () => prepareDigit(picture),
      (error: unknown) => error instanceof OptionError,
    );
  }
});

test.run();
