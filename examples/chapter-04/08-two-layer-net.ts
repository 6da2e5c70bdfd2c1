/** The chapter's network, its gradient in two ways, and what each of them costs. */
import { type Engine, RandomState } from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { lines, weightImages } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

const NAMES = ["W1", "b1", "W2", "b2"] as const;
const HIDDEN = [10, 25, 50, 100];

export async function twoLayerNet({ engine, digits }: Chapter): Promise<Section> {
  using net = netOf(engine, 100);
  const batch = digits.train.batch(new RandomState(0).choice(digits.train.length, 3));
  const [x, t] = [Float64Array.from(batch.inputs), Int32Array.from(batch.targets)];
  const numerical = net.numericalGradient(x, t);
  const gradient = net.gradient(x, t);
  const differences = NAMES.map((name) => {
    const sum = gradient[name].data.reduce((total, value, i) => total + Math.abs(value - numerical[name].data[i]!), 0);
    return `${name}: mean absolute difference ${(sum / gradient[name].size).toExponential(1)}`;
  });
  using y = net.predict(x);
  const times = HIDDEN.map((hidden) => timesOf(engine, hidden, x, t));
  const last = times.at(-1)!;
  const series = (["plain", "incremental", "backpropagation"] as const).map((way) => ({
    label: way === "backpropagation" ? way : `differences, ${way}`,
    x: times.map(({ parameters }) => parameters),
    y: times.map((time) => time[way]),
  }));
  return {
    id: "two-layer-net",
    title: "A two-layer network, 784-100-10",
    numbers: [
      ...NAMES.map((name) => `${name}: (${net.parameters[name].shape.join(", ")})`),
      `answers to 3 digits: (${y.shape.join(", ")}), each row sums to ${y.data
        .subarray(0, 10)
        .reduce((a, b) => a + b)
        .toFixed(6)}`,
      "numerical gradient against backpropagation, 3 digits",
      ...differences,
      `numerical gradient: about ${last.plain.toFixed(1)} s, or ${last.incremental.toFixed(2)} s where only what a weight changes is computed`,
      `backpropagation: ${last.backpropagation.toPrecision(2)} s, about ${Math.round(last.plain / last.backpropagation)} times less than the first`,
    ],
    figures: await Promise.all([
      figure(
        "08-times",
        lines(series, {
          ...{ title: "One gradient of 3 digits", xScale: "log", yScale: "log" },
          ...{ xLabel: "parameters", yLabel: "seconds" },
        }),
        "Seconds against parameters on logarithmic axes: plain differences grow with the square of the parameters, backpropagation in proportion and thousands of times lower.",
      ),
      figure(
        "08-weights",
        weightImages(firstColumns(net.parameters.W1.data, 20), { title: "W1 as it was drawn, 20 of 100 columns" }),
        "Columns of the first weights as pictures of 28 × 28: noise, since nothing was learned yet.",
      ),
    ]),
  };
}

/** The first columns of a matrix of 784 rows. */
function firstColumns(data: Float64Array, count: number): Float64Array[] {
  return Array.from({ length: 784 }, (_, i) => data.slice((i * data.length) / 784, (i * data.length) / 784 + count));
}

function netOf(engine: Engine, hiddenSize: number): TwoLayerNet<"float64"> {
  const sizes = { inputSize: 784, hiddenSize, outputSize: 10 };
  return new TwoLayerNet(engine, { ...sizes, random: new RandomState(0), dtype: "float64" });
}

/** Seconds of one gradient. Plain differences take two losses for each parameter: 200 are timed for all. */
function timesOf(engine: Engine, hidden: number, x: Float64Array, t: Int32Array) {
  using net = netOf(engine, hidden);
  const parameters = NAMES.reduce((sum, name) => sum + net.parameters[name].size, 0);
  const plain = 2 * parameters * secondsOf(() => net.loss(x, t), 200);
  const incremental = secondsOf(() => net.numericalGradient(x, t), 1);
  return { parameters, plain, incremental, backpropagation: secondsOf(() => net.gradient(x, t), 50) };
}

function secondsOf(work: () => unknown, times: number): number {
  work(); // the first call compiles
  const start = performance.now();
  for (let i = 0; i < times; i++) work();
  return (performance.now() - start) / 1000 / times;
}

await runAlone(import.meta.url, twoLayerNet);
