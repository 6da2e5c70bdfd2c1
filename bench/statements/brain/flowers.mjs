import { readFileSync, writeFileSync } from "node:fs";
import brain from "brain.js";

const lines = readFileSync("data/flowers.csv", "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","));
const names = [...new Set(lines.map((cells) => cells[4]))];
const numbers = lines.map((cells) => cells.slice(0, 4).map(Number));
const high = numbers[0].map((_, i) => Math.max(...numbers.map((row) => row[i])));
const [train, test] = [[], []];
for (const name of names) {
  const own = numbers
    .filter((_, i) => lines[i][4] === name)
    .map((row) => ({ input: row.map((x, i) => x / high[i]), output: { [name]: 1 } }));
  own.sort(() => Math.random() - 0.5);
  test.push(...own.slice(0, own.length / 5));
  train.push(...own.slice(own.length / 5));
}
const net = new brain.NeuralNetwork();
net.train(train);
const found = test.map(({ input }) => brain.likely(input, net));
const truth = test.map(({ output }) => Object.keys(output)[0]);
for (const name of names) {
  const right = truth.filter((own, i) => own === name && found[i] === name).length;
  const [support, predicted] = [truth, found].map((list) => list.filter((own) => own === name).length);
  console.log(name, { precision: right / predicted, recall: right / support, support });
}
writeFileSync("flowers_brain.json", JSON.stringify({ net: net.toJSON(), high }));
