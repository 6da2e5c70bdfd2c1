/** What is counted of logits by hand: who was taken for whom, who was near the top, and which labels are none. */
import * as assert from "uvu/assert";
import { IndexError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { ClassCounts } from "../../src/train/evaluation/class_counts.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("class counts", engine);

/** Counts rows of three logits. */
function counted(rows: readonly number[][], labels: readonly number[], predictions: readonly number[], topK: number) {
  using z = tensor(engine, Float64Array.from(rows.flat()), { shape: [rows.length, 3] });
  using t = tensor(engine, Int32Array.from(labels));
  using y = tensor(engine, Int32Array.from(predictions));
  const counts = new ClassCounts(3, topK);
  counts.add(z, t, y, 100);
  return counts;
}

const ROWS = [
  [5, 1, 3],
  [1, 1, 1], // equal ones stand in the order of their classes
  [2, Number.NaN, 4], // which is the largest of all
  [0, 9, 8],
];

test("rows are labels, columns predictions, and those on the diagonal are right", () => {
  const counts = counted(ROWS, [0, 2, 1, 2], [0, 0, 1, 1], 0);
  assert.equal([...counts.confusion], [1, 0, 0, 0, 1, 0, 1, 1, 0]);
  assert.equal([counts.correct, counts.amongTop], [2, 0]);
});

test("among the top are those with fewer than k classes before them", () => {
  const amongTop = (labels: readonly number[], topK: number) => counted(ROWS, labels, [0, 0, 1, 1], topK).amongTop;
  assert.equal(
    [0, 1, 2, 3].map((topK) => amongTop([0, 0, 1, 1], topK)),
    [0, 4, 4, 4],
  );
  assert.equal(
    [0, 1, 2, 3].map((topK) => amongTop([2, 1, 2, 2], topK)),
    [0, 0, 4, 4],
  );
  assert.equal(
    [0, 1, 2, 3].map((topK) => amongTop([1, 2, 0, 0], topK)),
    [0, 0, 0, 4],
  );
});

test("a label that there is no logit for is named by its place in the dataset", () => {
  for (const label of [-1, 3]) {
    const error = assertThrows(() => counted(ROWS, [0, 1, label, 2], [0, 0, 1, 1], 0), IndexError, `${label}`);
    assert.equal(
      [error.op, error.argument, error.position, error.value, error.bound],
      ["evaluate", "labels", 102, label, 3],
    );
  }
});

test.run();
