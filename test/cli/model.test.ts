/** The network that a path names, and what evaluate, predict and export make of it, in this process. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { exportCommand } from "../../src/cli/export.ts";
import { FileError, OutputError } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { type ModelValues, openModel, sizesOf } from "../../src/cli/model.ts";
import { predictCommand } from "../../src/cli/predict.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { describeNetwork } from "../../src/nn/files/description.ts";
import { encodeNetwork } from "../../src/nn/files/network_file.ts";
import { encodeOnnx } from "../../src/nn/files/onnx_export.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { reportData, reportText } from "../../src/train/evaluation/report.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { digitsFolder, newPath, ran } from "./ran.ts";
import { checkpointAfter, smallNetwork } from "./small_run.ts";

const test = suite("networks of files, in this process");
const engine = await loadEngine();
const data = digitsFolder();
const { train, test: others } = await loadMnist(data);
const net = network(engine, sequential(dense(16, 6), relu(), dense(6, 10)), { seed: 5 });
const DESCRIPTION = JSON.stringify(describeNetwork(net));
const WEIGHTS = encodeNetwork(net);
const ALONE = encodeSafetensors(weightsOf(net));
const model = fileOf(WEIGHTS, ".safetensors");

function fileOf(content: string | Uint8Array, name = ""): string {
  const file = newPath(name);
  writeFileSync(file, content);
  return file;
}

/** A folder with files of these contents. */
function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = newPath();
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** The file that was read, and the first weight in it. */
async function opened(path: string, values: ModelValues = {}): Promise<readonly [file: string, weight: number]> {
  const { net: found, file } = await openModel(engine, path, values);
  using _ = found;
  return [file, found.parameters["W1"]!.data[0]!];
}

const WEIGHT = net.parameters["W1"]!.data[0]!;

test("a folder is asked for its weights, then its best, then its last checkpoint", async () => {
  const checkpoint = encodeCheckpoint(checkpointAfter(engine, 2));
  const name = "checkpoint-000000002.safetensors";
  const all = { "weights.safetensors": WEIGHTS, "best.safetensors": WEIGHTS, [name]: checkpoint };
  const whole = folderWith(all);
  assert.equal(await opened(whole), [join(whole, "weights.safetensors"), WEIGHT]);
  const { "weights.safetensors": _, ...broken } = all;
  const best = folderWith(broken);
  assert.equal(await opened(best), [join(best, "best.safetensors"), WEIGHT]);
  const last = folderWith({ [name]: checkpoint });
  assert.match((await opened(last))[0], name);
  const empty = folderWith({ "network.json": DESCRIPTION });
  const { message } = await assertRejects(() => opened(empty), FileError, "empty");
  assert.is(message, `${empty}: no network: neither weights.safetensors nor best.safetensors nor a checkpoint`);
});

test("weights alone have a description beside them, or are given one", async () => {
  const described = fileOf(DESCRIPTION, ".json");
  const beside = folderWith({
    "x.safetensors": ALONE,
    "x.npz": encodeNpz(weightsOf(net)),
    "network.json": DESCRIPTION,
  });
  for (const name of ["x.safetensors", "x.npz"]) {
    assert.equal(await opened(join(beside, name)), [join(beside, name), WEIGHT]);
  }
  const alone = fileOf(ALONE);
  assert.equal(await opened(alone, { network: described }), [alone, WEIGHT]);
  const { message } = await assertRejects(() => opened(alone), FileError, "alone");
  assert.is(message, `${alone}: weights alone (W1, b1, W2, b2): --network FILE describes their network`);
  const many = ["a", "b", "c", "d", "e"].map((name) => ({ name, shape: [1], data: Float32Array.of(1) }));
  const { message: few } = await assertRejects(() => opened(fileOf(encodeSafetensors(many))), FileError, "many");
  assert.match(few, "(a, b, c, d)");
  const pytorch = fileOf(encodeNpz(weightsOf(net, { naming: "pytorch" })));
  assert.equal(await opened(pytorch, { network: described, naming: "pytorch" }), [pytorch, WEIGHT]);
});

