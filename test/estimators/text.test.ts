import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bagOfWords, vectorize } from "../../src/data/tables/bag_of_words.ts";
import { classifier } from "../../src/estimators/classifier.ts";
import { loadModel } from "../../src/estimators/load_model.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { SparseDataset } from "../../src/train/feeding/sparse_dataset.ts";
import { loadEngine } from "../support/engine.ts";

const test = suite("classifier of texts");
const engine = await loadEngine();

const OWN = { pos: ["great", "good", "lovely", "fine"], neg: ["bad", "awful", "poor", "dull"] };
const BOTH = ["film", "plot", "actor", "scene", "music", "story", "the", "was"];

/** Texts of eight words, two of which say what they are. */
function reviews(n: number, seed: number): { readonly texts: string[]; readonly labels: string[] } {
  const random = new RandomState(seed);
  const labels = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? "pos" : "neg"));
  const texts = labels.map((label) => {
    const words = Array.from({ length: 6 }, () => BOTH[random.randint(0, BOTH.length)]);
    for (let i = 0; i < 2; i++)
      words.splice(random.randint(0, 7), 0, OWN[label as keyof typeof OWN][random.randint(0, 4)]);
    return words.join(" ");
  });
  return { texts, labels };
}

test("a bag of words is learned from, evaluated and predicted, also by the model's file", async () => {
  const [train, held] = [reviews(200, 1), reviews(50, 2)];
  const words = bagOfWords(train.texts, { weights: "tfidf" });
  const model = await classifier(vectorize(words, train.texts), { target: train.labels, seed: 0, engine });
  const rows = vectorize(words, held.texts);
  const data = new SparseDataset({ name: "held", rows, labels: held.labels });
  assert.ok((await model.evaluate(data)).accuracy! >= 0.95);
  const texts = vectorize(words, ["a great, lovely film", "an awful and dull plot"]);
  assert.equal(model.predict(texts), ["pos", "neg"]);
  const loaded = await loadModel(model.encode(), { engine });
  assert.equal(loaded.predict(rows), model.predict(rows));
  loaded.dispose();
  model.dispose();
});

test.run();
