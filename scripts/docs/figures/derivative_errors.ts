import { lines } from "lanegrad/plot";

/** The V of numerical differentiation: a large step errs by its size, a small one by the rounding of the difference. */
export async function derivativeErrors(): Promise<string> {
  const x = 1.1;
  const cube = (at: number) => at * at * at;
  const steps = Array.from({ length: 27 }, (_, i) => 2 ** (-1.5 * i - 2));
  const errorOf = (derivative: (h: number) => number) =>
    steps.map((h) => Math.abs(derivative(h) - 3 * x * x) || Number.NaN);
  return await lines(
    [
      { label: "forward", x: steps, y: errorOf((h) => (cube(x + h) - cube(x)) / h) },
      { label: "central", x: steps, y: errorOf((h) => (cube(x + h) - cube(x - h)) / (2 * h)) },
    ],
    {
      title: "Error of the derivative of x³ at 1.1",
      xLabel: "step h",
      yLabel: "absolute error",
      xScale: "log",
      yScale: "log",
    },
  );
}
