import brain from "brain.js";

const net = new brain.NeuralNetwork();
net.train([
  { input: [0, 0], output: [0] },
  { input: [0, 1], output: [1] },
  { input: [1, 0], output: [1] },
  { input: [1, 1], output: [0] },
]);
for (const row of [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])
  console.log(Math.round(net.run(row)[0]));
