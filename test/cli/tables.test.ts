/** Tables on the command line: trained, evaluated, asked, drawn and inspected; what does not fit is refused by its name. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateCommand } from "../../src/cli/evaluate.ts";
import { FileError } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { inspectCommand } from "../../src/cli/inspect.ts";
import { predictCommand } from "../../src/cli/predict.ts";
import { reportCommand } from "../../src/cli/report_command.ts";
import { csvText, splitRows, taskOf } from "../../src/cli/table.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { loadModel } from "../../src/estimators/load_model.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
import { BUILD } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { newPath, ran } from "./ran.ts";

const test = suite("tables on the command line");
process.setMaxListeners(64); // each lock waits for the end of the process

/** Made up: fruit by weight and colour, and a price that follows from both. */
const ROWS = Array.from({ length: 90 }, (_, i) => {
  const kind = i % 3;
  const weight = 100 + 60 * kind + ((i * 37) % 29);
  const colour = ["red", "green", "red, dotted"][Math.floor(i / 3) % 3] ?? "";
  return [weight, colour, ["plum", "pear", "melon"][kind] ?? "", 2 * weight + (colour === "red" ? 50 : 0)] as const;
});
const HEAD = ["weight", "colour", "fruit", "price"];

function csvFile(text: string = csvText(HEAD, ROWS), name = ".csv"): string {
  const file = newPath(name);
  writeFileSync(file, text);
  return file;
}

