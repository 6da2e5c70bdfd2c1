/**
 * XOR: the smallest problem that one layer cannot solve, because no line has 01 and 10 on one side and 00 and 11 on the
 * other. A hidden layer bends the plane first.
 *
 * Expect probabilities that stay at ½ without the hidden layer, and that are right with it.
 */
import { adam, Dataset, dense, Engine, network, type Sequential, sequential, tanh, train } from "lanegrad";

using engine = await Engine.load();
const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
const table = new Dataset({ name: "XOR", inputs, shape: [2], labels: Uint8Array.of(0, 1, 1, 0), classes: 2 });

async function learn(name: string, layers: Sequential): Promise<void> {
  using net = network(engine, layers, { seed: 0 });
  const optimizer = adam({ learningRate: 0.05 });
  const { losses } = await train(net, table, { epochs: 300, batchSize: 4, optimizer });
  console.log(`${name}: loss ${losses[0]?.toFixed(4)} → ${losses.at(-1)?.toFixed(4)}`);
  using probabilities = net.predict(inputs);
  for (const row of [0, 1, 2, 3]) {
    const one = probabilities.data[2 * row + 1] ?? Number.NaN;
    console.log(`  ${inputs[2 * row]} xor ${inputs[2 * row + 1]} is 1 with probability ${one.toFixed(3)}`);
  }
}

await learn("one layer, 2-2", sequential(dense(2, 2)));
await learn("a hidden layer, 2-4-2", sequential(dense(2, 4), tanh(), dense(4, 2)));
