/** The training of chapter 7 as a reader runs it: its losses are NumPy's, and its figures are pictures of filters. */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filters, responses } from "../../examples/chapter-07/figures.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { all, readSvg } from "../plot/svg.ts";
import { makeTemporaryFolder, ROOT, runScript } from "../support/script.ts";

type Reference = { readonly runs: Readonly<Record<"sgd" | "adam", { readonly losses: number[] }>> };

const test = suite("chapter 7 as a program");
const SCRIPT = "examples/chapter-07/train.ts";
const reference = JSON.parse(readFileSync(`${ROOT}/test/fixtures/numpy-chapter-07.json`, "utf8")) as Reference;

for (const optimizer of ["sgd", "adam"] as const) {
  test(`--json prints the loss of each minibatch before its update, and nothing else: ${optimizer}`, async () => {
    const flags = ["--seed", "0", "--optimizer", optimizer, "--iterations", "4", "--dtype", "float64", "--json"];
    const { code, stdout, stderr } = await runScript(SCRIPT, flags);
    assert.is(code, 0, stderr);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(
      rows.map((row) => Object.keys(row)),
      Array(4).fill(["iteration", "loss"]),
    );
    assert.equal(
      rows.map(({ iteration }) => iteration),
      [0, 1, 2, 3],
    );
    for (const [i, { loss }] of rows.entries()) {
      assert.ok(Math.abs(loss - reference.runs[optimizer].losses[i]!) <= 1e-9, `loss ${i}: ${loss}`);
    }
  });
}

test("a run prints accuracies and writes its figures", async () => {
  const out = makeTemporaryFolder();
  const { code, stdout, stderr } = await runScript(SCRIPT, ["--iterations", "2", "--seed", "3", "--out", out]);
  assert.is(code, 0, stderr);
  assert.match(stdout, /1 steps, \d+ s: training accuracy 0\.\d{4}, test accuracy 0\.\d{4}\n/);
  assert.match(stdout, /loss 2\.3\d+ → 2\.\d+\naccuracy on all 2000 test digits: 0\.\d{4}\n/);
  assert.equal(
    readdirSync(out).sort(),
    ["accuracy", "filters-after", "filters-before", "loss", "responses"].map((name) => `${name}.svg`),
  );
  const before = readSvg(readFileSync(`${out}/filters-before.svg`, "utf8"));
  assert.is(all(before, "image").length, 30);
});

test("a wrong option is one line and exit code 2", async () => {
  const wrong: [string[], RegExp][] = [
    [["--optimizer", "lion"], /^train: --optimizer: expected adam or sgd, found "lion"\n$/],
    [["--optimizer", "toString"], /^train: --optimizer: expected adam or sgd, found "toString"\n$/],
    [["--dtype", "int8"], /^train: --dtype: expected float32 or float64, found "int8"\n$/],
    [["--iterations", "many"], /^train: --iterations: expected a positive integer, found "many"\n$/],
    [["--iterations", "0"], /^train: --iterations: expected a positive integer, found "0"\n$/],
    [["--seed", "-1"], /^train: .*seed.*\n$/],
    [["--learning-rate", "1"], /^train: Unknown option '--learning-rate'.*\n$/],
    [["--data", "nowhere"], /^train: .*nowhere.*\n$/],
  ];
  for (const [flags, line] of wrong) {
    const { code, stdout, stderr } = await runScript(SCRIPT, flags);
    assert.match(stderr, line);
    assert.equal([code, stdout], [2, ""], flags.join(" "));
  }
});

test("pictures of filters are of 5 × 5; responses are those of the strongest", async () => {
  const w1 = new Float32Array(8 * 25);
  w1[3 * 25 + 12] = 2; // the middle of the fourth filter
  for (let n = 0; n < 8; n++) w1[n * 25] = (n + 1) / 100;
  const pictures = all(readSvg(await filters(w1, "filters")), "image");
  const sizeOf = (image: (typeof pictures)[number]) => {
    const file = Buffer.from(image.attributes.get("href")!.replace("data:image/png;base64,", ""), "base64");
    return [file.readUInt32BE(16), file.readUInt32BE(20)];
  };
  assert.equal(pictures.map(sizeOf), Array(8).fill([5, 5]));
  const { test: digits } = await loadMnist(new URL("../../data", import.meta.url), { flatten: false });
  const root = readSvg(await responses(digits, w1));
  assert.equal(all(root, "image").map(sizeOf), Array(6).fill([24, 24]));
  assert.ok(all(root, "text").some(({ text }) => text === "filter 4"));
  assert.not.ok(
    all(root, "text").some(({ text }) => text === "filter 1"),
    "one of the weakest",
  );
});

test.run();
