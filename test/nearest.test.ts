/** Words that were probably meant. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nearest } from "../src/nearest.ts";
import { computingTime } from "./support/clock.ts";

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

test("a word is near within a third of the longer one's letters, and one letter at least", () => {
  const words = wordsOf("abc", 4);
  for (const written of words) {
    for (const word of words) {
      const isStart = written.length >= 3 && word.startsWith(written);
      const limit = Math.max(1, Math.floor(Math.max(written.length, word.length) / 3));
      const isNear = isStart || distance(written, word) <= limit;
      assert.is(nearest(written, [word]), isNear ? word : undefined, `${written} for ${word}`);
    }
  }
});

test("of several words the nearest, of equal ones the first; a beginning is as near as one letter", () => {
  for (const [written, words, meant] of [
    ["abcdef", ["abcdXY", "abcdeX"], "abcdeX"],
    ["abcdef", ["abcdeX", "abcdXY"], "abcdeX"],
    ["abcdef", ["abcdeX", "abcdeY"], "abcdeX"],
    ["abcdef", ["abcdXY", "abcdef-and-more"], "abcdef-and-more"],
    ["abcdef", ["abcdeX", "abcdef-and-more"], "abcdeX"],
    ["abcdef", ["abcdef-and-more", "abcdeX"], "abcdef-and-more"],
    ["ab", ["ab-and-more"], undefined],
    ["more", ["and-more"], undefined],
    ["abcdef", [], undefined],
    ["Xbcdfe", ["abcdef"], "abcdef"],
    ["Xbcdfe", ["abcdeY"], undefined],
    ["acdf", ["abcdef"], "abcdef"],
    ["acd", ["abcdef"], undefined],
  ] as const) {
    assert.is(nearest(written, words), meant, `${written} of ${words}`);
  }
});

test("a page of text is near to nothing, which takes no time to see", () => {
  const computed = computingTime();
  assert.is(nearest("x".repeat(1_000_000), WORDS), undefined);
  assert.ok(computed() < 300, "it is not compared letter by letter");
});

/** All words of these letters, none longer than `most`. */
function wordsOf(letters: string, most: number): readonly string[] {
  if (most === 0) return [""];
  return ["", ...wordsOf(letters, most - 1).flatMap((word) => [...letters].map((letter) => letter + word))];
}

const known = new Map<string, number>();

/** Letters to put in, take out, change or swap with their neighbours, from the first on. */
function distance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const key = `${a} ${b}`;
  let least = known.get(key);
  if (least !== undefined) return least;
  const changed = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
  least = Math.min(changed, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1);
  if (a[0] === b[1] && a[1] === b[0]) least = Math.min(least, distance(a.slice(2), b.slice(2)) + 1);
  known.set(key, least);
  return least;
}

test.run();
