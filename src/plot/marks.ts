/**
 * What a chart draws within its frame: lines, areas and rectangles from points in data's units. Each mark is cut at the frame.
 *
 *   M x,y L x,y …   a line, with a new M behind each gap
 */
import { type Attributes, element, short, shortened } from "./markup.ts";
import type { Dot } from "./sampling.ts";
import type { Numbers } from "./types.ts";

/** A place in data's units, in units of the drawing. */
export type Places = {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** How a mark is drawn: attributes of SVG. */
export type Look = Attributes;

/** A path of so many letters, before it is rounded, is a curve, of which a tenth of a unit is less than can be seen. */
const LONG = 2500;
const STROKE = { fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" } as const;

/** A line through dots; one whose y is NaN is a gap. A dot between two gaps is a dot of the line's width. */
export function lineMark(dots: readonly Dot[], look: Look, places: Places): string {
  const parts = runsOf(dots).map((run) => {
    const path = pathOf(run, places);
    return run.length === 1 ? `${path}Z` : path;
  });
  return mark("line", path(parts.join("")), { ...STROKE, ...look });
}

/** Dots: lines of no length with round ends. */
export function dotsMark(dots: readonly Dot[], look: Look, { x, y }: Places): string {
  const d = dots.map((dot) => `M${short(x(dot.x), 1)},${short(y(dot.y), 1)}h0`).join("");
  return mark("dot", element("path", { d }), { ...STROKE, ...look });
}

/** What is between two values at each x. */
export type Span = { readonly x: number; readonly lower: number; readonly upper: number };

/** An area; spans of NaN are gaps in it. */
export function areaMark(spans: readonly Span[], look: Look, places: Places): string {
  const lower = runsOf(spans.map(({ x, lower: y }) => ({ x, y })));
  const upper = runsOf(spans.map(({ x, upper: y }) => ({ x, y })));
  const parts = lower.map((run, i) => {
    const back = [...run].reverse();
    return `${pathOf([...(upper[i] ?? []), ...back], places)}Z`;
  });
  return mark("area", path(parts.join("")), look);
}

/** A bar between two x, from 0 up to y. */
export type Block = { readonly x1: number; readonly x2: number; readonly y: number };

/** Bars, half a unit of the drawing smaller than their intervals on every side. */
export function blocksMark(blocks: readonly Block[], look: Look, { x, y }: Places): string {
  const rects = blocks.map((block) => {
    const [left, right, top, bottom] = [x(block.x1), x(block.x2), y(block.y), y(0)];
    const size = { width: Math.max(0, right - left - 1), height: Math.max(0, bottom - top - 1) };
    return element("rect", { x: left + 0.5, y: top + 0.5, ...size });
  });
  return mark("rect", rects.join(""), look);
}

/** Lines of equal height, each a list of x and y in turn. */
export function contourMark(contours: readonly Numbers[], look: Look, { x, y }: Places): string {
  const parts = contours.map((contour) => {
    const dots = Array.from({ length: contour.length / 2 }, (_, i) => [contour[2 * i], contour[2 * i + 1]] as const);
    return dots.map(([a = 0, b = 0], i) => `${i === 0 ? "M" : "L"}${x(a)},${y(b)}`).join("");
  });
  return mark("contour", path(parts.join("")), { fill: "none", "stroke-linejoin": "round", ...look });
}

/** Marks with the frame that cuts them. */
export function clipped(marks: readonly string[], { left, right, top, bottom }: Places): string {
  if (marks.length === 0) return "";
  const frame = element("rect", { x: left, y: top, width: right - left, height: bottom - top });
  return element("clipPath", { id: { id: 0, form: "id" } }, frame) + marks.join("");
}

function mark(label: string, content: string, look: Look): string {
  return element("g", { "aria-label": label, "clip-path": { id: 0, form: "url" } }, element("g", look, content));
}

function path(d: string): string {
  return element("path", { d: shortened(d, d.length > LONG ? 1 : 2) });
}

function pathOf(dots: readonly Dot[], { x, y }: Places): string {
  return dots.map((dot, i) => `${i === 0 ? "M" : "L"}${x(dot.x)},${y(dot.y)}`).join("");
}

/** Dots without a gap between them. */
function runsOf(dots: readonly Dot[]): readonly (readonly Dot[])[] {
  const runs: Dot[][] = [[]];
  for (const dot of dots) {
    if (Number.isNaN(dot.y)) runs.push([]);
    else runs.at(-1)?.push(dot);
  }
  return runs.filter((run) => run.length > 0);
}
