/** Examples from folders of PNG pictures and from CIFAR-10's files: `--data DIR` finds out which. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { examplesOf, loadDigits } from "../../src/cli/digits.ts";
import { FileError } from "../../src/cli/files.ts";
import { readInputs } from "../../src/cli/inputs.ts";
import { readColourPng } from "../../src/cli/png.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError } from "../../src/errors.ts";
import { channelsOf, chunkOf, encodePng, FORMS } from "../support/png.ts";
import { assertRejects } from "../support/throws.ts";
import { newPath, ran } from "./ran.ts";

const test = suite("pictures, in this process");
const silent = (): void => {};

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = newPath();
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

/** A picture of 3 × 2 in one colour, but for its first pixel, which is black. */
function picture(...colour: readonly number[]): Uint8Array {
  return pictureOf(2, colour);
}

function pictureOf(height: number, colour: readonly number[]): Uint8Array {
  const data = Uint8Array.from({ length: 3 * height * colour.length }, (_, i) =>
    i < colour.length ? 0 : colour[i % colour.length]!,
  );
  return encode({ width: 3, height, channels: colour.length as 1 | 3, data });
}

/** The line that a folder is refused with, without the folder's path. */
async function refusal(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = folderOf(files);
  const { message } = await assertRejects(
    () => loadDigits({ data: folder }, silent),
    FileError,
    Object.keys(files).join(),
  );
  assert.not.match(message, "\n");
  return message.slice(message.indexOf(folder.slice(-3)) + 4);
}

test("a train and a test folder with a folder for each class", async () => {
  const folder = folderOf({
    "train/cat/b.png": picture(200, 100, 50),
    "train/cat/a.PNG": picture(9, 9, 9),
    "train/cat/notes.txt": Uint8Array.of(1),
    "train/dog/1.png": picture(7),
    "train/empty/notes.txt": Uint8Array.of(1),
    "test/dog/1.png": picture(1, 2, 3),
  });
  const digits = await loadDigits({ data: folder }, silent);
  const { train, test: other } = digits;
  assert.equal(train.inputShape, [3, 2, 3, 3]);
  assert.equal(train.classNames, ["cat", "dog"]);
  assert.equal([[...train.labels], [...other.labels]], [[0, 0, 1], [1]]);
  assert.equal([...train.inputs.subarray(0, 6)], [0, 0, 0, 9, 9, 9]);
  assert.equal([...train.inputs.subarray(18, 24)], [0, 0, 0, 200, 100, 50]);
  assert.equal([...other.inputs.subarray(0, 6)], [0, 0, 0, 1, 2, 3]);
  assert.is(train.scale, 1 / 255);
  assert.is(examplesOf(digits, "train"), `3 training images of 2 × 3 × 3 (${digits.name})`);
});

test("one folder for each class: a fifth of each is the test part, always the same; grey has one channel", async () => {
  const files = Object.fromEntries(
    ["one", "two"].flatMap((name, k) =>
      Array.from({ length: 10 }, (_, i) => [`${name}/${i}.png`, picture(10 * i + k + 1)] as const),
    ),
  );
  const folder = folderOf(files);
  const { train, test: other } = await loadDigits({ data: folder }, silent);
  assert.equal(
    [train.inputShape, other.inputShape],
    [
      [16, 2, 3, 1],
      [4, 2, 3, 1],
    ],
  );
  assert.equal([...other.labels].sort(), [0, 0, 1, 1]);
  const greys = [...train.inputs, ...other.inputs].filter((_, i) => i % 6 === 1).sort((a, b) => a - b);
  assert.is(new Set(greys).size, 20, "each picture once");
  assert.equal([...(await loadDigits({ data: folder }, silent)).test.inputs], [...other.inputs]);
});

test("what is broken is told in one line", async () => {
  const good = picture(1, 2, 3);
  assert.match(await refusal({ "a/1.png": good, "a/2.png": new Uint8Array(0) }), /a\/2\.png: empty$/);
  assert.match(await refusal({ "a/1.png": Uint8Array.of(1, 2) }), /a\/1\.png: not a PNG picture$/);
  assert.match(await refusal({ "a/1.png": good, "b/2.png": good.subarray(0, 50) }), /b\/2\.png: broken PNG: /);
  const wide = encode({ width: 4, height: 2, channels: 1, data: new Uint8Array(8) });
  assert.match(
    await refusal({ "a/1.png": good, "b/2.png": wide }),
    /b\/2\.png: 4 × 2 pixels, but .*a\/1\.png has 3 × 2$/,
  );
  assert.match(await refusal({ "a/1.png": good }), /one picture, expected at least two/);
  const strange = { "train/a/1.png": good, "test/b/1.png": good };
  assert.match(await refusal(strange), /test\/b: a class that the train folder does not have$/);
  const other = { "train/a/1.png": good, "test/a/1.png": wide };
  assert.match(await refusal(other), /test\/a\/1\.png: 4 × 2 pixels, but .*train\/a\/1\.png has 3 × 2$/);
});

test("a folder of nothing that is known is told what MNIST's files are called", async () => {
  const folder = folderOf({ "a/notes.txt": Uint8Array.of(1) });
  const { message } = await assertRejects(() => loadDigits({ data: folder }, silent), DatasetError, "nothing");
  assert.match(message, /^train-labels-idx1-ubyte not found/);
});

