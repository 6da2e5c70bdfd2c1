/** Sparse rows: their room, and how they lie in one piece of memory. */
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { SparseMatrix, sparseLayout } from "../../src/tensor/sparse.ts";
import { bytesPerElement } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("sparse rows", engine);
/** Room that kernels may write to behind the last nonzero. */
const SPARE = 8;

test("a matrix starts without nonzeros, with room for its maxRowNonzeros row in every row, or for what it is told", () => {
  for (const [capacity, want] of [[undefined, 15] as const, [7, 7] as const, [0, 0] as const]) {
    const spec = { dtype: "float64", maxRowNonzeros: 5 } as const;
    using rows = new SparseMatrix(engine, [3, 9], capacity === undefined ? spec : { ...spec, capacity });
    assert.equal([rows.nonzeros, rows.capacity], [0, want]);
    assert.is(rows.starts.describe(), "starts int32 [4]");
    assert.is(rows.columns.describe(), `columns uint16 [${want + SPARE}]`);
    assert.is(rows.values.describe(), `values float64 [${want + SPARE}]`);
    rows.starts.set([0, 1, 1, 4]);
    assert.is(rows.nonzeros, 4);
  }
});

test("a shape that is no shape is refused", () => {
  const make = () => new SparseMatrix(engine, [-1, 2], { dtype: "float32", maxRowNonzeros: 1 });
  assert.is(assertThrows(make, OptionError, "shape").option, "shape");
});

test("starts, columns and values lie one behind the other, each at the next 16 bytes", () => {
  for (const dtype of FLOATS) {
    for (const m of [0, 1, 3, 4, 5, 100]) {
      for (const maxRowNonzeros of [0, 1, 3, 8, 300]) {
        const room = m * maxRowNonzeros + SPARE;
        const ends = { starts: 4 * (m + 1), columns: 2 * room, values: bytesPerElement(dtype) * room };
        const { columns, values, bytes } = sparseLayout([m, 784], dtype, maxRowNonzeros);
        for (const place of [columns, values]) assert.is(place % 16, 0, `${m} × ${maxRowNonzeros}`);
        for (const gap of [columns - ends.starts, values - (columns + ends.columns)]) {
          assert.ok(gap >= 0 && gap < 16, `${m} × ${maxRowNonzeros}: ${gap}`);
        }
        assert.is(bytes, values + ends.values);
      }
    }
  }
});

test.run();
