import { OptionError } from "../errors.ts";
import { chart } from "./chart.ts";
import { checkFigure, checkNumbers, extent, hasPlace, SCALED_KEYS } from "./check.ts";
import { dotsMark, lineMark } from "./marks.ts";
import { BLUE } from "./palette.ts";
import { type Dot, dotsOf, someOf } from "./sampling.ts";
import type { Numbers, ScaledOptions } from "./types.ts";

/** The axes, and a line to compare with. */
export type ScatterOptions = ScaledOptions & {
  /** `diagonal`: the line y = x, with one domain for both axes; `zero`: the line y = 0. Default: none. */
  readonly line?: "none" | "diagonal" | "zero";
};

/** More dots than these hide each other, and are left out evenly. */
const MOST = 2000;
const LINES = ["none", "diagonal", "zero"];

/**
 * Dots over two axes, such as predictions over what was to be predicted: exact ones are on the diagonal.
 *
 * @param x as many as y; where either has no place on its axis, there is no dot
 * @returns a figure as SVG; of more than 2,000 dots it has 2,000, evenly chosen
 * @throws {ShapeError} none, different numbers of them, or none that has a place on the axes
 * @throws {OptionError} an element that is not a number, an invalid domain or line
 * @example
 * const svg = await scatter([200, 350, 410], [210, 330, 400], { line: "diagonal", xLabel: "price", yLabel: "prediction" });
 */
export async function scatter(x: Numbers, y: Numbers, options: ScatterOptions = {}): Promise<string> {
  const figure = "scatter";
  checkFigure<ScatterOptions>(figure, options, { ...SCALED_KEYS, line: 1 });
  checkNumbers(figure, "x", x);
  checkNumbers(figure, "y", y, x.length);
  const { xLabel = "", yLabel = "", xScale = "linear", yScale = "linear", height = 260, line = "none" } = options;
  if (!LINES.includes(line)) throw new OptionError(`${figure}: line`, LINES.join(", "), line);
  const dots = dotsOf(x, y, xScale, yScale).filter((dot) => hasPlace(dot.x, xScale) && !Number.isNaN(dot.y));
  const shown = someOf(dots, MOST);
  const [xs, ys] = [shown.map((dot) => dot.x), shown.map((dot) => dot.y)];
  const both = line === "diagonal";
  const xDomain = extent(figure, "x", both ? [xs, ys] : [xs], xScale);
  const yDomain = extent(figure, "y", both ? [xs, ys] : line === "zero" ? [ys, [0]] : [ys], yScale);
  const ends: Dot[] =
    line === "none" ? [] : [xDomain[0], xDomain[1]].map((end) => ({ x: end, y: line === "zero" ? 0 : end }));
  const words = { none: "", diagonal: " The line is y = x.", zero: " The line is y = 0." };
  return chart(
    {
      ...{ figure, title: "", height, named: [] },
      description: `${x.length} dots${shown.length < x.length ? `, of which ${shown.length} are shown` : ""}.${words[line]}`,
      x: { label: xLabel, scale: xScale, domain: xDomain, fit: "nice" },
      y: { label: yLabel, scale: yScale, domain: yDomain, fit: "nice" },
      marks: (places) => [
        ...(line === "none" ? [] : [lineMark(ends, { stroke: "currentColor", "stroke-opacity": 0.5 }, places)]),
        dotsMark(shown, { stroke: BLUE, "stroke-width": 5, "stroke-opacity": 0.6 }, places),
      ],
    },
    options,
  );
}
