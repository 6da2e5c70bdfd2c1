/** `lanegrad` beside training: what its commands print of one small network, and what bad input gets. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeNpz } from "../../src/formats/npz.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { BUILD } from "../support/engine.ts";
import { type Ended, ROOT, runScript } from "../support/script.ts";
import { digitsFolder, lanegrad, lanegradProcess, newPath, readJson, train } from "./lanegrad.ts";

const test = suite("lanegrad");
const data = digitsFolder();
const images = join(data, "t10k-images-idx3-ubyte");
const run = newPath();

test.before(async () => {
  const flags = ["--layers", "36,12,10", "--optimizer", "adam", "--epochs", "30", "--batch-size", "12"];
  const { code, stderr } = await train(["--data", data, ...flags, "--learning-rate", "0.02", "--quiet", "--out", run]);
  assert.is(code, 0, stderr);
});

/** Runs a command, in a process of its own where it reads standard input. */
async function given(input: string | undefined, args: readonly string[]): Promise<Ended> {
  return input === undefined ? await lanegrad(args) : await lanegradProcess(args, { input });
}

/** Runs a command that must succeed, and gives its standard output. */
async function output(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await given(input, args);
  assert.is(code, 0, `${args}: ${stderr}`);
  return stdout;
}

test("the script itself lists its commands, and each explains its flags", async () => {
  const { stdout, code } = await runScript("src/cli/main.ts", ["--help"]);
  assert.is(code, 0);
  const commands = [...stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name ?? "");
  assert.equal(commands, ["train", "evaluate", "predict", "report", "inspect", "export", "download"]);
  for (const name of commands) {
    const page = await output([name, "--help"]);
    assert.match(page, new RegExp(`usage: lanegrad ${name}\\b`));
    assert.is(await output(["help", name]), page);
  }
  const { version } = readJson(join(ROOT, "package.json"));
  for (const flag of ["--version", "-V"]) assert.is(await output([flag]), `${version}\n`);
  const overview = await output(["--help"]);
  for (const args of [[], ["-h"], ["help"]]) assert.is(await output(args), overview);
  const first = "Trains and runs small neural networks on WebAssembly SIMD.\n\nusage: lanegrad COMMAND [options]\n";
  assert.ok(overview.startsWith(`${first}\ncommands\n  train `), overview);
  assert.ok(overview.endsWith("\n\nlanegrad COMMAND --help   what a command takes\nlanegrad --version\n"), overview);
});

test("evaluate: accuracy, classes, confusion and the worst answers, as text and as JSON", async () => {
  const text = await output(["evaluate", run, "--data", data]);
  const json = JSON.parse(await output(["evaluate", run, "--data", data, "--top-k", "2", "--worst", "3", "--json"]));
  const end = readJson(join(run, "history.json"))["end"] as Record<string, number>;
  assert.is(json.accuracy, end["testAccuracy"]);
  assert.is(json.examples, 30);
  assert.is(
    json.classes.confusion.flat().reduce((a: number, b: number) => a + b, 0),
    30,
  );
  assert.ok(json.topK.correct >= json.correct);
  assert.is(json.worst.length, Math.min(3, 30 - json.correct));
  assert.match(text, `accuracy ${json.accuracy.toFixed(4)} (${json.correct})`);
  assert.match(text, "confusion matrix: rows are labels");
  const trained = JSON.parse(await output(["evaluate", run, "--data", data, "--part", "train", "--json"]));
  assert.is(trained.examples, 60);
  assert.is(trained.accuracy, end["trainAccuracy"]);
});

test("a run's folder, its weights, its checkpoint and what was exported of it are one network", async () => {
  const pytorch = newPath(".safetensors");
  const npz = newPath(".npz");
  const alone = newPath(".safetensors");
  await output(["export", run, pytorch, "--naming", "pytorch"]);
  await output(["export", run, npz]);
  const description = newPath(".json");
  await output(["export", run, description]);
  const { tensors } = decodeSafetensors(readFileSync(join(run, "weights.safetensors")));
  writeFileSync(alone, encodeSafetensors(tensors));
  const [checkpoint = ""] = readdirSync(run).filter((name) => name.startsWith("checkpoint-"));
  const ask = async (...model: string[]) => {
    const printed = await output(["predict", ...model, images, "--json"]);
    return printed.trimEnd().split("\n");
  };
  const wanted = await ask(run);
  assert.is(wanted.length, 30);
  assert.equal(await ask(join(run, "weights.safetensors")), wanted);
  assert.equal(await ask(join(run, checkpoint)), wanted);
  assert.equal(await ask(pytorch), wanted);
  assert.equal(await ask(npz, "--network", description), wanted);
  assert.equal(await ask(alone, "--network", join(run, "network.json")), wanted);
});

