/** CIFAR-10's binary files, made up: planes become pixels, and what is broken is told in one line. */
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Cifar, loadCifar, parseCifar } from "../../src/data/cifar.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError } from "../../src/errors.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { type Files, gzip, ramp, rejection, withFolder } from "./files.ts";

const test = suite("cifar");

/** Records of these classes, whose bytes tell their place: example, colour and pixel. */
function records(...labels: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    labels.flatMap((label, i) => [label, ...Array.from({ length: 3072 }, (_, at) => byteAt(i, at))]),
  );
}

/** A byte of a record's planes. */
function byteAt(example: number, at: number): number {
  return (example * 40 + Math.floor(at / 1024) * 90 + at * 7) % 256;
}

const small = (): Files => ({
  "data_batch_1.bin": records(3, 0),
  "data_batch_2.bin": records(9),
  "test_batch.bin": records(1, 2),
});

function checkSmall({ train, test: other }: Cifar): void {
  assert.equal(train.inputShape, [3, 32, 32, 3]);
  assert.equal([...train.labels], [3, 0, 9]);
  assert.equal(other.inputShape, [2, 32, 32, 3]);
  assert.equal([...other.labels], [1, 2]);
  assert.is(train.classNames?.[3], "cat");
  assert.is(train.classes, 10);
  // Example 1, row 5, column 7: red, green, blue next to each other.
  const pixel = (32 + 5) * 32 + 7;
  const want = [0, 1, 2].map((channel) => byteAt(1, channel * 1024 + 5 * 32 + 7));
  assert.equal([...train.inputs.subarray(3 * pixel, 3 * pixel + 3)], want);
  assert.equal(
    [...train.inputs.subarray(2 * 3072, 2 * 3072 + 3)],
    [0, 1, 2].map((k) => byteAt(0, k * 1024)),
    "the second file's first",
  );
}

test("files of a folder, of the folder in it, of a URL and of a Map; some of them compressed", async () => {
  await withFolder(small(), async (folder) => {
    checkSmall(await loadCifar(folder));
    checkSmall(await loadCifar(pathToFileURL(folder)));
  });
  const unpacked = Object.entries(small()).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes] as const);
  await withFolder(Object.fromEntries(unpacked), async (folder) => checkSmall(await loadCifar(folder)));
  const files = new Map(Object.entries(small() as Record<string, Uint8Array>));
  checkSmall(await loadCifar(files));
  const { "data_batch_2.bin": second, ...others } = small();
  const mixed = { ...others, "data_batch_2.bin.gz": gzip(second!), "batches.meta.txt": ramp(3) };
  await withFolder(mixed, async (folder) => checkSmall(await loadCifar(folder)));
});

test("batches are floats from 0 to 1, or bytes; classes are numbers or rows", async () => {
  const files = new Map(Object.entries(small() as Record<string, Uint8Array>));
  const { train } = await loadCifar(files);
  const { inputs, inputShape, targets } = train.batch([2]);
  assert.equal(inputShape, [1, 32, 32, 3]);
  assert.equal([...targets], [9]);
  assert.is(inputs[1], Math.fround(byteAt(0, 1024) * (1 / 255)));
  const raw = await loadCifar(files, { normalize: false, oneHotLabel: true });
  assert.is(raw.train.batch([2]).inputs[1], byteAt(0, 1024));
  assert.equal(raw.train.batch([2]).targetShape, [1, 10]);
});

/** The line for a folder with these files in place of the small ones. */
async function failure(changes: Files): Promise<string> {
  let found: unknown;
  await withFolder({ ...small(), ...changes }, async (folder) => {
    found = await rejection(loadCifar(folder));
    (found as Error).message = (found as Error).message.replaceAll(`${folder}/`, "");
  });
  assert.ok(found instanceof DatasetError, String(found));
  assert.not.match(found.message, "\n");
  return found.message;
}

test("what is broken is told in one line, with its file", async () => {
  const whole = records(1, 2);
  const cut = { "data_batch_2.bin": whole.slice(0, -1) };
  assert.is(await failure(cut), "data_batch_2.bin: expected records of 3073 bytes, found 6145 bytes");
  assert.is(await failure({ "test_batch.bin": new Uint8Array(0) }), "test_batch.bin: holds no examples");
  assert.is(await failure({ "data_batch_1.bin": records(1, 10) }), "data_batch_1.bin: label 1 is 10; expected 0 to 9");
  assert.match(await failure({ "test_batch.bin": undefined }), /^test_batch\.bin not found; looked for /);
  assert.match(
    await failure({ "data_batch_1.bin": undefined, "data_batch_2.bin": undefined }),
    /^data_batch_1\.bin not found/,
  );
  assert.match(
    await failure({ "test_batch.bin": new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n") }),
    /^test_batch\.bin: expected records of 3073 bytes, found a Git LFS pointer: run git lfs pull/,
  );
});

test("files that are too large, and options that cannot be meant, are refused", async () => {
  const files = new Map(Object.entries(small() as Record<string, Uint8Array>));
  const { message } = await assertRejects(() => loadCifar(files, { maxBytes: 100 }), DatasetError, "maxBytes");
  assert.match(message, /^data_batch_1\.bin: holds more than the limit of 100 bytes/);
  await assertRejects(() => loadCifar("", {}), OptionError, "no folder");
  await assertRejects(() => loadCifar(7 as never), OptionError, "a number");
  await assertRejects(() => loadCifar(files, { flatten: true } as never), OptionError, "an unknown option");
  await assertRejects(() => loadCifar(files, { normalize: 1 } as never), OptionError, "normalize");
  assertThrows(() => parseCifar("bytes" as never), OptionError, "no bytes");
});

test.run();
