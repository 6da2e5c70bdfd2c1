/** Words that were probably meant. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nearest } from "../../src/cli/nearest.ts";

const test = suite("nearest word");
const WORDS = ["--epochs", "--batch-size", "--seed", "--dtype"];

test("letters that are missing, too many, others or swapped lead to the word; other words do not", () => {
  for (const [written, meant] of [
    ["--epoch", "--epochs"],
    ["--epochss", "--epochs"],
    ["--epocsh", "--epochs"],
    ["--sead", "--seed"],
    ["--batch", "--batch-size"],
    ["--dropout", undefined],
    ["--s", "--seed"],
    ["x", undefined],
  ] as const) {
    assert.is(nearest(written, WORDS), meant, written);
  }
});

test("a page of text is near to nothing, which takes no time to see", () => {
  const start = performance.now();
  assert.is(nearest("x".repeat(1_000_000), WORDS), undefined);
  assert.ok(performance.now() - start < 300, "it is not compared letter by letter");
});

test.run();
