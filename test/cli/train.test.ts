import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ACTIVATIONS } from "../../src/cli/train_flags.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { BUILD } from "../support/engine.ts";
import { runScript } from "../support/script.ts";
import { lanegrad, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train script");

type Row = Record<string, unknown> & { type: string };

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

/** A configuration file. */
function configFile(content: object): string {
  const file = newPath(".config.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

test("--json prints one object a line: start, steps, evaluations, end; and --out receives history and weights", async () => {
  const out = newPath();
  const args = ["--json", "--quiet", "--iterations", "12", "--batch-size", "8", "--log-every", "3", "--hidden", "4"];
  const { code, stdout, stderr } = await runScript("src/cli/main.ts", [
    ...["train", "--build", BUILD],
    ...[...args, "--data", smallData(), "--out", out],
  ]);
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
  const { code, stdout, stderr } = await train(["--iterations", "20", "--log-every", "10", "--out", out]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /8000 training and 2000 test digits/);
  assert.match(stdout, /not a score on MNIST's test set/);
  assert.match(stdout, /test accuracy \d+\.\d\d %/);
  assert.match(stdout, /history\.json and weights\.safetensors are in/);
  assert.match(stderr, /iteration 10 {2}loss \d\.\d{4}/);
  assert.ok(existsSync(join(out, "weights.safetensors")));
});

test("--help explains every flag; --quiet leaves only the summary", async () => {
  const help = await train(["--help"]);
  assert.is(help.code, 0);
  for (const flag of ["--data", "--dataset", "--seed", "--dtype", "--json", "--out"]) assert.match(help.stdout, flag);
  const { stdout, stderr } = await train([
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
    [["--batch-size", "0"], /--batch-size: expected an integer from 1/],
    [["--learning-rate", "fast"], /--learning-rate: expected a number above 0, found "fast"/],
    [["--learning-rate", ""], /--learning-rate/],
    [["--iterations", "1e3"], /--iterations/],
    [["--seed", "-1"], /--seed/],
    [["--dtype", "float16"], /--dtype: expected float32 or float64/],
    [["--dataset", "cifar"], /--dataset: expected mnist/],
    [["--data", "x", "--dataset", "mnist"], /exclude each other/],
    [["--epoch", "3"], /unknown flag --epoch; did you mean --epochs\?/],
    [["--epochs"], /--epochs: a value is missing: N/],
    [["--epochs", "--json"], /--epochs: a value is missing/],
    [["--json=yes"], /--json: takes no value, found "yes"/],
    [["--epochs", "2", "--iterations", "3"], /--iterations and --epochs exclude each other/],
    [["--layers", "784,5,10", "--hidden", "3"], /--layers and --hidden exclude each other/],
    [["--layers", "784"], /--layers: expected at least 2 integers/],
    [["--layers", "100,20,10"], /--layers 100,20,10 begin with 100, but an example has 784 pixels/],
    [["--layers", "784,20,3"], /--layers 784,20,3 end with 3, but there are 10 classes/],
    [["--layers", "784,1"], /--layers 784,1 end with 1, but there are 10 classes/],
    [
      ["--epochs", "2", "--batch-norm", "--batch-size", "421"],
      /--batch-size 421 leaves 1 of 8000 examples .* --batch-norm cannot normalise: --drop-last or another --batch-size/,
    ],
    [["--batch-norm", "--batch-size", "1"], /--batch-size 1: --batch-norm needs at least 2 examples in a minibatch/],
    [["--drop-last"], /--drop-last: --iterations draws full minibatches; --epochs has a last one/],
    [["--optimizer", "adamw"], /--optimizer: expected sgd, momentum, .*, found "adamw"/],
    [["--momentum", "0.5"], /--momentum: sgd has none; --optimizer momentum, nesterov/],
    [["--optimizer", "adam", "--beta1", "1"], /--beta1: expected a number in \[0, 1\)/],
    [["--warmup", "5"], /--warmup: the schedule constant has none; --schedule warmup-cosine/],
    [["--patience", "3"], /--patience: watches validation examples/],
    [["--validation", "1"], /--validation: expected a number between 0 and 1/],
    [["--augment", "shift=much"], /--augment: expected shift, rotate, scale, flip, crop, cutout, colour as in/],
    [["--augment", "scale=0.9"], /augment: scale: expected a number from 0 to 0.5, found 0.9/],
    [["--config", configFile({ epoch: 3 })], /config\.json: unknown key "epoch"; did you mean epochs\?/],
    [["--config", configFile({ epochs: "many" })], /config\.json: epochs: expected an integer/],
  ];
  await Promise.all(
    cases.map(async ([args, text]) => {
      const out = newPath();
      const { code, stdout, stderr } = await lanegrad(["train", ...args, "--out", out]);
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
    [["--config", newPath()], /no such file/],
    [["--config", fileAsFolder], /JSON/],
    [["--out", join(fileAsFolder, "inside")], /cannot write to .*inside.*choose another folder with --out/],
  ];
  await Promise.all(
    cases.map(async ([args, text]) => {
      const defaults = ["--data", smallData(), "--out", newPath(), "--iterations", "2", "--batch-size", "2"];
      const { code, stderr } = await train([...defaults, ...args]);
      assert.is(code, 1, `${args}: ${stderr}`);
      assert.match(stderr, text);
      assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
    }),
  );
});

test("a configuration file gives flags, and those of the command line come before it", async () => {
  const out = newPath();
  const config = configFile({
    layers: [9, 4, 10],
    epochs: 3,
    augment: { shift: 1 },
    batchNorm: true,
    lanegrad: "0.1.0",
  });
  const args = ["--config", config, "--epochs", "2", "--data", smallData(), "--batch-size", "10", "--out", out];
  const { code, stderr } = await train([...args, "--quiet"]);
  assert.is(code, 0, stderr);
  const { layers, epochs, augment, batchNorm } = readJson(join(out, "config.json"));
  assert.equal(
    { layers, epochs, augment, batchNorm },
    { layers: [9, 4, 10], epochs: 2, augment: { shift: 1 }, batchNorm: true },
  );
});

test("without the short last minibatch, batch normalisation trains where one row was left", async () => {
  const out = newPath();
  const args = ["--data", smallData(), "--layers", "9,4,10", "--batch-norm", "--epochs", "2", "--batch-size", "13"];
  const refused = await train([...args, "--out", out]); // 40 examples
  assert.is(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, "leaves 1 of 40 examples");
  assert.not(existsSync(out));
  const { code, stderr } = await train([...args, "--drop-last", "--out", out]);
  assert.is(code, 0, stderr);
  assert.is((readJson(join(out, "history.json"))["losses"] as number[]).length, 2 * 3);
  assert.is(readJson(join(out, "config.json"))["dropLast"], true);
  const longer = await train(["--resume", out, "--epochs", "3", "--quiet"]);
  assert.is(longer.code, 0, longer.stderr);
  assert.is((readJson(join(out, "history.json"))["losses"] as number[]).length, 3 * 3);
});

test("every flag of a network, an optimizer and a schedule is one that trains", async () => {
  const data = smallData();
  const runs = [
    ...["sgd", "momentum", "nesterov", "adaGrad", "rmsProp", "adam", "adamW"].map((name) => ["--optimizer", name]),
    ...["constant", "step", "exponential", "cosine", "warmup-cosine"].map((name) => ["--schedule", name]),
    ...ACTIVATIONS.map((name) => ["--activation", name]),
    ["--optimizer", "nesterov", "--momentum", "0.5", "--weight-decay", "0.001", "--clip-norm", "1"],
    ["--optimizer", "adam", "--beta1", "0.8", "--beta2", "0.9", "--epsilon", "1e-6", "--clip-value", "0.1"],
    ["--optimizer", "rmsProp", "--decay", "0.8", "--dtype", "float64", "--layout", "sparse"],
    ["--schedule", "step", "--decay-every", "2", "--decay-factor", "0.5", "--accumulate", "3"],
  ];
  await Promise.all(
    runs.map(async (flags) => {
      const args = ["--data", data, "--epochs", "2", "--batch-size", "10", "--quiet", "--out", newPath(), ...flags];
      const { code, stderr } = await train(args);
      assert.is(code, 0, `${flags}: ${stderr}`);
    }),
  );
});

test("--report draws figures and one page that needs no other file", async () => {
  const out = newPath();
  const args = ["--data", smallData(), "--batch-size", "10", "--iterations", "20", "--report", "--out", out];
  const { code, stderr } = await train(args);
  assert.is(code, 0, stderr);
  const page = readFileSync(join(out, "report.html"), "utf8");
  for (const name of ["loss", "accuracy", "confusion", "weights", "mistakes"]) {
    const figure = readFileSync(join(out, `${name}.svg`), "utf8");
    assert.match(figure, /^<svg /);
    assert.ok(page.includes(figure), name);
  }
  assert.not.match(page, /(src|href)="(?!#|data:)/);
});

test("--dataset mnist: when every mirror fails, one line tells what happened and the way by hand", async () => {
  const server = createServer((_, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cache = newPath();
  const environment = { LANEGRAD_MNIST_MIRRORS: `http://127.0.0.1:${port}/`, LANEGRAD_CACHE: cache };
  const { code, stderr } = await train(["--dataset", "mnist", "--quiet"], { environment });
  server.close();
  assert.is(code, 1, stderr);
  assert.match(stderr, /train-images-idx3-ubyte\.gz \(HTTP 403\)/);
  assert.match(stderr, `by hand: put`);
  assert.match(stderr, `--data ${cache}`);
  assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
});

test("--debug shows the stack", async () => {
  const { code, stderr } = await train(["--data", newPath(), "--debug"]);
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
  const { code, stderr } = await train([...args, "--quiet"]);
  assert.is(code, 1, stderr);
  const iteration = Number(/loss is (?:NaN|Infinity) at iteration (\d+)/.exec(stderr)?.[1]);
  const history = JSON.parse(readFileSync(join(out, "history.json"), "utf8"));
  assert.is(history.losses.length, iteration + 1);
  assert.is(history.end, null);
});

test("Ctrl-C finishes the step, writes history and weights, and exits 130", async () => {
  const out = newPath();
  let isSent = false;
  const { code, stderr } = await trainProcess(["--iterations", "1000000", "--log-every", "1", "--out", out], {
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
