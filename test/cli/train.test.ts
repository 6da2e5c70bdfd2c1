import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeIdx } from "../../src/data/idx.ts";
import { BUILD } from "../support/engine.ts";
import { makeTemporaryFolder, type RunOptions, runScript } from "../support/script.ts";

const test = suite("train script");
const folder = makeTemporaryFolder();
let folders = 0;

type Row = Record<string, unknown> & { type: string };

/** A path that nothing has used yet. */
function newPath(): string {
  folders += 1;
  return join(folder, `${folders}`);
}

function trainScript(args: readonly string[], options?: RunOptions) {
  return runScript("src/cli/train.ts", ["--build", BUILD, ...args], options);
}

/** Four small IDX files of `count` and `tests` examples of 3 × 3 pixels. */
function smallData({ count = 40, tests = 20, label = 9 } = {}): string {
  const data = newPath();
  mkdirSync(data);
  for (const [name, n] of [
    ["train", count],
    ["t10k", tests],
  ] as const) {
    const images = Uint8Array.from({ length: n * 9 }, (_, i) => (i * 37) % 256);
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 10);
    if (n > 0) labels[n - 1] = label;
    writeFileSync(
      join(data, `${name}-images-idx3-ubyte`),
      encodeIdx({ type: "uint8", shape: [n, 3, 3], data: images }),
    );
    writeFileSync(join(data, `${name}-labels-idx1-ubyte`), encodeIdx({ type: "uint8", shape: [n], data: labels }));
  }
  return data;
}

test("--json prints one object a line: start, steps, evaluations, end; and --out receives history and weights", async () => {
  const out = newPath();
  const args = ["--json", "--quiet", "--iterations", "12", "--batch-size", "8", "--log-every", "3", "--hidden", "4"];
  const { code, stdout, stderr } = await trainScript([...args, "--data", smallData(), "--out", out]);
  assert.is(code, 0, stderr);
  assert.is(stderr, "");
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  assert.equal(
    rows.map(({ type, iteration }) => (iteration === undefined ? type : `${type} ${iteration}`)),
    ["start", "step 0", "evaluation 0", "step 3", "evaluation 5", "step 6", "step 9", "evaluation 10", "end"],
  );
  const [start, step] = rows as [Row, Row];
  assert.is(start["build"], BUILD);
  assert.equal([start["batchSize"], start["trainExamples"], start["testExamples"]], [8, 40, 20]);
  assert.equal(start["layers"], [9, 4, 10]);
  const end = rows.at(-1)!;
  assert.is(end["iterations"], 12);
  assert.match(String(end["weightsSha256"]), /^[0-9a-f]{64}$/);

  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  assert.is(history.losses.length, 12);
  assert.is(history.losses[0], step["loss"]);
  assert.is(history.end.weightsSha256, end["weightsSha256"]);
  assert.is(history.evaluations.length, 3);
  const weights = readFileSync(join(out, "weights.safetensors"));
  const header = JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE())).toString());
  assert.equal(header.W1.shape, [9, 4]);
  const files = ["config.json", "history.csv", "history.json", "log.txt", "network.json", "weights.safetensors"];
  assert.equal(readdirSync(out).sort(), ["checkpoint-000000012.safetensors", ...files]);
});

