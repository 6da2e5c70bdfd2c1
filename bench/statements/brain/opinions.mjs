import brain from "brain.js";

const texts = ["a good film", "good actors, a good story", "a bad film", "bad, and boring"];
const opinions = ["good", "good", "bad", "bad"];
const wordsOf = (text) => text.match(/\w\w+/g) ?? [];
const inputOf = (text) => Object.fromEntries(wordsOf(text).map((word) => [word, 1]));
const net = new brain.NeuralNetwork();
net.train(texts.map((text, i) => ({ input: inputOf(text), output: { [opinions[i]]: 1 } })));
console.log(brain.likely(inputOf("a boring story, bad actors"), net));
