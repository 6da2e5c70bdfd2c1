import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

const [, ...lines] = readFileSync("data/houses.csv", "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(";"));
tf.util.shuffle(lines);
const districts = [...new Set(lines.map((cells) => cells[3]))];
const inputOf = ([area, rooms, year, district]) => [
  Number(area),
  Number(rooms),
  Number(year),
  ...districts.map((name) => Number(name === district)),
];
const cut = Math.round(lines.length / 5);
const x = tf.tensor2d(lines.slice(cut).map(inputOf));
const y = tf.tensor2d(lines.slice(cut).map((cells) => [Number(cells[4])]));
const [ofX, ofY] = [tf.moments(x, 0), tf.moments(y, 0)];
const scaled = (rows) => tf.tensor2d(rows).sub(ofX.mean).div(ofX.variance.sqrt());
const model = tf.sequential();
model.add(tf.layers.dense({ units: 64, activation: "relu", inputShape: [x.shape[1]] }));
model.add(tf.layers.dense({ units: 1 }));
model.compile({ optimizer: "adam", loss: "meanSquaredError" });
await model.fit(scaled(lines.slice(cut).map(inputOf)), y.sub(ofY.mean).div(ofY.variance.sqrt()), {
  epochs: 100,
  verbose: 0,
});
const predict = (rows) => model.predict(scaled(rows)).mul(ofY.variance.sqrt()).add(ofY.mean);
const truth = tf.tensor2d(lines.slice(0, cut).map((cells) => [Number(cells[4])]));
const squares = predict(lines.slice(0, cut).map(inputOf)).sub(truth).square().sum();
console.log("R²", 1 - squares.div(truth.sub(truth.mean()).square().sum()).dataSync()[0]);
predict([inputOf([100, 4, 1990, "south"])]).print();
