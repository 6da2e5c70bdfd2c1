import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { Dataset } from "../../src/data/dataset.ts";
import { loadMnist, type MnistOptions } from "../../src/data/mnist.ts";
import { DatasetError, IdxError, OptionError } from "../../src/errors.ts";
import { type Files, gzip, idxFile, ramp, rejection, smallMnist, withFolder } from "./files.ts";

const test = suite("mnist");

const BUNDLED = fileURLToPath(new URL("../../data/", import.meta.url));

const NAMES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
] as const;

/** What `loadMnist` says to the small files with some of them replaced, or removed by `undefined`. */
async function failure(changes: Files, options?: MnistOptions): Promise<DatasetError | IdxError> {
  let found: unknown;
  await withFolder({ ...smallMnist(), ...changes }, async (folder) => {
    found = await rejection(loadMnist(folder, options));
  });
  if (found instanceof DatasetError || found instanceof IdxError) return found;
  throw found;
}

function countsOf({ labels }: Dataset): number[] {
  const counts = Array.from({ length: 10 }, () => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

test("loads four plain files from a folder, with or without a slash, or by URL", async () => {
  await withFolder(smallMnist(), async (folder) => {
    for (const source of [folder, `${folder}/`, pathToFileURL(folder), pathToFileURL(`${folder}/`).href]) {
      const { train, test: other } = await loadMnist(source);
      assert.equal(train.inputShape, [3, 8]);
      assert.equal([...train.labels], [5, 0, 9]);
      assert.equal([...train.inputs], [...ramp(24)]);
      assert.equal(other.inputShape, [2, 8]);
      assert.equal([...other.labels], [1, 2]);
    }
  });
});

test("each file may be compressed; the plain one wins", async () => {
  for (const packed of NAMES) {
    const files = smallMnist();
    const bytes = files[packed];
    if (bytes === undefined) throw new Error(packed);
    const { train, test: other } = await loaded({ ...files, [packed]: undefined, [`${packed}.gz`]: gzip(bytes) });
    assert.is(train.length + other.length, 5);
  }
  const { train } = await loaded({ ...smallMnist(), "train-labels-idx1-ubyte.gz": Uint8Array.of(1, 2, 3) });
  assert.equal([...train.labels], [5, 0, 9]);
});

async function loaded(files: Files, options?: MnistOptions): Promise<{ train: Dataset; test: Dataset }> {
  const results: { train: Dataset; test: Dataset }[] = [];
  await withFolder(files, async (folder) => {
    results.push(await loadMnist(folder, options));
  });
  const [result] = results;
  if (result === undefined) throw new Error("nothing was loaded");
  return result;
}

test("the options decide what a batch is made of, and leave the bytes alone", async () => {
  for (const normalize of [true, false]) {
    for (const flatten of [true, false]) {
      for (const oneHotLabel of [true, false]) {
        const { train, test: other } = await loaded(smallMnist(), { normalize, flatten, oneHotLabel });
        assert.equal(train.shape, flatten ? [8] : [1, 2, 4]);
        assert.equal(train.inputShape, flatten ? [3, 8] : [3, 1, 2, 4]);
        assert.equal(train.targetShape, oneHotLabel ? [3, 10] : [3]);
        assert.equal(other.targetShape, oneHotLabel ? [2, 10] : [2]);
        assert.equal([...train.inputs], [...ramp(24)]);
        const { inputs, targets } = train.batch([2]);
        assert.is(inputs[7], normalize ? Math.fround(23 / 255) : 23);
        assert.equal([...targets], oneHotLabel ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 1] : [9]);
      }
    }
  }
});

test("without options: normalised, flat, class numbers", async () => {
  const { train, test: other } = await loaded(smallMnist());
  assert.equal([train.scale, train.shape, train.targets, train.classes], [1 / 255, [8], "labels", 10]);
  assert.equal([train.name, other.name], ["MNIST train", "MNIST test"]);
});

test("the images are a view of the file's bytes, with nothing beside them", async () => {
  const plain = smallMnist();
  const bytes = idxFile(8, [3, 100, 100], new Uint8Array(30_000));
  const other = idxFile(8, [2, 100, 100], new Uint8Array(20_000));
  const files = { ...plain, "t10k-images-idx3-ubyte": other };
  const { train } = await loaded({ ...files, "train-images-idx3-ubyte": bytes });
  assert.is(train.inputs.byteOffset, 16);
  assert.is(train.inputs.buffer.byteLength, bytes.length);

  const packed = { "train-images-idx3-ubyte": undefined, "train-images-idx3-ubyte.gz": gzip(bytes) };
  const inflated = await loaded({ ...files, ...packed });
  assert.is(inflated.train.inputs.byteOffset, 16);
  assert.ok(inflated.train.inputs.buffer.byteLength <= bytes.length + 1);
});

test("a missing file is named, with both places that were looked at", async () => {
  for (const name of NAMES) {
    const error = await failure({ [name]: undefined });
    assert.is(error.fault.kind, "missing");
    assert.match(error.message, new RegExp(`^${name} not found; looked for .*/${name} and .*/${name}\\.gz$`));
  }
});

test("a folder that is not there is a missing file", async () => {
  await withFolder({}, async (folder) => {
    await rm(folder, { recursive: true });
    const error = await rejection(loadMnist(folder));
    assert.ok(error instanceof DatasetError && error.fault.kind === "missing");
  });
});

test("images and labels swapped are told apart by their rank", async () => {
  const files = smallMnist();
  const error = await failure({
    "train-images-idx3-ubyte": files["train-labels-idx1-ubyte"],
    "train-labels-idx1-ubyte": files["train-images-idx3-ubyte"],
  });
  assert.is(error.fault.kind, "rank");
  assert.match(error.message, /train-labels-idx1-ubyte: expected IDX rank 1, found 3; images and labels swapped\?$/);

  const images = await failure({ "t10k-images-idx3-ubyte": files["t10k-labels-idx1-ubyte"] });
  assert.match(images.message, /t10k-images-idx3-ubyte: expected IDX rank 3, found 1; images and labels swapped\?$/);
});

test("a truncated or overlong file is refused by name", async () => {
  for (const name of NAMES) {
    const bytes = smallMnist()[name];
    if (bytes === undefined) throw new Error(name);
    for (const wrong of [bytes.slice(0, -1), bytes.slice(0, 5), new Uint8Array(0), Uint8Array.from([...bytes, 0])]) {
      const error = await failure({ [name]: wrong });
      assert.is(error.fault.kind, "length");
      assert.match(error.message, new RegExp(`/${name}: expected `));
    }
  }
});

test("a damaged gzip is refused by name", async () => {
  const name = "train-images-idx3-ubyte";
  const bytes = gzip(idxFile(8, [3, 2, 4], ramp(24)));
  for (const at of [3, 12, bytes.length - 6]) {
    const wrong = bytes.slice();
    wrong[at] = (wrong[at] ?? 0) ^ 0x10;
    const error = await failure({ [name]: undefined, [`${name}.gz`]: wrong });
    assert.is(error.fault.kind, "gzip", `byte ${at}`);
    assert.match(error.message, new RegExp(`/${name}\\.gz: broken gzip: `));
  }
});

test("a file above maxBytes is refused, before and after inflation", async () => {
  const name = "train-images-idx3-ubyte";
  const zeros = idxFile(8, [3, 100, 100], new Uint8Array(30_000));
  for (const file of [{ [name]: zeros }, { [name]: undefined, [`${name}.gz`]: gzip(zeros) }]) {
    const error = await failure(file, { maxBytes: 30_015 });
    assert.is(error.fault.kind, "too-large");
    assert.match(error.message, /train-images-idx3-ubyte(\.gz)?: holds more than the limit of 30015 bytes$/);
  }
});

test("counts of images and labels must agree", async () => {
  const error = await failure({ "train-labels-idx1-ubyte": idxFile(8, [4], [1, 2, 3, 4]) });
  assert.match(error.message, /train-images-idx3-ubyte, .*train-labels-idx1-ubyte: 3 images but 4 labels$/);
});

test("a label above 9 is named with its place", async () => {
  const error = await failure({ "t10k-labels-idx1-ubyte": idxFile(8, [2], [9, 10]) });
  assert.match(error.message, /t10k-labels-idx1-ubyte: label 1 is 10; expected 0 to 9$/);
});

test("no examples are refused", async () => {
  const nothing = {
    "t10k-images-idx3-ubyte": idxFile(8, [0, 2, 4], []),
    "t10k-labels-idx1-ubyte": idxFile(8, [0], []),
  };
  const error = await failure(nothing);
  assert.is(error.fault.kind, "empty");
  assert.match(error.message, /t10k-images-idx3-ubyte: holds no examples$/);
});

test("images without pixels are refused", async () => {
  assert.is((await failure({ "train-images-idx3-ubyte": idxFile(8, [3, 0, 4], []) })).fault.kind, "shape");
});

test("both parts must have images of one size", async () => {
  const error = await failure({ "t10k-images-idx3-ubyte": idxFile(8, [2, 4, 2], ramp(16)) });
  assert.is(error.fault.kind, "shape");
  assert.match(error.message, /t10k-images-idx3-ubyte: expected images of 2 × 4 as in .*, found 4 × 2$/);
});

test("elements must be bytes", async () => {
  const error = await failure({ "train-labels-idx1-ubyte": idxFile(9, [3], [1, 2, 3]) });
  assert.match(error.message, /train-labels-idx1-ubyte: expected IDX element type uint8, found 0x09$/);
});

test("no source, or a limit that is none, is refused", async () => {
  assert.ok((await rejection(loadMnist(""))) instanceof OptionError);
  assert.ok((await rejection(loadMnist(BUNDLED, { maxBytes: 0 }))) instanceof OptionError);
});

test("the bundled digits are 8,000 and 2,000, in the counts that their page tells", async () => {
  const { train, test: other } = await loadMnist(BUNDLED);
  assert.equal(
    [train.inputShape, other.inputShape],
    [
      [8000, 784],
      [2000, 784],
    ],
  );
  assert.equal(countsOf(train), [805, 896, 797, 811, 789, 695, 805, 859, 767, 776]);
  assert.equal(countsOf(other), [196, 231, 194, 221, 191, 168, 209, 211, 177, 202]);
  assert.ok(train.inputs.buffer.byteLength <= 6_272_017);

  const page = (await readFile(join(BUNDLED, "README.md"), "utf8")).replaceAll(/ +/g, " ");
  assert.match(page, `| training | ${countsOf(train).join(" | ")} | 8000 |`);
  assert.match(page, `| test | ${countsOf(other).join(" | ")} | 2000 |`);
});

test("files that are there already, by name, are the same as those in a folder", async () => {
  const files = new Map(
    Object.entries(smallMnist()).flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : [])),
  );
  const { train, test: other } = await loadMnist(files);
  assert.equal([...train.inputs], [...ramp(24)]);
  assert.equal([...other.labels], [1, 2]);
  const [name, bytes] = [...files][0]!;
  files.delete(name);
  const missing = await rejection(loadMnist(files));
  assert.ok(missing instanceof DatasetError && missing.fault.kind === "missing" && missing.fault.looked.includes(name));
  files.set(`${name}.gz`, gzip(bytes));
  assert.is((await loadMnist(files)).train.length, 3);
  const large = await rejection(loadMnist(files, { maxBytes: 10 }));
  assert.ok(large instanceof DatasetError && large.fault.kind === "too-large");
  files.set(name, bytes);
  const most = Math.max(...[...files.values()].map(({ length }) => length));
  assert.is((await loadMnist(files, { maxBytes: most })).train.length, 3);
  const longest = await rejection(loadMnist(files, { maxBytes: bytes.length - 1 }));
  assert.ok(longest instanceof DatasetError);
  assert.equal(longest.fault, { kind: "too-large", file: name, limit: bytes.length - 1 });
});

test("the bundled files hold what their page says, and their headers nothing of where they were made", async () => {
  const page = await readFile(join(BUNDLED, "README.md"), "utf8");
  let total = 0;
  for (const name of NAMES) {
    const archive = await readFile(join(BUNDLED, `${name}.gz`));
    total += archive.length;
    assert.equal([...archive.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    const digest = await crypto.subtle.digest("SHA-256", gunzipSync(archive));
    assert.match(page, `${Buffer.from(digest).toString("hex")}  ${name}`);
  }
  assert.ok(total < 2_000_000);
});

test.run();
