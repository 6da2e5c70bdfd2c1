/**
 * A stream: data that is never in memory all at once. A generator gives chunks, such as one file each; a buffer mixes
 * them; training takes minibatches out of it.
 *
 * Points of a square, and whether they lie in a circle: 200,000 of them, of which 6,000 exist at a time. Expect a test accuracy
 * above 99 %, and an engine that holds less than 100 KiB.
 */
import {
  accuracyOf,
  adam,
  Dataset,
  dense,
  Engine,
  network,
  RandomState,
  relu,
  sequential,
  streamDataset,
  train,
} from "lanegrad";

const [CHUNKS, POINTS] = [100, 2000];

/** The points of a chunk: always the same ones for the same number. */
function chunk(number: number): Dataset {
  const inputs = Float32Array.from(new RandomState(number).rand(2 * POINTS), (x) => 2 * x - 1);
  const isInside = (_: unknown, i: number) => {
    const [x = 0, y = 0] = inputs.subarray(2 * i, 2 * i + 2);
    return x * x + y * y < 0.64 ? 1 : 0;
  };
  const labels = Uint8Array.from({ length: POINTS }, isInside);
  return new Dataset({ name: `points ${number}`, inputs, shape: [2], labels, classes: 2 });
}

const stream = streamDataset({
  *chunks() {
    for (let number = 1; number <= CHUNKS; number++) yield chunk(number);
  },
  shuffleBuffer: 4000,
  seed: 0,
});

using engine = await Engine.load();
using net = network(engine, sequential(dense(2, 32), relu(), dense(32, 2)), { seed: 0 });
const { losses } = await train(net, stream, { epochs: 1, batchSize: 100, optimizer: adam({ learningRate: 3e-3 }) });
for (const at of [0, 500, 1000, 1500, losses.length - 1]) {
  console.log(`after ${at * 100} points: loss ${losses[at]?.toFixed(4)}`);
}
console.log(
  `test accuracy ${accuracyOf(net, chunk(0)).toFixed(4)}; ${Math.ceil(engine.stats().bytes / 1024)} KiB in the engine`,
);
