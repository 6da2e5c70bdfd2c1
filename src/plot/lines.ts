import { checkList, checkRecord, checkText, checkType } from "../arguments.ts";
import { checkFigure, checkItems, SCALED_KEYS } from "./check.ts";
import { curvesChart, curvesOf } from "./curves.ts";
import type { Point, ScaledOptions, Series } from "./types.ts";

/** The axes, and places on them. */
export type LinesOptions = ScaledOptions & {
  /** Places that are marked. */
  readonly points?: readonly Point[];
};

/**
 * Lines over two axes, each named where it ends, with a dash and a marker of its own.
 *
 * What is NaN or infinite is a gap, and so is what is not above 0 on a logarithmic axis. A line of many points keeps
 * those that can be seen.
 *
 * @returns a figure as SVG
 * @throws {ShapeError} no series, an empty one, x and y of different lengths, nothing that has a place on the axes
 * @throws {OptionError} an element that is not a number, an invalid domain
 * @example
 * const series = [{ label: "central", x: [1e-4, 1e-3, 1e-2], y: [1e-9, 1e-7, 1e-5] }];
 * const svg = await lines(series, { xScale: "log", yScale: "log", xLabel: "h", yLabel: "error" });
 */
export async function lines(series: readonly Series[], options: LinesOptions = {}): Promise<string> {
  checkFigure<LinesOptions>("lines", options, { ...SCALED_KEYS, points: 1 });
  checkItems("lines", "series", series);
  const { xLabel = "", yLabel = "", xScale = "linear", yScale = "linear", points = [], height = 260 } = options;
  checkList("lines: points", points);
  for (const [i, point] of points.entries()) {
    checkRecord(`lines: points[${i}]`, point);
    checkText(`lines: points[${i}].label`, point.label);
    for (const axis of ["x", "y"] as const) checkType(`lines: points[${i}].${axis}`, "number", point[axis]);
  }
  const curves = curvesOf("lines", series, 0);
  const labels = series.map(({ label }) => label).filter((label) => label !== "");
  const description = labels.length === 0 ? "A line." : `Lines: ${labels.join(", ")}.`;
  return curvesChart(
    { figure: "lines", title: "", description, height, xLabel, yLabel, xScale, yScale, points },
    curves,
    options,
  );
}
