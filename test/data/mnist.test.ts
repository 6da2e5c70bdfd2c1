import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import type { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import { loadMnist, type MnistOptions } from "../../src/data/mnist.ts";
import { OptionError } from "../../src/errors.ts";
import { assertRejects } from "../support/throws.ts";
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

test("a Map of files has names for keys", async () => {
  const numbered = new Map([[1, new Uint8Array(1)]]);
  assert.match(
    (await assertRejects(() => loadMnist(numbered as never), OptionError, "1")).message,
    /a name: .* found 1$/,
  );
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

test("a missing file is named, with all places that were looked at", async () => {
  for (const name of NAMES) {
    const error = await failure({ [name]: undefined });
    assert.is(error.fault.kind, "missing");
    const dotted = name.replace("-idx", ".idx");
    const places = [
      name,
      `${name}.gz`,
      dotted,
      `${dotted}.gz`,
      `${name}/${name}`,
      `${name}/${dotted}`,
      `${dotted}/${dotted}`,
    ];
    const looked = places.map((place) => `/[^,]*/${place.replaceAll(".", "\\.")}`).join(", ");
    assert.match(error.message, new RegExp(`^${name} not found; looked for ${looked}$`));
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
    const empty = await failure({ [name]: new Uint8Array(0) });
    assert.match(empty.message, new RegExp(`/${name}: not an IDX file but an empty file; download or copy it again$`));
    for (const wrong of [bytes.slice(0, -1), bytes.slice(0, 5), bytes.slice(0, 2), Uint8Array.from([...bytes, 0])]) {
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
  assert.match(
    error.message,
    /t10k-labels-idx1-ubyte: label 1 is 10; expected 0 to 9; loadMnist takes variant, classes/,
  );
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

/** The same files under other names. */
function renamed(rename: (name: string) => string, packed: "plain" | "gzip" = "plain"): Files {
  const files = Object.entries(smallMnist()).flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : []));
  return Object.fromEntries(
    files.map(([name, bytes]) => [rename(name), packed === "gzip" ? gzip(bytes) : bytes] as const),
  );
}

const mapOf = (files: Files) =>
  new Map(Object.entries(files).flatMap(([name, bytes]) => (bytes ? [[name, bytes]] : [])));

test("names may have a dot, capitals, and a folder of their own, as unpackers and Kaggle make them", async () => {
  const dotted = (name: string) => name.replace("-idx", ".idx");
  const spellings: Readonly<Record<string, (name: string) => string>> = {
    dotted,
    "dotted .gz": (name) => `${dotted(name)}.gz`,
    capitals: (name) => name.toUpperCase(),
    "capitals, .GZ": (name) => `${name.toUpperCase()}.GZ`,
    "dotted, capitals": (name) => dotted(name).replace("train", "Train"),
    "a folder": (name) => `${name}/${name}`,
    "a folder, dotted within": (name) => `${name}/${dotted(name)}`,
    "a dotted folder": (name) => `${dotted(name)}/${dotted(name)}`,
    "a folder in capitals": (name) => `${name.replace("t10k", "T10K")}/${name}`,
  };
  for (const [label, rename] of Object.entries(spellings)) {
    const files = renamed(rename, /gz/i.test(label) ? "gzip" : "plain");
    const { train, test: other } = await loaded(files);
    assert.equal([...train.inputs], [...ramp(24)], label);
    assert.equal(
      [[...train.labels], [...other.labels]],
      [
        [5, 0, 9],
        [1, 2],
      ],
      label,
    );
    if (label === "a folder in capitals") continue;
    assert.equal([...(await loadMnist(mapOf(files))).test.labels], [1, 2], `${label}: as a map`);
  }
  // Kaggle's archive of MNIST: folders of the names, and dotted files beside them.
  const both = { ...renamed((name) => `${name}/${name}`), ...renamed(dotted) };
  assert.equal([...(await loaded(both)).train.labels], [5, 0, 9]);
  // MNIST's own names come first, and plain files before compressed ones.
  const other = idxFile(8, [3], [7, 7, 7]);
  const first = { ...smallMnist(), "train-labels.idx1-ubyte": other, "TRAIN-LABELS-IDX1-UBYTE": other };
  assert.equal([...(await loaded(first)).train.labels], [5, 0, 9]);
});

test("a folder of a file's name that holds something else is no file", async () => {
  const files = { ...smallMnist(), "train-labels-idx1-ubyte": undefined, "train-labels-idx1-ubyte/readme": ramp(3) };
  await withFolder(files, async (folder) => {
    const error = await rejection(loadMnist(folder));
    assert.ok(error instanceof DatasetError && error.fault.kind === "missing");
  });
});

/** A variant's four files: images of 2 × 4 as `smallMnist` has them, labels as given. */
function variantFiles(prefix: string, train: Uint8Array, labels: string, other: Uint8Array): Files {
  const { "train-images-idx3-ubyte": images, "t10k-images-idx3-ubyte": others } = smallMnist();
  return {
    [`${prefix}-train-images-idx3-ubyte.gz`]: gzip(images!),
    [`${prefix}-train-labels-${labels}.gz`]: gzip(train),
    [`${prefix}-test-images-idx3-ubyte.gz`]: gzip(others!),
    [`${prefix}-test-labels-${labels}.gz`]: gzip(other),
  };
}

const bytesOf = (...labels: number[]) => idxFile(8, [labels.length], labels);

/** The three images of `smallMnist` by columns. */
const TURNED = [0, 1, 2].flatMap((i) => [0, 4, 1, 5, 2, 6, 3, 7].map((at) => 8 * i + at));

test("EMNIST is known by its names: letters are labelled from 1, and images are turned back", async () => {
  const cases = [
    ["emnist-letters", 26, [1, 26, 13], [0, 25, 12], "ABCZ", [0, 1, 2, 25]],
    ["emnist-balanced", 47, [0, 46, 10], [0, 46, 10], "09Aat", [0, 9, 10, 36, 46]],
    ["emnist-bymerge", 47, [0, 46, 10], [0, 46, 10], "Zd", [35, 38]],
    ["emnist-byclass", 62, [0, 61, 36], [0, 61, 36], "Zaz", [35, 36, 61]],
    ["emnist-digits", 10, [0, 9, 5], [0, 9, 5], "", []],
    ["emnist-mnist", 10, [0, 9, 5], [0, 9, 5], "", []],
  ] as const;
  for (const [variant, classes, labels, want, names, at] of cases) {
    const [a, b] = [bytesOf(...labels), bytesOf(labels[0], labels[1])];
    const files = variantFiles(variant, a, "idx1-ubyte", b);
    const capitals = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.toUpperCase(), bytes]));
    const sources = [
      await loaded(files),
      await loaded(files, { variant }),
      await loaded(capitals),
      await loadMnist(mapOf(files)),
    ];
    for (const { train, test: other } of sources) {
      assert.equal(
        [train.classes, [...train.labels], [...other.labels]],
        [classes, [...want], [want[0], want[1]]],
        variant,
      );
      assert.equal([...train.inputs], TURNED, variant);
      assert.equal([train.name, other.name], [`EMNIST ${variant.slice(7)} train`, `EMNIST ${variant.slice(7)} test`]);
      assert.equal(at.map((i) => train.classNames?.[i]).join(""), names);
      assert.is(train.classNames?.length, names === "" ? undefined : classes);
    }
    const shaped = await loaded(files, { flatten: false });
    assert.equal(shaped.train.shape, [1, 4, 2], "height and width are exchanged");
    const outside = await loadFailure({
      ...files,
      [`${variant}-test-labels-idx1-ubyte.gz`]: gzip(bytesOf(labels[0], 99)),
    });
    const range = variant === "emnist-letters" ? "1 to 26" : `0 to ${classes - 1}`;
    assert.match(outside.message, `label 1 is 99; expected ${range}; loadMnist takes`);
  }
});

async function loadFailure(files: Files, options?: MnistOptions): Promise<Error> {
  let found: unknown;
  await withFolder(files, async (folder) => {
    found = await rejection(loadMnist(folder, options));
  });
  if (found instanceof Error) return found;
  throw found;
}

test("QMNIST's labels are rows of integers, of which the first is the class", async () => {
  const rows = (...classes: number[]) => {
    const table = Int32Array.from({ length: 8 * classes.length }, (_, i) => (i % 8 === 0 ? classes[i / 8]! : 1000 + i));
    return encodeIdx({ type: "int32", shape: [classes.length, 8], data: table });
  };
  const files = variantFiles("qmnist", rows(5, 0, 9), "idx2-int", rows(1, 2));
  for (const { train, test: other } of [await loaded(files), await loaded(files, { variant: "qmnist" })]) {
    assert.equal(
      [[...train.labels], [...other.labels]],
      [
        [5, 0, 9],
        [1, 2],
      ],
    );
    assert.equal([...train.inputs], [...ramp(24)]);
    assert.equal([train.name, train.classes, train.classNames], ["QMNIST train", 10, undefined]);
  }
  const wrong = await loadFailure({ ...files, "qmnist-test-labels-idx2-int.gz": gzip(rows(1, 10)) });
  assert.match(wrong.message, /qmnist-test-labels-idx2-int\.gz: label 1 is 10; expected 0 to 9/);
  const narrow = encodeIdx({ type: "int32", shape: [2, 0], data: new Int32Array(0) });
  const none = await loadFailure({ ...files, "qmnist-test-labels-idx2-int.gz": gzip(narrow) });
  assert.match(none.message, /expected rows that begin with the class, found 2 × 0/);
});

test("a folder of several variants must be told which; MNIST's own names come first", async () => {
  const letters = variantFiles("emnist-letters", bytesOf(1, 2, 3), "idx1-ubyte", bytesOf(1, 2));
  const digits = variantFiles("emnist-digits", bytesOf(1, 2, 3), "idx1-ubyte", bytesOf(1, 2));
  const error = await loadFailure({ ...letters, ...digits });
  assert.ok(error instanceof OptionError);
  assert.is(
    error.message,
    "loadMnist: variant: the files are those of emnist-digits, emnist-letters; pass one of these names",
  );
  assert.equal([...(await loaded({ ...letters, ...digits }, { variant: "emnist-letters" })).train.labels], [0, 1, 2]);
  assert.equal([...(await loaded({ ...letters, ...smallMnist() })).train.labels], [5, 0, 9]);
  const missing = await loadFailure(letters, { variant: "qmnist" });
  assert.match(missing.message, /^qmnist-train-labels-idx2-int not found; looked for /);
});

test("files under MNIST's names may have other classes, labels and images: the options say so", async () => {
  const files = {
    ...smallMnist(),
    "train-labels-idx1-ubyte": bytesOf(1, 26, 13),
    "t10k-labels-idx1-ubyte": bytesOf(1, 2),
  };
  const { train } = await loaded(files, { classes: 26, firstLabel: 1, transposed: true });
  assert.equal([train.classes, [...train.labels], [...train.inputs]], [26, [0, 25, 12], TURNED]);
  assert.equal((await loaded(files, { classes: 27 })).train.classes, 27);
  const letters = variantFiles("emnist-letters", bytesOf(0, 2, 3), "idx1-ubyte", bytesOf(1, 2));
  const kept = await loaded(letters, { classes: 27, firstLabel: 0, transposed: false });
  assert.equal(
    [[...kept.train.labels], kept.train.classNames, [...kept.train.inputs]],
    [[0, 2, 3], undefined, [...ramp(24)]],
  );
  for (const options of [
    { firstLabel: -1 },
    { firstLabel: 0.5 },
    { classes: 0 },
    { variant: "emnist" },
    { variant: "toString" },
  ]) {
    assert.ok(
      (await loadFailure(smallMnist(), options as MnistOptions)) instanceof OptionError,
      JSON.stringify(options),
    );
  }
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
