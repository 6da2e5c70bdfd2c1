/** What a network is asked about: images, a picture, numbers; and what is refused. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { type InputOptions, type Inputs, readInputs } from "../../src/cli/inputs.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { whileReplaced } from "./faults.ts";

const test = suite("inputs");
const folder = makeTemporaryFolder();
let files = 0;

function fileOf(content: string | Uint8Array): string {
  files += 1;
  const file = join(folder, `${files}`);
  writeFileSync(file, content);
  return file;
}

async function read(content: string | Uint8Array, options: Partial<InputOptions> = {}): Promise<Inputs> {
  return await readInputs(fileOf(content), { size: 4, index: undefined, strict: false, ...options });
}

/** Why it is refused, without the file's name. */
async function refusal(content: string | Uint8Array, options: Partial<InputOptions> = {}): Promise<string> {
  const { message } = await assertRejects(() => read(content, options), FileError, `${content}`);
  assert.ok(message.startsWith(`${join(folder, `${files}`)}: `), message);
  return message.slice(join(folder, `${files}`).length + 2);
}

function rowsOf({ rows }: Inputs): readonly (readonly number[])[] {
  return rows.map((row) => [...row]);
}

const IMAGES = encodeIdx({
  type: "uint8",
  shape: [3, 2, 2],
  data: Uint8Array.of(0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8),
});

test("IDX images, packed or not: bytes become 0 to 1, and positions are their names", async () => {
  for (const bytes of [IMAGES, gzipSync(IMAGES)]) {
    const inputs = await read(bytes);
    assert.equal(rowsOf(inputs)[0], [0, 51 * (1 / 255), 102 * (1 / 255), 1]);
    assert.equal(
      rowsOf(inputs)[2],
      [5, 6, 7, 8].map((byte) => byte * (1 / 255)),
    );
    assert.equal([inputs.rows.length, inputs.names, inputs.remarks], [3, ["0", "1", "2"], []]);
  }
  const flat = encodeIdx({ type: "uint8", shape: [1, 4], data: Uint8Array.of(0, 255, 0, 0) });
  assert.equal(rowsOf(await read(flat)), [[0, 1, 0, 0]]);
});

test("--index chooses, in its order, and more than once", async () => {
  const inputs = await read(IMAGES, { index: [2, 0, 2] });
  assert.equal(inputs.names, ["2", "0", "2"]);
  const [a, b, c] = rowsOf(inputs);
  assert.equal(a, c);
  assert.equal(b, rowsOf(await read(IMAGES))[0]);
  assert.equal(rowsOf(await read("[[1,2,3,4],[5,6,7,8]]", { index: [1] })), [[5, 6, 7, 8]]);
  assert.is(await refusal(IMAGES, { index: [0, 3] }), "--index 3: expected 0 to 2");
});

test("images of another size, labels, and damaged files are refused", async () => {
  assert.is(await refusal(IMAGES, { size: 9 }), "expected images of 9 pixels, found 2 × 2");
  const labels = encodeIdx({ type: "uint8", shape: [3], data: Uint8Array.of(1, 2, 3) });
  assert.is(await refusal(labels), "expected images of 4 pixels, found labels");
  assert.is(await refusal(labels, { size: 1 }), "expected images of 1 pixels, found labels");
  const error = await assertRejects(() => read(IMAGES.subarray(0, 20)), IdxError, "cut");
  assert.match(error.message, join(folder, `${files}`));
  await assertRejects(
    () => read(encodeIdx({ type: "int8", shape: [1, 4], data: Int8Array.of(1, 2, 3, 4) })),
    IdxError,
    "int8",
  );
});

test("JSON: one row of numbers, or several; numbers above 1 are remarked on", async () => {
  assert.equal(rowsOf(await read("[0, 0.5, -1, 1]")), [[0, 0.5, -1, 1]]);
  const several = await read("[[0,0,0,0],[1,1,1,1]]");
  assert.equal(rowsOf(several), [
    [0, 0, 0, 0],
    [1, 1, 1, 1],
  ]);
  assert.equal([several.names, several.remarks], [["0", "1"], []]);
  const { remarks } = await read("[[0,0,0,0],[0,0,1.5,0]]");
  assert.equal(remarks, [
    `${join(folder, `${files}`)}: numbers above 1; networks trained here take pixels from 0 to 1`,
  ]);
});

const PAGE_CURE = "download the file itself, for which a server sent this page";

