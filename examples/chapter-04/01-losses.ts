/** What a network's answer costs: squared error and cross entropy. */
import { crossEntropyError, meanSquaredError } from "lanegrad/chapter";
import { lines } from "lanegrad/plot";
import { figure, runAlone, type Section } from "./section.ts";

/** Ten class probabilities; the right class is 2. The second answer gives its 0.6 to class 7. */
const right = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0];
const wrong = [0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0];
const oneHot = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0];

export async function losses(): Promise<Section> {
  const batch = [right, wrong];
  const p = Float64Array.from({ length: 200 }, (_, i) => (i + 1) / 200);
  // Two classes, [1 - p, p], of which the second one is right.
  const cross = p.map((value) => crossEntropyError([1 - value, value], 1));
  const squared = p.map((value) => meanSquaredError([1 - value, value], [0, 1]));
  const logarithm = [{ label: "−ln x", x: p, y: p.map((x) => -Math.log(x)), markers: "none" }] as const;
  const both = [
    { label: "cross entropy", x: p, y: cross, markers: "none" },
    { label: "squared error", x: p, y: squared, markers: "none" },
  ] as const;
  return {
    id: "losses",
    title: "Loss functions",
    numbers: [
      `squared error, class 2 at 0.6: ${meanSquaredError(right, oneHot)}`,
      `squared error, class 2 at 0.1: ${meanSquaredError(wrong, oneHot)}`,
      `cross entropy, class 2 at 0.6: ${crossEntropyError(right, oneHot)}`,
      `cross entropy, class 2 at 0.1: ${crossEntropyError(wrong, oneHot)}`,
      `the same from the label alone: ${crossEntropyError(right, 2)}, ${crossEntropyError(wrong, 2)}`,
      `both as a batch, one-hot: ${crossEntropyError(batch, [oneHot, oneHot])}`,
      `both as a batch, labels:  ${crossEntropyError(batch, [2, 2])}`,
      `one example is a batch of one row: ${crossEntropyError([right], [2])}`,
      `class 6 at 0: ${crossEntropyError(right, 6)}, and without δ: ${crossEntropyError(right, 6, { delta: 0 })}`,
      `a sure and right answer: ${crossEntropyError([1, 0], 0)}, and without δ: ${crossEntropyError([1, 0], 0, { delta: 0 })}`,
    ],
    figures: await Promise.all([
      figure(
        "01-minus-log",
        lines(logarithm, { title: "−ln x", xLabel: "x", yLabel: "−ln x" }),
        "−ln x from 0 to 1: it falls steeply from above 5 near 0 to 0 at 1.",
      ),
      figure(
        "01-loss-of-probability",
        lines(both, {
          title: "What an answer costs",
          xLabel: "probability of the right class",
          yLabel: "loss",
          yDomain: [0, 6], // δ takes the loss of a sure and right answer 1e-7 below 0
        }),
        "Both losses fall to 0 as the probability of the right class rises to 1. Near 0 cross entropy rises without bound, squared error ends at 1.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, losses);
