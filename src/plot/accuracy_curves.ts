import { checkRecord } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { CHART_KEYS, checkFigure, checkNumbers } from "./check.ts";
import { curvesChart } from "./curves.ts";
import { styleOf } from "./palette.ts";
import type { ChartOptions, Numbers } from "./types.ts";

/** Accuracies 0..1, as many of each. */
export type Accuracies = {
  /** Epochs or steps; by default 0, 1, 2 … */
  readonly x?: Numbers;
  /** Of the training examples. */
  readonly train: Numbers;
  /** Of the test examples. */
  readonly test: Numbers;
};

/**
 * The accuracies on the training and on the test examples, from 0 to 1.
 *
 * @param accuracies NaN is a gap
 * @returns a figure as SVG
 * @throws {ShapeError} none, or different numbers of them
 * @throws {OptionError} an invalid accuracy: they are fractions, not per cent
 * @example
 * const svg = await accuracyCurves({ train: [0.1, 0.8, 0.9], test: [0.1, 0.78, 0.86] });
 */
export async function accuracyCurves(accuracies: Accuracies, options: ChartOptions = {}): Promise<string> {
  const figure = "accuracyCurves";
  checkFigure<ChartOptions>(figure, options, CHART_KEYS);
  checkRecord(`${figure}: accuracies`, accuracies);
  checkOptions<Accuracies>(figure, accuracies, { x: 1, train: 1, test: 1 });
  const { x, train, test } = accuracies;
  checkFractions(figure, "train", train, undefined);
  checkFractions(figure, "test", test, train.length);
  if (x !== undefined) checkNumbers(figure, "x", x, train.length);
  const { xLabel = "epoch", yLabel = "accuracy", height = 240 } = options;
  return curvesChart(
    {
      ...{ figure, title: "Accuracy", description: "Accuracies on training and test examples.", height },
      ...{ xLabel, yLabel, xScale: "linear", yScale: "linear", yDomain: [0, 1], points: [] },
    },
    [
      { label: "train", x, y: train, style: styleOf(0), markers: "auto" },
      { label: "test", x, y: test, style: styleOf(1), markers: "auto" },
    ],
    options,
  );
}

function checkFractions(figure: string, argument: string, values: Numbers, count: number | undefined): void {
  checkNumbers(figure, argument, values, count);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (value < 0 || value > 1) throw new OptionError(`${figure}: ${argument}[${i}]`, "a fraction from 0 to 1", value);
  }
}
