/** Images that are moved, turned and scaled, beside a slow float64 version of the same equation. */
import { createHash } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type AugmentationAmounts,
  Augmenter,
  augmentationOf,
  augmented,
  imageShapeOf,
} from "../../src/data/augmentation.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { cosine, sine } from "../../src/data/rotation.ts";
import { Warp } from "../../src/data/warp.ts";
import { OptionError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("augmentation");

/**
 * Levels that the integers may be off: weights are cut to 1/256 in both directions, which is 2·255/256; positions are off by
 * less than a pixel's 1/1,000; and the byte is rounded.
 */
const TOLERANCE = 3;

/** Black rows and columns at the sides: top, left, bottom, right. */
type Border = readonly [number, number, number, number];
const NONE: Border = [0, 0, 0, 0];
const ALL: Border = [2, 2, 2, 2];

/** The amounts of a draw, as the augmenter takes them from its stream. */
type Amounts = { readonly right: number; readonly down: number; readonly radians: number; readonly size: number };

test("sine and cosine are those of the host, to 1e-11, for a whole turn", () => {
  for (let i = -2000; i <= 2000; i++) {
    const x = (i / 2000) * Math.PI;
    assert.ok(Math.abs(sine(x) - Math.sin(x)) <= 1e-11, `sin ${x}`);
    assert.ok(Math.abs(cosine(x) - Math.cos(x)) <= 1e-11, `cos ${x}`);
  }
});

for (const [rows, columns] of [
  [1, 1],
  [1, 9],
  [7, 1],
  [8, 8],
  [9, 9],
  [12, 17],
] as const) {
  for (const border of [NONE, ALL, [1, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 1]] as const) {
    test(`every pixel is the weighted four of the equation: ${rows} × ${columns}, black ${border}`, () => {
      assertAsEquation(noise(rows, columns, border), rows, columns);
    });

    test(`whole pixels are moved exactly, and background follows: ${rows} × ${columns}, black ${border}`, () => {
      const from = noise(rows, columns, border);
      for (let down = -rows - 1; down <= rows + 1; down++) {
        for (let right = -columns - 1; right <= columns + 1; right++) {
          const found = warped(from, rows, columns, { right, down, radians: 0, size: 1 });
          const wanted = Uint8Array.from(from, (_, at) => {
            const [row, column] = [Math.floor(at / columns) - down, (at % columns) - right];
            const isInside = row >= 0 && row < rows && column >= 0 && column < columns;
            return isInside ? from[row * columns + column]! : 0;
          });
          assert.equal(found, wanted, `${right} right, ${down} down`);
        }
      }
    });
  }
}

test("every pixel is the weighted four of the equation where rows begin and end anywhere", () => {
  for (const among of [2, 5, 13]) {
    const dense = noise(12, 17, NONE);
    const random = new RandomState(among);
    assertAsEquation(
      dense.map((value) => (among * random.rand() < 1 ? value : 0)),
      12,
      17,
    );
  }
  assertAsEquation(noise(12, 17, [6, 0, 5, 9]), 12, 17); // one row alone has ink
});

test("a quarter turn is exact, and four of them are none", () => {
  const side = 6;
  const from = noise(side, side, NONE);
  const quarter = { right: 0, down: 0, radians: Math.PI / 2, size: 1 };
  const once = warped(from, side, side, quarter);
  // Clockwise: what was the first column, from below, becomes the first row.
  for (let i = 0; i < side; i++) assert.is(once[i], from[(side - 1 - i) * side]);
  let turned = from;
  for (let i = 0; i < 4; i++) turned = warped(turned, side, side, quarter);
  assert.equal(turned, from);
});

test("a turn forth and back about cancels where the image is smooth", () => {
  const side = 28;
  const from = Uint8Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [(at % side) - 15, Math.floor(at / side) - 11];
    return Math.round(255 * Math.exp(-(x * x + 2 * y * y) / 40));
  });
  for (const radians of [0.1, 0.3, 1]) {
    const there = warped(from, side, side, { right: 0, down: 0, radians, size: 1 });
    const back = warped(there, side, side, { right: 0, down: 0, radians: -radians, size: 1 });
    const moved = Math.max(...there.map((value, at) => Math.abs(value - from[at]!)));
    const left = Math.max(...back.map((value, at) => Math.abs(value - from[at]!)));
    assert.ok(left <= 16, `${radians}: off by ${left}`);
    assert.ok(moved > 2 * left, `${radians}: moved ${moved}, left ${left}`);
  }
});

