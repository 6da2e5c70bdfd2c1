import { checkList, checkNumbers as checkNumberList, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { type Chart, chart, type Named } from "./chart.ts";
import { CHART_KEYS, checkDomain, checkFigure, checkItems, checkNumbers, extent } from "./check.ts";
import { contourLines, type Field } from "./contours.ts";
import { marker } from "./labels.ts";
import { contourMark, lineMark, type Places } from "./marks.ts";
import { element } from "./markup.ts";
import { type Style, styleOf } from "./palette.ts";
import { dotsOf } from "./sampling.ts";
import { readable, ticksOf } from "./ticks.ts";
import type { ChartOptions, Domain, Path } from "./types.ts";

/** The axes, and the levels of contours. */
export type TrajectoryOptions = ChartOptions & {
  /** Values of the function at which a contour is drawn; by default about eight round ones. */
  readonly levels?: readonly number[];
};

const CONTOUR = { stroke: "currentColor", "stroke-opacity": 0.35 };
/** The function is asked this often along each axis. */
const SAMPLES = 41;
/** A path of more points has no dot at each of them. */
const DOTTED = 60;

/**
 * Ways that gradient descent takes over the contours of a function of two numbers; each ends in its marker.
 *
 * The axes span the paths and a tenth more; where one diverges, give `xDomain` and `yDomain`.
 *
 * @param f called with one array of two coordinates, which is used again
 * @param paths points with two coordinates each; one that is not finite is a gap
 * @returns a figure as SVG
 * @throws {ShapeError} no paths, an empty one, points of other than two coordinates, a function that is finite nowhere
 * @throws {OptionError} an invalid domain or levels
 * @example
 * const f = ([x0 = 0, x1 = 0]: ArrayLike<number> & Iterable<number>) => x0 ** 2 / 20 + x1 ** 2;
 * const { trajectory: points } = gradientDescent(f, [-7, 2], { learningRate: 0.9, steps: 20 });
 * const svg = await trajectory(f, [{ label: "learning rate 0.9", points }]);
 */
export async function trajectory(
  f: (point: Float64Array) => number,
  paths: readonly Path[],
  options: TrajectoryOptions = {},
): Promise<string> {
  const figure = "trajectory";
  checkFigure<TrajectoryOptions>(figure, options, { ...CHART_KEYS, levels: 1 });
  checkType("trajectory: f", "function", f);
  checkItems(figure, "paths", paths);
  if (options.levels !== undefined) checkNumberList("trajectory: levels", options.levels);
  const walks = paths.map((path, i) => walkOf(figure, path, styleOf(i)));
  const xDomain = domainOf(
    figure,
    "xDomain",
    walks.map(({ xs }) => xs),
    options.xDomain,
  );
  const yDomain = domainOf(
    figure,
    "yDomain",
    walks.map(({ ys }) => ys),
    options.yDomain,
  );
  const field = sampled(f, beyondFrame(xDomain), beyondFrame(yDomain));
  const levels =
    options.levels ?? ticksOf("linear", extent(figure, "f", [field.values], "linear"), 8).map(({ value }) => value);
  if (!levels.every(Number.isFinite)) throw new OptionError(`${figure}: levels`, "finite numbers", levels.join(", "));

  const { xLabel = "x₀", yLabel = "x₁", height = 280 } = options;
  const labels = walks.map(({ label }) => label).filter((label) => label !== "");
  const marks: Chart["marks"] = (places) => [
    ...levels.map((level) => contourMark(contourLines(field, level), CONTOUR, places)),
    ...walks.map((walk) => wayOf(walk, places)),
  ];
  return chart(
    {
      ...{ figure, title: "", height, marks },
      description: `Ways of descent${labels.length === 0 ? "" : `: ${labels.join(", ")}`}; contours at ${levels.map(readable).join(", ")}.`,
      x: { label: xLabel, scale: "linear", domain: xDomain, fit: "exact" },
      y: { label: yLabel, scale: "linear", domain: yDomain, fit: "exact" },
      named: walks
        .filter(({ label }) => label !== "")
        .map(({ label, style }): Named => ({ label, style, isMarked: true })),
      overlay: (places) => walks.map((walk) => placesMarkup(walk, places)).join(""),
    },
    options,
  );
}

type Walk = {
  readonly label: string;
  readonly style: Style;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
};

function walkOf(figure: string, { label, points }: Path, style: Style): Walk {
  checkType(`${figure}: label`, "string", label);
  const argument = `path ${JSON.stringify(label)}`;
  checkList(`${figure}: ${argument}`, points, "an array of points");
  if (points.length === 0) throw new ShapeError(figure, argument, "at least one point", "none");
  for (const [i, point] of points.entries()) checkNumbers(figure, `${argument}[${i}]`, point, 2);
  const along = (axis: 0 | 1) => points.map((point) => point[axis] ?? Number.NaN);
  return { label, style, xs: along(0), ys: along(1) };
}

/** What is asked for, or what the paths span and a tenth more. */
function domainOf(
  figure: string,
  option: string,
  rows: readonly (readonly number[])[],
  asked: Domain | undefined,
): Domain {
  if (asked !== undefined) return checkDomain(figure, option, asked, "linear");
  const [low, high] = extent(figure, "paths", rows, "linear");
  const more = (high - low) / 10;
  return [low - more, high + more];
}

/** The grid goes on beyond the frame, whose edges contours therefore reach. */
function beyondFrame([low, high]: Domain): Domain {
  const cell = (high - low) / (SAMPLES - 2);
  return [low - cell, high + cell];
}

/** Values at the centres of a grid's cells, row by row from the least y on. */
function sampled(f: (point: Float64Array) => number, xDomain: Domain, yDomain: Domain): Field {
  const centres = ([low, high]: Domain) =>
    Float64Array.from({ length: SAMPLES }, (_, i) => low + ((high - low) * (i + 0.5)) / SAMPLES);
  const [columns, rows] = [centres(xDomain), centres(yDomain)];
  const values = new Float64Array(SAMPLES * SAMPLES);
  const point = new Float64Array(2);
  for (const [row, y] of rows.entries()) {
    for (const [column, x] of columns.entries()) {
      point[0] = x;
      point[1] = y;
      values[row * SAMPLES + column] = f(point);
    }
  }
  return { values, columns, rows };
}

function wayOf({ xs, ys, style }: Walk, places: Places): string {
  const stroke = { stroke: style.color, "stroke-width": 2, "stroke-dasharray": style.dash };
  return lineMark(dotsOf(xs, ys, "linear", "linear"), stroke, places);
}

/** A dot at each point, and the marker at the last, as far as they are within the frame. */
function placesMarkup({ xs, ys, style }: Walk, { x, y, left, right, top, bottom }: Places): string {
  const places = xs.map((value, i) => ({ x: x(value), y: y(ys[i] ?? Number.NaN) }));
  const shown = places.filter((place) => place.x >= left && place.x <= right && place.y >= top && place.y <= bottom);
  const last = shown.at(-1);
  const dots = shown.length > DOTTED ? shown.slice(0, 1) : shown;
  return (
    dots.map(({ x: cx, y: cy }) => element("circle", { cx, cy, r: 2.5, fill: style.color })).join("") +
    (last === undefined ? "" : marker(style, last.x, last.y))
  );
}
