/** The gradient of a network's loss in its weights: as many numbers as weights, in the same shape. */
import { RandomState, softmax } from "lanegrad";
import { crossEntropyError, numericalGradient, SimpleNet } from "lanegrad/chapter";
import { matrix } from "lanegrad/plot";
import type { Chapter } from "./chapter.ts";
import { numpy } from "./numpy.ts";
import { figure, runAlone, type Section } from "./section.ts";

const W = [
  [0.94205491, 2.00218723, -0.44365259],
  [0.11622554, -0.59436786, 0.83999679],
];
const x = [0.6, 0.9];

export async function gradientOfNetwork({ engine }: Chapter): Promise<Section> {
  using net = new SimpleNet(engine, { random: new RandomState(0), dtype: "float64" });
  net.parameters.W.set(W);
  using z = net.predict(x);
  using y = softmax(z);
  const answer = z.data.indexOf(Math.max(...z.data));
  const byRows = (data: Float64Array) => [data.slice(0, 3), data.slice(3)];
  const dW = (label: number) => byRows(net.numericalGradient(x, label).W.data);
  const [labelled2, labelled0] = [dW(2), dW(0)];
  const backpropagated = byRows(net.gradient(x, 0).W.data);
  // The chapter's way, from a function of the weights alone.
  const loss = (w: typeof W) => {
    net.parameters.W.set(w);
    return net.loss(x, 0);
  };
  const plain = numericalGradient(loss, W);
  net.parameters.W.set(W);
  const losses = [2, 0].map((label) => net.loss(x, label));
  const after = W.map((row, i) => row.map((w, j) => w - labelled0[i]![j]!)); // one step, learning rate 1
  net.parameters.W.set(after);
  const names = { rows: ["x₀", "x₁"], columns: ["0", "1", "2"] };
  return {
    id: "gradient-of-a-network",
    title: "The gradient of a network",
    numbers: [
      `x·W = ${numpy(z.data)}, so the answer is class ${answer}`,
      `loss if class 2 is right: ${losses[0]}, with δ ${crossEntropyError(y.data, 2)}`,
      `loss if class 0 is right: ${losses[1]}, with δ ${crossEntropyError(y.data, 0)}`,
      ...`dW if class 2 is right:\n${numpy(labelled2)}`.split("\n"),
      ...`dW if class 0 is right:\n${numpy(labelled0)}`.split("\n"),
      `numericalGradient of a function of W is that to ${worst(plain, labelled0)}, backpropagation to ${worst(backpropagated, labelled0)}`,
      `loss of class 0 after a step with learning rate 1: ${net.loss(x, 0).toFixed(8)}`,
    ],
    figures: await Promise.all([
      figure(
        "07-w",
        matrix(W, { ...names, title: "W" }),
        "The weights: two rows, one for each input, and three columns, one for each class.",
      ),
      figure(
        "07-dw",
        matrix(labelled0, { ...names, title: "∂loss/∂W, class 0 right" }),
        "Their gradient: negative for class 0, whose weights are to grow, positive for the others.",
      ),
      figure(
        "07-w-after",
        matrix(after, { ...names, title: "W after a step" }),
        "The weights after one step against it.",
      ),
    ]),
  };
}

/** The largest difference, as a power of ten above it. */
function worst(a: readonly Float64Array[], b: readonly Float64Array[]): string {
  const differences = a.flatMap((row, i) => Array.from(row, (value, j) => Math.abs(value - b[i]![j]!)));
  return `1e${Math.ceil(Math.log10(Math.max(1e-16, ...differences)))}`;
}

await runAlone(import.meta.url, gradientOfNetwork);
