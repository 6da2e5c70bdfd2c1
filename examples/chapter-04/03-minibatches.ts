/** Learning from a few examples at a time: what they are drawn from, and how well they stand for all. */
import { type Dataset, RandomState, train } from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { band, histogram } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

const SIZES = [1, 3, 10, 32, 100, 316, 1000, 3162, 10_000];
const DRAWS = 400;

export async function minibatches({ engine, digits }: Chapter): Promise<Section> {
  const { train: examples, name } = digits;
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });
  await train(net, examples, { iterations: 300, batchSize: 100, learningRate: 0.1, random });
  const losses = lossOfEach(net, examples);
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

  const estimates = SIZES.map((size) =>
    Float64Array.from({ length: DRAWS }, () => {
      let sum = 0;
      for (const index of random.choice(losses.length, size)) sum += losses[index]!;
      return sum / size;
    }).sort(),
  );
  const quantile = (share: number) => estimates.map((values) => values[Math.floor(share * (DRAWS - 1))]!);
  const spread = estimates.map((values) => Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / DRAWS));
  const drawn = new RandomState(0).choice(60_000, 10);
  const of100 = SIZES.indexOf(100);
  return {
    id: "minibatches",
    title: "Minibatches",
    numbers: [
      `${name}: inputs (${examples.length}, ${examples.size}), one-hot targets (${examples.length}, ${examples.classes})`,
      `choice(60000, 10) from seed 0: [${drawn.join(" ")}]`,
      `of 100 drawn from 200, ${new Set(new RandomState(0).choice(200, 100)).size} are different: they are drawn with replacement`,
      `loss of all ${losses.length} examples: ${mean.toFixed(4)}`,
      ...SIZES.map((size, i) => `minibatches of ${String(size).padStart(5)}: off by ${spread[i]!.toFixed(4)}`),
      `100 times the examples, a tenth of the error: ${(spread[of100]! / spread.at(-1)!).toFixed(1)} from 100 to 10,000`,
    ],
    figures: await Promise.all([
      figure(
        "03-spread",
        band(
          { x: SIZES, lower: quantile(0.05), median: quantile(0.5), upper: quantile(0.95) },
          { title: "A minibatch's loss", xLabel: "examples", yLabel: "loss", bandLabel: "5 % to 95 %" },
        ),
        "The loss of minibatches against their size: a band around the loss of all examples that narrows as they grow.",
      ),
      figure(
        "03-minibatches-of-100",
        histogram(estimates[of100]!, { title: `The loss of ${DRAWS} minibatches of 100`, xLabel: "loss" }),
        "A histogram of losses: a bell around the loss of all examples.",
      ),
    ]),
  };
}

/** The cross entropy of every example by itself. */
function lossOfEach(net: TwoLayerNet, examples: Dataset): Float64Array {
  const losses = new Float64Array(examples.length);
  for (let start = 0; start < losses.length; start += 1000) {
    const { inputs, targets } = examples.batch(
      Array.from({ length: Math.min(1000, losses.length - start) }, (_, i) => start + i),
    );
    using y = net.predict(inputs);
    for (const [i, label] of targets.entries()) losses[start + i] = -Math.log(y.data[i * net.outputSize + label]!);
  }
  return losses;
}

await runAlone(import.meta.url, minibatches);
