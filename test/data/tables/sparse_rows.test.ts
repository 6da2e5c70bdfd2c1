import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { denseRows, pickRows, sliceRows, sparseRows } from "../../../src/data/tables/sparse_rows.ts";
import { OptionError } from "../../../src/errors.ts";
import { assertThrows } from "../../support/throws.ts";

const test = suite("sparse rows");

const ROWS = sparseRows([{ 3: 0.5, 0: 1 }, {}, new Map([[2, 7]])]);

test("rows by column become CSR, columns ascending", () => {
  assert.equal(ROWS, {
    shape: [3, 4],
    starts: Int32Array.of(0, 2, 2, 3),
    columns: Uint16Array.of(0, 3, 2),
    values: Float32Array.of(1, 0.5, 7),
  });
  assert.equal([...denseRows(ROWS)], [1, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 7, 0]);
  assert.equal(sparseRows([{ 1: 2 }], { columns: 9 }).shape, [1, 9]);
  assert.equal(sparseRows([{ 65535: 1 }]).shape, [1, 65_536]);
});

test("the parts of a CSR matrix are kept, float64 too, and others are converted", () => {
  assert.equal(sparseRows(ROWS), ROWS);
  assert.is(sparseRows(ROWS).values, ROWS.values, "not copied");
  const parts = {
    shape: [2, 3] as const,
    starts: [0, 1, 2],
    columns: Int32Array.of(2, 0),
    values: Float64Array.of(5, 6),
  };
  const rows = sparseRows(parts);
  assert.equal(rows.columns, Uint16Array.of(2, 0));
  assert.instance(rows.values, Float64Array);
});

test("rows are picked and sliced", () => {
  assert.equal([...denseRows(pickRows(ROWS, [2, 0, 2]))], [0, 0, 7, 0, 1, 0, 0, 0.5, 0, 0, 7, 0]);
  assert.equal(pickRows(ROWS, [2, 0, 2]).starts, Int32Array.of(0, 1, 3, 4));
  const slice = sliceRows(ROWS, 1, 3);
  assert.equal([slice.shape, [...slice.starts], [...slice.values]], [[2, 4], [0, 0, 1], [7]]);
  assert.is(slice.values.buffer, ROWS.values.buffer, "a view");
});

test("what are no sparse rows is refused by name", () => {
  const option = (rows: unknown, options = {}) =>
    assertThrows(() => sparseRows(rows as never, options), OptionError, JSON.stringify(rows)).option;
  const base = { shape: [2, 3], starts: [0, 1, 2], columns: [2, 0], values: [5, 6] };
  assert.is(option([{ 65536: 1 }]), "sparseRows: columns");
  assert.is(option([{ 3: 1 }], { columns: 3 }), "sparseRows: column in row 0");
  assert.is(option([{}, { name: 1 }], { columns: 3 }), "sparseRows: column in row 1");
  assert.is(option([{ 0.5: 1 }], { columns: 3 }), "sparseRows: column in row 0");
  assert.is(option([[1, 0, 2]]), "sparseRows: rows[0]");
  assert.is(option([{ 0: "1" }]), "sparseRows: values[0]");
  assert.is(option({ ...base, columns: [3, 0] }), "sparseRows: column in row 0");
  assert.is(option({ ...base, starts: [0, 2, 2] }), "sparseRows: columns of row 0");
  assert.is(option({ ...base, shape: [2] }), "sparseRows: shape");
  assert.is(option({ ...base, shape: [2, 70_000] }), "sparseRows: columns");
  assert.is(option(base, { columns: 3 }), "columns");
  for (const starts of [
    [0, 1],
    [1, 1, 2],
    [0, 3, 2],
    [0, 1.5, 2],
    [0, 1, 3],
    [0, -1, 2],
  ]) {
    assertThrows(() => sparseRows({ ...base, starts } as never), DatasetError, `${starts}`);
  }
  assertThrows(() => sparseRows([{ 0: Number.NaN }]), DatasetError, "NaN");
});

test.run();
