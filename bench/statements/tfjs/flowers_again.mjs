import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";

const { names, mean, variance, ...file } = JSON.parse(readFileSync("flowers_tfjs.json", "utf8"));
const weightData = new Uint8Array(readFileSync("flowers_tfjs.bin")).buffer;
const model = await tf.loadLayersModel(tf.io.fromMemory({ ...file, weightData }));
const x = tf
  .tensor2d([[5.9, 3, 5.1, 1.8]])
  .sub(mean)
  .div(tf.sqrt(variance));
console.log(names[model.predict(x).argMax(1).dataSync()[0]]);
