/** Faults in one line each: every fact is named, in words. */
import { suite } from "uvu";
import { type DatasetFault, describeDatasetFault } from "../../src/data/dataset_error.ts";
import { assertDescribed } from "../support/faults.ts";

const test = suite("DatasetError");

test("how files are no dataset", () => {
  const file = "a file";
  const name = "a name";
  assertDescribed<DatasetFault>(describeDatasetFault, {
    missing: [[{ file, looked: ["here", "there"] }, "a file not found; looked for here, there"]],
    unreadable: [[{ file, reason: "a pipe" }, "a file: cannot be read: a pipe"]],
    "too-large": [[{ file, limit: 9 }, "a file: ", "limit of 9 bytes"]],
    empty: [[{ file }, "a file: holds no examples"]],
    count: [[{ files: "both", images: 3, labels: 4 }, "both: 3 images but 4 labels"]],
    label: [
      [{ file, position: 7, value: 11, classes: 10 }, /^a file: label 7 is 11; expected 0 to 9$/],
      [{ file, position: 7, value: 0, classes: 26, first: 1, cure: "add one" }, /7 is 0; expected 1 to 26; add one$/],
    ],
    number: [[{ file, position: 7, value: Number.NaN }, "a file: number 7 is NaN; expected a finite"]],
    cell: [
      [{ file, line: 2, column: '"x"', expected: "1", found: "2" }, 'line 2, column "x": expected 1, found 2', file],
    ],
    record: [[{ file, line: 2, expected: "1", found: "2" }, "a file: line 2: expected 1, found 2"]],
    array: [[{ name, expected: "1", found: "2" }, "a name: expected 1, found 2"]],
    targets: [[{ name, expected: "1", found: "2" }, "a name: expected 1 as targets, found 2"]],
    shape: [[{ file, expected: "1", found: "2" }, "a file: expected 1, found 2"]],
    moved: [[{ name }, "a name: ", 'transfer: "copy"']],
  });
});

test.run();