test("amounts of zero are the identity, for every image", () => {
  for (const side of [1, 2, 5, 28]) {
    const from = noise(side, side, NONE);
    const to = new Uint8Array(side * side).fill(77);
    const augmenter = new Augmenter(augmentationOf({}), [side * side]);
    const random = new RandomState(1);
    for (let i = 0; i < 10; i++) {
      augmenter.draw(random);
      augmenter.apply(from, 0, to, 0);
      assert.equal(to, from);
    }
  }
});

test("draws stay within the amounts, and reach them", () => {
  const side = 41;
  const from = new Uint8Array(side * side);
  from[20 * side + 20] = 255;
  const augmenter = new Augmenter(augmentationOf({ shift: 3 }), [side * side]);
  const random = new RandomState(2);
  let farthest = 0;
  for (let i = 0; i < 500; i++) {
    const to = new Uint8Array(side * side);
    augmenter.draw(random);
    augmenter.apply(from, 0, to, 0);
    const total = to.reduce((sum, value) => sum + value, 0);
    const x = to.reduce((sum, value, at) => sum + value * ((at % side) - 20), 0) / total;
    const y = to.reduce((sum, value, at) => sum + value * (Math.floor(at / side) - 20), 0) / total;
    farthest = Math.max(farthest, Math.abs(x), Math.abs(y));
  }
  assert.ok(farthest <= 3.02 && farthest > 2.9, `${farthest}`);
});

test("all channels are changed alike, and nothing beside the image is written", () => {
  const [rows, columns] = [5, 6];
  const plane = noise(rows, columns, NONE);
  const from = new Uint8Array([9, ...plane, ...plane, ...plane, 9]);
  const to = new Uint8Array(from.length).fill(7);
  const augmenter = new Augmenter(augmentationOf({ shift: 1, rotate: 40, scale: 0.2 }), [3, rows, columns]);
  augmenter.draw(new RandomState(3));
  augmenter.apply(from, 1, to, 1);
  const size = rows * columns;
  assert.equal([to[0], to.at(-1)], [7, 7]);
  const [first, second, third] = [0, 1, 2].map((channel) => to.slice(1 + channel * size, 1 + (channel + 1) * size));
  assert.equal(second, first);
  assert.equal(third, first);
  assert.not.equal(first, plane);
});

test("the same seed gives the same bytes, on every machine", () => {
  const side = 28;
  const augmenter = new Augmenter(augmentationOf({ shift: 2.5, rotate: 15, scale: 0.1 }), [side * side]);
  const random = new RandomState(2026);
  const hash = createHash("sha256");
  const to = new Uint8Array(side * side);
  for (let i = 0; i < 200; i++) {
    augmenter.draw(random);
    augmenter.apply(noise(side, side, [i % 5, i % 5, i % 5, i % 5]), 0, to, 0);
    hash.update(to);
  }
  assert.is(hash.digest("hex"), "84a0c549dfb412dbe43cc9d3a1eb08fc16c5b1846bcfa39e955b5b567448bc93");
});

