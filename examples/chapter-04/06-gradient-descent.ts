/** Downhill step by step, and what the learning rate has to do with it. */
import { DivergedError } from "lanegrad";
import { type Descent, gradientDescent } from "lanegrad/chapter";
import { trajectory } from "lanegrad/plot";
import { numpy } from "./numpy.ts";
import { figure, runAlone, type Section } from "./section.ts";

const f = ([x0, x1]: readonly [number, number]) => x0 ** 2 + x1 ** 2;

export async function descent(): Promise<Section> {
  const from = (learningRate: number, steps = 100) => gradientDescent(f, [-3, 4], { learningRate, steps });
  const tooLarge = from(10).trajectory.map(([x0 = 0]) => x0);
  const stuck = tooLarge.findIndex((x0, i) => x0 === tooLarge[i + 1]);
  return {
    id: "gradient-descent",
    title: "Gradient descent from (−3, 4), 100 steps",
    numbers: [
      `learning rate 0.1:   ${numpy(from(0.1).x)}`,
      `learning rate 10:    ${numpy(from(10).x)}`,
      `learning rate 1e-10: ${numpy(from(1e-10).x)}`,
      `with 10, x₀ does not move any more after ${stuck} steps: h = 1e-4 is lost in x + h, the gradient comes out as 0`,
      `a steeper function leaves the finite numbers: ${divergence()}`,
    ],
    figures: await Promise.all(
      [0.1, 0.01, 0.9].map((rate) =>
        figure(`06-rate-${rate}`, way(from(rate, 20), rate), `From (−3, 4) ${WAYS[rate]}.`),
      ),
    ),
  };
}

const WAYS: Readonly<Record<number, string>> = {
  0.1: "straight to the minimum, in ever smaller steps",
  0.01: "straight towards the minimum, a third of the way",
  0.9: "over the minimum to its other side and back, 20 times, a little nearer each time",
};

function way({ trajectory: points }: Descent, rate: number): Promise<string> {
  return trajectory(([a = 0, b = 0]) => f([a, b]), [{ label: "", points }], {
    ...{ title: `20 steps down x₀² + x₁², learning rate ${rate}`, height: 400 },
    ...{ xDomain: [-4.5, 4.5], yDomain: [-4.5, 4.5] },
  });
}

function divergence(): string {
  try {
    gradientDescent(([x]) => Math.exp(x * x), [3], { learningRate: 1 });
    return "it did not";
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return error.message;
  }
}

await runAlone(import.meta.url, descent);
