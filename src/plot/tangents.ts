import { checkList, checkRecord, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { CHART_KEYS, checkDomain, checkFigure } from "./check.ts";
import { type Curve, curvesChart } from "./curves.ts";
import { styleOf } from "./palette.ts";
import { readable } from "./ticks.ts";
import type { ChartOptions, Domain } from "./types.ts";

/** Where a tangent touches, and its slope there. */
export type Tangent = {
  /** Where it touches. */
  readonly x: number;
  /** dy/dx there. */
  readonly slope: number;
};

/** The axes, of which x needs its domain. */
export type TangentsOptions = ChartOptions & {
  /** Where the function is drawn. */
  readonly xDomain: Domain;
};

/** Values of the function between the ends of the axis. */
const INTERVALS = 200;

/**
 * A function of one number, and tangents to it.
 *
 * @returns a figure as SVG
 * @throws {ShapeError} the function is finite nowhere, or not where a tangent touches
 * @throws {OptionError} an invalid domain, place or slope
 * @example
 * const f = (x: number) => 0.01 * x ** 2 + 0.1 * x;
 * const svg = await tangents(f, [{ x: 5, slope: numericalDiff(f, 5) }], { xDomain: [0, 20] });
 */
export async function tangents(
  f: (x: number) => number,
  at: readonly Tangent[],
  options: TangentsOptions,
): Promise<string> {
  const figure = "tangents";
  checkFigure<TangentsOptions>(figure, options, CHART_KEYS);
  checkType("tangents: f", "function", f);
  checkList("tangents: at", at, "an array of { x, slope }");
  for (const [i, tangent] of at.entries()) checkRecord(`tangents: at[${i}]`, tangent);
  const [low, high] = checkDomain(figure, "xDomain", options.xDomain, "linear");
  const x = Float64Array.from({ length: INTERVALS + 1 }, (_, i) => low + ((high - low) * i) / INTERVALS);
  const curve: Curve = { label: "f(x)", x, y: x.map((value) => f(value)), style: styleOf(0), markers: "none" };
  const points = at.map((tangent, i) => touching(figure, f, tangent, i));
  const touchingLines = at.map(({ x: place, slope }, i): Curve => {
    const y = [low, high].map((end) => (points[i]?.y ?? Number.NaN) + slope * (end - place));
    return { label: `slope ${readable(slope)}`, x: [low, high], y, style: styleOf(i + 1), markers: "none" };
  });
  const { xLabel = "x", yLabel = "f(x)", height = 260 } = options;
  const description = `A function and ${at.length === 1 ? "its tangent" : `${at.length} tangents`}: ${at
    .map((tangent) => `slope ${readable(tangent.slope)} at ${readable(tangent.x)}`)
    .join(", ")}.`;
  return curvesChart(
    { figure, title: "", description, height, xLabel, yLabel, xScale: "linear", yScale: "linear", points },
    [curve, ...touchingLines],
    options,
  );
}

function touching(
  figure: string,
  f: (x: number) => number,
  { x, slope }: Tangent,
  i: number,
): { x: number; y: number } {
  if (!Number.isFinite(x)) throw new OptionError(`${figure}: at[${i}].x`, "a finite number", x);
  if (!Number.isFinite(slope)) throw new OptionError(`${figure}: at[${i}].slope`, "a finite number", slope);
  const y = f(x);
  if (!Number.isFinite(y)) throw new ShapeError(figure, `f(${x})`, "a finite number", `${y}`);
  return { x, y };
}