test("a changed dataset has each image as it is changed alone, with its label", () => {
  const side = 9;
  const images = [0, 1, 2].map((black) => noise(side, side, [black, black, black, black]));
  const inputs = new Uint8Array(images.flatMap((image) => [...image]));
  const parts = { name: "three", inputs, labels: Uint8Array.of(2, 0, 1), shape: [side, side], classes: 3, scale: 0.5 };
  const some = augmentationOf({ shift: 1, rotate: 30 });
  const changed = augmented(new Dataset(parts), some, new RandomState(6));
  const random = new RandomState(6);
  const augmenter = new Augmenter(some, [side, side]);
  for (const [i, image] of images.entries()) {
    const to = new Uint8Array(side * side);
    augmenter.draw(random);
    augmenter.apply(image, 0, to, 0);
    assert.equal(changed.inputs.slice(i * side * side, (i + 1) * side * side), to);
  }
  const last = new RandomState(6);
  const draws = augmented(new Dataset(parts), some, last);
  assert.equal([draws.length, last.rand()], [3, random.rand()], "four numbers for each image, and no more");
  assert.is(changed.labels, parts.labels);
  assert.is(changed.scale, 0.5);
  const floats = new Dataset({ ...parts, inputs: Float32Array.from(inputs), scale: 1 });
  assertThrows(() => augmented(floats, some, random), OptionError, "floats");
});

test("a changed dataset of numbers keeps its numbers", () => {
  const parts = { name: "two", inputs: noise(6, 3, NONE), shape: [3, 3], targetValues: Float32Array.of(1.5, -2) };
  const changed = augmented(new Dataset(parts), augmentationOf({ shift: 1 }), new RandomState(6));
  assert.is(changed.targetValues, parts.targetValues);
});

test("an example is a square, a plane or planes of pixels", () => {
  const of = (rows: number, columns: number, channels = 1, channelsLast = false) => ({
    ...{ channels, rows, columns, channelsLast },
  });
  assert.equal(imageShapeOf([784]), of(28, 28));
  assert.equal(imageShapeOf([20, 30]), of(20, 30));
  assert.equal(imageShapeOf([3, 20, 30]), of(20, 30, 3));
  assert.equal(imageShapeOf([20, 30, 3]), of(20, 30, 3, true));
  assert.equal(imageShapeOf([32, 32, 1]), of(32, 32, 1, true));
  assert.equal(imageShapeOf([3, 4, 3]), of(4, 3, 3), "where both are small, channels first as ever");
  assert.equal(imageShapeOf([9, 20, 30]), of(20, 30, 9));
  assert.equal(imageShapeOf([4096, 1]), of(4096, 1));
  assert.equal(imageShapeOf([1, 4096]), of(1, 4096));
  for (const shape of [[], [785], [2, 3, 4, 5], [1, 4097], [5000, 2], [0, 5], [5, 0], [0]]) {
    const { expected } = assertThrows(() => imageShapeOf(shape), OptionError, `[${shape}]`);
    assert.match(expected, "sides up to 4096");
  }
});

test("amounts that cannot be meant are refused", () => {
  for (const amount of [-1, Number.NaN, Number.POSITIVE_INFINITY, "1" as unknown as number]) {
    for (const option of ["shift", "rotate", "scale"]) {
      const error = assertThrows(() => augmentationOf({ [option]: amount }), OptionError, option);
      assert.is(error.option, `augment: ${option}`);
    }
  }
  assertThrows(() => augmentationOf({ rotate: 181 }), OptionError, "rotate");
  assertThrows(() => augmentationOf({ scale: 0.6 }), OptionError, "scale");
  const most = { shift: 4096, rotate: 180, scale: 0.5 };
  assert.equal(augmentationOf(most), { kind: "augmentation", ...most });
  assert.equal(augmentationOf({ shift: 2 }), { kind: "augmentation", shift: 2, rotate: 0, scale: 0 });
  for (const [option, amounts] of Object.entries({
    flip: [-1, 2],
    crop: [1.5, -1, 5000],
    cutout: [0.5],
    colour: [1.1],
  })) {
    for (const amount of amounts) {
      const { option: named } = assertThrows(() => augmentationOf({ [option]: amount }), OptionError, option);
      assert.is(named, `augment: ${option}`);
    }
  }
});

