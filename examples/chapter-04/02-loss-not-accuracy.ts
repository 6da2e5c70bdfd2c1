/** Why a network learns from its loss and not from its accuracy: one answers to every small step, the other to few. */
import { RandomState, train } from "lanegrad";
import { numericalDiff, TwoLayerNet } from "lanegrad/chapter";
import { lines, tangents } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { figure, runAlone, type Section } from "./section.ts";

const step = (x: number) => (x > 0 ? 1 : 0);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const places = [-2, 0.5, 2];
const slopesOf = (f: (x: number) => number) => places.map((x) => ({ x, slope: numericalDiff(f, x) }));
const listed = (f: (x: number) => number) => slopesOf(f).map(({ slope }) => slope.toFixed(4));

export async function lossNotAccuracy({ engine, digits }: Chapter): Promise<Section> {
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random, dtype: "float64" });
  await train(net, digits.train, { iterations: 200, batchSize: 100, learningRate: 0.1, random });
  const { inputs, targets } = digits.train.batch(random.choice(digits.train.length, 100));
  const [x, t] = [Float64Array.from(inputs), Int32Array.from(targets)];

  const weights = net.parameters.W2.data;
  const weight = weights[0]!;
  const moves = Float64Array.from({ length: 201 }, (_, i) => (i - 100) / 200);
  const measured = Array.from(moves, (move) => {
    weights[0] = weight + move;
    return { loss: net.loss(x, t), accuracy: net.accuracy(x, t) };
  });
  const lossValues = measured.map(({ loss }) => loss);
  const accuracies = measured.map(({ accuracy }) => accuracy);
  const at = (i: number) => `loss ${lossValues[i]!.toFixed(6)}, accuracy ${accuracies[i]!.toFixed(2)}`;
  const curve = (label: string, y: readonly number[]) => {
    const title = `The ${label} of 100 digits as one weight moves`;
    return lines([{ label, x: moves, y, markers: "none" }], { title, xLabel: "change of the weight", yLabel: label });
  };
  return {
    id: "loss-not-accuracy",
    title: "Why a loss, and not the accuracy",
    numbers: [
      `a weight as it is: ${at(100)}`,
      `moved by 0.005:    ${at(101)}`,
      `moved by 0.1:      ${at(120)}`,
      `201 places: ${new Set(lossValues).size} different losses, ${new Set(accuracies).size} different accuracies`,
      `slopes at ${places.join(", ")}: of the step function ${listed(step).join(", ")}`,
      `                     of the sigmoid       ${listed(sigmoid).join(", ")}`,
    ],
    figures: await Promise.all([
      figure("02-loss", curve("loss", lossValues), "The loss against one weight: a smooth curve."),
      figure("02-accuracy", curve("accuracy", accuracies), "The accuracy against the same weight: a few flat stairs."),
      figure(
        "02-step",
        tangents(step, slopesOf(step), { xDomain: [-5, 5], title: "The step function has slope 0, but for its step" }),
        "The step function with three tangents, all of them level.",
      ),
      figure(
        "02-sigmoid",
        tangents(sigmoid, slopesOf(sigmoid), { xDomain: [-5, 5], title: "The sigmoid has a slope everywhere" }),
        "The sigmoid with three tangents, none of them level.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, lossNotAccuracy);
