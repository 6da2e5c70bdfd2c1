import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LoadCsvOptions, loadCsv, parseCsv } from "../../../src/data/csv.ts";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { OptionError } from "../../../src/errors.ts";
import { assertRejects } from "../../support/throws.ts";

const test = suite("csv with missing values and words");

const load = (name: string, options: LoadCsvOptions) =>
  loadCsv(fileURLToPath(new URL(`../../fixtures/tables/${name}`, import.meta.url)), options);

test("words become an input each, missing values are filled, numbers stay as they are", async () => {
  const text = "size;colour;price\n1,5;red;9\n?;blue;7\n2,5;NA;8\n3,5;red;\n";
  const mean = await parseCsv(text, { label: "price", target: "numbers", missing: "mean" });
  assert.equal(mean.inputNames, ["size", "colour=blue", "colour=red"]);
  assert.equal(
    mean.inputs,
    Float64Array.of(1.5, 0, 1, 2, 1, 0, 2.5, 1, 0),
    "by the rows that have a label; of words that come as often, the first",
  );
  assert.equal(mean.targetValues, Float64Array.of(9, 7, 8));
  const kept = await parseCsv(text, { label: "price", target: "numbers", missing: "drop" });
  assert.equal(kept.inputs, Float64Array.of(1.5, 0, 1));
  const often = await parseCsv("x,c\n1,a\n5,b\n5,a\n,b\n", { label: "c", missing: "mostFrequent" });
  assert.equal(often.inputs, Float64Array.of(1, 5, 5, 5));
  assert.equal(
    [often.classNames, [...often.labels]],
    [
      ["a", "b"],
      [0, 1, 0, 1],
    ],
  );
});

test("classes, inputs, header and delimiter are as they are said", async () => {
  const text = "1,red,b\n2,blue,a\n";
  const data = await parseCsv(text, {
    label: 2,
    inputs: [1],
    classes: ["b", "a", "c"],
    header: false,
    missing: "refuse",
  });
  assert.equal([data.classes, [...data.labels], [...data.inputs]], [3, [0, 1], [0, 1, 1, 0]]);
  const option = async (options: object) =>
    (await assertRejects(() => parseCsv(text, options as never), OptionError, JSON.stringify(options))).option;
  assert.is(await option({ label: 2, missing: "median" }), "missing");
  assert.is(await option({ label: "colour", missing: "mean" }), "target");
});

test("without the option, words and missing values are errors as before", async () => {
  const fault = async (text: string, missing?: "refuse") => {
    const options = { label: "c", file: "t.csv", ...(missing && { missing }) };
    return (await assertRejects(() => parseCsv(text, options), DatasetError, text)).message;
  };
  assert.is(await fault("x,c\nred,a\n"), 't.csv: line 2, column "x": expected a number, found "red"');
  assert.is(await fault("x,c\n?,a\n"), 't.csv: line 2, column "x": expected a number, found "?"');
  assert.match(await fault("x,c\n1,a\n?,a\n", "refuse"), /t\.csv: record 2, column "x": expected a value/);
});

test("five tables of well-known shapes load with the option", async () => {
  const titanic = await load("titanic.csv", {
    label: "Survived",
    inputs: ["Pclass", "Sex", "Age", "Embarked"],
    missing: "mean",
  });
  assert.equal([titanic.length, titanic.classNames], [12, ["0", "1"]]);
  assert.is(titanic.inputNames?.join(), "Pclass,Sex=female,Sex=male,Age,Embarked=C,Embarked=Q,Embarked=S");
  const ages = [23, 37, 27, 34, 36, 55, 3, 26, 15, 5];
  const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
  assert.ok(Math.abs(titanic.inputs[5 * 7 + 3]! - mean) < 1e-12);
  const penguins = await load("penguins.csv", { label: "species", missing: "drop" });
  assert.equal([penguins.length, penguins.classNames], [10, ["Adelie", "Chinstrap", "Gentoo"]]);
  const mpg = await load("auto-mpg.data", {
    label: 0,
    target: "numbers",
    inputs: [1, 2, 3, 4, 5, 6, 7],
    missing: "mean",
  });
  assert.equal([mpg.length, mpg.size, mpg.targetValues?.[0]], [10, 7, 18.5]);
  const cancer = await load("breast-cancer-wisconsin.data", { label: -1, missing: "mostFrequent" });
  assert.equal([cancer.length, cancer.classNames, cancer.inputs[6 * cancer.size + 6]], [12, ["2", "4"], 10]);
  const colic = await load("horse-colic.data", { label: 23, missing: "mean" });
  assert.equal([colic.length, colic.classes], [8, 2]);
});

test.run();