test("a description that is given comes before the file's own, and does not fit another network", async () => {
  using small = smallNetwork(engine);
  const other = fileOf(JSON.stringify(describeNetwork(small)), ".json");
  const before = engine.stats();
  const { message } = await assertRejects(() => opened(model, { network: other }), FormatError, "another network");
  assert.match(message, model);
  assert.equal(engine.stats(), before, "and nothing of it is kept");
  assert.equal(await opened(model, { network: fileOf(DESCRIPTION) }), [model, WEIGHT]);
  const wrong = await assertRejects(() => opened(model, { network: fileOf("{}", ".json") }), FormatError, "no network");
  assert.match(wrong.message, ".json");
  const custom = JSON.stringify({ ...describeNetwork(net), loss: "custom" });
  assert.is((await opened(fileOf(ALONE), { network: fileOf(custom) }))[1], WEIGHT, "a loss of one's own is no matter");
});

test("a file that is damaged is named, by what it begins as", async () => {
  for (const [content, reason] of [
    [Uint8Array.of(0x50, 0x4b, 3, 4, 0), "npz"],
    [Uint8Array.of(0x50, 0, 3), "safetensors"],
    [Uint8Array.of(0, 0x4b, 3), "safetensors"],
    [encodeSafetensors(weightsOf(net), { "lanegrad.network": "{}" }), ""],
  ] as const) {
    const file = fileOf(content);
    const { message } = await assertRejects(() => opened(file), FormatError, reason);
    assert.match(message, file);
    assert.match(message, reason);
  }
});

test("a network's loss is the description's", async () => {
  const squared = network(engine, sequential(dense(16, 6)), { loss: "squaredError" });
  using _ = squared;
  const alone = fileOf(encodeSafetensors(weightsOf(squared)));
  const { net: found } = await openModel(engine, alone, { network: fileOf(JSON.stringify(describeNetwork(squared))) });
  using __ = found;
  assert.is(describeNetwork(found).loss, "squaredError");
  assert.is(sizesOf(found), "16-6");
  assert.is(sizesOf(net), "16-6-10");
});

test("evaluate: all that it found, as text and as JSON", async () => {
  const { code, stdout, stderr } = await ran(evaluateCommand, [model, "--data", data]);
  const evaluation = evaluate(net, others);
  const wrong = misclassified(net, others, { limit: 10 });
  const lines = wrong.map(({ index, label, prediction, probability }) => {
    const sure = (100 * probability).toFixed(2);
    return `  example ${`${index}`.padStart(5)}  is ${label}, taken for ${prediction} with ${sure} %`;
  });
  assert.equal([code, stderr], [0, ""]);
  assert.is(
    stdout,
    [
      `${model}: 16-6-10, float32, on 30 test images of 4 × 4 (${data})`,
      "",
      reportText(evaluation),
      "",
      "the surest wrong answers",
      ...lines,
      "",
    ].join("\n"),
  );
  const args = [model, "--data", data, "--top-k", "3", "--worst", "2", "--json"];
  const [told] = (await ran(evaluateCommand, args)).rows;
  const found = { ...reportData(evaluate(net, others, { topK: 3 })), worst: misclassified(net, others, { limit: 2 }) };
  assert.equal(told, JSON.parse(JSON.stringify({ file: model, data, part: "test", ...found })));
  const [trained] = (await ran(evaluateCommand, [model, "--data", data, "--part", "train", "--json"])).rows;
  assert.equal([trained?.["part"], trained?.["examples"]], ["train", train.length]);
  assert.equal(trained?.["worst"], misclassified(net, train, { limit: 10 }));
  const none = await ran(evaluateCommand, [model, "--data", data, "--worst", "0"]);
  assert.not.match(none.stdout, "surest");
  assert.equal((await ran(evaluateCommand, [model, "--data", data, "--worst", "0", "--json"])).rows[0]?.["worst"], []);
});