test("export: names and shapes of PyTorch, ONNX, and where the format does not have what is asked for", async () => {
  const npz = newPath(".npz");
  await output(["export", run, npz, "--naming", "pytorch"]);
  const arrays = await decodeNpz(readFileSync(npz));
  assert.equal(
    arrays.map(({ name, shape }) => `${name} ${shape}`),
    ["0.weight 12,36", "0.bias 12", "2.weight 10,12", "2.bias 10"],
  );
  const onnx = newPath("");
  await output(["export", run, onnx, "--to", "onnx"]);
  assert.match(readFileSync(onnx).toString("latin1"), "probabilities");
  const float64 = newPath();
  await train([
    "--data",
    data,
    "--iterations",
    "2",
    "--batch-size",
    "5",
    "--dtype",
    "float64",
    "--quiet",
    "--out",
    float64,
  ]);
  const refused = await lanegrad(["export", float64, newPath(".onnx")]);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /onnx: dtype: expected float32, found "float64"/);
  await output(["export", float64, newPath(".onnx"), "--round"]);
});

test("inspect says what is in every kind of file", async () => {
  const packed = newPath(".gz");
  writeFileSync(packed, gzipSync(readFileSync(images)));
  const inspect = async (file: string) => JSON.parse(await output(["inspect", file, "--json"]));
  const weights = await inspect(join(run, "weights.safetensors"));
  assert.is(weights.format, "safetensors");
  assert.is(weights.metadata["lanegrad.network"].layers.length, 3);
  const [w1] = weights.tensors;
  const { tensors } = decodeSafetensors(readFileSync(join(run, "weights.safetensors")));
  const values = [...(tensors[0]!.data as Float32Array)];
  assert.equal([w1.name, w1.dtype, w1.shape], ["W1", "float32", [36, 12]]);
  assert.equal([w1.min, w1.max, w1.notFinite], [Math.min(...values), Math.max(...values), 0]);
  const [checkpoint = ""] = readdirSync(run).filter((name) => name.startsWith("checkpoint-"));
  assert.is((await inspect(join(run, checkpoint))).format, "checkpoint, safetensors");
  for (const [file, format] of [
    [images, "IDX"],
    [packed, "IDX, gzip"],
  ] as const) {
    const found = await inspect(file);
    assert.equal([found.format, found.tensors[0].dtype, found.tensors[0].shape], [format, "uint8", [30, 6, 6]]);
  }
  assert.is((await inspect(join(run, "network.json"))).metadata.dtype, "float32");
  const nan = newPath(".safetensors");
  writeFileSync(nan, encodeSafetensors([{ name: "x", shape: [3], data: Float32Array.of(Number.NaN, 2, -1) }]));
  assert.match(await output(["inspect", nan]), /x +float32 +\[3\] +-1 +2 +0\.5 +1 not finite/);
});

test("predict reads JSON from standard input: one row or several", async () => {
  const pixels = [...readFileSync(images).subarray(16, 16 + 72)].map((byte) => byte / 255);
  const rows = [pixels.slice(0, 36), pixels.slice(36)];
  const fromFile = await output(["predict", run, images, "--index", "0,1", "--json"]);
  const answers = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).probabilities as number[]);
  const fromRows = answers(await output(["predict", run, "--json"], JSON.stringify(rows)));
  assert.equal(fromRows, answers(fromFile));
  assert.equal(answers(await output(["predict", run, "-", "--json"], JSON.stringify(rows[0]))), [fromRows[0]]);
  const table = await output(["predict", run, "--top", "2"], JSON.stringify(rows));
  assert.match(table, /^0 {2}\d +\d+\.\d\d % {3}\d +\d+\.\d\d %\n1 {2}/);
});

