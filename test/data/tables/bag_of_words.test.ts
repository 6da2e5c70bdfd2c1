import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { bagOfWords, type Vocabulary, vectorize } from "../../../src/data/tables/bag_of_words.ts";
import { denseRows } from "../../../src/data/tables/sparse_rows.ts";
import { OptionError } from "../../../src/errors.ts";
import { assertThrows } from "../../support/throws.ts";

const test = suite("bag of words");

/** The corpus of scikit-learn's guide on text features. */
const CORPUS = [
  "This is the first document.",
  "This is the second second document.",
  "And the third one.",
  "Is this the first document?",
];
const WORDS = ["and", "document", "first", "is", "one", "second", "the", "third", "this"];

function rowsOf(vocabulary: Vocabulary, texts: readonly string[]): number[][] {
  const rows = vectorize(vocabulary, texts);
  const dense = [...denseRows(rows)];
  return texts.map((_, i) => dense.slice(i * rows.shape[1], (i + 1) * rows.shape[1]));
}

test("counts are those of scikit-learn's guide", () => {
  const vocabulary = bagOfWords(CORPUS);
  assert.equal(vocabulary.words, WORDS);
  assert.equal(rowsOf(vocabulary, CORPUS), [
    [0, 1, 1, 1, 0, 0, 1, 0, 1],
    [0, 1, 0, 1, 0, 2, 1, 0, 1],
    [1, 0, 0, 0, 1, 0, 1, 1, 0],
    [0, 1, 1, 1, 0, 0, 1, 0, 1],
  ]);
  assert.equal(rowsOf(vocabulary, ["Something completely new."]), [new Array(9).fill(0)]);
  assert.equal(rowsOf(bagOfWords(CORPUS, { weights: "binary" }), CORPUS)[1], [0, 1, 0, 1, 0, 1, 1, 0, 1]);
});

test("tf-idf is the count times the smooth idf, each row of norm 1", () => {
  const vocabulary = bagOfWords(CORPUS, { weights: "tfidf" });
  const texts = [1, 3, 2, 3, 1, 1, 4, 1, 3];
  const idf = texts.map((count) => Math.log(5 / (1 + count)) + 1);
  for (const [i, value] of idf.entries()) assert.ok(Math.abs((vocabulary.idf?.[i] ?? 0) - value) <= 4e-16 * value);
  const counts = rowsOf(bagOfWords(CORPUS), CORPUS);
  for (const [i, row] of rowsOf(vocabulary, CORPUS).entries()) {
    const weighted = counts[i]!.map((count, j) => count * (idf[j] ?? 0));
    const norm = Math.hypot(...weighted);
    for (const [j, value] of row.entries()) assert.ok(Math.abs(value - weighted[j]! / norm) < 1e-7, `${i} ${j}`);
  }
  // As scikit-learn prints them.
  const printed = [0, 0.27230147, 0, 0.27230147, 0, 0.85322574, 0.22262429, 0, 0.27230147];
  for (const [j, value] of rowsOf(vocabulary, CORPUS)[1]!.entries()) assert.ok(Math.abs(value - printed[j]!) < 1e-7);
  assert.equal(rowsOf(vocabulary, ["", "unknown words"]), [new Array(9).fill(0), new Array(9).fill(0)]);
});

test("groups of words, stop words and the case of letters", () => {
  const pairs = bagOfWords(["Hi how are you", "how are THEY"], { ngrams: [1, 2], stopWords: ["are"] });
  assert.equal(pairs.words, ["hi", "hi how", "how", "how they", "how you", "they", "you"]);
  assert.equal(bagOfWords(["Go go GO"], { lowercase: false }).words, ["GO", "Go", "go"]);
  assert.equal(bagOfWords(["one two three"], { ngrams: [3, 5] }).words, ["one two three"]);
});

test("a word is two or more letters, digits or underscores of any script", () => {
  const text = "I'm 7 x_1 e-mail naïve Straße ПРИВЕТ 日本語 ab¼";
  assert.equal(bagOfWords([text]).words, ["ab¼", "mail", "naïve", "straße", "x_1", "привет", "日本語"]);
});

test("the most frequent words are kept, and those of enough texts", () => {
  const texts = ["aa bb bb cc", "bb cc dd", "dd dd dd"];
  assert.equal(bagOfWords(texts, { maxFeatures: 2 }).words, ["bb", "dd"]);
  assert.equal(bagOfWords(texts, { maxFeatures: 3 }).words, ["bb", "cc", "dd"]);
  assert.equal(bagOfWords(["bb aa", "aa bb"], { maxFeatures: 1 }).words, ["aa"], "of equals the first by its letters");
  assert.equal(bagOfWords(texts, { minTexts: 2 }).words, ["bb", "cc", "dd"]);
});

test("words are sorted by code points, as in Python", () => {
  // U+FF21 comes before U+1D400, whose first UTF-16 unit is less.
  assert.equal(bagOfWords(["𝐀𝐀 ＡＡ zz"], { lowercase: false }).words, ["zz", "ＡＡ", "𝐀𝐀"]);
});

test("a vocabulary is plain data: JSON and back, it gives the same rows", () => {
  const vocabulary = bagOfWords(CORPUS, { weights: "tfidf", ngrams: [1, 2] });
  const kept = JSON.parse(JSON.stringify(vocabulary)) as Vocabulary;
  assert.equal(kept, vocabulary);
  assert.equal(vectorize(kept, CORPUS), vectorize(vocabulary, CORPUS));
});

test("what cannot be meant is refused by name", () => {
  const option = (call: () => unknown) => assertThrows(call, OptionError, "option").option;
  assert.is(
    option(() => bagOfWords([])),
    "bagOfWords: texts",
  );
  assert.is(
    option(() => bagOfWords("text" as never)),
    "bagOfWords: texts",
  );
  assert.is(
    option(() => bagOfWords([1] as never)),
    "bagOfWords: texts[0]",
  );
  assert.is(
    option(() => bagOfWords(CORPUS, { maxFeatures: 65_537 })),
    "maxFeatures",
  );
  assert.is(
    option(() => bagOfWords(CORPUS, { minTexts: 5 })),
    "minTexts",
  );
  assert.is(
    option(() => bagOfWords(CORPUS, { ngrams: [2, 1] })),
    "ngrams",
  );
  assert.is(
    option(() => bagOfWords(CORPUS, { weights: "idf" as never })),
    "weights",
  );
  assert.is(
    option(() => bagOfWords(CORPUS, { stopWords: "the" as never })),
    "stopWords",
  );
  assert.is(
    option(() => vectorize({} as never, CORPUS)),
    "vectorize: vocabulary",
  );
  const tfidf = bagOfWords(CORPUS, { weights: "tfidf" });
  assert.is(
    option(() => vectorize({ ...tfidf, idf: [1] }, CORPUS)),
    "vocabulary: idf",
  );
  assert.is(
    option(() => vectorize({ ...tfidf, weights: "counts" }, CORPUS)),
    "vocabulary: idf",
  );
  assertThrows(() => bagOfWords(["a b c"]), DatasetError, "no word of two letters");
});

test.run();
