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

test("ink that would stick out of the square when it is centred stays within, whole", () => {
  // A heavy head and a thin tail, in each of four directions.
  const head = { ...bar(40, [5, 5, 30, 6]) };
  for (let y = 11; y < 35; y++) head.grey[y * 40 + 20] = 255;
  const turned = Float64Array.from(head.grey, (_, at) => head.grey[(at % 40) * 40 + Math.floor(at / 40)]!);
  for (const grey of [head.grey, head.grey.toReversed(), turned, turned.toReversed()]) {
    const { pixels } = prepareDigit({ width: 40, height: 40, grey })!;
    assert.equal(measured(pixels).box, [20, 20]);
  }
});

test("the background is the median of the edge, all four sides of it", () => {
  const isInverted = (width: number, height: number, isWhite: (x: number, y: number) => boolean) => {
    const grey = Float64Array.from({ length: width * height }, (_, at) =>
      isWhite(at % width, Math.floor(at / width)) ? 255 : 0,
    );
    // Where exactly half is light, so it is when inverted: nothing is ink.
    return prepareDigit({ width, height, grey })?.changes[0]?.startsWith("inverted") ?? true;
  };
  for (const [width, height] of [
    [40, 10],
    [10, 40],
  ] as const) {
    const sides = {
      left: (x: number) => x === 0,
      right: (x: number) => x === width - 1,
      top: (_: number, y: number) => y === 0,
      bottom: (_: number, y: number) => y === height - 1,
    };
    for (const isWhite of Object.values(sides)) assert.not(isInverted(width, height, isWhite));
    for (const across of [sides.left, sides.right]) {
      for (const down of [sides.top, sides.bottom]) {
        // Of 100 pixels, corners counted twice, two sides have 52: without two of them half is light, without three less.
        const without = (dark: readonly number[]) => (x: number, y: number) =>
          across(x) || (down(x, y) && !dark.includes(x));
        assert.ok(isInverted(width, height, without([5, 7])));
        assert.not(isInverted(width, height, without([3, 5, 7])));
      }
    }
  }
});

test("a dark grey background is as good as black, and what differs by 8 of 255 is ink", () => {
  const { pixels } = prepareDigit(bar(280, [30, 40, 40, 160]))!;
  const grey = bar(280, [30, 40, 40, 160]).grey.map((value) => (value > 0 ? 200 : 40));
  assert.equal(prepareDigit({ width: 280, height: 280, grey })!.pixels, pixels);
  assert.equal(prepareDigit(bar(280, [30, 40, 40, 160], 8))!.pixels, pixels);
  assert.is(prepareDigit(bar(280, [30, 40, 40, 160], 7)), undefined);
});

test("ink is what has more than 15 % of the strongest, wherever it lies", () => {
  const changesOf = (x: number, y: number, ink: number) => {
    const picture = bar(40, [x, y, 1, 1], 100);
    picture.grey[20 * 40 + 20] = ink;
    return prepareDigit(picture)!.changes;
  };
  assert.match(changesOf(20, 10, 15)[0]!, /ink, 1 × 1$/);
  assert.match(changesOf(20, 10, 16)[0]!, /ink, 1 × 11$/);
  for (const [x, y] of [
    [0, 0],
    [0, 39],
    [39, 0],
    [39, 39],
    [0, 20],
  ] as const) {
    assert.match(changesOf(x, y, 0)[0]!, /ink, 1 × 1$/, `${x}, ${y}`);
    assert.equal(measured(prepareDigit(bar(40, [x, y, 1, 1]))!.pixels).box, [20, 20], `${x}, ${y}`);
  }
});

test("what was done is told; only a square of the right size stays as it is", () => {
  assert.equal(prepareDigit(bar(280, [30, 40, 40, 160]))!.changes, [
    "cropped from 280 × 280 to its ink, 40 × 160",
    "scaled to 5 × 20, centred in 28 × 28",
  ]);
  for (const [width, height] of [
    [28, 50],
    [50, 28],
    [1, 60],
    [60, 1],
  ] as const) {
    const grey = new Float64Array(width * height);
    grey[grey.length >> 1] = 255;
    const { pixels, changes } = prepareDigit({ width, height, grey })!;
    assert.is(pixels.length, 784);
    assert.equal(changes[0], `cropped from ${width} × ${height} to its ink, 1 × 1`);
  }
});

test("scaled pixels are those of the picture, weighted by a triangle", () => {
  for (const [width, height] of [
    [37, 53],
    [53, 37],
    [5, 7],
    [7, 3],
    [20, 20],
    [3, 160],
  ] as const) {
    // All of it is ink, so that its box shows, within a black margin.
    const ink = Float64Array.from({ length: width * height }, (_, at) => 100 + ((at * 7919 + 31) % 156));
    ink[0] = 255;
    const grey = new Float64Array((width + 2) * (height + 2));
    for (let y = 0; y < height; y++) grey.set(ink.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
    const { pixels } = prepareDigit({ width: width + 2, height: height + 2, grey })!;
    const scale = 20 / Math.max(width, height);
    const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    assert.equal(measured(pixels).box, [columns, rows]);
    const start = pixels.findIndex((value) => value > 0);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const wanted = weighted(ink, [width, height], [(column + 0.5) / columns, (row + 0.5) / rows], [columns, rows]);
        const found = pixels[start + row * 28 + column]!;
        assert.ok(
          Math.abs(found - wanted) <= 0.5 + 1e-9,
          `${width} × ${height}: ${column}, ${row}: ${found}, ${wanted}`,
        );
      }
    }
  }
});

/** The mean of all pixels around a place, from 0 to 1 along each side, with a triangle's weights in both directions. */
function weighted(
  grey: Float64Array,
  [width, height]: readonly [number, number],
  [along, down]: readonly [number, number],
  [columns, rows]: readonly [number, number],
): number {
  const weight = (i: number, extent: number, place: number, pixels: number) =>
    Math.max(0, 1 - Math.abs(i + 0.5 - place * extent) / Math.max(1, extent / pixels));
  let [sum, weights] = [0, 0];
  for (const [at, value] of grey.entries()) {
    const w = weight(at % width, width, along, columns) * weight(Math.floor(at / width), height, down, rows);
    sum += w * value;
    weights += w;
  }
  return sum / weights;
}

test("a picture of one grey has no ink", () => {
  assert.is(prepareDigit(bar(28, [0, 0, 0, 0])), undefined);
  assert.is(prepareDigit(bar(50, [0, 0, 50, 50], 90)), undefined);
});

test("a picture is as large as it says", () => {
  for (const picture of [
    { width: 0, height: 0, grey: new Float64Array(0) },
    { width: 3, height: 3, grey: new Float64Array(8) },
    { width: 0, height: 5, grey: new Float64Array(0) },
    { width: 5, height: 0, grey: new Float64Array(0) },
    { width: -1, height: -1, grey: new Float64Array(1) },
  ]) {
    assert.throws(
      () => prepareDigit(picture),
      (error: unknown) => error instanceof OptionError,
    );
  }
});

test.run();
