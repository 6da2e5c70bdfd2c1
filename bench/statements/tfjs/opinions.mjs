import * as tf from "@tensorflow/tfjs";

const texts = ["a good film", "good actors, a good story", "a bad film", "bad, and boring"];
const opinions = ["good", "good", "bad", "bad"];
const wordsOf = (text) => text.match(/\w\w+/g) ?? [];
const words = [...new Set(texts.flatMap(wordsOf))];
const inputs = (own) =>
  tf.tensor2d(own.map((text) => words.map((word) => wordsOf(text).filter((other) => other === word).length)));
const names = [...new Set(opinions)];
const labels = tf.oneHot(
  tf.tensor1d(
    opinions.map((opinion) => names.indexOf(opinion)),
    "int32",
  ),
  names.length,
);
const model = tf.sequential();
model.add(tf.layers.dense({ units: 16, activation: "relu", inputShape: [words.length] }));
model.add(tf.layers.dense({ units: names.length, activation: "softmax" }));
model.compile({ optimizer: tf.train.adam(0.05), loss: "categoricalCrossentropy" });
await model.fit(inputs(texts), labels, { epochs: 100, verbose: 0 });
console.log(
  names[
    model
      .predict(inputs(["a boring story, bad actors"]))
      .argMax(1)
      .dataSync()[0]
  ],
);
