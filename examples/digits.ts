/**
 * A deeper network on MNIST: relu, dropout, Adam on a cosine schedule, and the network in a file.
 * `npx tsx examples/digits.ts [folder] [epochs] [network]`
 *
 * Expect 95 % of the bundled digits, which are few, and more than 98.2 % on all of MNIST.
 */
import { writeFileSync } from "node:fs";
import { adam, dense, dropout, Engine, encodeNetwork, loadMnist, network, relu, sequential, train } from "lanegrad";

const [folder = "data", epochs = "15", file] = process.argv.slice(2);
const batchSize = 128;

using engine = await Engine.load();
const digits = await loadMnist(folder);
const hidden = (inputSize: number, outputSize: number) => [dense(inputSize, outputSize), relu(), dropout(0.2)];
using net = network(engine, sequential(...hidden(784, 256), ...hidden(256, 128), dense(128, 10)), { seed: 0 });

// The rate falls from 0.001 to 0 in half a cosine, over the steps of the whole run.
const steps = Number(epochs) * Math.ceil(digits.train.length / batchSize);
let accuracy = Number.NaN;
await train(net, digits.train, {
  epochs: Number(epochs),
  batchSize,
  optimizer: adam({ learningRate: { kind: "cosine", rate: 1e-3, steps } }),
  test: digits.test, // evaluated after every epoch
  onEvaluation: ({ testAccuracy = Number.NaN }) => {
    accuracy = testAccuracy;
  },
  onEpoch: ({ epoch, loss }) => {
    console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, test accuracy ${accuracy.toFixed(4)}`);
  },
});
if (file !== undefined) writeFileSync(file, encodeNetwork(net));