test("CIFAR-10's files are known by their names, also in the folder of their archive", async () => {
  const file = Uint8Array.from({ length: 2 * 3073 }, (_, at) => (at % 3073 === 0 ? 3 + at / 3073 : at % 251));
  for (const inner of ["", "cifar-10-batches-bin/"]) {
    const folder = folderOf({ [`${inner}data_batch_1.bin`]: file, [`${inner}test_batch.bin`]: file.subarray(0, 3073) });
    const digits = await loadDigits({ data: folder }, silent);
    assert.equal([...digits.train.labels], [3, 4]);
    assert.is(examplesOf(digits, "test"), `1 test images of 32 × 32 × 3 (${digits.name})`);
  }
  const cut = folderOf({ "data_batch_1.bin": file.subarray(1), "test_batch.bin": file });
  const { message } = await assertRejects(() => loadDigits({ data: cut }, silent), DatasetError, "cut off");
  assert.match(message, /data_batch_1\.bin: expected records of 3073 bytes, found 6145 bytes$/);
});

test("pictures are trained on, augmented, and drawn in colour in the report", async () => {
  const files = Object.fromEntries(
    ["red", "blue"].flatMap((name, k) =>
      Array.from({ length: 10 }, (_, i) => {
        const colour = k === 0 ? [200 + i, 20, 30] : [30, 20, 200 + i];
        return [`${name}/${i}.png`, pictureOf(5, colour)] as const;
      }),
    ),
  );
  const [data, out] = [folderOf(files), newPath()];
  const flags = ["--data", data, "--out", out, "--layers", "45,8,2", "--epochs", "30", "--batch-size", "4"];
  const augment = ["--augment", "flip=0.5,crop=1,cutout=1,colour=0.05"];
  const { code, stdout, stderr } = await ran(trainCommand, [...flags, ...augment, "--quiet"]);
  assert.is(code, 0, stderr + stdout);
  const wrong = () => ran(trainCommand, ["--data", data, "--augment", "flip=2"]);
  assert.match((await assertRejects(wrong, OptionError, "flip=2")).message, /flip: expected a number from 0 to 1/);

  // Pictures that both classes have: one of them is wrong.
  const [both, report] = [newPath(), newPath()];
  for (const name of ["red", "blue"]) cpSync(join(data, "red"), join(both, name), { recursive: true });
  const few = ["--iterations", "1", "--batch-size", "4", "--report", "--quiet"];
  const drawn = await ran(trainCommand, ["--data", both, "--out", report, ...few]);
  assert.is(drawn.code, 0, drawn.stderr);
  const svg = readFileSync(join(report, "mistakes.svg"), "utf8");
  assert.match(svg, /(red taken for blue|blue taken for red)/);
  const png = Buffer.from(/base64,([^"]+)/.exec(svg)?.[1] ?? "", "base64");
  assert.equal([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]], [3, 5, 8, 2], "3 × 5 in true colour");
  const { colours } = await readColourPng(png, "x.png");
  assert.equal([...colours.subarray(0, 3)], [0, 0, 0]);
  assert.ok(Math.max(...colours.subarray(3, 6)) >= 200);
});

test("a picture's colours: every form, palette and alpha on white", async () => {
  for (const form of FORMS) {
    const channels = channelsOf({ ...form });
    const samples = Array.from({ length: 6 * channels }, (_, i) => (i * 7) % Math.min(4, 2 ** form.depth));
    const palette = [1, 2, 3, 40, 50, 60, 70, 80, 90, 200, 210, 220];
    const bytes = encodePng({ width: 3, height: 2, ...form }, samples, {
      before: form.colour === 3 ? [chunkOf("PLTE", palette)] : [],
    });
    const { width, height, colours } = await readColourPng(bytes, "x.png");
    assert.equal([width, height], [3, 2]);
    const most = 2 ** form.depth - 1;
    for (let i = 0; i < 6; i++) {
      const own = samples.slice(i * channels, (i + 1) * channels);
      const alpha = channels === 2 || channels === 4 ? own.at(-1)! / most : 1;
      for (let k = 0; k < 3; k++) {
        const value = form.colour === 3 ? palette[3 * own[0]! + k]! : (own[channels < 3 ? 0 : k]! * 255) / most;
        assert.is(colours[3 * i + k], Math.round(value * alpha + 255 * (1 - alpha)), `${form.colour} ${form.depth}`);
      }
    }
  }
});

test("predict takes a picture in colour of the network's size, and says so where it is another", async () => {
  const file = join(folderOf({ "x.png": picture(255, 0, 51) }), "x.png");
  const { rows } = await readInputs(file, { size: 18, index: undefined, strict: false });
  assert.equal(
    [...rows[0]!].slice(0, 6).map((x) => Math.round(255 * x)),
    [0, 0, 0, 255, 0, 51],
  );
  const wrong = () => readInputs(file, { size: 27, index: undefined, strict: false });
  const { message } = await assertRejects(wrong, FileError, "another size");
  assert.match(message, /a picture of 3 × 2, 18 values in colour, but the network takes 27/);
});

test.run();
