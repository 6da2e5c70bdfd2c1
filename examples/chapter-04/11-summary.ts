/** Where next: other optimizers and a deeper network, on the same engine. */
import {
  accuracyOf,
  adaGrad,
  adam,
  dense,
  momentum,
  network,
  type Optimizer,
  relu,
  sequential,
  sgd,
  sigmoid,
  train,
} from "lanegrad";
import { lines } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

const STEPS = 2000;
const OPTIMIZERS: Readonly<Record<string, Optimizer>> = {
  SGD: sgd({ learningRate: 0.1 }),
  momentum: momentum({ learningRate: 0.1 }),
  AdaGrad: adaGrad({ learningRate: 0.05 }),
  Adam: adam({ learningRate: 1e-3 }),
};

export async function summary({ engine, digits, trained }: Chapter): Promise<Section> {
  const start = accuracyOf((await trained()).net, digits.test);
  const weights = { weights: { std: 0.01 } } as const;
  const chapters = sequential(dense(784, 50, weights), sigmoid(), dense(50, 10, weights));
  const series = [];
  for (const [label, optimizer] of Object.entries(OPTIMIZERS)) {
    using net = network(engine, chapters, { seed: 0 }); // the same weights, and the same draws, for all four
    const options = { iterations: STEPS, batchSize: 100, optimizer, seed: 1, test: digits.test } as const;
    const rhythm = { evaluateEvery: 50, evaluateTraining: false, lossAt: "before update" } as const;
    const { evaluations } = await train(net, digits.train, { ...options, ...rhythm });
    series.push({
      label,
      x: evaluations.map(({ iteration }) => iteration + 1),
      y: evaluations.map(({ testAccuracy = 0 }) => testAccuracy),
    });
  }

  using deep = network(engine, sequential(dense(784, 128), relu(), dense(128, 64), relu(), dense(64, 10)), { seed: 0 });
  await train(deep, digits.train, { epochs: 5, batchSize: 100, optimizer: adam({ learningRate: 1e-3 }) });
  return {
    id: "summary",
    title: "What comes after",
    numbers: [
      `${digits.name}, test accuracy after ${STEPS} steps of 100`,
      ...series.map(({ label, y }) => `${label}: ${y.at(-1)!.toFixed(4)}`),
      `the chapter's 10,000 steps: ${start.toFixed(4)}`,
      `784-128-64-10 with rectifiers, He's weights and Adam, 5 epochs: ${accuracyOf(deep, digits.test).toFixed(4)}`,
    ],
    figures: [
      await figure(
        "11-optimizers",
        lines(series, {
          title: "784-50-10 with four optimizers",
          xLabel: "step",
          yLabel: "test accuracy",
          yDomain: [0, 1],
        }),
        "Test accuracy against steps: momentum, AdaGrad and Adam rise far sooner than plain gradient descent.",
      ),
    ],
  };
}

await runAlone(import.meta.url, summary);
