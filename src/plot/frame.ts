/**
 * The outermost element of every figure: size, title, description, colours.
 *
 * A figure within a page takes the page's text colour. A figure that is a document of its own (a file, an `<img>`) is
 * the root, and there only its style has effect: dark text, or light text where the reader prefers a dark page.
 */
import { OptionError } from "../errors.ts";
import { LINE, TEXT, TITLE, WIDTH, wrapped } from "./letters.ts";
import { element, escaped, named, text } from "./markup.ts";
import type { FigureOptions } from "./types.ts";

/** What a figure shows, below its title. */
export type Content = {
  /** The function that makes the figure, for errors. */
  readonly figure: string;
  readonly title: string;
  readonly description: string;
  /** Height without the title. */
  readonly height: number;
  /** Markup, its upper edge at 0. */
  readonly body: string;
};

const COLOR_LIGHT = "#1f2328";
const COLOR_DARK = "#e6edf3";
const STYLE =
  `svg.lanegrad:root{color:${COLOR_LIGHT};color-scheme:light dark}` +
  `@media(prefers-color-scheme:dark){svg.lanegrad:root{color:${COLOR_DARK}}}`;

/**
 * A whole figure.
 *
 * @throws {OptionError} a width that is not a positive number, an invalid name
 */
export function frame(content: Content, options: FigureOptions): string {
  const { figure, height, body } = content;
  const width = options.width ?? WIDTH;
  if (!Number.isFinite(width) || width <= 0) throw new OptionError(`${figure}: width`, "a number above 0", width);
  const title = options.title ?? content.title;
  const lines = title === "" ? [] : wrapped(title, WIDTH - 16, "bold");
  const top = lines.length === 0 ? 0 : 8 + lines.length * (LINE + 3);
  const whole = Math.ceil(top + height);
  const description = options.description ?? content.description;
  const name = options.name ?? `lanegrad-${hash(title + description + body)}`;
  if (!/^[A-Za-z][\w-]*$/.test(name))
    throw new OptionError(`${figure}: name`, "a letter, then letters, digits, _ or -", name);

  const heading = lines.map((line, i) =>
    text(line, 8, 21 + i * (LINE + 3), { "font-size": TITLE, "font-weight": "bold" }),
  );
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "lanegrad",
      role: "img",
      "aria-labelledby": `${name}-title ${name}-description`,
      viewBox: `0 0 ${WIDTH} ${whole}`,
      width,
      height: (width * whole) / WIDTH,
      fill: "currentColor",
      "font-family": "system-ui, 'DejaVu Sans', sans-serif",
      "font-size": TEXT,
      style: "max-width:100%;height:auto",
    },
    element("title", { id: `${name}-title` }, escaped(title === "" ? content.title : title)),
    element("desc", { id: `${name}-description` }, escaped(description)),
    element("style", {}, STYLE),
    ...heading,
    element("g", { transform: `translate(0,${top})` }, named(body, name)),
  );
}

/** FNV-1a of 32 bits over UTF-16: the same figure has the same ids wherever it is made. */
function hash(content: string): string {
  let state = 0x811c9dc5;
  for (let i = 0; i < content.length; i++) state = Math.imul(state ^ content.charCodeAt(i), 0x01000193);
  return (state >>> 0).toString(16).padStart(8, "0");
}
