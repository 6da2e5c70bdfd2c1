/**
 * Early stopping: a network with more weights than it has examples learns them by heart, and gets worse at others. Examples
 * that it does not learn from, the validation examples, say when: training stops, and goes back to its best weights.
 *
 * Expect a training loss that falls throughout, a validation loss that falls and then rises, and a network that meets the
 * validation examples as it did at its best.
 */
import { adam, dense, Engine, evaluate, loadMnist, network, relu, sequential, train } from "lanegrad";

using engine = await Engine.load();
const digits = await loadMnist("data");
const few = digits.train.slice(0, 100);
const validation = digits.train.slice(100, 2100);
using net = network(engine, sequential(dense(784, 100), relu(), dense(100, 10)), { seed: 0 });

const { epochs, evaluations, best, outcome } = await train(net, few, {
  epochs: 100,
  batchSize: 20,
  optimizer: adam({ learningRate: 5e-3 }),
  validation,
  earlyStopping: { patience: 5 }, // evaluations, here one for each epoch, that are no better than the best
});

for (const [i, { loss }] of epochs.entries()) {
  const { validationLoss, isBest } = evaluations[i] ?? {};
  const mark = isBest ? ", the best so far" : "";
  console.log(`epoch ${i + 1}: training loss ${loss.toFixed(4)}, validation loss ${validationLoss?.toFixed(4)}${mark}`);
}
const last = evaluations.at(-1)?.validationLoss;
console.log(`${outcome} after epoch ${epochs.length}`);
console.log(`validation loss: best ${best?.validationLoss?.toFixed(4)}, last ${last?.toFixed(4)}`);
console.log(`of the network now: ${evaluate(net, validation).loss.toFixed(4)}`);
