/**
 * Three spirals that are wound into each other: what a deeper network can separate, drawn as the class that it sees at
 * each place.
 *
 * Expect all 300 points right, and three arms that wind around the middle.
 */
import { adam, argmax, Dataset, dense, Engine, network, RandomState, relu, sequential, train } from "lanegrad";

const [POINTS, WIDTH, HEIGHT] = [100, 45, 23];

/** Points further and further out, each turned on by the same small angle: sums and products, the same bits anywhere. */
function spiral(x: number, y: number, random: RandomState): number[] {
  const points: number[] = [];
  for (let i = 0; i < POINTS; i++) {
    [x, y] = [0.99875 * x - 0.05 * y, 0.05 * x + 0.99875 * y];
    const radius = (i + 5) / (POINTS + 5);
    points.push(radius * x + 0.015 * random.randn(), radius * y + 0.015 * random.randn());
  }
  return points;
}

const random = new RandomState(0);
const half = Math.sqrt(3) / 2;
const starts = [[1, 0] as const, [-0.5, half] as const, [-0.5, -half] as const];
const arms = new Dataset({
  name: "three spirals",
  inputs: Float32Array.from(starts.flatMap(([x, y]) => spiral(x, y, random))),
  shape: [2],
  labels: Uint8Array.from({ length: 3 * POINTS }, (_, i) => Math.floor(i / POINTS)),
  classes: 3,
});

using engine = await Engine.load();
using net = network(engine, sequential(dense(2, 32), relu(), dense(32, 32), relu(), dense(32, 3)), { seed: 0 });
const { epochs } = await train(net, arms, { epochs: 300, batchSize: 50, optimizer: adam({ learningRate: 0.01 }) });
const right = Math.round(net.accuracy(arms.inputs, arms.labels) * arms.length);
console.log(`loss ${epochs[0]?.loss.toFixed(4)} → ${epochs.at(-1)?.loss.toFixed(4)}, ${right} of ${arms.length} right`);

const places = Float32Array.from({ length: 2 * WIDTH * HEIGHT }, (_, i) => {
  const place = Math.floor(i / 2);
  return i % 2 === 0 ? (2 * (place % WIDTH)) / (WIDTH - 1) - 1 : 1 - (2 * Math.floor(place / WIDTH)) / (HEIGHT - 1);
});
using probabilities = net.predict(places);
using classes = argmax(probabilities);
const letters = Array.from(classes.data, (label) => ".o#"[label]);
for (let row = 0; row < HEIGHT; row++) console.log(letters.slice(row * WIDTH, (row + 1) * WIDTH).join(""));
