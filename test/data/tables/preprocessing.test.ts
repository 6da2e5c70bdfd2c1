/** What columns are found to be, and the numbers that become of their cells. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import {
  applyPreprocessing,
  fitPreprocessing,
  type PreprocessingOptions,
  preprocessInputs,
  type TableInputs,
} from "../../../src/data/tables/preprocessing.ts";
import { parsePreprocessing } from "../../../src/data/tables/preprocessing_text.ts";
import { type Cell, recordsOf } from "../../../src/data/tables/records.ts";
import { OptionError } from "../../../src/errors.ts";
import { assertThrows } from "../../support/throws.ts";

const test = suite("preprocessing");

/** A table with a column of its own, and a target. */
function column(name: string, cells: readonly Cell[], options: Partial<PreprocessingOptions> = {}) {
  const table = { names: [name, "other", "y"], rows: cells.map((cell, i) => [cell, i % 3, i]) };
  const preprocessing = fitPreprocessing(table, { task: "regression", target: "y", ...options });
  const { columns, ignored } = preprocessing.inputs as TableInputs;
  return { table, preprocessing, found: columns.find((own) => own.name === name), ignored };
}

test("numbers and their digits are standardized, words and booleans are one-hot", () => {
  const table = recordsOf([
    { size: "1", animal: "dog", tame: true },
    { size: 3, animal: "cat", tame: false },
  ]);
  const preprocessing = fitPreprocessing(table, { task: "classification", target: ["a", "b"] });
  const { values, names } = preprocessInputs(preprocessing, table);
  assert.equal(names, ["size", "animal=cat", "animal=dog", "tame=false", "tame=true"]);
  assert.equal([...values], [-1, 0, 1, 0, 1, 1, 1, 0, 1, 0]);
  assert.equal(parsePreprocessing(JSON.stringify(preprocessing)), preprocessing);
});

test("what each row has of its own is ignored, unless it is asked for", () => {
  const rows = Array.from({ length: 60 }, (_, i) => i);
  for (const [name, cells] of [
    ["Name", rows.map((i) => `person ${i}`)],
    ["PassengerId", rows],
    ["day", rows.map((i) => `2024-01-${10 + (i % 5)}`)],
    ["empty", rows.map(() => "")],
  ] as const) {
    const { found, ignored } = column(name, cells, { missing: "mean" });
    assert.is(found, undefined, name);
    assert.equal(
      ignored.map((own) => own.name),
      [name],
    );
  }
  assert.is(column("PassengerId", rows, { inputs: ["PassengerId"] }).found?.kind, "number");
  assert.is(column("amount", rows).found?.kind, "number", "numbers that differ are numbers");
});

test("a few words among many numbers are mistakes, not categories; where they are chosen they are words", () => {
  const cells = Array.from({ length: 60 }, (_, i) => (i === 9 ? "inf" : i + 0.5));
  const error = assertThrows(() => column("x", cells), DatasetError, "refused");
  assert.match(error.message, /rows\[9\], column "x": expected a number, as in 59 of 60 rows; .*, found "inf"/);
  assert.is(column("x", cells, { inputs: ["x"] }).found?.kind, "category");
  const few = Array.from({ length: 60 }, (_, i) => (i === 9 ? "more" : i % 5));
  assert.is(column("x", few).found?.kind, "category");
  const tickets = Array.from({ length: 60 }, (_, i) => (i % 5 === 0 ? `PC ${i}` : i));
  assert.equal(column("x", tickets).ignored, [{ name: "x", position: 0, reason: "60 words in 60 rows" }]);
});

test("rare words are zeros where there are some, and an unknown word is an error where there are none", () => {
  const words = Array.from({ length: 60 }, (_, i) => (i === 7 ? "rare" : ["a", "b", "c"][i % 3]!));
  const open = column("word", words);
  assert.equal(open.found?.kind === "category" && [open.found.words, open.found.unseen], [["a", "b", "c"], "zeros"]);
  const row = { names: ["word", "other"], rows: [["never", 1]] };
  assert.equal([...preprocessInputs(open.preprocessing, row).values.slice(0, 3)], [0, 0, 0]);
  const closed = column(
    "word",
    words.map((word) => (word === "rare" ? "a" : word)),
  );
  assert.match(
    assertThrows(() => preprocessInputs(closed.preprocessing, row), DatasetError, "refused").message,
    /column "word".*"never"/,
  );
});

test("missing values are filled by the mean, or by what comes most often; words always by the latter", () => {
  const numbers = [1, 1, 4, null];
  assert.is(column("x", numbers, { missing: "mean" }).found?.fill, 2);
  assert.is(column("x", numbers, { missing: "mostFrequent" }).found?.fill, 1);
  assert.is(column("x", ["b", "b", "a", ""], { missing: "mean" }).found?.fill, "b");
  const { preprocessing, table } = column("x", numbers, { missing: "drop" });
  assert.is(applyPreprocessing(preprocessing, table).length, 3);
  assert.match(assertThrows(() => column("x", numbers), DatasetError, "refused").message, /rows\[3\], column "x"/);
});

test("columns that are constant, huge or tiny are scaled by finite numbers", () => {
  for (const cells of [
    [5, 5],
    [1e300, -1e300],
    [1e-310, 2e-310],
  ]) {
    const { preprocessing, table } = column("x", cells);
    const { values } = preprocessInputs(preprocessing, table);
    assert.ok(values.every(Number.isFinite), `${values}`);
  }
});

test("rows without names are read by position, with the target or without", () => {
  const rows = [
    [1, "a", 10],
    [3, "b", 20],
  ];
  const preprocessing = fitPreprocessing(recordsOf(rows), { task: "regression", target: -1 });
  const inputs = (cells: readonly (readonly Cell[])[]) => [...preprocessInputs(preprocessing, recordsOf(cells)).values];
  assert.equal(inputs([[3, "b"]]), [1, 0, 1]);
  assert.equal(inputs([[3, "b", 99]]), [1, 0, 1]);
  assert.equal([...(applyPreprocessing(preprocessing, recordsOf(rows)).targetValues ?? [])], [-1, 1]);
  const classes = fitPreprocessing(recordsOf(rows), { task: "classification", target: 1 });
  assert.equal([...applyPreprocessing(classes, recordsOf(rows)).labels], [0, 1]);
});

test("classes are in the order of their values, and many of them are no classes", () => {
  const fit = (target: readonly Cell[]) =>
    fitPreprocessing(recordsOf(target.map((_, i) => [i])), { task: "classification", target });
  const { target } = fit([10, 9, 10, "9"]);
  assert.equal(target.kind === "classes" && target.names, ["9", "10"]);
  assert.match(
    assertThrows(() => fit(Array.from({ length: 30 }, (_, i) => i / 7)), DatasetError, "refused").message,
    /regressor/,
  );
  assert.match(
    assertThrows(() => fitPreprocessing(recordsOf([[1, 2]]), { task: "regression", target: 5 }), OptionError, "refused")
      .message,
    /column/,
  );
});

test.run();
