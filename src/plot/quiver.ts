import { checkRecord } from "../arguments.ts";
import { checkOptions } from "../options.ts";
import { chart } from "./chart.ts";
import { CHART_KEYS, checkFigure, checkNumbers, extent } from "./check.ts";
import { WIDTH } from "./letters.ts";
import type { Places } from "./marks.ts";
import { element, shortened } from "./markup.ts";
import { BLUE } from "./palette.ts";
import { readable } from "./ticks.ts";
import type { ChartOptions, Domain, Numbers } from "./types.ts";

/** Arrows: where each starts, and where it points to. */
export type Arrows = {
  /** Where each starts, on the horizontal axis. */
  readonly x: Numbers;
  /** Where each starts, on the vertical axis. */
  readonly y: Numbers;
  /** How far each points to the right. */
  readonly u: Numbers;
  /** How far each points up. */
  readonly v: Numbers;
};

/** Angle between a barb and the shaft in radians, and its length as a share of the shaft's. */
const BARB = 0.5;
const HEAD = 0.35;
/** The longest arrow, in distances between neighbours. */
const LONGEST = 0.9;

/**
 * A field of arrows, each centred on its place; their lengths are in proportion, the longest as long as neighbours are
 * apart.
 *
 * @param arrows as many of each; an arrow with a component that is not finite is left out
 * @returns a figure as SVG
 * @throws {ShapeError} different numbers of them, or none that can be drawn
 * @throws {OptionError} an element that is not a number, an invalid domain
 * @example
 * const [x, y] = [[-1, 0, 1], [0, 1, 0]];
 * const svg = await quiver({ x, y, u: x.map((v) => -2 * v), v: y.map((v) => -2 * v) }, { title: "−gradient of x² + y²" });
 */
export async function quiver(arrows: Arrows, options: ChartOptions = {}): Promise<string> {
  const figure = "quiver";
  checkFigure<ChartOptions>(figure, options, CHART_KEYS);
  checkRecord(`${figure}: arrows`, arrows);
  checkOptions<Arrows>(figure, arrows, { x: 1, y: 1, u: 1, v: 1 });
  const { x, y, u, v } = arrows;
  checkNumbers(figure, "x", x);
  for (const [name, values] of Object.entries({ y, u, v })) checkNumbers(figure, name, values, x.length);
  const rows = Array.from({ length: x.length }, (_, i) => ({
    ...{ x: x[i] ?? 0, y: y[i] ?? 0, u: u[i] ?? 0, v: v[i] ?? 0 },
  })).filter((row) => Object.values(row).every(Number.isFinite));
  const xDomain = widened(
    extent(figure, "x", [rows.map((row) => row.x)], "linear"),
    distinctCount(rows.map((row) => row.x)),
  );
  const yDomain = widened(
    extent(figure, "y", [rows.map((row) => row.y)], "linear"),
    distinctCount(rows.map((row) => row.y)),
  );
  const greatest = Math.max(...rows.map((row) => Math.hypot(row.u, row.v)));
  const { xLabel = "x₀", yLabel = "x₁", height = Math.min(400, squareHeight(xDomain, yDomain)) } = options;

  return chart(
    {
      ...{ figure, title: "", named: [], height, marks: () => [] },
      description: `A field of ${rows.length} arrows; the longest is ${readable(greatest)}.`,
      x: { label: xLabel, scale: "linear", domain: xDomain, fit: "exact" },
      y: { label: yLabel, scale: "linear", domain: yDomain, fit: "exact" },
      overlay: (places) => arrowsOf(rows, greatest, places),
    },
    options,
  );
}

type Row = { readonly x: number; readonly y: number; readonly u: number; readonly v: number };

/** All arrows as one path, each a shaft and two barbs; what would leave the frame is left out. */
function arrowsOf(rows: readonly Row[], greatest: number, { x, y, left, right, top, bottom }: Places): string {
  const distance = Math.min(
    (right - left) / distinctCount(rows.map((row) => row.x)),
    (bottom - top) / distinctCount(rows.map((row) => row.y)),
  );
  const scale = greatest === 0 ? 0 : (LONGEST * distance) / greatest;
  let path = "";
  for (const row of rows) {
    const [dx, dy] = [row.u * scale, -row.v * scale];
    const [tipX, tipY] = [x(row.x) + dx / 2, y(row.y) + dy / 2];
    const isInside = Math.min(tipX, tipX - dx) >= left - 1 && Math.max(tipX, tipX - dx) <= right + 1;
    if (!isInside || Math.min(tipY, tipY - dy) < top - 1 || Math.max(tipY, tipY - dy) > bottom + 1) continue;
    const barbs = [BARB, -BARB].map((angle) => {
      const [cos, sin] = [Math.cos(angle) * HEAD, Math.sin(angle) * HEAD];
      return `M${tipX},${tipY}l${-dx * cos + dy * sin},${-dx * sin - dy * cos}`;
    });
    path += `M${tipX - dx},${tipY - dy}l${dx},${dy}${barbs.join("")}`;
  }
  return element("path", {
    d: shortened(path, 1),
    fill: "none",
    stroke: BLUE,
    "stroke-width": 1.6,
    "stroke-linecap": "round",
  });
}

/** Room for half an arrow at each end. */
function widened([low, high]: Domain, count: number): Domain {
  const half = count > 1 ? (high - low) / (count - 1) / 2 : 0;
  return [low - half, high + half];
}

function distinctCount(values: readonly number[]): number {
  return new Set(values).size;
}

/** The height at which a unit is as long on both axes, on a frame of nearly the whole width. */
function squareHeight([left, right]: Domain, [bottom, top]: Domain): number {
  return ((WIDTH - 60) * (top - bottom)) / (right - left);
}
