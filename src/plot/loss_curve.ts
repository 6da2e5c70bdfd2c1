import { checkList } from "../arguments.ts";
import { checkCount, checkFigure, checkNumbers, SCALED_KEYS } from "./check.ts";
import { curvesChart, curvesOf } from "./curves.ts";
import { styleOf } from "./palette.ts";
import { runningMean } from "./sampling.ts";
import type { Numbers, ScaledOptions, Series } from "./types.ts";

/** The axes, and how much is averaged. */
export type LossCurveOptions = ScaledOptions & {
  /** The step of each loss, in ascending order; by default 0, 1, 2 … */
  readonly steps?: Numbers;
  /** Losses of other examples, such as validation, each named where it ends. */
  readonly series?: readonly Series[];
  /** How many losses the smoothed line averages; by default a fiftieth of them, and 1 draws no smoothed line. */
  readonly smoothing?: number;
};

/** So many steps are more than columns of pixels, and the line of each step is the band that it would fill. */
const MANY = 1000;

/**
 * The loss of every step as a faint line, and its running mean.
 *
 * @param losses one for each step; NaN and infinities are gaps
 * @returns a figure as SVG, of less than 20 KB for any number of steps
 * @throws {ShapeError} no losses, none that can be drawn, as many steps as there are not losses
 * @throws {OptionError} an element that is not a number, an invalid domain or smoothing
 * @example
 * const { losses } = await train(net, mnist.train, { iterations: 20, learningRate: 0.1 });
 * const svg = await lossCurve(losses, { title: "Training", yScale: "log" });
 */
export async function lossCurve(losses: Numbers, options: LossCurveOptions = {}): Promise<string> {
  const figure = "lossCurve";
  checkFigure<LossCurveOptions>(figure, options, { ...SCALED_KEYS, steps: 1, smoothing: 1, series: 1 });
  checkNumbers(figure, "losses", losses);
  const { steps, xLabel = "step", yLabel = "loss", xScale = "linear", yScale = "linear", height = 240 } = options;
  if (steps !== undefined) checkNumbers(figure, "steps", steps, losses.length);
  const width = checkCount(figure, "smoothing", options.smoothing ?? Math.max(1, Math.round(losses.length / 50)), 1);
  const each = {
    label: "each step",
    x: steps,
    y: losses,
    style: { ...styleOf(0), color: "currentColor" },
    markers: "none",
  } as const;

  const mean = {
    label: `mean of ${width}`,
    x: steps,
    y: runningMean(losses, width),
    style: { ...styleOf(1), dash: undefined },
    markers: "none",
  } as const;
  const { series = [] } = options;
  checkList(`${figure}: series`, series);
  const others = curvesOf(figure, series, 2);
  const trained = others.length === 0 ? "" : "train";
  const curves =
    width === 1
      ? [{ ...each, label: trained }]
      : [
          { ...each, opacity: 0.35, width: losses.length > MANY ? 2.5 : 1 },
          { ...mean, width: 2.5 },
        ];
  const description = `The loss of ${losses.length} steps${width === 1 ? "" : `, and the mean of ${width} at a time`}.${others.length === 0 ? "" : ` Also: ${others.map(({ label }) => label).join(", ")}.`}`;
  return curvesChart(
    { figure, title: "Loss", description, height, xLabel, yLabel, xScale, yScale, points: [] },
    [...curves, ...others],
    options,
  );
}
