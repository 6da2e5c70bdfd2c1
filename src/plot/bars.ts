import { checkText, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkFigure, checkItems, FIGURE_KEYS } from "./check.ts";
import { frame } from "./frame.ts";
import { cut, LINE, WIDTH, widthOf } from "./letters.ts";
import { element, text } from "./markup.ts";
import { styleOf } from "./palette.ts";
import { readable } from "./ticks.ts";
import type { FigureOptions } from "./types.ts";

/** A bar, its name and the text after it. */
export type Bar = {
  /** The text before it. */
  readonly label: string;
  /** From 0 on. */
  readonly value: number;
  /** By default the value with its unit. */
  readonly note?: string;
};

/** The unit of the numbers. */
export type BarsOptions = FigureOptions & {
  /** Of all values: "ms". */
  readonly unit?: string;
};

const HEIGHT = 22;
const GAP = 8;
/** The widest name next to its bar; with a longer one, all names are above their bars. And the widest note. */
const WIDEST = 150;

/**
 * Numbers as bars from 0 on, for times and sizes.
 *
 * @returns a figure as SVG
 * @throws {ShapeError} no bars
 * @throws {OptionError} a value that is not a finite number from 0 on
 * @example
 * const items = [{ label: "lanegrad", value: 0.12 }, { label: "plain JavaScript", value: 0.9 }];
 * const svg = await bars(items, { unit: "ms" });
 */
export async function bars(items: readonly Bar[], options: BarsOptions = {}): Promise<string> {
  const figure = "bars";
  checkFigure<BarsOptions>(figure, options, { ...FIGURE_KEYS, unit: 1 });
  checkItems(figure, "items", items);
  checkText("bars: unit", options.unit);
  for (const [i, { label, value, note }] of items.entries()) {
    checkType(`${figure}: items[${i}].label`, "string", label);
    checkText(`${figure}: items[${i}].note`, note);
    if (!Number.isFinite(value) || value < 0)
      throw new OptionError(`${figure}: items[${i}].value`, "a number from 0 on", value);
  }
  const unit = options.unit === undefined ? "" : ` ${options.unit}`;
  const notes = items.map(({ value, note }) => cut(note ?? `${readable(value)}${unit}`, WIDEST));
  const widest = Math.max(...items.map(({ label }) => widthOf(label)));
  const isBeside = widest <= WIDEST;
  const left = isBeside ? 16 + widest : 8;
  const room = WIDTH - left - 20 - Math.max(...notes.map((note) => widthOf(note)));
  const greatest = Math.max(...items.map(({ value }) => value)) || 1;
  const { color } = styleOf(0);

  let markup = "";
  let y = 4;
  for (const [i, { label, value }] of items.entries()) {
    if (!isBeside) y += LINE;
    const middle = y + HEIGHT / 2 + 5;
    const width = Math.max(1, (value / greatest) * room);
    markup += isBeside
      ? text(label, left - 8, middle, { "text-anchor": "end" })
      : text(cut(label, WIDTH - 16), left, y - 4);
    markup += element("rect", { x: left, y, width, height: HEIGHT, fill: color });
    markup += text(notes[i] ?? "", left + width + 6, middle);
    y += HEIGHT + GAP;
  }
  const description = `Bars: ${items.map(({ label }, i) => `${label} ${notes[i]}`).join(", ")}.`;
  return frame({ figure, title: "", description, height: y, body: markup }, options);
}
