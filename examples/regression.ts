/**
 * Regression: a curve through noisy points. Targets are numbers, the loss is the mean squared error, and tanh makes a smooth
 * curve of straight lines.
 *
 * Expect a curve nearer to the wave than its points are: the noise, 0.2, cannot be learned, and is averaged out.
 */
import { adam, Dataset, dense, Engine, network, RandomState, sequential, tanh, train } from "lanegrad";

const [POINTS, WIDTH] = [200, 61];

/** One turn of sine: a point turned on by the same angle again and again, which has the same bits on every machine. */
function sine(count: number): Float64Array {
  const [c, s] = [0.9995065603657316, 0.03141075907812829]; // cos and sin of 2π / 200
  let [x, y] = [1, 0];
  return Float64Array.from({ length: count }, () => {
    const now = y;
    [x, y] = [c * x - s * y, s * x + c * y];
    return now;
  });
}

const random = new RandomState(0);
const wave = sine(POINTS);
const points = new Dataset({
  name: "noisy sine",
  inputs: Float32Array.from({ length: POINTS }, (_, i) => (2 * i) / POINTS - 1),
  shape: [1],
  targetValues: Float32Array.from(wave, (y) => y + 0.2 * random.randn()),
});

using engine = await Engine.load();
using net = network(engine, sequential(dense(1, 16), tanh(), dense(16, 1)), { seed: 0, loss: "meanSquaredError" });
await train(net, points, { epochs: 500, batchSize: 50, optimizer: adam({ learningRate: 0.01 }) });

using curve = net.predict(points.inputs);
const distance = (from: ArrayLike<number>) =>
  Math.sqrt(wave.reduce((sum, y, i) => sum + ((from[i] ?? 0) - y) * ((from[i] ?? 0) - y), 0) / POINTS).toFixed(3);
console.log(
  `root mean square distance from the wave: points ${distance(points.targetValues ?? [])}, curve ${distance(curve.data)}`,
);

const column = (y = 0) => Math.round(((WIDTH - 1) * (y + 1.5)) / 3);
for (let i = 0; i < POINTS; i += 10) {
  const line = Array<string>(WIDTH).fill(" ");
  line[column(wave[i])] = "·";
  line[column(points.targetValues?.[i])] = "x";
  line[column(curve.data[i])] = "O";
  console.log(line.join("").trimEnd());
}
