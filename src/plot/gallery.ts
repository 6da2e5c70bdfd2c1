/** Pictures in rows, each with its caption below: what `digits` and `weightImages` have in common. */
import { type Colours, image } from "./image.ts";
import { LINE, WIDTH, wrapped } from "./letters.ts";
import { text } from "./markup.ts";

/** A picture by the indices of its colours, or by red, green and blue. */
export type Picture = { readonly pixels: Uint8Array; readonly caption: string };

const GAP = 10;
/** Maximum length of a caption; a longer one would overlap the next picture. */
const LINES = 4;

/** Pictures of one shape, `perRow` in a row. */
export function gallery(
  pictures: readonly Picture[],
  shape: readonly [number, number],
  colours: Colours,
  perRow: number,
): { readonly markup: string; readonly height: number } {
  const [rows, columns] = shape;
  const cell = (WIDTH - 16 - (perRow - 1) * GAP) / perRow;
  const scale = Math.min(cell / columns, MOST / rows);
  const [width, height] = [columns * scale, rows * scale];
  let markup = "";
  let y = 4;
  for (let start = 0; start < pictures.length; start += perRow) {
    const line = pictures.slice(start, start + perRow);
    const captions = line.map(({ caption }) =>
      caption === "" ? [] : wrapped(caption, cell + GAP / 2).slice(0, LINES),
    );
    for (const [i, { pixels }] of line.entries()) {
      const middle = 8 + i * (cell + GAP) + cell / 2;
      markup += image(pixels, shape, colours, { x: middle - width / 2, y, width, height });
      for (const [k, words] of (captions[i] ?? []).entries()) {
        markup += text(words, middle, y + height + 15 + k * LINE, { "text-anchor": "middle" });
      }
    }
    y += height + GAP + Math.max(...captions.map((words) => words.length)) * LINE;
  }
  return { markup, height: y };
}

/** Height of a picture at most. */
const MOST = 220;

/** The indices of numbers on a scale of so many colours from `low` to `high`; NaN has the index `none`. */
export function indicesOf(
  at: (i: number) => number,
  count: number,
  {
    low,
    high,
    colors,
    none,
  }: { readonly low: number; readonly high: number; readonly colors: number; readonly none: number },
): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    const share = (at(i) - low) / (high - low);
    if (Number.isNaN(share)) return none;
    return Math.min(colors - 1, Math.max(0, Math.round(share * (colors - 1))));
  });
}
