/**
 * A classifier of texts by the words that they have.
 *
 * Expect the opinion of a text that it has not seen.
 */
import { bagOfWords, classifier, vectorize } from "lanegrad";

const texts = ["a good film", "good actors, a good story", "a bad film", "bad, and boring"];
const opinions = ["good", "good", "bad", "bad"];
const words = bagOfWords(texts);
const model = await classifier(vectorize(words, texts), { target: opinions });
console.log(model.predict(vectorize(words, ["a boring story, bad actors"])).join());
