import * as assert from "uvu/assert";

import { DisposedError, OptionError, ShapeError } from "../../src/errors.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("views", engine);

test("rows are a view: what is written there is written here", () => {
  using x = tensor(
    engine,
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { name: "x" },
  );
  const middle = x.rows(1, 2);
  assert.equal(middle.toArray(), [[3, 4]]);
  middle.data[0] = 9;
  assert.equal(x.toArray(), [
    [1, 2],
    [9, 4],
    [5, 6],
  ]);
  assert.is(middle.describe(), "x float32 [1, 2]");
  assert.equal(x.rows(0, 3).toArray(), x.toArray());
  assert.equal(x.rows(3, 3).shape, [0, 2]);
  assert.equal(x.rows(1, 3).rows(1, 2).toArray(), [[5, 6]], "a view of a view");
  assert.is(engine.stats().tensors, 1);
});

test("a part is a view under a shape of its own", () => {
  using x = tensor(engine, [0, 1, 2, 3, 4, 5, 6, 7], { dtype: "float64" });
  const part = x.part(2, [2, 3], "middle");
  assert.equal(part.toArray(), [
    [2, 3, 4],
    [5, 6, 7],
  ]);
  assert.is(part.describe(), "middle float64 [2, 3]");
  assert.is(part.pointer, x.pointer + 16);
  assert.equal(x.part(8, [0]).shape, [0]);
  assert.is(x.part(5, []).toArray(), 5);
});

test("a range outside of the tensor is refused, with both", () => {
  using x = zeros(engine, [3, 2], { name: "x" });
  for (const [start, end] of [
    [-1, 2],
    [0, 4],
    [2, 1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [4, 4],
  ] as const) {
    const error = assertThrows(() => x.rows(start, end), ShapeError, `${start}..${end}`);
    assert.is(error.message, `rows: x float32 [3, 2]: expected a range within 0..3, found ${start}..${end}`);
  }
  for (const [start, shape] of [
    [-1, [1]],
    [0, [7]],
    [6, [1]],
    [Number.NaN, [1]],
    [3, [2, 2]],
  ] as const) {
    assertThrows(() => x.part(start, shape), ShapeError, `${shape} from ${start}`);
  }
  using scalar = tensor(engine, 1);
  assertThrows(() => scalar.rows(0, 1), ShapeError, "no axis");
});

test("rows begin and end at integers", () => {
  using x = tensor(engine, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  for (const [start, end] of [[0.5, 1.5] as const, [0, 1.5] as const, [0.5, 2] as const]) {
    assert.is(assertThrows(() => x.rows(start, end), ShapeError, `${start} to ${end}`).op, "rows");
  }
});

test("a part begins at an integer, and its extents are integers from 0 on", () => {
  using x = zeros(engine, [6]);
  const parts = {
    "half an element": () => x.part(0.5, [1]),
    "negative extents": () => x.part(0, [-1, -2]),
    "extents that are no integers": () => x.part(0, [1.5, 2]),
  };
  for (const [label, part] of Object.entries(parts)) {
    let refused = false;
    try {
      part();
    } catch (error) {
      refused = error instanceof ShapeError || error instanceof OptionError;
    }
    assert.ok(refused, `${label} are refused`);
  }
});

test("views end with their owner, and disposing of a view frees nothing", () => {
  const x = tensor(
    engine,
    [
      [1, 2],
      [3, 4],
    ],
    { name: "owner" },
  );
  const [first, second] = [x.rows(0, 1), x.rows(1, 2)];
  first.dispose();
  assert.is(first.isDisposed, true);
  assert.equal(assertThrows(() => first.data, DisposedError, "the view").subject, "owner float32 [1, 2]");
  assert.equal(second.toArray(), [[3, 4]]);
  assert.equal(x.toArray(), [
    [1, 2],
    [3, 4],
  ]);
  assert.is(engine.stats().tensors, 1);
  x.dispose();
  assert.is(second.isDisposed, true);
  assertThrows(() => second.data, DisposedError, "the other view");
});

test("a view that was disposed of gives no further views", () => {
  using x = zeros(engine, [2, 2], { name: "x" });
  const view = x.rows(0, 1);
  view.dispose();
  for (const use of [() => view.rows(0, 1).data, () => view.part(0, [1]).data]) {
    assertThrows(use, DisposedError, String(use));
  }
});

test("a view of a disposed tensor is of no use", () => {
  const x = zeros(engine, [2, 2]);
  x.dispose();
  assertThrows(() => x.rows(0, 1).data, DisposedError, "rows");
});

test.run();
