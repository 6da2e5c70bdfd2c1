/**
 * How much room text takes. A figure is made where nothing can be measured, so the widths of letters are estimated,
 * as those of a wide font.
 */

/** Sizes in units of the drawing, which is WIDTH wide: 14 are 11.7 px where a figure is 400 px wide. */
export const WIDTH = 480;
export const TEXT = 14;
export const TITLE = 16;
/** From one line of text to the next. */
export const LINE = 18;

/** Widths of letters as shares of the size, rounded up from those of DejaVu Sans: dash, ellipsis, minus, times and plus-minus too. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[mwMW@%\u2014\u2026]/, 1],
  [/[\u2212\u00d7\u00b1=+<>~]/, 0.84],
  [/[A-Z&]/, 0.72],
  [/[fjrtilI.,:;'!|()[\]\-/ ]/, 0.41],
];
const OTHER_WIDTH = 0.64;
const BOLD = 1.12;

/** Width of text of size TEXT, or another, in units of the drawing. */
export function widthOf(content: string, size: number = TEXT): number {
  let width = 0;
  for (const letter of content) width += WIDTHS.find(([letters]) => letters.test(letter))?.[1] ?? OTHER_WIDTH;
  return width * size;
}

/** Text in lines of at most so many units, broken at spaces; a longer word is cut. */
export function wrapped(content: string, width: number, weight: "normal" | "bold" = "normal"): readonly string[] {
  const size = weight === "bold" ? TITLE * BOLD : TEXT;
  const lines: string[] = [];
  for (const word of content.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, size) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => cut(line, width, size));
}

/** The text, or as much of its beginning as fits, with an ellipsis. */
export function cut(content: string, width: number, size: number = TEXT): string {
  if (widthOf(content, size) <= width) return content;
  const letters = [...content];
  while (letters.length > 0 && widthOf(`${letters.join("")}…`, size) > width) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
