import { readFileSync, writeFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

const lines = readFileSync("data/flowers.csv", "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));
const names = [...new Set(lines.map((cells) => cells[4]))];
const [train, test] = [[], []];
for (const name of names) {
  const own = lines.filter((cells) => cells[4] === name);
  tf.util.shuffle(own);
  test.push(...own.slice(0, own.length / 5));
  train.push(...own.slice(own.length / 5));
}
tf.util.shuffle(train);
const inputs = (rows) => tf.tensor2d(rows.map((cells) => cells.slice(0, 4).map(Number)));
const labels = (rows) =>
  tf.tensor1d(
    rows.map((cells) => names.indexOf(cells[4])),
    "int32",
  );
const { mean, variance } = tf.moments(inputs(train), 0);
const scaled = (rows) => inputs(rows).sub(mean).div(variance.sqrt());
const model = tf.sequential();
model.add(tf.layers.dense({ units: 32, activation: "relu", inputShape: [4] }));
model.add(tf.layers.dense({ units: names.length, activation: "softmax" }));
model.compile({ optimizer: tf.train.adam(0.01), loss: "categoricalCrossentropy" });
await model.fit(scaled(train), tf.oneHot(labels(train), names.length), { epochs: 100, verbose: 0 });
const confusion = await tf.math
  .confusionMatrix(labels(test), model.predict(scaled(test)).argMax(1), names.length)
  .array();
for (const [i, name] of names.entries()) {
  const predicted = confusion.reduce((sum, row) => sum + row[i], 0);
  const support = confusion[i].reduce((sum, count) => sum + count, 0);
  console.log(name, { precision: confusion[i][i] / predicted, recall: confusion[i][i] / support, support });
}
await model.save(
  tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const scales = { mean: await mean.array(), variance: await variance.array() };
    writeFileSync("flowers_tfjs.json", JSON.stringify({ modelTopology, weightSpecs, names, ...scales }));
    writeFileSync("flowers_tfjs.bin", Buffer.from(weightData));
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  }),
);
