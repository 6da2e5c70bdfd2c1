/**
 * Names of series: at the ends of their lines where they fit, else in a key above. Each is next to a sample of its
 * line, with its dash and its marker.
 */
import { cut, LINE, WIDTH, widthOf } from "./letters.ts";
import { element, shortened, text } from "./markup.ts";
import { outline, type Style } from "./palette.ts";

/** A name and how its series is drawn. */
export type Entry = {
  readonly label: string;
  readonly style: Style;
  /** Whether its series has markers. */
  readonly isMarked: boolean;
  readonly opacity?: number;
  /** Of its sample: a line's by default. */
  readonly width?: number;
};

/** From the frame to a sample, its length, and the room behind it. */
const LEADER = 12;
const SAMPLE = 24;
const GAP = 5;
/** The widest label at the end of a line. */
const WIDEST = 124;

/** The room that labels at the ends of lines need to the right of the frame; undefined where they do not fit. */
export function roomAtEnds(labels: readonly string[]): number | undefined {
  const widest = Math.max(0, ...labels.map((label) => widthOf(label)));
  return widest > WIDEST ? undefined : LEADER + SAMPLE + 2 * GAP + widest;
}

/** Labels to the right of the frame, each led to by a sample from where its line ends, none on another. */
export function endLabels(
  entries: readonly (Entry & { readonly y: number })[],
  { right, top, bottom }: { readonly right: number; readonly top: number; readonly bottom: number },
): string {
  const places = apart(
    entries.map(({ y }) => Math.min(Math.max(y, top), bottom)),
    { top, bottom },
  );
  const x = right + LEADER;
  const markup = entries.map((entry, i) => {
    const y = places[i] ?? 0;
    const end = Math.min(Math.max(entry.y, top), bottom);
    const leader = { x1: right + 2, y1: end, x2: x - 1, y2: y, stroke: "currentColor", "stroke-opacity": 0.5 };
    const isMoved = Math.abs(y - end) > 1;
    const led = isMoved ? element("line", leader) : "";
    return led + sample(entry, x, y) + text(entry.label, x + SAMPLE + GAP, y + 5);
  });
  return markup.join("");
}

/** A key of as many rows as are needed, and their height. */
export function key(entries: readonly Entry[], top: number): { readonly markup: string; readonly height: number } {
  let x = 8;
  let y = top + LINE / 2;
  let markup = "";
  for (const entry of entries) {
    const label = cut(entry.label, WIDTH - 16 - SAMPLE - GAP);
    const width = SAMPLE + GAP + widthOf(label);
    if (x + width > WIDTH - 8) {
      x = 8;
      y += LINE;
    }
    markup += sample(entry, x, y) + text(label, x + SAMPLE + GAP, y + 5);
    x += width + 12;
  }
  return { markup, height: y + LINE / 2 - top };
}

/** Places moved as little apart as keeps a line's height between them, within the frame as long as that has room. */
export function apart(
  places: readonly number[],
  { top, bottom }: { readonly top: number; readonly bottom: number },
): readonly number[] {
  const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = [...places];
  let least = top;
  for (const i of order) {
    moved[i] = Math.max(moved[i] ?? 0, least);
    least = (moved[i] ?? 0) + LINE;
  }
  let most = Math.max(bottom, top + (places.length - 1) * LINE);
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i] ?? 0, most);
    most = (moved[i] ?? 0) - LINE;
  }
  return moved;
}

function sample({ style, isMarked, opacity, width = 2 }: Entry, x: number, y: number): string {
  const ends = { x1: x, x2: x + SAMPLE, y1: y, y2: y };
  const stroke = { stroke: style.color, "stroke-width": width, "stroke-dasharray": style.dash };
  const line = element("line", { ...ends, ...stroke, opacity });
  return isMarked ? line + marker(style, x + SAMPLE / 2, y) : line;
}

/** A marker of a style. */
export function marker({ color, marker: shape, fill }: Style, x: number, y: number): string {
  const isHollow = fill === "hollow";
  const d = shortened(outline(shape, x, y, isHollow ? 4.5 : 3.5));
  if (isHollow) return element("path", { d, fill: "none", stroke: color, "stroke-width": 1.5 });
  return element("path", { d, fill: color });
}
