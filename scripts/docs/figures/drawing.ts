/** What the diagrams of the kernels are drawn with, and the sizes that they show. */
import { readFileSync } from "node:fs";
import { frame } from "../../../src/plot/frame.ts";
import { element, text } from "../../../src/plot/markup.ts";
import { BLUE, COLORS, VERMILLION } from "../../../src/plot/palette.ts";

/** The colours of A, B and C in every diagram. */
export const OF_A: string = BLUE;
export const OF_B: string = VERMILLION;
export const OF_C: string = COLORS[2] ?? BLUE;

const SMALL = 12;

/** The constants of assembly/params.ts, as it says them. */
export function sizes(): {
  readonly MR: number;
  readonly NR: number;
  readonly KC: number;
  readonly MC: number;
  readonly NC: number;
} {
  const source = readFileSync(new URL("../../../assembly/params.ts", import.meta.url), "utf8");
  const read = (pattern: RegExp) => Number(pattern.exec(source)?.[1]);
  const constant = (name: string) => read(new RegExp(`const ${name}: i32 = (\\d+);`));
  return {
    MR: constant("MR"),
    NR: constant("NR_VECTORS") * 4,
    KC: read(/sizeof<T>\(\) == 4 \? (\d+) :/),
    MC: constant("MC"),
    NC: constant("NC"),
  };
}

/** A rectangle with a border, filled as strongly as `strength` says, 0 to 1. */
export function box(x: number, y: number, width: number, height: number, color: string, strength: number): string {
  return element("rect", { x, y, width, height, fill: color, "fill-opacity": strength, stroke: color });
}

/** A word in the middle of a place. */
export function word(content: string, x: number, y: number, size: number = SMALL): string {
  return text(content, x, y + size / 3, { "font-size": size, "text-anchor": "middle" });
}

/** Words from a place on. */
export function note(content: string, x: number, y: number): string {
  return text(content, x, y, { "font-size": SMALL });
}

/** A diagram as a figure. */
export function diagram(title: string, description: string, height: number, parts: readonly string[]): string {
  return frame({ figure: "diagram", title, description, height, body: parts.join("") }, {});
}
