/**
 * A deeper network on MNIST: relu, dropout, Adam on a cosine schedule, and the network in a file.
 * `npx tsx examples/digits.ts [folder] [epochs] [network]`
 *
 * Expect 95 % of the bundled digits, which are few, and more than 98.2 % on all of MNIST.
 */
import { writeFileSync } from "node:fs";
import {
  adam,
  dense,
  dropout,
  Engine,
  encodeNetwork,
  loadMnist,
  network,
  relu,
  schedule,
  sequential,
  train,
} from "lanegrad";

const [folder = "data", epochs = "15", file] = process.argv.slice(2);

using engine = await Engine.load();
const digits = await loadMnist(folder);
const hidden = (inputSize: number, outputSize: number) => [dense(inputSize, outputSize), relu(), dropout(0.2)];
using net = network(engine, sequential(...hidden(784, 256), ...hidden(256, 128), dense(128, 10)), { seed: 0 });

await train(net, digits.train, {
  epochs: Number(epochs),
  batchSize: 128,
  optimizer: adam({ learningRate: schedule({ kind: "cosine", rate: 1e-3 }) }), // from 0.001 to 0 over the whole run
  test: digits.test, // evaluated after every epoch
  onEpoch: ({ epoch, loss }, evaluation) => {
    console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, test accuracy ${evaluation?.testAccuracy?.toFixed(4)}`);
  },
});
if (file !== undefined) writeFileSync(file, encodeNetwork(net));
