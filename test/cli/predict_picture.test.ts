/** Pictures of digits, made MNIST's: by a network that learned bundled digits, and by their geometry. */
import { writeFileSync } from "node:fs";
import { decode, encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readPng } from "../../src/cli/png.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { prepareDigit } from "../../src/data/picture.ts";
import { BUILD } from "../support/engine.ts";
import { lanegrad, newPath, train } from "./lanegrad.ts";

const test = suite("pictures of digits");
const SIDE = 28;
const mnist = await loadMnist(new URL("../../data", import.meta.url));

type Sketch = { readonly width: number; readonly height: number; readonly grey: Float64Array };

function blank(width: number, height: number, paper: number): Sketch {
  return { width, height, grey: new Float64Array(width * height).fill(paper) };
}

/** A rectangle of ink. */
function rectangle(on: Sketch, [left, top, width, height]: readonly [number, number, number, number], ink: number) {
  for (let y = top; y < top + height; y++) on.grey.fill(ink, y * on.width + left, y * on.width + left + width);
  return on;
}

/** The smallest box with values above 0. */
function boxOf(pixels: Uint8Array) {
  const rows = [...pixels.keys()].filter((i) => pixels[i]! > 0).map((i) => Math.floor(i / SIDE));
  const columns = [...pixels.keys()].filter((i) => pixels[i]! > 0).map((i) => i % SIDE);
  const [left, right, top, bottom] = [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

test("a picture of the right size and a dark edge stays as it is", () => {
  const grey = Float64Array.from(mnist.test.inputs.subarray(0, SIDE * SIDE));
  const made = prepareDigit({ width: SIDE, height: SIDE, grey }, SIDE);
  assert.equal(made?.changes, []);
  assert.equal([...made!.pixels], [...grey]);
});

test("dark ink on light paper is inverted; any size is scaled into 20 × 20 with its proportions, around its centre of mass", () => {
  const page = rectangle(blank(200, 300, 250), [20, 150, 60, 120], 10);
  const made = prepareDigit(page, SIDE);
  const { left, top, width, height } = boxOf(made!.pixels);
  assert.equal([width, height], [10, 20]);
  // Of a rectangle the centre of mass is the middle: 9 left of it, 9 right of it; index 14 is the centre, as MNIST has it.
  assert.equal([left, top], [10, 5]);
  assert.is(Math.max(...made!.pixels), 255);
  assert.match(made!.changes.join("; "), /inverted.*cropped from 200 × 300 to its ink, 60 × 120; scaled to 10 × 20/);
});

test("what is heavier on one side is moved to the other", () => {
  const page = rectangle(rectangle(blank(100, 100, 0), [10, 10, 80, 8], 255), [10, 18, 8, 72], 255);
  const { left, top } = boxOf(prepareDigit(page, SIDE)!.pixels);
  assert.ok(left > 4 && top > 4, `${left}, ${top}`);
});

test("small pictures are enlarged; noise in the paper is no ink; a blank page has none", () => {
  const dot = rectangle(blank(8, 8, 0), [3, 2, 2, 4], 200);
  assert.is(boxOf(prepareDigit(dot, SIDE)!.pixels).height, 20);
  const noisy = rectangle(blank(64, 64, 240), [20, 10, 10, 40], 30);
  for (let i = 0; i < noisy.grey.length; i += 7) noisy.grey[i]! -= 12;
  assert.match(prepareDigit(noisy, SIDE)!.changes.join(), /ink, 10 × 40/);
  assert.is(prepareDigit(blank(30, 30, 255), SIDE), undefined);
});

test("PNG: every depth, colour, palette and transparency gives the same grey", async () => {
  const wanted = [0, 255, 255, 0, 255, 0];
  const samples = { width: 3, height: 2 };
  const grey = Uint8Array.from(wanted);
  const each = (make: (value: number) => number[]) => Uint8Array.from(wanted.flatMap(make));
  const files = {
    "8 bits": encode({ ...samples, data: grey, depth: 8, channels: 1 }),
    "16 bits": encode({ ...samples, data: Uint16Array.from(wanted, (v) => v * 257), depth: 16, channels: 1 }),
    "1 bit": encode({ ...samples, data: Uint8Array.of(0b01100000, 0b01000000), depth: 1, channels: 1 }),
    colour: encode({ ...samples, data: each((v) => [v, v, v]), depth: 8, channels: 3 }),
    "black on nothing": encode({ ...samples, data: each((v) => [0, 0, 0, 255 - v]), depth: 8, channels: 4 }),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const picture = await readPng(bytes, name);
    assert.equal([...picture.grey].map(Math.round), wanted, name);
  }
  const white = encode({ ...samples, data: each((v) => [255, 255, 255, v]), depth: 8, channels: 4 });
  assert.equal([...(await readPng(white, "white on nothing")).grey].map(Math.round), wanted);
  assert.is(decode(files.colour).channels, 3); // or the test would not see colours
});

test("a network recognises digits drawn large, dark on light, off centre; --strict refuses them; damage is one line", async () => {
  const run = newPath();
  const args = ["--layers", "784,64,10", "--optimizer", "adam", "--epochs", "3", "--batch-size", "50", "--quiet"];
  const trained = await train([...args, "--out", run]);
  assert.is(trained.code, 0, trained.stderr);
  let right = 0;
  const count = 10;
  const files = Array.from({ length: count }, (_, i) => ({ file: drawn(i), label: mnist.test.labels[i] }));
  for (const { file, label } of files) {
    const { stdout, stderr } = await lanegrad(["predict", run, file, "--json"]);
    assert.match(stderr, /inverted, because its background is light\n.*cropped from 120 × 150/);
    if (JSON.parse(stdout).prediction === label) right += 1;
  }
  assert.ok(right >= 9, `${right} of ${count}`);
  const file = files[0]?.file ?? "";
  const strict = await lanegrad(["predict", run, file, "--strict"]);
  assert.is(strict.code, 1);
  assert.match(strict.stderr, /--strict: expected a grey picture of 28 × 28, light on dark/);
  const broken = newPath(".png");
  writeFileSync(broken, encode({ width: 40, height: 40, data: new Uint8Array(1600), channels: 1 }).subarray(0, 60));
  const damaged = await lanegrad(["predict", run, broken]);
  assert.is(damaged.code, 1);
  assert.match(damaged.stderr, /^predict: \S+: broken PNG: .*\n$/);
});

/** A test digit three times as large, black on white, in the corner of a page of 120 × 150, as PNG. */
function drawn(index: number): string {
  const [width, height, scale] = [120, 150, 3];
  const data = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < SIDE * scale; y++) {
    for (let x = 0; x < SIDE * scale; x++) {
      const pixel = index * SIDE * SIDE + Math.floor(y / scale) * SIDE + Math.floor(x / scale);
      data[(y + 5) * width + x + 30] = 255 - (mnist.test.inputs[pixel] ?? 0);
    }
  }
  const file = newPath(".png");
  writeFileSync(file, encode({ width, height, data, channels: 1 }));
  return file;
}

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
