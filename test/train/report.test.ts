/** Reports of an evaluation that is given: no network has to be run for them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import type { Evaluation } from "../../src/train/evaluation/evaluate.ts";
import { classReport } from "../../src/train/evaluation/metrics.ts";
import { reportData, reportText } from "../../src/train/evaluation/report.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("report");

const CONFUSION = [
  [105, 1, 0],
  [1, 2, 0],
  [1, 0, 0],
];

function evaluation(parts: Partial<Evaluation> = {}): Evaluation {
  const classes = classReport(Int32Array.from(CONFUSION.flat()));
  const topK = { k: 2, correct: 109, accuracy: 109 / 110 };
  return {
    examples: 110,
    loss: 0.25,
    correct: 107,
    accuracy: 107 / 110,
    topK,
    classes,
    binary: undefined,
    regression: undefined,
    ...parts,
  };
}

const NUMBERS: Evaluation = {
  examples: 7,
  loss: 1.5,
  correct: undefined,
  accuracy: undefined,
  topK: undefined,
  classes: undefined,
  binary: undefined,
  regression: undefined,
};

test("the text is a table with aligned columns", () => {
  assert.is(
    reportText(evaluation(), ["cat", "dog", "axolotl"]),
    [
      "110 examples, loss 0.2500, accuracy 0.9727 (107), among the top 2 0.9909 (109)",
      "",
      "                  precision  recall      F1  support",
      "cat                  0.9813  0.9906  0.9859      106",
      "dog                  0.6667  0.6667  0.6667        3",
      "axolotl              0.0000  0.0000  0.0000        1",
      "macro average        0.5493  0.5524  0.5509      110",
      "weighted average     0.9638  0.9727  0.9682      110",
      "",
      "confusion matrix: rows are labels, columns predictions",
      "         cat  dog  axolotl",
      "cat      105    1        0",
      "dog        1    2        0",
      "axolotl    1    0        0",
    ].join("\n"),
  );
});

test("without names classes are numbers, and without a top k nothing is said of one", () => {
  const lines = reportText(evaluation({ topK: undefined })).split("\n");
  assert.is(lines[0], "110 examples, loss 0.2500, accuracy 0.9727 (107)");
  assert.match(lines[3]!, /^0 +0\.9813 /);
  assert.is(lines.at(-1), "2    1  0  0");
});

test("an evaluation without classes is its loss", () => {
  assert.is(reportText(NUMBERS), "7 examples, loss 1.5000");
  assert.is(reportText({ ...NUMBERS, examples: 1 }), "1 example, loss 1.5000");
  assert.equal(reportData(NUMBERS), { examples: 7, loss: 1.5 });
});

test("a matrix that is too wide is left out, and the text says so", () => {
  const ofSize = (n: number) => {
    const confusion = new Int32Array(n * n);
    for (let c = 0; c < n; c++) confusion[c * n + c] = 1;
    return reportText(evaluation({ classes: classReport(confusion) }));
  };
  assert.match(ofSize(32), /rows are labels/);
  assert.match(ofSize(33), /confusion matrix: 33 × 33, too wide to print$/);
});

test("the data survive JSON, with the matrix as rows", () => {
  const data = reportData(evaluation(), ["cat", "dog", "axolotl"]);
  assert.equal(JSON.parse(JSON.stringify(data)), data);
  assert.equal(data.classes?.confusion, CONFUSION);
  assert.equal(data.classes?.names, ["cat", "dog", "axolotl"]);
  assert.is(data.classes?.perClass[1]?.support, 3);
  assert.equal(data.topK, { k: 2, correct: 109, accuracy: 109 / 110 });
  assert.not(Object.hasOwn(reportData(evaluation({ topK: undefined })), "topK"));
  assert.not(Object.hasOwn(reportData(evaluation()).classes!, "names"));
  const lost = reportData(evaluation({ loss: Number.NaN }));
  assert.is(lost.loss, null);
  assert.equal(JSON.parse(JSON.stringify(lost)), lost);
});

test("names must be as many as classes", () => {
  for (const report of [reportText, reportData]) {
    const error = assertThrows(() => report(evaluation(), ["cat", "dog"]), OptionError, report.name);
    assert.is(error.option, "classNames");
  }
});

test.run();
