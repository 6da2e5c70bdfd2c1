/** Where the examples of a command come from, and that a download is told and ended, in this process. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digits, download, examplesOf, loadDigits, sha256Of, splitOff } from "../../src/cli/digits.ts";
import { downloadCommand } from "../../src/cli/download.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { downloadMnist } from "../../src/data/download.ts";
import { DownloadError, OptionError } from "../../src/errors.ts";
import { BUILD } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { digitsFolder, newPath, ran } from "./ran.ts";

const test = suite("digits, in this process");
const data = digitsFolder();
const silent = (): void => {};

/** Runs the body with the mirrors of a server that answers so; gives the paths that it was asked for. */
async function withServer(
  answer: "refused" | "never" | "half",
  body: (mirrors: string) => Promise<void>,
  mirrorsOf = (address: string) => address,
  onRequest = () => {},
): Promise<readonly string[]> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    onRequest();
    if (answer === "refused") response.writeHead(404).end();
    if (answer === "half") response.writeHead(200, { "content-length": "8" }).write("1234");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const mirrors = mirrorsOf(`http://127.0.0.1:${port}/`);
  const before = process.env["LANEGRAD_MNIST_MIRRORS"];
  process.env["LANEGRAD_MNIST_MIRRORS"] = mirrors;
  try {
    await body(mirrors);
  } finally {
    if (before === undefined) delete process.env["LANEGRAD_MNIST_MIRRORS"];
    else process.env["LANEGRAD_MNIST_MIRRORS"] = before;
    server.closeAllConnections();
    server.close();
  }
  return asked;
}

test("EMNIST's files are known by their names, and --variant chooses among several datasets of a folder", async () => {
  const folder = digitsFolder();
  const parts = { train: "train", t10k: "test" } as const;
  const emnist = newPath();
  mkdirSync(emnist);
  const copy = (variant: string, labelled: (label: number) => number) => {
    for (const [from, to] of Object.entries(parts)) {
      const images = readFileSync(join(folder, `${from}-images-idx3-ubyte`));
      const labels = readFileSync(join(folder, `${from}-labels-idx1-ubyte`));
      writeFileSync(join(emnist, `${variant}-${to}-images-idx3-ubyte`), images);
      writeFileSync(
        join(emnist, `${variant}-${to}-labels-idx1-ubyte`),
        labels.map((byte, i) => (i < 8 ? byte : labelled(byte))),
      );
    }
  };
  copy("emnist-letters", (label) => label + 1);
  const letters = await loadDigits({ data: emnist }, silent);
  assert.equal([letters.train.name, letters.train.classes], ["EMNIST letters train", 26]);
  assert.equal([...letters.train.labels], [...(await loadDigits({ data: folder }, silent)).train.labels]);
  copy("emnist-digits", (label) => label);
  const several = await assertRejects(() => loadDigits({ data: emnist }, silent), OptionError, "several");
  assert.match(several.message, "the files are those of emnist-digits, emnist-letters");
  const chosen = await loadDigits({ data: emnist, variant: "emnist-letters" }, silent);
  assert.is(sha256Of(chosen), sha256Of(letters));
  assert.is((await loadDigits({ data: emnist, variant: "emnist-digits" }, silent)).train.classes, 10);
  for (const source of [{ variant: "qmnist" }, { variant: "qmnist", dataset: "mnist" }] as const) {
    const { message } = await assertRejects(() => loadDigits(source, silent), UsageError, "nothing to choose from");
    assert.is(message, "--variant is for --data");
  }
});

test("a folder's files, and what they are as bytes", async () => {
  const digits = await loadDigits({ data }, silent);
  assert.equal([digits.train.length, digits.test.length, digits.folder, digits.note], [60, 30, data, ""]);
  const hash = createHash("sha256");
  for (const { inputs, labels } of [digits.train, digits.test]) {
    hash.update(inputs);
    hash.update(labels);
  }
  assert.is(sha256Of(digits), hash.digest("hex"));
  assert.is(sha256Of(await loadDigits({ data: digitsFolder() }, silent)), sha256Of(digits));
  assert.is.not(sha256Of(await loadDigits({ data: digitsFolder(9) }, silent)), sha256Of(digits));
  await assertRejects(() => loadDigits({ data: newPath() }, silent), DatasetError, "missing");
  const both = await assertRejects(() => loadDigits({ data, dataset: "mnist" }, silent), UsageError, "both");
  assert.is(both.message, "--data and --dataset exclude each other");
});