test("what is not asked for is not in the description, and draws nothing", () => {
  const none = { flip: 0, crop: 0, cutout: 0, colour: 0 };
  assert.equal(augmentationOf({ shift: 2, ...none }), augmentationOf({ shift: 2 }));
  const all = { flip: 0.5, crop: 4, cutout: 8, colour: 0.1 };
  assert.equal(augmentationOf(all), { kind: "augmentation", shift: 0, rotate: 0, scale: 0, ...all });
  for (const [amounts, draws] of [
    [{}, 4],
    [{ flip: 0.5 }, 5],
    [{ crop: 1 }, 6],
    [{ cutout: 1 }, 6],
    [{ colour: 0.1 }, 7],
    [all, 12],
  ] as const) {
    const [random, counted] = [new RandomState(4), new RandomState(4)];
    new Augmenter(augmentationOf(amounts), [8, 8, 3]).draw(random);
    counted.rand(draws);
    assert.is(random.rand(), counted.rand(), JSON.stringify(amounts));
  }
});

const FURTHER: readonly [string, AugmentationAmounts][] = [
  ["flip", { flip: 0.5 }],
  ["crop", { crop: 3 }],
  ["flip and crop", { flip: 0.5, crop: 2 }],
  ["cutout", { cutout: 4 }],
  ["colour", { colour: 0.3 }],
  ["all", { flip: 0.7, crop: 2, cutout: 3, colour: 0.2 }],
];

for (const [name, amounts] of FURTHER) {
  test(`${name}: every pixel is where the equation says, channels first and last`, () => {
    const [rows, columns, channels] = [6, 9, 3];
    const { flip = 0, crop = 0, cutout = 0, colour = 0 } = amounts;
    const planes = [1, 5, 9].map((k) => noise(rows, columns, NONE).map((value) => (value * k) % 256));
    const first = new Uint8Array(planes.flatMap((plane) => [...plane]));
    const last = new Uint8Array(first.length);
    for (let i = 0; i < rows * columns; i++) for (let k = 0; k < 3; k++) last[3 * i + k] = planes[k]![i]!;
    const [random, again, draws] = [new RandomState(8), new RandomState(8), new RandomState(8)];
    const byPlanes = new Augmenter(augmentationOf(amounts), [channels, rows, columns]);
    const byPixels = new Augmenter(augmentationOf(amounts), [rows, columns, channels]);
    const seen = new Set<string>();
    for (let image = 0; image < 40; image++) {
      const [a, b] = [new Uint8Array(first.length), new Uint8Array(first.length)];
      byPlanes.draw(random);
      byPlanes.apply(first, 0, a, 0);
      byPixels.draw(again);
      byPixels.apply(last, 0, b, 0);
      draws.rand(4);
      const isFlipped = flip > 0 && draws.rand() < flip;
      const move = () => (crop > 0 ? Math.floor(draws.rand() * (2 * crop + 1)) - crop : 0);
      const [right, down] = [move(), move()];
      const [cutRow, cutColumn] = cutout > 0 ? [draws.rand() * rows, draws.rand() * columns].map(Math.floor) : [0, 0];
      const offsets = planes.map(() => (colour > 0 ? Math.round(255 * colour * (2 * draws.rand() - 1)) : 0));
      seen.add(`${isFlipped} ${right} ${down}`);
      for (const [k, plane] of planes.entries()) {
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const [y, moved] = [row - down, column - right];
            const x = isFlipped ? columns - 1 - moved : moved;
            const isInside = y >= 0 && y < rows && moved >= 0 && moved < columns;
            const coloured = Math.max(0, Math.min(255, (isInside ? plane[y * columns + x]! : 0) + offsets[k]!));
            const [top, left] = [cutRow! - Math.floor(cutout / 2), cutColumn! - Math.floor(cutout / 2)];
            const isCut = row >= top && row < top + cutout && column >= left && column < left + cutout;
            const want = isCut ? 0 : coloured;
            const told = `${image}: ${row}, ${column}, ${k}`;
            assert.is(a[(k * rows + row) * columns + column], want, told);
            assert.is(b[(row * columns + column) * channels + k], want, told);
          }
        }
      }
    }
    assert.ok(seen.size > (flip > 0 ? 1 : 0) + 2 * crop);
  });
}

