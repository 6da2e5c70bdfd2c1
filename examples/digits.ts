/** A deeper network on MNIST: relu, dropout, Adam on a cosine schedule. `npx tsx examples/digits.ts [folder] [epochs]` */
import {
  adam,
  dense,
  dropout,
  Engine,
  evaluate,
  loadMnist,
  Minibatch,
  network,
  RandomState,
  ResidentDataset,
  relu,
  sequential,
} from "lanegrad";

const [folder = "data", epochs = "15"] = process.argv.slice(2);
const BATCH = 128;

using engine = await Engine.load();
const digits = await loadMnist(folder);
using train = new ResidentDataset(engine, digits.train);
using test = new ResidentDataset(engine, digits.test);
const hidden = (inputSize: number, outputSize: number) => [dense(inputSize, outputSize), relu(), dropout(0.2)];
using net = network(engine, sequential(...hidden(784, 256), ...hidden(256, 128), dense(128, 10)), { seed: 0 });

using batch = new Minibatch(train, BATCH, "float32");
const steps = Number(epochs) * Math.floor(train.length / BATCH);
using state = net.optimize(adam({ learningRate: { kind: "cosine", rate: 1e-3, steps } }));
using step = net.trainingStep(state, batch.source); // gather, forward, loss, backward, update: one program
const random = new RandomState(0);

const start = performance.now();
for (let epoch = 1; epoch <= Number(epochs); epoch++) {
  const order = random.permutation(train.length);
  let loss = 0;
  for (let i = 0; i + BATCH <= order.length; i += BATCH) {
    batch.indices.data.set(order.subarray(i, i + BATCH));
    step.run();
    loss += step.loss.data[0]!;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const mean = (loss / Math.floor(order.length / BATCH)).toFixed(4);
  console.log(`epoch ${epoch}: loss ${mean}, test accuracy ${evaluate(net, test).accuracy.toFixed(4)}, ${seconds} s`);
}
