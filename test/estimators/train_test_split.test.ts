/** A table in two parts: rows, records, a CSV text. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { OptionError } from "../../src/errors.ts";
import { classifier } from "../../src/estimators/classifier.ts";
import { trainTestSplit } from "../../src/estimators/train_test_split.ts";
import { reportData, reportText } from "../../src/train/evaluation/report.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("trainTestSplit");
const ROWS = Array.from({ length: 40 }, (_, i) => ({ size: i, kind: i % 4 === 0 ? "rare" : "common" }));

test("rows are in one part each, in their order, and a seed gives the same rows again", async () => {
  const { train, test: held } = await trainTestSplit(ROWS);
  assert.is(held.length, 8);
  assert.equal(
    [...train, ...held].sort((a, b) => a.size - b.size),
    ROWS,
  );
  for (const part of [train, held])
    assert.equal(
      part,
      [...part].sort((a, b) => a.size - b.size),
    );
  assert.equal(await trainTestSplit(ROWS), { train, test: held });
  assert.not.equal((await trainTestSplit(ROWS, { seed: 1 })).test, held);
});

test("stratified: each class gives its fraction, by name, by position, of a CSV text", async () => {
  const csv = `size,kind\n${ROWS.map(({ size, kind }) => `${size},${kind}`).join("\n")}\n`;
  const lists = ROWS.map(({ size, kind }) => [size, kind]);
  const parts = [
    (await trainTestSplit(ROWS, { stratify: "kind", testSize: 0.1 })).test.map(({ kind }) => kind),
    (await trainTestSplit(lists, { stratify: -1, testSize: 0.1 })).test.map(([, kind]) => kind),
    (await trainTestSplit(csv, { stratify: "kind", testSize: 0.1 })).test.rows.map(([, kind]) => kind),
  ];
  for (const kinds of parts) assert.equal([kinds.length, kinds.filter((kind) => kind === "rare").length], [4, 1]);
});

test("records keep their names, and their parts are what classifiers take; the report names the classes", async () => {
  const names = ["size", "kind"];
  const records = { names, file: "sizes", rows: ROWS.map(({ size, kind }) => [size, kind]) };
  const { train, test: held } = await trainTestSplit(records, { stratify: "kind" });
  assert.equal([train.names, train.file, train.rows.length], [names, "sizes, train part", 32]);
  using model = await classifier(train, { target: "kind", epochs: 1 });
  const evaluation = await model.evaluate(held);
  assert.match(reportText(evaluation), /^rare .* 2$/m);
  assert.equal(reportData(evaluation).classes?.names, ["common", "rare"]);
  assert.match(reportText(evaluation, ["a", "b"]), /^b .* 2$/m);
});

test("anything may be a row; a class that is missing is a class of its own", async () => {
  const { train, test: held } = await trainTestSplit(["a", "b", "c"], { testSize: 0.01 });
  assert.equal([train.length, held.length], [2, 1]);
  const rows = [["a"], [null], [null], ["a"]];
  const split = await trainTestSplit(rows, { stratify: 0, testSize: 0.5 });
  assert.equal(split.test.map(([kind]) => kind).sort(), ["a", null]);
});

test("errors say what is expected", async () => {
  const dataset = new Dataset({
    name: "d",
    inputs: Float32Array.of(1, 2),
    shape: [1],
    labels: Uint8Array.of(0, 1),
    classes: 2,
  });
  for (const [data, options, message] of [
    [ROWS.slice(0, 1), {}, /data: expected at least two rows, found 1/],
    [ROWS, { testSize: 1 }, /testSize: expected a fraction between 0 and 1, found 1/],
    [ROWS, { stratify: "kimd" }, /did you mean kind\?/],
    [ROWS, { testsize: 0.5 }, /testSize/],
    [dataset, {}, /split is for datasets/],
    [Float32Array.of(1, 2), {}, /an array of rows/],
    [7, {}, /trainTestSplit: data/],
  ] as const) {
    const error = await assertRejects(
      async () => await trainTestSplit(data as never, options as object),
      OptionError,
      `${message}`,
    );
    assert.match(error.message, message);
  }
});

test.run();
