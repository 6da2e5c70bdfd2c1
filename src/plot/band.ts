import { checkRecord, checkText } from "../arguments.ts";
import { checkOptions } from "../options.ts";
import { type Chart, chart } from "./chart.ts";
import { checkFigure, checkNumbers, extent, hasPlace, SCALED_KEYS } from "./check.ts";
import { marker } from "./labels.ts";
import { areaMark, lineMark } from "./marks.ts";
import { element } from "./markup.ts";
import { styleOf } from "./palette.ts";
import type { Numbers, ScaledOptions } from "./types.ts";

/** Quantiles at each x. */
export type Quantiles = {
  /** Ascending. */
  readonly x: Numbers;
  /** Where the band begins. */
  readonly lower: Numbers;
  /** Where the line is. */
  readonly median: Numbers;
  /** Where the band ends. */
  readonly upper: Numbers;
};

/** The axes, and the words for the line and the band. */
export type BandOptions = ScaledOptions & {
  /** Names the line: "median". */
  readonly medianLabel?: string;
  /** Names the band: "5 % to 95 %". */
  readonly bandLabel?: string;
};

/**
 * A median with the band between two quantiles.
 *
 * @param quantiles as many of each, in ascending order of x, which is on a logarithmic axis by default; NaN is a gap
 * @returns a figure as SVG
 * @throws {ShapeError} none, different numbers of them, or none that has a place on the axes
 * @throws {OptionError} an element that is not a number, an invalid domain
 * @example
 * const [x, lower, median, upper] = [[10, 100, 1000], [1, 1.6, 1.9], [2, 2.1, 2.2], [3, 2.5, 2.4]];
 * const svg = await band({ x, lower, median, upper }, { xLabel: "batch size", bandLabel: "5 % to 95 %" });
 */
export async function band(quantiles: Quantiles, options: BandOptions = {}): Promise<string> {
  const figure = "band";
  checkFigure<BandOptions>(figure, options, { ...SCALED_KEYS, medianLabel: 1, bandLabel: 1 });
  checkRecord(`${figure}: quantiles`, quantiles);
  checkOptions<Quantiles>(figure, quantiles, { x: 1, lower: 1, median: 1, upper: 1 });
  checkText("band: medianLabel", options.medianLabel);
  checkText("band: bandLabel", options.bandLabel);
  const { x, lower, median, upper } = quantiles;
  checkNumbers(figure, "x", x);
  for (const [name, values] of Object.entries({ lower, median, upper })) checkNumbers(figure, name, values, x.length);
  const { xLabel = "", yLabel = "", xScale = "log", yScale = "linear", height = 260 } = options;
  const { medianLabel = "median", bandLabel = "band" } = options;
  const rows = Array.from({ length: x.length }, (_, i) => {
    const row = { x: x[i] ?? 0, lower: lower[i] ?? 0, median: median[i] ?? 0, upper: upper[i] ?? 0 };
    const isPlaced = hasPlace(row.x, xScale) && [row.lower, row.median, row.upper].every((y) => hasPlace(y, yScale));
    return isPlaced ? row : { x: row.x, lower: Number.NaN, median: Number.NaN, upper: Number.NaN };
  });
  const xDomain =
    options.xDomain ??
    extent(figure, "x", [rows.filter((row) => !Number.isNaN(row.median)).map((row) => row.x)], xScale);
  const yDomain =
    options.yDomain ??
    extent(figure, "quantiles", [rows.map((row) => row.lower), rows.map((row) => row.upper)], yScale);

  const style = styleOf(0);
  const { color } = style;
  const marks: Chart["marks"] = (places) => {
    const along = (key: "lower" | "median" | "upper") => rows.map((row) => ({ x: row.x, y: row[key] }));
    const edge = { stroke: color, "stroke-dasharray": "3 3", "stroke-width": 1.5 };
    return [
      areaMark(rows, { fill: color, "fill-opacity": 0.25 }, places),
      lineMark(along("lower"), edge, places),
      lineMark(along("upper"), edge, places),
      lineMark(along("median"), { stroke: color, "stroke-width": 2.5 }, places),
    ];
  };
  return chart(
    {
      ...{ figure, title: "", height, marks },
      description: `${medianLabel} and ${bandLabel} at ${x.length} places.`,
      x: { label: xLabel, scale: xScale, domain: xDomain, fit: "near" },
      y: { label: yLabel, scale: yScale, domain: yDomain, fit: "nice" },
      named: [
        { label: medianLabel, style, isMarked: true },
        { label: bandLabel, style, isMarked: false, opacity: 0.35, width: 12 },
      ],
      overlay: ({ x: placeX, y: placeY, left, right, top, bottom }) =>
        element(
          "g",
          {},
          ...rows
            .map((row) => ({ x: placeX(row.x), y: placeY(row.median) }))
            .filter((place) => place.x >= left - 0.01 && place.x <= right + 0.01 && place.y >= top && place.y <= bottom)
            .map((place) => marker(style, place.x, place.y)),
        ),
    },
    options,
  );
}