test("evaluate: examples of another size, or of other classes, are refused", async () => {
  using narrow = network(engine, sequential(dense(16, 9)));
  using long = network(engine, sequential(dense(17, 10)));
  for (const [found, takes] of [
    [narrow, "a network of 16 inputs and 9 classes"],
    [long, "a network of 17 inputs and 10 classes"],
  ] as const) {
    const file = fileOf(encodeNetwork(found));
    const { message } = await assertRejects(() => ran(evaluateCommand, [file, "--data", data]), FileError, takes);
    assert.is(message, `${file}: ${takes}, but 30 test images of 4 × 4 (${data}) have 16 pixels and 10 classes`);
  }
});

test("evaluate and predict: the bundled digits with what their scores are not, and a picture that is made to fit", async () => {
  using wide = network(engine, sequential(dense(784, 10)), { seed: 0 });
  const file = fileOf(encodeNetwork(wide));
  if (existsSync(join(ROOT, "data/train-images-idx3-ubyte.gz"))) {
    const { stdout, stderr } = await ran(evaluateCommand, [file, "--worst", "0"]);
    assert.match(stderr, /^not a score on MNIST's test set: .*\n$/);
    assert.match(stdout, "\n2000 examples, ");
  }
  const ink = new Uint8Array(60 * 60).fill(255);
  ink.fill(0, 30 * 60 + 10, 30 * 60 + 40);
  const picture = fileOf(encode({ width: 60, height: 60, channels: 1, data: ink }));
  const { code, stdout, stderr } = await ran(predictCommand, [file, picture]);
  assert.is(code, 0);
  assert.match(stderr, `${picture}: inverted`);
  assert.ok(stdout.startsWith(`${picture}  `), stdout);
  const { message } = await assertRejects(() => ran(predictCommand, [file, picture, "--strict"]), FileError, "strict");
  assert.match(message, "--strict: expected a grey picture of 28 × 28");
});

const COUNT = 260; // more than one block of rows

test("predict: the likeliest classes of each row, and as JSON all of them", async () => {
  const pixels = Uint8Array.from({ length: COUNT * 16 }, (_, i) => (i * 37 + (i >> 4)) % 256);
  const images = fileOf(encodeIdx({ type: "uint8", shape: [COUNT, 4, 4], data: pixels }));
  using x = tensor(
    engine,
    Float32Array.from(pixels, (byte) => byte * (1 / 255)),
    { shape: [COUNT, 16] },
  );
  using y = net.predict(x);
  const wanted = y.toArray() as number[][];
  const { rows, stderr } = await ran(predictCommand, [model, images, "--json"]);
  assert.is(stderr, "");
  assert.is(rows.length, COUNT);
  for (const [i, { input, prediction, probability, probabilities }] of rows.entries()) {
    const best = wanted[i]!.indexOf(Math.max(...wanted[i]!));
    assert.equal([input, prediction, probability, probabilities], [`${i}`, best, wanted[i]![best], wanted[i]]);
  }
  const { stdout } = await ran(predictCommand, [model, images, "--index", "0,258"]);
  const line = (i: number, count: number) =>
    [...wanted[i]!.entries()]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([c, share]) => `${c} ${`${(100 * share).toFixed(2)} %`.padStart(8)}`)
      .join("   ");
  assert.is(stdout, `  0  ${line(0, 3)}\n258  ${line(258, 3)}\n`);
  const one = await ran(predictCommand, [model, images, "--index", "7", "--top", "1"]);
  assert.is(one.stdout, `7  ${line(7, 1)}\n`);
  const all = await ran(predictCommand, [model, images, "--index", "7", "--top", "99"]);
  assert.is(all.stdout, `7  ${line(7, 10)}\n`);
});

