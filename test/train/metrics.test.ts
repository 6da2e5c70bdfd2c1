/** Metrics of confusion matrices, worked out by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { classReport } from "../../src/train/evaluation/metrics.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("metrics");

/** Equal to the last bits: sums of a few fractions in another order. */
function assertClose(got: object, want: object, label: string): void {
  assert.equal(Object.keys(got), Object.keys(want), label);
  for (const [key, value] of Object.entries(want)) {
    const found = (got as Readonly<Record<string, number>>)[key]!;
    assert.ok(Math.abs(found - value) <= 1e-15, `${label}.${key}: ${found}, expected ${value}`);
  }
}

test("precision, recall and F1 are scikit-learn's, and a class that is never predicted has 0", () => {
  // labels 0 0 0 0 0 0, 1 1 1, 2: nobody was taken for 2
  const { count, perClass, macro, weighted } = classReport(Int32Array.of(5, 1, 0, 1, 2, 0, 1, 0, 0));
  assert.is(count, 3);
  assertClose(perClass[0]!, { precision: 5 / 7, recall: 5 / 6, f1: 10 / 13, support: 6, predicted: 7 }, "0");
  assertClose(perClass[1]!, { precision: 2 / 3, recall: 2 / 3, f1: 4 / 6, support: 3, predicted: 3 }, "1");
  assertClose(perClass[2]!, { precision: 0, recall: 0, f1: 0, support: 1, predicted: 0 }, "2");
  assertClose(
    macro,
    { precision: (5 / 7 + 2 / 3) / 3, recall: (5 / 6 + 2 / 3) / 3, f1: (10 / 13 + 2 / 3) / 3 },
    "macro",
  );
  assertClose(
    weighted,
    { precision: 0.6 * (5 / 7) + 0.3 * (2 / 3), recall: 0.7, f1: 0.6 * (10 / 13) + 0.3 * (2 / 3) },
    "weighted",
  );
});

test("rows are labels and columns are predictions", () => {
  const { perClass } = classReport(Int32Array.of(1, 3, 0, 4));
  assert.is(perClass[0]!.support, 4);
  assert.is(perClass[0]!.predicted, 1);
  assert.is(perClass[0]!.precision, 1);
  assert.is(perClass[0]!.recall, 0.25);
});

test("a class without an example counts in the macro average only where something was taken for it", () => {
  const taken = classReport(Int32Array.of(3, 1, 0, 0));
  assertClose(taken.perClass[1]!, { precision: 0, recall: 0, f1: 0, support: 0, predicted: 1 }, "no example");
  assertClose(taken.macro, { precision: 0.5, recall: 0.375, f1: 6 / 7 / 2 }, "macro");
  assertClose(taken.weighted, { precision: 1, recall: 0.75, f1: 6 / 7 }, "weighted");
  const absent = classReport(Int32Array.of(3, 1, 0, 2, 4, 0, 0, 0, 0));
  const without = classReport(Int32Array.of(3, 1, 2, 4));
  assert.is(absent.perClass.length, 3);
  assert.equal(absent.macro, without.macro);
  assert.equal(absent.weighted, without.weighted);
});

test("no example at all gives zeros, and counts that are no square are refused", () => {
  const zeros = { precision: 0, recall: 0, f1: 0 };
  assert.equal(classReport(new Int32Array(4)).macro, zeros);
  assert.equal(classReport(new Int32Array(4)).weighted, zeros);
  assert.is(assertThrows(() => classReport(new Int32Array(6)), OptionError, "6 counts").option, "confusion");
});

test.run();