test("bad input is one line that names it, and exit code 1", async () => {
  const garbage = newPath();
  writeFileSync(garbage, "no file of ours");
  const empty = newPath();
  mkdirSync(empty);
  const broken = newPath(".safetensors");
  writeFileSync(broken, readFileSync(join(run, "weights.safetensors")).subarray(0, -9));
  const alone = newPath(".safetensors");
  writeFileSync(alone, encodeSafetensors([{ name: "w", shape: [1], data: Float32Array.of(1) }]));
  const cases: [string[], RegExp, string?][] = [
    [["evaluate", newPath(), "--data", data], /no such file or folder/],
    [["evaluate", empty, "--data", data], /no network: neither weights\.safetensors/],
    [["evaluate", broken, "--data", data], /safetensors: .*expected an end within \d+ bytes/],
    [["evaluate", garbage, "--data", data], /safetensors: /],
    [["evaluate", alone, "--data", data], /weights alone \(w\): --network FILE describes their network/],
    [["evaluate", alone, "--network", garbage, "--data", data], /JSON/],
    [
      ["evaluate", run, "--data", digitsFolder({ side: 7 })],
      /a network of 36 inputs and 10 classes, but 30 test images of 7 × 7 \(\S+\) have 49 pixels and 10 classes/,
    ],
    [["evaluate", run, "--data", newPath()], /not found; looked for/],
    [["predict", run, images, "--index", "30"], /--index 30: expected 0 to 29/],
    [["predict", run, join(data, "t10k-labels-idx1-ubyte")], /expected images of 36 pixels, found labels/],
    [["predict", run, garbage], /neither PNG nor IDX nor JSON/],
    [["predict", run], /row 0: expected 36 numbers, found 2/, "[1, 2]"],
    [["predict", run], /row 0: expected numbers alone/, '["a"]'],
    [["predict", run], /standard input: empty/, ""],
    [["inspect", garbage], /neither safetensors nor npz, npy, IDX/],
    [["inspect", empty], /no network: neither weights\.safetensors/],
    [["export", run, join(garbage, "x.npz")], /cannot write to .*x\.npz/],
  ];
  await Promise.all(
    cases.map(async ([args, text, input]) => {
      const { code, stdout, stderr } = await given(input, args);
      assert.is(code, 1, `${args}: ${stdout}${stderr}`);
      assert.match(stderr, text);
      assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.is(stdout, "");
    }),
  );
});

test("wrong usage is one line, and exit code 2", async () => {
  const cases: [string[], RegExp][] = [
    [["trian"], /unknown command trian; did you mean train\?/],
    [["--verison"], /unknown flag --verison; did you mean --version\?/],
    [["--hlep"], /unknown flag --hlep; did you mean --help\?/],
    [["evaluate"], /an argument is missing: lanegrad evaluate RUN\|FILE/],
    [["evaluate", run, "more"], /unexpected argument more/],
    [["evaluate", run, "--data", data, "--top-k", "11"], /topK: expected an integer from 1 to 10/],
    [["evaluate", run, "--tpo-k", "1"], /unknown flag --tpo-k; did you mean --top-k\?/],
    [["predict", run, images, "--index", "first"], /--index: expected integers from 0/],
    [
      ["export", run, "weights.bin"],
      /weights\.bin: ends in no format that is known; --to safetensors, npz, onnx, json/,
    ],
    [["export", run, "x.onnx", "--naming", "pytorch"], /--naming: onnx has no names of its own/],
  ];
  await Promise.all(
    cases.map(async ([args, text]) => {
      const { code, stdout, stderr } = await lanegrad(args);
      assert.is(code, 2, `${args}: ${stdout}${stderr}`);
      assert.match(stderr, text);
      assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
    }),
  );
  assert.not(existsSync("weights.bin"));
});

test("download: when every mirror fails, one line tells what happened and the way by hand", async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const environment = { LANEGRAD_MNIST_MIRRORS: `http://127.0.0.1:${port}/` };
  const out = newPath();
  const { code, stdout, stderr } = await lanegrad(["download", "--quiet", "--out", out], { environment });
  server.close();
  assert.is(code, 1, stderr);
  assert.match(stderr, /^download: could not download .*\(HTTP 404\).*by hand: put/);
  assert.match(stderr, out);
  assert.is(stdout, "");
});

test("a reader that goes away ends it without a word", async () => {
  const { code, stderr } = await lanegradProcess(["predict", run, images, "--json"], {
    onOutput: (_, child) => child.stdout?.destroy(),
  });
  assert.is(code, 0);
  assert.is(stderr, "");
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