test("predict: what is to be known of the input is said, not printed; a terminal is no input", async () => {
  const { stdout, stderr } = await ran(predictCommand, [model, fileOf(JSON.stringify(Array(16).fill(9)))]);
  assert.match(stderr, /: numbers above 1;/);
  assert.match(stdout, /^0 {2}\d /);
  const { isTTY } = process.stdin;
  process.stdin.isTTY = true;
  try {
    const { message } = await assertRejects(() => ran(predictCommand, [model]), FileError, "a terminal");
    assert.is(message, "predict: no input: a file, or JSON on standard input");
    await assertRejects(() => ran(predictCommand, [model, "-"]), FileError, "a terminal");
    assert.is((await ran(predictCommand, [model, fileOf(JSON.stringify(Array(16).fill(0)))])).code, 0);
  } finally {
    process.stdin.isTTY = isTTY;
  }
});

test("export: the format by its name or its flag, and what is written in each", async () => {
  const written = async (name: string, ...args: readonly string[]) => {
    const output = newPath(name);
    const { code, stdout } = await ran(exportCommand, [model, output, ...args]);
    assert.is(code, 0);
    const bytes = readFileSync(output);
    assert.is(stdout, `${model}: 16-6-10, float32 → ${output}, ${bytes.length} bytes\n`);
    return Uint8Array.from(bytes);
  };
  assert.equal(await written("x.safetensors"), WEIGHTS);
  assert.equal(await written("x", "--to", "safetensors"), WEIGHTS);
  assert.equal(
    await written("x.npz", "--to", "safetensors", "--naming", "pytorch"),
    encodeNetwork(net, { naming: "pytorch" }),
  );
  assert.equal(await written("x.npz"), encodeNpz(weightsOf(net)));
  assert.equal(await written("x.npz", "--naming", "pytorch"), encodeNpz(weightsOf(net, { naming: "pytorch" })));
  assert.equal(await written("x.onnx"), encodeOnnx(net));
  assert.is(
    new TextDecoder().decode(await written("x.json")),
    `${JSON.stringify(describeNetwork(net), undefined, 2)}\n`,
  );
  const output = newPath(".json");
  const [told] = (await ran(exportCommand, [model, output, "--json"])).rows;
  assert.equal(told, { file: model, output, format: "json", bytes: readFileSync(output).length });
});

test("export: what a format does not have is refused, and float64 is rounded where that is asked for", async () => {
  for (const name of ["x", "x.bin", "onnx", "x.ONNX"]) {
    const output = newPath(name);
    const { message } = await assertRejects(() => ran(exportCommand, [model, output]), UsageError, name);
    assert.is(message, `${output}: ends in no format that is known; --to safetensors, npz, onnx, json`);
  }
  for (const format of ["onnx", "json"]) {
    const call = () => ran(exportCommand, [model, newPath(`.${format}`), "--naming", "pytorch"]);
    const { message } = await assertRejects(call, UsageError, format);
    assert.is(message, `--naming: ${format} has no names of its own; safetensors and npz do`);
    assert.is((await ran(exportCommand, [model, newPath(`.${format}`), "--naming", "lanegrad"])).code, 0);
  }
  using precise = network(engine, sequential(dense(4, 3)), { dtype: "float64" });
  const file = fileOf(encodeNetwork(precise));
  await assertRejects(() => ran(exportCommand, [file, newPath(".onnx")]), OptionError, "float64");
  assert.is((await ran(exportCommand, [file, newPath(".onnx"), "--round"])).code, 0);
  const nowhere = join(newPath(), "x.json");
  const { message } = await assertRejects(() => ran(exportCommand, [model, nowhere]), OutputError, "nowhere");
  assert.match(message, /; choose another file$/);
  const output = newPath(".json");
  assert.is((await ran(exportCommand, [model, output])).code, 0);
  await assertRejects(() => ran(exportCommand, [model, output]), UsageError, "a file that is there");
  writeFileSync(output, "old");
  assert.is((await ran(exportCommand, [model, output, "--force"])).code, 0);
  assert.is.not(readFileSync(output, "utf8"), "old");
  const alone = fileOf(ALONE);
  const described = fileOf(DESCRIPTION, ".json");
  assert.is((await ran(exportCommand, [alone, newPath(".json"), "--network", described])).code, 0);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