test("JSON that is no rows of so many numbers is refused, and so is what is nothing known", async () => {
  for (const [text, reason] of [
    ["", "empty"],
    ["{}", "expected a JSON array of numbers or rows"],
    ["[]", "expected a JSON array of numbers or rows"],
    ["3", "expected a JSON array of numbers or rows"],
    ['"[1,2,3,4]"', "expected a JSON array of numbers or rows"],
    ["[1,2,3]", "row 0: expected 4 numbers, found 3"],
    ["[[1,2,3,4],[1,2,3,4,5]]", "row 1: expected 4 numbers, found 5"],
    ["[[1,2,3,4],7]", "row 1: expected numbers alone"],
    ['[1,2,"3",4]', "row 0: expected numbers alone"],
    ["[1,2,1e999,4]", "row 0: expected numbers alone"],
    ["[1,2,null,4]", "row 0: expected numbers alone"],
    ["words", 'neither PNG nor IDX nor JSON; this is text: "words"'],
    ["<!doctype html>", `neither PNG nor IDX nor JSON; this is an HTML page: ${PAGE_CURE}`],
  ] as const) {
    assert.is(await refusal(text), reason, text);
  }
  assert.is(await refusal(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)), "neither PNG nor IDX nor JSON", "no UTF-8");
  for (const start of [
    [0, 1],
    [1, 0],
    [0x1f, 0x8c],
    [0x8b, 0x1f],
    [0x1e, 0x8b],
  ]) {
    assert.is(await refusal(Uint8Array.of(...start, 0, 0)), "neither PNG nor IDX nor JSON", `${start}`);
  }
  await assertRejects(() => read(Uint8Array.of(0, 0)), IdxError, "begins as IDX does");
});

test("a picture becomes what the network was trained on, and what was done to it is remarked on", async () => {
  const data = new Uint8Array(60 * 60).fill(255);
  for (let y = 20; y < 40; y++) data.fill(0, y * 60 + 28, y * 60 + 32);
  const picture = encode({ width: 60, height: 60, channels: 1, data });
  const inputs = await read(picture, { size: 784 });
  const name = join(folder, `${files}`);
  assert.equal([inputs.rows.length, inputs.rows[0]?.length, inputs.names], [1, 784, [name]]);
  assert.is(Math.max(...inputs.rows[0]!), 1);
  assert.is(Math.min(...inputs.rows[0]!), 0);
  assert.ok(inputs.remarks.length > 0 && inputs.remarks.every((remark) => remark.startsWith(`${name}: `)));
  assert.match(inputs.remarks[0]!, "inverted");
  assert.match(
    await refusal(picture, { size: 784, strict: true }),
    /^--strict: expected a grey picture of 28 × 28, light on dark; it would have to be inverted.*, cropped/,
  );
  const own = new Uint8Array(784);
  own.fill(255, 14 * 28 + 4, 14 * 28 + 24);
  const fits = await read(encode({ width: 28, height: 28, channels: 1, data: own }), { size: 784, strict: true });
  assert.equal(fits.remarks, []);
  assert.equal(
    [...fits.rows[0]!],
    [...own].map((byte) => byte * (1 / 255)),
  );
});

test("a picture for a network that takes none, with --index, or without ink is refused", async () => {
  const blank = encode({ width: 28, height: 28, channels: 1, data: new Uint8Array(784) });
  assert.is(
    await refusal(blank, { size: 785 }),
    "a picture of 28 × 28, 2352 values in colour, but the network takes 785: no square in grey",
  );
  assert.is(await refusal(blank, { size: 784, index: [0] }), "one picture: --index is for IDX files and JSON");
  assert.is(await refusal(blank, { size: 784 }), "no ink: the picture is of one grey");
});

test("a file that cannot be read, and standard input, are called what they are", async () => {
  const options = { size: 2, index: undefined, strict: false };
  const missing = join(folder, "missing");
  const { message } = await assertRejects(() => readInputs(missing, options), FileError, "missing");
  assert.is(message, `${missing}: no such file or folder`);
  mkdirSync(join(folder, "-"));
  const reading = (content: string | undefined) => (original: typeof import("node:fs").readFileSync) =>
    ((path: string | number, encoding?: "utf8") => {
      if (path !== 0) return original(path, encoding);
      if (content === undefined) throw new Error("it is closed");
      return Buffer.from(content);
    }) as typeof import("node:fs").readFileSync;
  const given = await whileReplaced("readFileSync", reading("[1,0]"), () => readInputs("-", options));
  assert.equal([rowsOf(given), given.names], [[[1, 0]], ["0"]]);
  for (const [content, reason] of [
    ["", "standard input: empty"],
    ["words", 'standard input: neither PNG nor IDX nor JSON; this is text: "words"'],
    [undefined, "standard input: it is closed"],
  ] as const) {
    const call = () => whileReplaced("readFileSync", reading(content), () => readInputs("-", options));
    assert.is((await assertRejects(call, FileError, reason)).message, reason);
  }
});

test.run();
