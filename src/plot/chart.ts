/**
 * A figure with two axes: grid, ticks, names, and within its frame the marks.
 *
 *   title
 *   y label            everything in units of the drawing, which is 480 wide
 *   (key)
 *   ┌────────────┐
 *   │   frame    │ ╌╌ label of a line
 *   └────────────┘
 *       x label
 */
import { checkDomain } from "./check.ts";
import { frame } from "./frame.ts";
import { type Entry, endLabels, key, roomAtEnds } from "./labels.ts";
import { cut, LINE, WIDTH, widthOf } from "./letters.ts";
import { clipped, type Places } from "./marks.ts";
import { element, short, shortened, text } from "./markup.ts";
import { niceDomain, type Tick, ticksOf } from "./ticks.ts";
import type { ChartOptions, Domain, Scale } from "./types.ts";

/** One axis. */
export type Axis = {
  readonly label: string;
  readonly scale: Scale;
  /** What the numbers span, or what the caller asked for. */
  readonly domain: Domain;
  /** Whether the domain stays as it is, grows to the next tick, or does so where that is near. */
  readonly fit: "exact" | "near" | "nice";
};

/** Something that a name is given to, and the y at which its line ends; where one ends nowhere, a key names all. */
export type Named = Entry & { readonly end?: number };

/** What is drawn. */
export type Chart = {
  readonly figure: string;
  readonly title: string;
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly named: readonly Named[];
  /** Height of the frame. */
  readonly height: number;
  /** Markup that is cut at the frame. */
  readonly marks: (places: Places) => readonly string[];
  /** Markup over the marks. */
  readonly overlay?: (places: Places) => string;
};

const GRID_OPACITY = 0.13;
/** Length of a tick. */
const TICK = 4;

/**
 * Draws a chart.
 *
 * @throws {OptionError} a domain or another option is invalid
 */
export function chart(content: Chart, options: ChartOptions): string {
  const { figure, named } = content;
  const x = prepared(figure, "xDomain", content.x, options.xDomain, 5);
  const y = prepared(figure, "yDomain", content.y, options.yDomain, 5);

  const room = named.every(({ end }) => end !== undefined) ? roomAtEnds(named.map(({ label }) => label)) : undefined;
  const heading = room === undefined ? key(named, LINE + 6) : { markup: "", height: 0 };
  const top = LINE + 10 + (heading.height && heading.height + 4);
  const left = 22 + Math.max(...y.ticks.map(({ label }) => widthOf(label)));
  const lastTick = x.ticks.at(-1);
  const right =
    WIDTH -
    Math.max(named.length > 0 ? (room ?? 0) : 0, 10, lastTick === undefined ? 0 : 4 + widthOf(lastTick.label) / 2);
  const bottom = top + content.height;
  const places: Places = {
    x: placing(x, left, right),
    y: placing(y, bottom, top),
    ...{ left, right, top, bottom },
  };

  const atEnds = room === undefined ? [] : named.map((entry) => ({ ...entry, y: places.y(entry.end ?? Number.NaN) }));
  const body = [
    content.y.label === "" ? "" : text(cut(content.y.label, WIDTH - 16), 8, LINE - 2),
    heading.markup,
    axes(x.ticks, y.ticks, places),
    clipped(content.marks(places), places),
    content.x.label === "" ? "" : xLabel(content.x.label, (left + right) / 2, bottom + 40),
    content.overlay?.(places) ?? "",
    endLabels(atEnds, { right, top, bottom }),
  ];
  return frame(
    { ...content, description: described(content, x, y), height: bottom + 50, body: body.join("") },
    options,
  );
}

type Prepared = { readonly scale: Scale; readonly domain: Domain; readonly ticks: readonly Tick[] };

function prepared(figure: string, option: string, axis: Axis, asked: Domain | undefined, count: number): Prepared {
  const { scale } = axis;
  const span = asked === undefined ? axis.domain : checkDomain(figure, option, asked, scale);
  const domain = asked === undefined ? fitted(axis, count) : span;
  return { scale, domain, ticks: ticksOf(scale, domain, count) };
}

/** 9,999 is near 10,000. */
const NEAR = 0.02;

function fitted({ scale, domain, fit }: Axis, count: number): Domain {
  if (fit === "exact") return domain;
  const nice = niceDomain(scale, domain, count);
  if (fit === "nice") return nice;
  const [low, high] = domain;
  const most = NEAR * (high - low);
  return [low - nice[0] <= most ? nice[0] : low, nice[1] - high <= most ? nice[1] : high];
}

/** From a value to its place between two edges. */
function placing({ scale, domain: [low, high] }: Prepared, from: number, to: number): (value: number) => number {
  if (scale === "linear") return (value) => from + ((value - low) / (high - low)) * (to - from);
  const decades = Math.log10(high / low);
  return (value) => from + (Math.log10(value / low) / decades) * (to - from);
}

/** Below the middle of the frame, or as near to it as the figure's edges allow. */
function xLabel(label: string, middle: number, y: number): string {
  const shown = cut(label, WIDTH - 16);
  const half = widthOf(shown) / 2;
  return text(shown, Math.min(Math.max(middle, 8 + half), WIDTH - 8 - half), y, { "text-anchor": "middle" });
}

/** Grid, ticks and their labels. */
function axes(xTicks: readonly Tick[], yTicks: readonly Tick[], { x, y, left, right, top, bottom }: Places): string {
  const columns = xTicks.map(({ value }) => short(x(value)));
  const rows = yTicks.map(({ value }) => short(y(value)));
  const grid = [...columns.map((at) => `M${at},${top}V${bottom}`), ...rows.map((at) => `M${left},${at}H${right}`)];
  const ticks = [...columns.map((at) => `M${at},${bottom}v${TICK}`), ...rows.map((at) => `M${left},${at}h${-TICK}`)];
  const xLabels = xTicks.map(({ value, label }) => text(label, x(value), bottom + 19));
  const yLabels = yTicks.map(({ value, label }) => text(label, left - 8, y(value) + 5));
  return [
    element("path", {
      d: shortened(grid.join("")),
      stroke: "currentColor",
      "stroke-opacity": GRID_OPACITY,
      fill: "none",
    }),
    element("path", { d: shortened(ticks.join("")), stroke: "currentColor", fill: "none" }),
    element("g", { "aria-label": "x ticks", "text-anchor": "middle" }, ...xLabels),
    element("g", { "aria-label": "y ticks", "text-anchor": "end" }, ...yLabels),
  ].join("");
}

function described({ description, x: { label: across }, y: { label: up } }: Chart, x: Prepared, y: Prepared): string {
  return `${description} Horizontal: ${axisText(across, x)}. Vertical: ${axisText(up, y)}.`;
}

function axisText(label: string, { scale, ticks }: Prepared): string {
  const ends = ticks.length === 0 ? "" : `, ${ticks[0]?.label} to ${ticks.at(-1)?.label}`;
  return `${label}${ends}${scale === "log" ? ", logarithmic" : ""}`;
}
