/**
 * A network trained off the main thread, in a page as in Node: the same calls, awaited, with the same bits. Meanwhile this
 * thread is free, and may ask the network what it thinks of a digit.
 *
 * Expect an accuracy that rises from epoch to epoch, and a probability of the right class that does so too.
 */
import { adam, dense, loadMnist, relu, sequential } from "lanegrad";
import { startWorker } from "lanegrad/worker";

const mnist = await loadMnist("data");
const { inputs: digit } = mnist.test.batch([0]);
const label = mnist.test.labels[0] ?? 0;

await using worker = await startWorker();
const net = await worker.network(sequential(dense(784, 64), relu(), dense(64, 10)), { seed: 0 });
const data = await worker.dataset(mnist.train); // moved: nothing is left of it here
const validation = await worker.dataset(mnist.test);

const run = net.train(data, {
  epochs: 3,
  batchSize: 128,
  optimizer: adam({ learningRate: 1e-3 }),
  validation,
  onEvaluation: async ({ iteration, validationAccuracy }) => {
    const { data: p } = await net.predict(digit); // the run waits for this
    const belief = (p[label] ?? 0).toFixed(3);
    console.log(
      `${iteration + 1} steps: accuracy ${validationAccuracy?.toFixed(4)}, the first digit is a ${label}: ${belief}`,
    );
  },
});

const { outcome, losses } = await run; // run.pause(), run.resume() and run.stop() are for buttons
console.log(`${outcome}, ${losses.length} losses`);