test("a warp of channels that come last is that of each plane", () => {
  const [rows, columns] = [7, 8];
  const some = augmentationOf({ shift: 1, rotate: 40, scale: 0.2 });
  const planes = [3, 7, 11].map((k) => noise(rows, columns, NONE).map((value) => (value * k) % 256));
  const from = Uint8Array.from({ length: 168 }, (_, i) => planes[i % 3]![Math.floor(i / 3)]!);
  const to = new Uint8Array(170).fill(7);
  const pixels = new Augmenter(some, [rows, columns, 3]);
  pixels.draw(new RandomState(3));
  pixels.apply(from, 0, to, 1);
  assert.equal([to[0], to.at(-1)], [7, 7]);
  const alone = new Augmenter(some, [rows, columns]);
  for (const [k, plane] of planes.entries()) {
    const want = new Uint8Array(56);
    alone.draw(new RandomState(3));
    alone.apply(plane, 0, want, 0);
    assert.equal(
      want.map((_, i) => to[1 + 3 * i + k]!),
      want,
    );
  }
});

test.run();

/** Bytes that no machine computes otherwise. */
function noise(rows: number, columns: number, [top, left, bottom, right]: Border): Uint8Array {
  return Uint8Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const isInk = row >= top && row < rows - bottom && column >= left && column < columns - right;
    return isInk ? (at * 151 + row * 89 + 31) % 256 : 0;
  });
}

/** For any amounts, as the slow version has it. */
function assertAsEquation(from: Uint8Array, rows: number, columns: number): void {
  const random = new RandomState(5);
  for (let i = 0; i < 60; i++) {
    const amounts = {
      right: 4 * random.rand() - 2,
      down: 4 * random.rand() - 2,
      radians: (2 * random.rand() - 1) * Math.PI,
      size: 0.5 + random.rand(),
    };
    const wanted = reference(from, rows, columns, amounts);
    const found = warped(from, rows, columns, amounts);
    assert.equal(warped(from, rows, columns, amounts, 0), found, "among black pixels as among white ones");
    for (const [at, value] of wanted.entries()) {
      const told = `${JSON.stringify(amounts)}, ${at}: ${found[at]}, ${value}`;
      assert.ok(Math.abs(found[at]! - value) <= TOLERANCE, told);
    }
  }
}

/** The plane stands among pixels of one grey, which belong to others: white, if not told otherwise. */
function warped(from: Uint8Array, rows: number, columns: number, amounts: Amounts, others = 255): Uint8Array {
  const warp = new Warp(rows, columns);
  const beside = new Uint8Array((rows + 2) * columns).fill(others);
  const to = new Uint8Array(from.length).fill(201);
  warp.place(amounts.right, amounts.down, amounts.radians, amounts.size);
  warp.plane(new Uint8Array([...beside, ...from, ...beside]), beside.length, to, 0);
  return to;
}

/** q = centre + R(-angle)·(p - centre - shift) / size, and the four pixels around q, in float64. */
function reference(from: Uint8Array, rows: number, columns: number, amounts: Amounts): Float64Array {
  const { right, down, radians, size } = amounts;
  const [centreX, centreY] = [(columns - 1) / 2, (rows - 1) / 2];
  const at = (row: number, column: number) => {
    const isInside = row >= 0 && row < rows && column >= 0 && column < columns;
    return isInside ? from[row * columns + column]! : 0;
  };
  return Float64Array.from(from, (_, index) => {
    const [dx, dy] = [(index % columns) - centreX - right, Math.floor(index / columns) - centreY - down];
    const x = centreX + (Math.cos(radians) * dx + Math.sin(radians) * dy) / size;
    const y = centreY + (Math.cos(radians) * dy - Math.sin(radians) * dx) / size;
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [u, v] = [x - column, y - row];
    const above = (1 - u) * at(row, column) + u * at(row, column + 1);
    const below = (1 - u) * at(row + 1, column) + u * at(row + 1, column + 1);
    return (1 - v) * above + v * below;
  });
}