const csv = csvFile();
const [fruit, price] = [newPath(), newPath()];
const train = (args: readonly string[]) => ran(trainCommand, ["--csv", csv, "--epochs", "40", ...args]);
const jsonIn = (folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

test.before(async () => {
  const first = await train(["--target", "fruit", "--inputs", "weight,colour", "--out", fruit, "--report"]);
  assert.is(first.code, 0, first.stderr);
  assert.match(
    first.stdout,
    /^lanegrad .*: classification of fruit in .*, seed 0\n72 rows to learn from, 18 for the test\n/,
  );
  assert.match(first.stdout, /accuracy \d+\.\d\d % on the test\nthe model is .*weights\.safetensors\n$/);
  assert.match(
    first.stderr,
    /^report\.html and its figures are in [\s\S]*^next:\n[\s\S]* predict .* --out answers\.csv$/m,
  );
  const second = await train(["--target", "price", "--out", price, "--seed", "3", "--quiet"]);
  assert.is(second.code, 0, second.stderr);
  assert.is(second.stderr, "");
});

test("a run's folder has the model with its columns, the history, the configuration, and with --report the page", async () => {
  assert.equal(readdirSync(fruit).sort(), [
    ...["accuracy.svg", "config.json", "confusion.svg", "history.csv", "history.json", "log.txt", "loss.svg"],
    ...["network.json", "report.html", "weights.safetensors"],
  ]);
  const { csv: path, target, task, inputs } = jsonIn(fruit, "config.json");
  assert.equal([path, target, task, inputs], [csv, "fruit", "classification", ["weight", "colour"]]);
  const page = readFileSync(join(fruit, "report.html"), "utf8");
  for (const text of ["Test accuracy", "<h2>Confusion matrix</h2>", "18 rows", "melon", "prefers-color-scheme: dark"]) {
    if (text !== "18 rows") assert.match(page, text);
  }
  const { end, refit, epochs } = jsonIn(fruit, "history.json");
  assert.is(refit.examples, 72, "the model has learned from all rows again, and the page says so of its curves");
  assert.ok(refit.epochs >= 1 && refit.epochs <= epochs.length, `${refit.epochs} of ${epochs.length}`);
  const notes = new RegExp(
    `those of a first fit of ${epochs.length} epochs.* on all 72 rows for ${refit.epochs} epochs`,
  );
  for (const text of ["<h2>Loss of the first fit</h2>", "<h2>Accuracy of the first fit</h2>", notes]) {
    assert.match(page, text);
  }
  assert.match(readFileSync(join(fruit, "accuracy.svg"), "utf8"), "train");
  for (const { accuracy } of epochs) assert.ok(accuracy >= 0 && accuracy <= 1);
  assert.ok(end.testAccuracy >= 0.9, `${end.testAccuracy}`);
  using model = await loadModel(join(fruit, "weights.safetensors"));
  assert.is(model.predict({ weight: 110, colour: "red" }), "plum");
});

test("numbers are regression, in the target's units; report draws their residuals", async () => {
  const { configuration, end } = jsonIn(price, "history.json");
  assert.equal([configuration.task, configuration.target], ["regression", "price"]);
  assert.ok(end.testR2 > 0.9, `${end.testR2}`);
  assert.is((await ran(reportCommand, [price])).code, 0);
  for (const name of ["report.html", "predictions.svg", "residuals.svg", "loss.svg"])
    assert.ok(existsSync(join(price, name)), name);
  assert.match(readFileSync(join(price, "report.html"), "utf8"), "Test R²");
  const { rows } = await ran(evaluateCommand, [price, "--json"]);
  const { regression } = rows[0] as { regression: { r2: number } };
  assert.ok(Math.abs(regression.r2 - end.testR2) < 1e-12, "the same rows as at its end");
});

test("evaluate: the rows of the run's test, or another table, which needs the model's columns", async () => {
  assert.match(
    (await ran(evaluateCommand, [fruit])).stdout,
    /accuracy .* on 18 rows of .*, those of the test\n\n18 examples/,
  );
  assert.match((await ran(evaluateCommand, [fruit, "--csv", csv])).stdout, /on 90 rows of /);
  const other = csvFile("weight,fruit\n1,plum\n");
  const { message } = await assertRejects(
    () => ran(evaluateCommand, [fruit, "--csv", other]),
    FileError,
    "a column is missing",
  );
  assert.match(message, /no column "colour", which .* takes \(weight, colour\); its columns are weight, fruit$/);
  const junk = csvFile("junk\n", ".safetensors");
  await assertRejects(() => ran(evaluateCommand, [junk, "--csv", csv]), FormatError, "no model at all");
  const changed = csvFile(csvText(HEAD, ROWS.slice(1)));
  await assertRejects(() => ran(reportCommand, [fruit, "--csv", changed]), FileError, "another table");
});

test("predict: an answer for each row, with probabilities, as CSV in a file or on standard output, or as JSON", async () => {
  const rows = csvFile('colour;weight\n"red";112,5\n"red, dotted";231,0\n');
  const out = newPath("answers.csv");
  const { code, stdout, stderr } = await ran(predictCommand, [fruit, rows, "--out", out]);
  assert.equal([code, stdout], [0, ""]);
  assert.match(stderr, /^2 answers are in /);
  const [head, first, second] = readFileSync(out, "utf8").split("\n");
  assert.is(head, "fruit,p(melon),p(pear),p(plum)");
  assert.equal(
    [first, second].map((line) => line?.split(",")[0]),
    ["plum", "melon"],
  );
  const sums = [first, second].map((line) =>
    line!
      .split(",")
      .slice(1)
      .reduce((sum, p) => sum + Number(p), 0),
  );
  for (const sum of sums) assert.ok(Math.abs(sum - 1) < 1e-4, `${sum}`);
  assert.is((await ran(predictCommand, [fruit, rows])).stdout, readFileSync(out, "utf8"));
  const objects = csvFile(JSON.stringify([{ weight: 112.5, colour: "red" }]), ".json");
  const asJson = await ran(predictCommand, [fruit, objects, "--json"]);
  assert.equal([asJson.rows.length, asJson.rows[0]?.["fruit"]], [1, "plum"]);
  assert.is((await ran(predictCommand, [fruit, rows, "--index", "1"])).stdout.split("\n")[1], second);
  const [name, number] = (await ran(predictCommand, [price, csv, "--index", "0"])).stdout.split("\n");
  assert.is(name, "price");
  assert.ok(Math.abs(Number(number) - ROWS[0]![3]) < 60, number);
});

test("predict refuses rows without the model's columns, by their names", async () => {
  const refusal = async (text: string) =>
    (await assertRejects(() => ran(predictCommand, [fruit, csvFile(text)]), FileError, text)).message;
  assert.match(
    await refusal("weigth,colour\n1,red\n"),
    /no column "weight", .*; did you mean weigth\? its columns are weigth, colour$/,
  );
  assert.match(
    await refusal("a,b,c\n1,2,3\n"),
    /no column "weight", "colour", which .* takes \(weight, colour\); its columns are a, b, c$/,
  );
  assert.match(await refusal("1,2,3,4,5,6\n"), /rows of 6 cells, but .* takes 2: weight, colour$/);
  const bytes = newPath(".bin");
  writeFileSync(bytes, Uint8Array.of(0, 255, 254));
  assert.match(
    (await assertRejects(() => ran(predictCommand, [fruit, bytes]), FileError, "bytes")).message,
    "CSV or JSON",
  );
});

test("inspect: the columns of a model, from its folder", async () => {
  const { stdout } = await ran(inspectCommand, [fruit]);
  assert.match(stdout, /^ {2}input weight: a number, mean \d+\.\d+, deviation \d+\.\d+$/m);
  assert.match(stdout, /^ {2}target fruit: one of melon, pear, plum$/m);
});

test("what is wrong with the flags or the table is one line, before a folder is made", async () => {
  const out = newPath();
  for (const [args, expected] of [
    [["--csv", csv], /^--target: .* has weight, colour, fruit, price$/],
    [
      ["--csv", csv, "--target", "fruits"],
      /^--target: .* has no column "fruits"; did you mean fruit\? its columns are weight, colour, fruit, price$/,
    ],
    [["--csv", csv, "--target", "fruit", "--inputs", "weight,size"], /^--inputs: .* has no column "size"/],
    [["--csv", csv, "--npz", csv, "--target", "fruit"], /exclude each other/],
    [["--npz", csv, "--target", "y", "--delimiter", ";"], /^--delimiter: is for --csv/],
    [["--csv", csv, "--target", "fruit", "--augment"], /^unknown flag --augment/],
    [["--target", "fruit"], /^--target: is for tables: --csv FILE or --npz FILE$/],
  ] as const) {
    const { message } = await assertRejects(
      () => ran(trainCommand, [...args, "--out", out]),
      UsageError,
      args.join(" "),
    );
    assert.match(message, expected);
  }
  const holes = csvFile("a,b\n1,2\n,3\n4,5.5\n6,7\n8,9\n");
  await assertRejects(
    () => ran(trainCommand, ["--csv", holes, "--target", "b", "--out", out]),
    DatasetError,
    "missing values",
  );
  assert.not(existsSync(out));
});

test("Ctrl-C ends with a model that loads, and exit code 130", async () => {
  const out = newPath();
  const args = ["--csv", csv, "--target", "price", "--epochs", "100000", "--patience", "99999", "--out", out];
  const { code, stdout } = await ran(trainCommand, args, { after: "epoch", act: () => process.emit("SIGINT") });
  assert.is(code, 130);
  assert.match(stdout, /the model is /);
  using model = await loadModel(join(out, "weights.safetensors"));
  assert.is(model.kind, "regressor");
});

test("a configuration repeats the run to the bit", async () => {
  const out = newPath();
  const { code } = await ran(trainCommand, ["--config", join(price, "config.json"), "--out", out, "--quiet"]);
  assert.is(code, 0);
  assert.ok(readFileSync(join(out, "weights.safetensors")).equals(readFileSync(join(price, "weights.safetensors"))));
});

test("the arrays of an .npz file are columns", async () => {
  const file = newPath(".npz");
  const length = 60;
  const x = Float32Array.from({ length: 2 * length }, (_, i) => ((i * 31) % 17) - 8);
  const y = Float32Array.from({ length }, (_, i) => x[2 * i]! - 2 * x[2 * i + 1]! + 0.5);
  const arrays = [
    { name: "x", shape: [length, 2], data: x },
    { name: "y", shape: [length], data: y },
  ];
  writeFileSync(file, await encodeNpz(arrays));
  const out = newPath();
  const { code, stdout } = await ran(trainCommand, ["--npz", file, "--target", "y", "--epochs", "40", "--out", out]);
  assert.is(code, 0);
  assert.match(stdout, "regression of y");
  assert.equal(jsonIn(out, "history.json").configuration.inputs, ["x[0]", "x[1]"]);
  const bad = newPath(".npz");
  writeFileSync(bad, await encodeNpz([...arrays, { name: "z", shape: [3], data: new Float32Array(3) }]));
  const { message } = await assertRejects(
    () => ran(trainCommand, ["--npz", bad, "--target", "y"]),
    FileError,
    "lengths",
  );
  assert.match(message, "the arrays x [60, 2] and z [3] have not one row for each example");
});

test("the task: words and a few integers that come again are classes, everything else is numbers", () => {
  const many = (count: number, of: number) => Array.from({ length: count }, (_, i) => String(i % of));
  assert.is(taskOf(["a", "b", "a"]), "classification");
  assert.is(taskOf(["1", "0", "", "1"]), "classification");
  assert.is(taskOf([true, false]), "classification");
  assert.is(taskOf(many(50, 10)), "classification");
  assert.is(taskOf(many(49, 10)), "regression");
  assert.is(taskOf(many(1000, 21)), "regression");
  assert.is(taskOf(["1.5", "2", "1.5"]), "regression");
});

test("the split: each class gives its share, no row is in both parts or without an answer", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => [i, i % 4 === 3 ? "" : i % 4 === 0 ? "a" : "b"]);
  const table = { file: "t", names: ["x", "y"], hasNames: true, rows };
  const of = async (seed: number) => await splitRows(table, { target: 1, task: "classification", share: 0.2, seed });
  const { train: first, test: second } = await of(0);
  assert.equal([first.rows.length, second.rows.length], [24, 6]);
  assert.is(second.rows.filter(([, y]) => y === "a").length, 2);
  const positions = [...first.rows, ...second.rows].map(([x]) => x);
  assert.is(new Set(positions).size, 30);
  assert.equal(await of(0), await of(0));
  assert.not.equal((await of(0)).test.rows, (await of(1)).test.rows);
  const whole = await splitRows(table, { target: 1, task: "classification", share: 0, seed: 0 });
  assert.equal([whole.train.rows.length, whole.test.rows.length], [30, 0]);
});

test("CSV: fields are in quotes where they have to be", () => {
  assert.is(
    csvText(
      ["a b", 'c"d'],
      [
        ["x,y", null],
        [" z", 1.5],
      ],
    ),
    'a b,"c""d"\n"x,y",\n" z",1.5\n',
  );
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
