/** A convolutional network on the command line: trained, resumed, evaluated, asked, inspected and exported. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { exportCommand } from "../../src/cli/export.ts";
import { version } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { inspectCommand } from "../../src/cli/inspect.ts";
import { predictCommand } from "../../src/cli/predict.ts";
import { reportCommand } from "../../src/cli/report_command.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { ShapeError } from "../../src/errors.ts";
import { assertRejects } from "../support/throws.ts";
import { digitsFolder, newPath, ran } from "./ran.ts";

const test = suite("convolutional networks on the command line");
const data = digitsFolder(); // 60 images of 4 × 4
const ARGS = [
  "--data",
  data,
  "--model",
  "resnet-small",
  "--batch-size",
  "10",
  "--schedule",
  "constant",
  "--epochs",
  "2",
];
const out = newPath();

test("train: a network by its name", async () => {
  const { code, stdout } = await ran(trainCommand, [...ARGS, "--out", out]);
  assert.is(code, 0);
  const [first] = stdout.split("\n");
  const sizes = "16-8-8-8-16-16-32-32-10";
  assert.is(first, `lanegrad ${version()}: resnet-small ${sizes}, float32, build simd, seed 0`);
  const json = (name: string) => JSON.parse(readFileSync(join(out, name), "utf8")) as Record<string, unknown>;
  assert.equal(json("network.json")["inputShape"], [4, 4, 1]);
  const { model, optimizer, epochs } = json("config.json");
  assert.equal([model, optimizer, epochs], ["resnet-small", "adam", 2]);
});

test("train: resumes with the bits of an unbroken run", async () => {
  const [whole, broken] = [newPath(), newPath()];
  await ran(trainCommand, [...ARGS.slice(0, -1), "3", "--out", whole]);
  await ran(trainCommand, [...ARGS, "--out", broken]);
  const { code } = await ran(trainCommand, ["--resume", broken, "--epochs", "3"]);
  assert.is(code, 0);
  const weights = (folder: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, "weights.safetensors")))
      .digest("hex");
  assert.is(weights(broken), weights(whole));
});

test("evaluate, predict and export read it, from the folder or beside its description", async () => {
  const evaluated = await ran(evaluateCommand, [out, "--data", data, "--json"]);
  assert.is(evaluated.code, 0);
  const names = join(newPath(), "..", "weights.npz");
  assert.is((await ran(exportCommand, [out, names, "--force"])).code, 0);
  const again = await ran(evaluateCommand, [names, "--network", join(out, "network.json"), "--data", data, "--json"]);
  assert.is(again.rows[0]?.["loss"], evaluated.rows[0]?.["loss"]);
  const asked = await ran(predictCommand, [out, join(data, "t10k-images-idx3-ubyte"), "--index", "0,1", "--json"]);
  assert.is(asked.rows.length, 2);
  for (const [format, args] of [
    ["onnx", []],
    ["json", []],
    ["safetensors", ["--naming", "pytorch"]],
  ] as const) {
    const { code, stdout } = await ran(exportCommand, [out, `${newPath()}.${format}`, ...args]);
    assert.is(code, 0, format);
    assert.match(stdout, /: 4×4×1-8-8-8-16-16-32-32-10, float32 → /);
  }
});

test("report: the first layer's filters are pictures of their own size", async () => {
  const { code, stderr } = await ran(reportCommand, [out]);
  assert.is(code, 0, stderr);
  const svg = readFileSync(join(out, "weights.svg"), "utf8");
  assert.is(svg.match(/<image /g)?.length, 8);
});

test("inspect: the shape of one example, and every layer", async () => {
  const { stdout } = await ran(inspectCommand, [join(out, "network.json")]);
  assert.match(stdout, /inputShape {2}\[4,4,1\]/);
  assert.match(stdout, /layers\[0\] {2}\{"kind":"conv2d","inChannels":1,"outChannels":8/);
  assert.match((await ran(inspectCommand, [join(out, "weights.safetensors")])).stdout, /W1 +float32 +\[3, 3, 1, 8\]/);
});

test("images that are too small are refused before a folder is made, and flags that describe another network", async () => {
  const { message } = await assertRejects(
    () => ran(trainCommand, ["--data", data, "--model", "simple-conv", "--out", newPath()]),
    ShapeError,
    "4 × 4",
  );
  assert.match(message, /^layers\[0\]: conv2d: x: .* height 4 with padding 0 is smaller than the kernel's 5/);
  await assertRejects(() => ran(trainCommand, [...ARGS, "--hidden", "5", "--out", newPath()]), UsageError, "hidden");
});

test.run();