test("without arguments it trains on the bundled digits and says that this is no MNIST score, and where results went", async () => {
  const out = newPath();
  const { code, stdout, stderr } = await trainScript(["--iterations", "20", "--log-every", "10", "--out", out]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /8000 training and 2000 test digits/);
  assert.match(stdout, /not a score on MNIST's test set/);
  assert.match(stdout, /test accuracy \d+\.\d\d %/);
  assert.match(stdout, /history\.json and weights\.safetensors are in/);
  assert.match(stderr, /iteration 10 {2}loss \d\.\d{4}/);
  assert.ok(existsSync(join(out, "weights.safetensors")));
});

test("--help explains every flag; --quiet leaves only the summary", async () => {
  const help = await trainScript(["--help"]);
  assert.is(help.code, 0);
  for (const flag of ["--data", "--dataset", "--seed", "--dtype", "--json", "--out"]) assert.match(help.stdout, flag);
  const { stdout, stderr } = await trainScript([
    "--quiet",
    "--iterations",
    "3",
    "--data",
    smallData(),
    "--out",
    newPath(),
    "--batch-size",
    "5",
  ]);
  assert.is(stderr, "");
  assert.is(stdout.trimEnd().split("\n").length, 3);
});

test("wrong usage is one line and exit code 2", async () => {
  const cases: [string[], RegExp][] = [
    [["--bogus"], /--bogus/],
    [["stray"], /stray/],
    [["--batch-size", "0"], /--batch-size: expected a whole number from 1/],
    [["--batch-size", "9001"], /batchSize: expected a whole number from 1 to 8000/],
    [["--learning-rate", "fast"], /--learning-rate: expected a number above 0, found "fast"/],
    [["--learning-rate", ""], /--learning-rate/],
    [["--iterations", "1e3"], /--iterations/],
    [["--seed", "-1"], /--seed/],
    [["--dtype", "float16"], /--dtype: expected float32 or float64/],
    [["--dataset", "cifar"], /--dataset: expected mnist/],
    [["--data", "x", "--dataset", "mnist"], /exclude each other/],
  ];
  await Promise.all(
    cases.map(async ([args, text]) => {
      const out = newPath();
      const { code, stdout, stderr } = await runScript("src/cli/train.ts", [...args, "--out", out]);
      assert.is(code, 2, `${args}: ${stderr}`);
      assert.match(stderr, text);
      assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.not.match(stdout, /type":"step/);
      assert.not(existsSync(join(out, "history.json")));
    }),
  );
});

test("bad data is one line that names the file, and exit code 1", async () => {
  const truncated = smallData();
  const images = join(truncated, "train-images-idx3-ubyte");
  writeFileSync(images, readFileSync(images).subarray(0, -1));
  const swapped = smallData();
  writeFileSync(join(swapped, "t10k-labels-idx1-ubyte"), readFileSync(join(swapped, "t10k-images-idx3-ubyte")));
  const fileAsFolder = newPath();
  writeFileSync(fileAsFolder, "a file");
  const cases: [string[], RegExp][] = [
    [["--data", newPath()], /train-.*-ubyte.* not found/],
    [["--data", truncated], /train-images-idx3-ubyte: expected 376 bytes, found 375/],
    [["--data", swapped], /t10k-labels-idx1-ubyte: expected IDX rank 1, found 3/],
    [["--data", smallData({ label: 10 })], /label 39 is 10; expected 0 to 9/],
    [["--data", smallData({ tests: 0 })], /t10k-.*holds no examples/],
    [["--out", join(fileAsFolder, "inside")], /cannot write to .*inside.*choose another folder with --out/],
  ];
  await Promise.all(
    cases.map(async ([args, text]) => {
      const defaults = ["--data", smallData(), "--out", newPath(), "--iterations", "2", "--batch-size", "2"];
      const { code, stderr } = await trainScript([...defaults, ...args]);
      assert.is(code, 1, `${args}: ${stderr}`);
      assert.match(stderr, text);
      assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
    }),
  );
});

test("--dataset mnist: when every mirror fails, one line tells what happened and the way by hand", async () => {
  const server = createServer((_, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cache = newPath();
  const environment = { LANEGRAD_MNIST_MIRRORS: `http://127.0.0.1:${port}/`, LANEGRAD_CACHE: cache };
  const { code, stderr } = await trainScript(["--dataset", "mnist", "--quiet"], { environment });
  server.close();
  assert.is(code, 1, stderr);
  assert.match(stderr, /train-images-idx3-ubyte\.gz \(HTTP 403\)/);
  assert.match(stderr, `by hand: put`);
  assert.match(stderr, `--data ${cache}`);
  assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
});

test("--debug shows the stack", async () => {
  const { code, stderr } = await trainScript(["--data", newPath(), "--debug"]);
  assert.is(code, 1);
  assert.match(stderr, /\n {4}at /);
});

test("a loss that stops being finite: exit code 1, the iteration, and the history so far", async () => {
  const out = newPath();
  const args = [
    "--data",
    smallData(),
    "--out",
    out,
    "--batch-size",
    "5",
    "--learning-rate",
    "1e38",
    "--iterations",
    "50",
  ];
  const { code, stderr } = await trainScript([...args, "--quiet"]);
  assert.is(code, 1, stderr);
  const iteration = Number(/loss is (?:NaN|Infinity) at iteration (\d+)/.exec(stderr)?.[1]);
  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  assert.is(history.losses.length, iteration + 1);
  assert.is(history.end, null);
});

test("Ctrl-C finishes the step, writes history and weights, and exits 130", async () => {
  const out = newPath();
  let isSent = false;
  const { code, stderr } = await trainScript(["--iterations", "1000000", "--log-every", "1", "--out", out], {
    onOutput: (text, child) => {
      if (isSent || !text.includes("loss")) return;
      isSent = true;
      child.kill("SIGINT");
    },
  });
  assert.is(code, 130, stderr.slice(-500));
  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  assert.ok(history.losses.length > 0 && history.losses.length === history.end.iterations);
  assert.ok(existsSync(join(out, "weights.safetensors")));
});

test.run();
