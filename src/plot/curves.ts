/** Lines over two axes: what `lines`, `lossCurve`, `accuracyCurves` and `tangents` have in common. */
import { checkRecord, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { type Chart, chart, type Named } from "./chart.ts";
import { checkNumbers, extent } from "./check.ts";
import { marker } from "./labels.ts";
import { cut, LINE, widthOf } from "./letters.ts";
import { lineMark, type Places } from "./marks.ts";
import { element, text } from "./markup.ts";
import { type Style, styleOf } from "./palette.ts";
import { type Dot, dotsOf, someOf, thinned } from "./sampling.ts";
import type { ChartOptions, Domain, Numbers, Point, Scale, Series } from "./types.ts";

/** A line with its style. */
export type Curve = {
  readonly label: string;
  readonly x: Numbers | undefined;
  readonly y: Numbers;
  readonly style: Style;
  readonly markers: "auto" | "all" | "none";
  /** Stroke's opacity and width, for a line that stays behind. */
  readonly opacity?: number;
  readonly width?: number;
};

export type CurvesContent = Pick<Chart, "figure" | "title" | "description" | "height"> & {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale: Scale;
  readonly yScale: Scale;
  /** Where it is not what the curves span. */
  readonly yDomain?: Domain;
  readonly points: readonly Point[];
};

/** Markers where a line has more points than can be distinguished. */
const FEW = 9;
const MANY = 25;
/** Columns of a line that is thinned: at most four points each, within two pixels of a wide figure. */
const COLUMNS = 120;
/** How near to the right edge, as a share of the axis, a line must end to be named there. */
const NEARLY = 0.1;

/** Series as curves, in the styles from an index on. */
export function curvesOf(figure: string, series: readonly Series[], first: number): Curve[] {
  return Array.from(series, (one, i) => {
    checkRecord(`${figure}: series[${i}]`, one);
    const { label, x, y, markers = "auto" } = one;
    checkType(`${figure}: label`, "string", label);
    if (!["auto", "all", "none"].includes(markers)) {
      throw new OptionError(`${figure}: markers`, "auto, all or none", markers);
    }
    checkNumbers(figure, `y of ${JSON.stringify(label)}`, y);
    if (x !== undefined) checkNumbers(figure, `x of ${JSON.stringify(label)}`, x, y.length);
    return { label, x, y, markers, style: styleOf(first + i) };
  });
}

/** Draws curves and points. */
export function curvesChart(content: CurvesContent, curves: readonly Curve[], options: ChartOptions): string {
  const { figure, xScale, yScale, points } = content;
  const lines = curves.map((curve) => ({ ...curve, dots: dotsOf(curve.x, curve.y, xScale, yScale) }));
  const placed = lines.map(({ dots }) => dots.filter(({ y }) => !Number.isNaN(y)));
  const spanX = [...placed.map((dots) => dots.map(({ x }) => x)), points.map(({ x }) => x)];
  const spanY = [...placed.map((dots) => dots.map(({ y }) => y)), points.map(({ y }) => y)];
  const xDomain = options.xDomain ?? extent(figure, "x", spanX, xScale);
  const yDomain = options.yDomain ?? content.yDomain ?? extent(figure, "y", spanY, yScale);

  return chart(
    {
      ...content,
      x: { label: content.xLabel, scale: xScale, domain: xDomain, fit: "near" },
      y: { label: content.yLabel, scale: yScale, domain: yDomain, fit: "nice" },
      named: lines.filter(({ label }) => label !== "").map((line) => namedOf(line, xDomain, xScale)),
      marks: (places) => lines.map((line) => lineOf(line, places)),
      overlay: (places) =>
        lines.map((line) => markersOf(line, places)).join("") +
        points.map((point) => pointMarkup(point, places)).join(""),
    },
    options,
  );
}

type Line = Curve & { readonly dots: readonly Dot[] };

/** A line that reaches the right edge, or nearly, is named there, whichever way it runs. */
function namedOf({ label, style, markers, opacity, dots }: Line, domain: Domain, scale: Scale): Named {
  const entry = { label, style, isMarked: markers !== "none", ...(opacity === undefined ? {} : { opacity }) };
  let last: Dot | undefined;
  for (const dot of dots) {
    if (!Number.isNaN(dot.y) && dot.x <= domain[1] && dot.x >= (last?.x ?? domain[0])) last = dot;
  }
  return last !== undefined && shareOf(last.x, domain, scale) >= 1 - NEARLY ? { ...entry, end: last.y } : entry;
}

/** How far along an axis a number is, 0..1. */
function shareOf(value: number, [low, high]: Domain, scale: Scale): number {
  return scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

function lineOf({ dots, style, opacity, width = 2 }: Line, places: Places): string {
  const { x, left, right } = places;
  const column = (value: number) => ((x(value) - left) / (right - left)) * COLUMNS;
  const stroke = { stroke: style.color, "stroke-width": width, "stroke-dasharray": style.dash };
  return lineMark(thinned(dots, COLUMNS, column), { ...stroke, "stroke-opacity": opacity }, places);
}

function markersOf({ dots, style, markers }: Line, places: Places): string {
  if (markers === "none") return "";
  const shown = markers === "all" || dots.length <= MANY ? dots : someOf(dots, FEW);
  return shown
    .filter((dot) => isWithin(dot, places))
    .map(({ x, y }) => marker(style, places.x(x), places.y(y)))
    .join("");
}

/** A ring, named to the right, or to the left where there is more room and it is needed. */
function pointMarkup(point: Point, places: Places): string {
  if (!isWithin(point, places)) return "";
  const x = places.x(point.x);
  const y = places.y(point.y);
  const ring = element("circle", { cx: x, cy: y, r: 5, fill: "none", stroke: "currentColor", "stroke-width": 2 });
  if (point.label === undefined) return ring;
  const [before, behind] = [x - 16, places.right - x - 8];
  const isLeft = widthOf(point.label) > behind && before > behind;
  const rise = y - 8 < places.top + LINE ? 18 : -8;
  const name = cut(point.label, isLeft ? before : behind);
  return ring + text(name, isLeft ? x - 8 : x + 8, y + rise, { "text-anchor": isLeft ? "end" : "start" });
}

function isWithin(point: Dot, { x, y, left, right, top, bottom }: Places): boolean {
  const placeX = x(point.x);
  const placeY = y(point.y);
  return placeX >= left - 0.01 && placeX <= right + 0.01 && placeY >= top - 0.01 && placeY <= bottom + 0.01;
}
