import { type Chart, chart } from "./chart.ts";
import { CHART_KEYS, checkCount, checkDomain, checkFigure, checkNumbers, extent } from "./check.ts";
import { blocksMark } from "./marks.ts";
import { BLUE } from "./palette.ts";
import { niceDomain } from "./ticks.ts";
import type { ChartOptions, Numbers } from "./types.ts";

/** The axes, and how many intervals there are. */
export type HistogramOptions = ChartOptions & {
  /** How many intervals there are within `xDomain`; 30 by default. */
  readonly bins?: number;
};

/**
 * How many values are in each of a number of equal intervals. An interval includes its lower end, and the last one both.
 *
 * @param values those that are not finite, or outside `xDomain`, are not counted; the description gives their number
 * @returns a figure as SVG
 * @throws {ShapeError} no values, or none that is finite
 * @throws {OptionError} an element that is not a number, an invalid domain or number of bins
 * @example
 * const activations = new RandomState(0).rand(1000);
 * const svg = await histogram(activations, { bins: 20, xDomain: [0, 1], xLabel: "activation" });
 */
export async function histogram(values: Numbers, options: HistogramOptions = {}): Promise<string> {
  const figure = "histogram";
  checkFigure<HistogramOptions>(figure, options, { ...CHART_KEYS, bins: 1 });
  checkNumbers(figure, "values", values);
  const count = checkCount(figure, "bins", options.bins ?? 30, 1);
  const spanned = options.xDomain ?? niceDomain("linear", extent(figure, "values", [values], "linear"), 5);
  const [low, high] = checkDomain(figure, "xDomain", spanned, "linear");
  const counts = new Float64Array(count);
  let inside = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!(value >= low && value <= high)) continue;
    const bin = Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count));
    counts[bin] = (counts[bin] ?? 0) + 1;
    inside++;
  }
  const { xLabel = "value", yLabel = "count", height = 240 } = options;
  const bars = Array.from(counts, (y, i) => ({
    ...{ y, x1: low + ((high - low) * i) / count, x2: low + ((high - low) * (i + 1)) / count },
  }));
  const marks: Chart["marks"] = (places) => [blocksMark(bars, { fill: BLUE }, places)];
  return chart(
    {
      ...{ figure, title: "", named: [], height, marks },
      description: `A histogram of ${inside} values in ${count} intervals; ${values.length - inside} are outside.`,
      x: { label: xLabel, scale: "linear", domain: [low, high], fit: "exact" },
      y: { label: yLabel, scale: "linear", domain: [0, Math.max(1, ...counts)], fit: "nice" },
    },
    options,
  );
}
