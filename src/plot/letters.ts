/**
 * How much room text takes. A figure is made where nothing can be measured, so letters are counted: a wide font
 * (DejaVu Sans) needs 0.6 of its size for a letter of English text, and others less.
 */

/** Sizes in units of the drawing, which is WIDTH wide: 14 are 11.7 px where a figure is 400 px wide. */
export const WIDTH = 480;
export const TEXT = 14;
export const TITLE = 16;
/** From one line of text to the next. */
export const LINE = 18;

/** Width of text of size TEXT, from above. */
export function widthOf(content: string): number {
  return 0.62 * TEXT * content.length;
}

/** Text in lines of at most so many units, broken at spaces; a longer word stands alone. */
export function wrapped(content: string, width: number, size: number = TEXT): readonly string[] {
  const letters = Math.max(1, Math.floor(width / (0.62 * size)));
  const lines: string[] = [];
  for (const word of content.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
