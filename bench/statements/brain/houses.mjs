import { readFileSync } from "node:fs";
import brain from "brain.js";

const [head, ...lines] = readFileSync("data/houses.csv", "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(";"));
const districts = [...new Set(lines.map((cells) => cells[head.indexOf("district")]))];
const numbers = lines.map(([area, rooms, year, , price]) => [area, rooms, year, price].map(Number));
const low = numbers[0].map((_, i) => Math.min(...numbers.map((row) => row[i])));
const high = numbers[0].map((_, i) => Math.max(...numbers.map((row) => row[i])));
const scaled = (x, i) => (x - low[i]) / (high[i] - low[i]);
const inputOf = (row, district) => [
  ...row.slice(0, 3).map(scaled),
  ...districts.map((name) => Number(name === district)),
];
const data = numbers.map((row, i) => ({
  input: inputOf(row, lines[i][3]),
  output: [scaled(row[3], 3)],
  price: row[3],
}));
for (let i = data.length - 1; i > 0; i--) {
  const j = Math.floor(Math.random() * (i + 1));
  [data[i], data[j]] = [data[j], data[i]];
}
const [test, train] = [data.slice(0, data.length / 5), data.slice(data.length / 5)];
const net = new brain.NeuralNetwork();
net.train(
  train.map(({ input, output }) => ({ input, output })),
  { iterations: 2000 },
);
const predict = (input) => net.run(input)[0] * (high[3] - low[3]) + low[3];
const mean = test.reduce((sum, { price }) => sum + price, 0) / test.length;
const squares = test.reduce((sum, { input, price }) => sum + (predict(input) - price) ** 2, 0);
console.log("R²", 1 - squares / test.reduce((sum, { price }) => sum + (price - mean) ** 2, 0));
console.log(predict(inputOf([100, 4, 1990], "south")));
