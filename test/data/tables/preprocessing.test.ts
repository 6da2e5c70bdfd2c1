/** Columns are found to be numbers, words or nothing to learn from; scaled and one-hot; and applied to other tables by name. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { applyPreprocessing, DatasetError, fitPreprocessing, preprocessInputs, recordsOf } from "../../../src/index.ts";
import { assertThrows } from "../../support/throws.ts";

const test = suite("preprocessing of tables");

const ROWS = [
  { size: 2, colour: "red", soft: true, price: 10 },
  { size: 4, colour: "blue", soft: false, price: 20 },
  { size: 6, colour: "red", soft: true, price: 60 },
];
const TABLE = recordsOf(ROWS);
const regression = { task: "regression", target: "price" } as const;

test("numbers have mean 0 and deviation 1, words an input each, booleans are words", () => {
  const fit = fitPreprocessing(TABLE, regression);
  const { inputs, targetValues, inputNames } = applyPreprocessing(fit, TABLE, { dtype: "float64" });
  const unit = 2 / Math.sqrt(8 / 3);
  const expected = [...[-unit, 0, 1, 0, 1], ...[0, 1, 0, 1, 0], ...[unit, 0, 1, 0, 1]];
  assert.is(inputs.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((inputs[i] ?? 9) - value) < 1e-15, `${i}`);
  assert.is(inputNames?.length, 5);
  const deviation = Math.sqrt((400 + 100 + 900) / 3);
  for (const [i, value] of [-20, -10, 30].entries())
    assert.ok(Math.abs((targetValues?.[i] ?? 9) - value / deviation) < 1e-15);
});

test("classes are numbered in the order of their names, numbers by value", () => {
  const names = (target: readonly (string | number)[]) => {
    const fit = fitPreprocessing(TABLE, { task: "classification", target });
    return fit.target.kind === "classes" ? fit.target.names : [];
  };
  assert.equal(names(["b", "a", "b"]), ["a", "b"]);
  assert.equal(names([10, 9, 10]), ["9", "10"]);
});

test("another table is read by names, in any order, and by position where it has none", () => {
  const fit = fitPreprocessing(TABLE, regression);
  const { values } = preprocessInputs(fit, recordsOf([{ colour: "blue", more: 1, soft: "false", size: "4" }]));
  assert.equal([...values], [0, 1, 0, 1, 0]);
  const plain = preprocessInputs(fit, recordsOf([[4, "blue", false]]));
  assert.equal([...plain.values], [0, 1, 0, 1, 0]);
});

test("missing values are refused, dropped, or filled", () => {
  const holes = recordsOf([...ROWS, { size: null, colour: "", soft: true, price: 30 }]);
  const refused = assertThrows(() => fitPreprocessing(holes, regression), DatasetError, "a hole");
  assert.match(refused.message, /size/);
  const lengthWith = (missing: "drop" | "mean" | "mostFrequent") => {
    const fit = fitPreprocessing(holes, { ...regression, missing });
    return applyPreprocessing(fit, holes);
  };
  assert.is(lengthWith("drop").length, 3);
  for (const missing of ["mean", "mostFrequent"] as const) {
    const { length, inputs, size } = lengthWith(missing);
    assert.is(length, 4);
    assert.equal([...inputs.subarray(3 * size + 1, 3 * size + 3)], [0, 1]); // red, the most frequent
    if (missing === "mean") assert.ok(Math.abs(inputs[3 * size] ?? 9) < 1e-7);
  }
});

test("a word that is unknown is refused by row and column, or is a row of zeros where that was asked for", () => {
  const other = recordsOf([{ size: 4, colour: "green", soft: true }]);
  const fit = fitPreprocessing(TABLE, regression);
  const unknown = assertThrows(() => preprocessInputs(fit, other), DatasetError, "green");
  assert.match(unknown.message, /colour.*green/);
  const lenient = fitPreprocessing(TABLE, { ...regression, unseen: "zeros" });
  assert.equal([...preprocessInputs(lenient, other).values].slice(1, 3), [0, 0]);
});

test("numbers of rows and words that are all different are not learned from", () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ id: i + 1, name: `person ${i}`, x: (i * 7) % 5, y: i % 2 }));
  const { inputs } = fitPreprocessing(recordsOf(rows), { task: "classification", target: "y" });
  if (inputs.kind !== "columns") throw new Error("columns");
  assert.equal(
    inputs.columns.map(({ name }) => name),
    ["x"],
  );
  assert.equal(
    inputs.ignored.map(({ name }) => name),
    ["id", "name"],
  );
});

test("a column that is constant is finite", () => {
  const fit = fitPreprocessing(recordsOf(ROWS.map((row) => ({ ...row, size: 5 }))), regression);
  const { inputs } = applyPreprocessing(fit, TABLE);
  assert.ok(inputs.every(Number.isFinite));
});

test.run();
