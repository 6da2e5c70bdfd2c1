import { readFileSync } from "node:fs";
import brain from "brain.js";

const file = JSON.parse(readFileSync("flowers_brain.json", "utf8"));
const net = new brain.NeuralNetwork();
net.fromJSON(file.net);
console.log(
  brain.likely(
    [5.9, 3, 5.1, 1.8].map((x, i) => x / file.high[i]),
    net,
  ),
);
