/** Partial derivatives, and all of them together: the gradient. */
import { numericalDiff, numericalGradient } from "lanegrad/chapter";
import { quiver, trajectory } from "lanegrad/plot";
import { numpy } from "./numpy.ts";
import { figure, runAlone, type Section } from "./section.ts";

const f = ([x0, x1]: readonly [number, number]) => x0 ** 2 + x1 ** 2;

export async function numericalGradients(): Promise<Section> {
  const along = (x: number) => Array.from({ length: 18 }, (_, i) => [x, -2 + i / 4] as const);
  const places = Array.from({ length: 18 }, (_, i) => -2 + i / 4).flatMap(along); // [−2, 2.25]², 0.25 apart
  const gradients = numericalGradient(f, places, { points: "rows" });
  const weights = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  const squares = (w: readonly (readonly number[])[]) => w.flat().reduce((sum, value) => sum + value ** 2, 0);
  const field = {
    x: places.map(([x]) => x),
    y: places.map(([, y]) => y),
    u: gradients.map((gradient) => -gradient[0]!),
    v: gradients.map((gradient) => -gradient[1]!),
  };
  const [x0 = 0, x1 = 0] = numericalGradient(f, [3, 4]);
  return {
    id: "numerical-gradient",
    title: "Partial derivatives and the gradient of x₀² + x₁²",
    numbers: [
      `by x₀ at (3, 4): ${numericalDiff((x0) => x0 ** 2 + 4 ** 2, 3)}`,
      `by x₁ at (3, 4): ${numericalDiff((x1) => 3 ** 2 + x1 ** 2, 4)}`,
      `gradient at (3, 4): ${numpy(numericalGradient(f, [3, 4]))}, in full ${x0}, ${x1}`,
      `gradient at (0, 2): ${numpy(numericalGradient(f, [0, 2]))}`,
      `gradient at (3, 0): ${numpy(numericalGradient(f, [3, 0]))}`,
      `at a matrix, of its squares: ${numpy(numericalGradient(squares, weights)).replace("\n", "")}`,
      `at a batch of ${places.length} points, each its own; at the last one ${numpy(gradients.at(-1)!)}`,
    ],
    figures: await Promise.all([
      figure(
        "05-quiver",
        quiver(field, { title: "−gradient of x₀² + x₁²" }),
        "Arrows on a grid from −2 to 2.25 all point to the middle, and are the shorter the nearer they are to it.",
      ),
      figure(
        "05-contours",
        trajectory(([a = 0, b = 0]) => f([a, b]), [{ label: "minimum", points: [[0, 0]] }], {
          ...{ title: "Contours of x₀² + x₁²", height: 400, levels: [0.25, 1, 2, 3, 4, 6, 8] },
          ...{ xDomain: [-2, 2.25], yDomain: [-2, 2.25] },
        }),
        "Circles around the minimum in the middle; the arrows of the other figure stand at right angles to them.",
      ),
    ]),
  };
}

await runAlone(import.meta.url, numericalGradients);
