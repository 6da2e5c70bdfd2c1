/**
 * Texts as numbers: how often each word of a vocabulary comes in a text, with scikit-learn's words, formulas and order.
 *
 *   counts   n_ij of word j in text i                                   CountVectorizer
 *   tfidf    n_ij · idf_j, each row divided by its L2 norm              TfidfVectorizer
 *            idf_j = ln((1 + texts) / (1 + texts with word j)) + 1
 *
 * A vocabulary is plain data, which can be kept as JSON next to the weights.
 */

import { checkList, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { log } from "../../numeric/log.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import { DatasetError } from "../dataset_error.ts";
import { type SparseRows, sparseRows } from "./sparse_rows.ts";

/** Which words count, and how. */
export type BagOfWordsOptions = {
  /** Only the words that come most often in all texts; of equals, the first by their letters. Default: 65,536. */
  readonly maxFeatures?: number;
  /** Words, and groups of words that follow each other: [1, 2] for single words and pairs. Default: [1, 1]. */
  readonly ngrams?: readonly [least: number, most: number];
  /** Whether `Good` is `good`. Default: true. */
  readonly lowercase?: boolean;
  /** Words that are left out, also from groups. Default: none. */
  readonly stopWords?: readonly string[];
  /** Only words of at least so many texts. Default: 1. */
  readonly minTexts?: number;
  /** `counts`, `tfidf`, or `binary`: 1 where a word comes at all. Default: counts. */
  readonly weights?: Weights;
};

/** What a word of a text becomes. */
export type Weights = "counts" | "tfidf" | "binary";

/** What `bagOfWords` found: plain data. */
export type Vocabulary = {
  readonly kind: "bagOfWords";
  /** What a word of a text becomes. */
  readonly weights: Weights;
  /** The word of each column, sorted by code points. */
  readonly words: readonly string[];
  /** How many words a column may stand for. */
  readonly ngrams: readonly [least: number, most: number];
  /** Whether texts are lowercased. */
  readonly lowercase: boolean;
  /** Words that are left out. */
  readonly stopWords: readonly string[];
  /** With `tfidf`, what the count of each word is multiplied by. */
  readonly idf?: readonly number[];
};

const OPTION_KEYS: KeysOf<BagOfWordsOptions> = {
  ...{ maxFeatures: 1, ngrams: 1, lowercase: 1, stopWords: 1, minTexts: 1, weights: 1 },
};
const VOCABULARY_KEYS: KeysOf<Vocabulary> = {
  ...{ kind: 1, weights: 1, words: 1, ngrams: 1, lowercase: 1, stopWords: 1, idf: 1 },
};
/** Columns of sparse rows. */
const MOST_WORDS = 65_536;

/**
 * The vocabulary of texts. A word is two or more letters, digits or underscores in a row, of any script.
 *
 * @throws {OptionError} no texts, or an option out of range
 * @throws {DatasetError} no word is left
 * @example
 * const words = bagOfWords(["a good film", "a bad film"], { weights: "tfidf" });
 * words.words; // → ["bad", "film", "good"]
 * const rows = vectorize(words, ["good, good film"]);
 */
export function bagOfWords(texts: readonly string[], options: BagOfWordsOptions = {}): Vocabulary {
  checkTexts("bagOfWords", texts);
  checkType("bagOfWords: options", "object", options);
  checkOptions<BagOfWordsOptions>("bagOfWords", options, OPTION_KEYS);
  const { maxFeatures = MOST_WORDS, minTexts = 1 } = options;
  const { ngrams = [1, 1], lowercase = true, stopWords = [], weights = "counts" } = options;
  if (texts.length === 0) throw new OptionError("bagOfWords: texts", "at least one text", texts.length);
  const isWhole = (count: number, most: number) => Number.isInteger(count) && count >= 1 && count <= most;
  if (!isWhole(maxFeatures, MOST_WORDS))
    throw new OptionError("maxFeatures", `an integer from 1 to ${MOST_WORDS}`, maxFeatures);
  if (!isWhole(minTexts, texts.length))
    throw new OptionError("minTexts", `an integer from 1 to ${texts.length}, the texts`, minTexts);
  checkForm({ weights, ngrams, lowercase, stopWords });
  const form = { ngrams: [ngrams[0], ngrams[1]] as const, lowercase, stopWords: [...stopWords] };
  const split = splitter(form);
  const counts = new Map<string, { all: number; texts: number; last: number }>();
  for (const [i, text] of texts.entries()) {
    for (const word of split(text)) {
      const known = counts.get(word);
      if (known === undefined) counts.set(word, { all: 1, texts: 1, last: i });
      else {
        known.all += 1;
        if (known.last !== i) known.texts += 1;
        known.last = i;
      }
    }
  }
  const kept = [...counts].filter(([, count]) => count.texts >= minTexts);
  const byCount = kept.sort(([a, p], [b, q]) => q.all - p.all || byCodePoints(a, b)).slice(0, maxFeatures);
  const words = byCount.sort(([a], [b]) => byCodePoints(a, b));
  if (words.length === 0) {
    throw new DatasetError({ kind: "array", name: "bagOfWords: texts", expected: "words", found: "none that is kept" });
  }
  const vocabulary = { kind: "bagOfWords", weights, words: words.map(([word]) => word), ...form } as const;
  if (weights !== "tfidf") return vocabulary;
  const n = texts.length;
  return { ...vocabulary, idf: words.map(([, count]) => log((1 + n) / (1 + count.texts)) + 1) };
}

/**
 * Texts as sparse rows: a column for each word of the vocabulary, by its weights. Words that it does not have do not count.
 *
 * `classifier` and `regressor` take them (as dense rows, in memory); `SparseDataset` is for large ones, which are never dense.
 *
 * @returns [texts, words], float32
 * @throws {OptionError} not what `bagOfWords` gives, or no texts
 * @example
 * const words = bagOfWords(["a good film", "a bad film"]);
 * vectorize(words, ["good, good film"]).values; // → Float32Array [1, 2]
 */
export function vectorize(vocabulary: Vocabulary, texts: readonly string[]): SparseRows {
  checkVocabulary(vocabulary);
  checkTexts("vectorize", texts);
  const { weights, words, idf } = vocabulary;
  const split = splitter(vocabulary);
  const columns = new Map(words.map((word, column) => [word, column]));
  const rows = texts.map((text) => {
    const counts = new Map<number, number>();
    for (const word of split(text)) {
      const column = columns.get(word);
      if (column !== undefined) counts.set(column, weights === "binary" ? 1 : (counts.get(column) ?? 0) + 1);
    }
    return idf === undefined ? counts : normalized(counts, idf);
  });
  return sparseRows(rows, { columns: words.length });
}

/** Counts times idf, divided by their L2 norm. */
function normalized(counts: ReadonlyMap<number, number>, idf: readonly number[]): Map<number, number> {
  const weighted = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([column, count]) => [column, count * (idf[column] ?? 0)] as const);
  const norm = Math.sqrt(weighted.reduce((sum, [, value]) => sum + value * value, 0));
  return new Map(weighted.map(([column, value]) => [column, value / norm]));
}