test("validation examples: their share of each class, by the seed, and no example twice", async () => {
  const { train: all } = await loadDigits({ data }, silent);
  const { train, validation } = splitOff(all, 0.25, 3);
  assert.is(train.length + validation.length, 60);
  const counts = (labels: ArrayLike<number>) => {
    const found = new Array<number>(10).fill(0);
    for (let i = 0; i < labels.length; i++) found[labels[i]!]! += 1;
    return found;
  };
  for (const [label, count] of counts(all.labels).entries()) {
    assert.ok(Math.abs(counts(validation.labels)[label]! - count / 4) < 1, `class ${label}`);
  }
  const rows = (of: typeof all) =>
    Array.from({ length: of.length }, (_, i) => of.inputs.subarray(16 * i, 16 * i + 16).join());
  assert.equal([...rows(train), ...rows(validation)].sort(), rows(all).sort());
  assert.equal(rows(splitOff(all, 0.25, 3).validation), rows(validation));
  assert.not.equal(rows(splitOff(all, 0.25, 4).validation), rows(validation));
});

test("mirrors are asked in turn, as the environment names them; a folder is the caller's or the user's", async () => {
  const out = newPath();
  const asked = await withServer(
    "refused",
    async () => {
      const { message } = await assertRejects(() => download(out, silent), DownloadError, "refused");
      assert.match(message, out);
    },
    (address) => ` ${address}a/\n\t${address}b/ `,
  );
  assert.equal([...new Set(asked.map((path) => path.slice(0, 3)))], ["/a/", "/b/"]);
  const cache = newPath();
  const before = process.env["LANEGRAD_CACHE"];
  process.env["LANEGRAD_CACHE"] = cache;
  try {
    await withServer("refused", async () => {
      const { message } = await assertRejects(() => loadDigits({ dataset: "mnist" }, silent), DownloadError, "refused");
      assert.match(message, cache);
    });
  } finally {
    if (before === undefined) delete process.env["LANEGRAD_CACHE"];
    else process.env["LANEGRAD_CACHE"] = before;
  }
});

test("the examples are called by what they are: the folder, MNIST, the bundled digits", async () => {
  const loaded = await loadDigits({ data }, silent);
  assert.equal([loaded.name, loaded.path, loaded.folder], [data, data, data]);
  assert.is(examplesOf(loaded, "train"), `60 training images of 4 × 4 (${data})`);
  assert.is(examplesOf(loaded, "test"), `30 test images of 4 × 4 (${data})`);
  const addressed = await loadDigits({ data: String(pathToFileURL(data)) }, silent);
  assert.equal([addressed.name, addressed.path], [data, data]);
  const oblong = { ...loaded, test: { length: 3, size: 20, shape: [20] } as unknown as Digits["test"], name: "MNIST" };
  assert.is(examplesOf(oblong, "test"), "3 test images of 20 pixels (MNIST)");
  if (existsSync(join(ROOT, "data/train-images-idx3-ubyte.gz"))) {
    assert.is(examplesOf(await loadDigits({}, silent), "test"), "2000 test images of 28 × 28 (the bundled digits)");
  }
});

test("what has come of a file is told, of how much", async () => {
  await withServer("half", async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const report = (...of: readonly unknown[]) => {
      told.push(of);
      controller.abort();
    };
    await download(newPath(), report, controller.signal).then(
      () => assert.unreachable("it was aborted"),
      () => {},
    );
    assert.equal(told, [["train-images-idx3-ubyte", 4, 8]]);
  });
});

test("download --out: files of other content are another dataset's, and are replaced with --force alone", async () => {
  await withServer("refused", async () => {
    const out = newPath();
    const file = join(out, "train-images-idx3-ubyte.gz");
    mkdirSync(out);
    writeFileSync(file, gzipSync("another dataset"));
    const before = readFileSync(file);
    const { message } = await assertRejects(() => ran(downloadCommand, ["--out", out]), DownloadError, "there");
    assert.match(message, /train-images-idx3-ubyte\.gz \(holds 15 bytes, not 47040016\); it is not replaced$/);
    const forced = await assertRejects(() => ran(downloadCommand, ["--out", out, "--force"]), DownloadError, "forced");
    assert.match(forced.message, "http://127.0.0.1", "the mirror was asked");
    assert.equal(readFileSync(file), before);
  });
  const call = () => downloadMnist({ cacheFolder: newPath(), existing: "keep" as never });
  await assertRejects(call, OptionError, "existing");
});

test("download: Ctrl-C ends it with its code, and a failure with an error", async () => {
  const interrupted = async () => {
    const { code, stdout } = await ran(downloadCommand, ["--out", newPath(), "--json"]);
    assert.equal([code, stdout], [130, ""]);
  };
  await withServer("never", interrupted, undefined, () => process.emit("SIGINT"));
  await withServer("refused", async () => {
    await assertRejects(() => ran(downloadCommand, ["--out", newPath()]), DownloadError, "refused");
  });
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
