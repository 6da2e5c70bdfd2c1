import * as tf from "@tensorflow/tfjs";

const x = tf.tensor2d([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tf.tensor2d([[0], [1], [1], [0]]);
const model = tf.sequential();
model.add(tf.layers.dense({ units: 8, activation: "relu", inputShape: [2] }));
model.add(tf.layers.dense({ units: 1, activation: "sigmoid" }));
model.compile({ optimizer: tf.train.adam(0.05), loss: "binaryCrossentropy" });
await model.fit(x, y, { epochs: 200, verbose: 0 });
model.predict(x).round().print();