/** Two or more letters, digits or underscores: scikit-learn's `(?u)\b\w\w+\b`. */
const WORD = /[\p{L}\p{N}_]{2,}/gu;

/** The words of a text, then its groups of two, and so on. */
function splitter({
  ngrams: [least, most],
  lowercase,
  stopWords,
}: Pick<Vocabulary, "ngrams" | "lowercase" | "stopWords">): (text: string) => Generator<string> {
  const left = new Set(stopWords);
  return function* (text: string): Generator<string> {
    const words = ((lowercase ? text.toLowerCase() : text).match(WORD) ?? []).filter((word) => !left.has(word));
    for (let size = least; size <= most; size++) {
      for (let start = 0; start + size <= words.length; start++) yield words.slice(start, start + size).join(" ");
    }
  };
}

/** The order of code points, as Python's; that of UTF-16 differs beyond U+FFFF. */
function byCodePoints(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [p, q] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (p !== q) return rank(p) - rank(q);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points beyond all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function checkTexts(op: string, texts: readonly string[]): void {
  if (!Array.isArray(texts)) throw new OptionError(`${op}: texts`, "an array of texts", texts);
  for (const [i, text] of texts.entries()) checkType(`${op}: texts[${i}]`, "string", text);
}

function checkForm({
  weights,
  ngrams,
  lowercase,
  stopWords,
}: Pick<Vocabulary, "weights" | "ngrams" | "lowercase" | "stopWords">): void {
  if (weights !== "counts" && weights !== "tfidf" && weights !== "binary") {
    throw new OptionError("weights", "counts, tfidf or binary", weights);
  }
  checkList("ngrams", ngrams, "[least, most]");
  const [least, most] = ngrams;
  const isRange =
    ngrams.length === 2 && Number.isInteger(least) && Number.isInteger(most) && least >= 1 && most >= least;
  if (!isRange) throw new OptionError("ngrams", "[least, most], integers from 1", ngrams);
  checkType("lowercase", "boolean", lowercase);
  checkList("stopWords", stopWords, "an array of words");
  for (const [i, word] of stopWords.entries()) checkType(`stopWords[${i}]`, "string", word);
}

/** JSON may come from anywhere. */
function checkVocabulary(vocabulary: Vocabulary): void {
  if (vocabulary?.kind !== "bagOfWords")
    throw new OptionError("vectorize: vocabulary", "what bagOfWords gives", vocabulary);
  checkOptions<Vocabulary>("vectorize: vocabulary", vocabulary, VOCABULARY_KEYS);
  checkForm(vocabulary);
  const { words, idf, weights } = vocabulary;
  checkTexts("vocabulary: words", words);
  if (words.length < 1 || words.length > MOST_WORDS) {
    throw new OptionError("vocabulary: words", `1 to ${MOST_WORDS} words`, words.length);
  }
  const isRight =
    weights === "tfidf"
      ? Array.isArray(idf) && idf.length === words.length && idf.every(Number.isFinite)
      : idf === undefined;
  if (!isRight)
    throw new OptionError("vocabulary: idf", weights === "tfidf" ? "a number for each word" : "undefined", idf);
}
