/** What figures look at before they draw: intervals, matrices, shapes of pictures, and what a refusal tells. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import {
  checkCount,
  checkDomain,
  checkNames,
  checkNumbers,
  extent,
  gridOf,
  pictureShape,
} from "../../src/plot/check.ts";
import type { Domain, Matrix, Numbers, Scale } from "../../src/plot/index.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("what figures check");

test("numbers are those that have a place; an interval of no length is widened", () => {
  const found = (rows: readonly Numbers[], scale: Scale) => extent("f", "y", rows, scale);
  assert.equal(found([[3, -2], [7]], "linear"), [-2, 7]);
  assert.equal(found([[5, 5]], "linear"), [4.5, 5.5]);
  assert.equal(found([[-20]], "linear"), [-22, -18]);
  assert.equal(found([[0]], "linear"), [-1, 1]);
  assert.equal(
    found(
      [
        [Number.NaN, 1, Number.POSITIVE_INFINITY],
        [Number.NEGATIVE_INFINITY, 2],
      ],
      "linear",
    ),
    [1, 2],
  );
  assert.equal(found([[0, -1, 2, 8]], "log"), [2, 8]);
  assert.equal(found([[8]], "log"), [4, 16]);
  for (const [scale, expected] of [
    ["linear", "at least a finite number"],
    ["log", "at least a finite number above 0, for a logarithmic axis"],
  ] as const) {
    const error = assertThrows(() => found([[Number.NaN], []], scale), ShapeError, scale);
    assert.equal([error.op, error.argument, error.expected, error.found], ["f", "y", expected, "none"]);
  }
});

test("a domain is two finite numbers in ascending order, above 0 where the axis is logarithmic", () => {
  for (const [domain, scale] of [
    [[-1, 0], "linear"],
    [[0.1, 0.2], "log"],
  ] as const) {
    assert.is(checkDomain("f", "xDomain", domain, scale), domain);
  }
  for (const [domain, scale] of [
    [[1, 0], "linear"],
    [[1, 1], "linear"],
    [[Number.NaN, 1], "linear"],
    [[0, Number.NaN], "linear"],
    [[0, Number.POSITIVE_INFINITY], "linear"],
    [[Number.NEGATIVE_INFINITY, 0], "linear"],
    [[0, 1], "log"],
    [[-2, -1], "log"],
  ] as const satisfies readonly (readonly [Domain, Scale])[]) {
    const error = assertThrows(() => checkDomain("f", "xDomain", domain, scale), OptionError, `${domain} ${scale}`);
    const place = scale === "log" ? "numbers above 0" : "finite numbers";
    assert.equal([error.option, error.expected, error.found], ["f: xDomain", `two ${place}, the lesser first`, domain]);
  }
});

test("a matrix is the same in either form, and one that is none is refused for what it lacks", () => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  for (const matrix of [rows, rows.map((row) => Float32Array.from(row)), { data: rows.flat(), shape: [2, 3] }]) {
    const grid = gridOf("f", "values", matrix);
    assert.equal([grid.rows, grid.columns], [2, 3]);
    assert.equal(
      rows.map((row, i) => row.map((_, j) => grid.at(i, j))),
      rows,
    );
  }
  for (const [matrix, option] of [
    [[null], "f: values[0]"],
    [[[1], "2"], "f: values[1]"],
    [[[1, null]], "f: values[0][1]"],
  ] as const) {
    const error = assertThrows(() => gridOf("f", "values", matrix as unknown as Matrix), OptionError, option);
    assert.is(error.option, option);
  }
  for (const [matrix, argument, expected, found] of [
    [[], "values", "at least one row", "none"],
    [[[]], "values[0]", "at least one number", "none"],
    [[[1, 2], [3]], "values[1]", "2 numbers", "1"],
    [{ data: [1, 2], shape: [2] }, "values", "2 dimensions", "1"],
    [{ data: [1, 2], shape: [1, 2, 1] }, "values", "2 dimensions", "3"],
    [{ data: [1, 2, 3], shape: [2, 2] }, "values", "4 numbers", "3"],
    [{ data: [], shape: [0, 2] }, "values", "at least one number", "none"],
  ] as const satisfies readonly (readonly [Matrix, string, string, string])[]) {
    const error = assertThrows(() => gridOf("f", "values", matrix), ShapeError, `${argument} ${expected}`);
    assert.equal([error.op, error.argument, error.expected, error.found], ["f", argument, expected, found]);
  }
});

test("what is no row of numbers is refused as a whole, and what is no number where it stands", () => {
  for (const values of [undefined, null, 1, "12", () => 1, {}, { length: 0.5 }, { length: "1" }]) {
    const error = assertThrows(() => checkNumbers("f", "y", values as Numbers), OptionError, `${typeof values}`);
    assert.equal([error.option, error.expected, error.found], ["f: y", "numbers in a row", values]);
  }
  const values = [0, Number.NaN, Number.POSITIVE_INFINITY];
  assert.is(checkNumbers("f", "y", values), values);
  const error = assertThrows(() => checkNumbers("f", "y", [0, "1"] as Numbers), OptionError, "a string");
  assert.equal([error.option, error.found], ["f: y[1]", "1"]);
});

test("a picture has the shape that is given, or is square", () => {
  assert.equal(pictureShape("f", "pixels", 784, undefined), [28, 28]);
  assert.equal(pictureShape("f", "pixels", 12, [3, 4]), [3, 4]);
  for (const pixels of [2, 3, 8, 15]) {
    assert.throws(() => pictureShape("f", "pixels", pixels, undefined), /as many pixels as a square has, found/);
  }
  for (const shape of [
    [0, 12],
    [12, 0],
    [-3, -4],
    [1.5, 8],
    [8, 1.5],
    [Number.NaN, 12],
  ] as const) {
    const error = assertThrows(() => pictureShape("f", "pixels", 12, shape), OptionError, `${shape}`);
    assert.equal([error.option, error.found], ["f: shape", shape]);
  }
  const error = assertThrows(() => pictureShape("f", "pixels", 12, [3, 5]), ShapeError, "15 pixels");
  assert.equal([error.argument, error.expected, error.found], ["pixels", "15 pixels, for pictures of 3 × 5", "12"]);
});

test("counts are whole and no less than asked for, names as many as things", () => {
  assert.is(checkCount("f", "bins", 1, 1), 1);
  assert.is(checkCount("f", "decimals", 0, 0), 0);
  for (const value of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const error = assertThrows(() => checkCount("f", "bins", value, 1), OptionError, `${value}`);
    assert.equal([error.option, error.expected, error.found], ["f: bins", "an integer from 1 on", value]);
  }
  assert.equal(checkNames("f", "rows", ["a", "b"], 2), ["a", "b"]);
  const error = assertThrows(() => checkNames("f", "rows", ["a"], 2), ShapeError, "one name");
  assert.equal([error.argument, error.expected, error.found], ["rows", "2 names", "1"]);
});

test.run();
