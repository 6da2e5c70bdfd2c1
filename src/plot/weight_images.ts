import { checkCount, checkFigure, checkNames, FIGURE_KEYS, gridOf, pictureShape } from "./check.ts";
import { frame } from "./frame.ts";
import { gallery, indicesOf } from "./gallery.ts";
import { LINE, WIDTH } from "./letters.ts";
import { element, text } from "./markup.ts";
import { readable } from "./ticks.ts";
import type { FigureOptions, Matrix } from "./types.ts";

/** How columns become pictures, and how they are laid out. */
export type WeightImagesOptions = FigureOptions & {
  /** Rows and columns of a picture; by default those of a square. */
  readonly shape?: readonly [number, number];
  /** Pictures in a row; 10 by default. */
  readonly perRow?: number;
  /** One for each column of the weights. */
  readonly captions?: readonly string[];
};

/** From vermillion over nearly white to blue; the middle one is zero's, the last one is for what is not a number. */
const COLORS = 15;
const DIVERGING = [...Array.from({ length: COLORS }, (_, i) => diverging(i / ((COLORS - 1) / 2) - 1)), 0x808080];

/**
 * The columns of a weight matrix as pictures: what each unit of the first layer looks for. Negative weights are
 * vermillion, positive ones blue, on one scale for all.
 *
 * @param weights pixels × units; a tensor is one
 * @returns a figure as SVG, about 0.8 KB for a picture of 28 × 28
 * @throws {ShapeError} no matrix, rows that are not as many as the pixels of the shape, captions not as many as columns
 * @throws {OptionError} a weight that is not a number, an invalid shape or number of pictures
 * @example
 * const svg = await weightImages(net.parameters["W1"] ?? [], { title: "W1" });
 */
export async function weightImages(weights: Matrix, options: WeightImagesOptions = {}): Promise<string> {
  const figure = "weightImages";
  checkFigure<WeightImagesOptions>(figure, options, { ...FIGURE_KEYS, shape: 1, perRow: 1, captions: 1 });
  const { rows, columns, at } = gridOf(figure, "weights", weights);
  const shape = pictureShape(figure, "rows of the weights", rows, options.shape);
  const perRow = checkCount(figure, "perRow", options.perRow ?? Math.min(10, columns), 1);
  const captions =
    options.captions === undefined ? undefined : checkNames(figure, "captions", options.captions, columns);
  const greatest = greatestOf(rows, columns, at);
  const scale = { low: -greatest, high: greatest, colors: COLORS, none: COLORS };
  const pictures = Array.from({ length: columns }, (_, column) => ({
    caption: captions?.[column] ?? "",
    pixels: indicesOf((row) => at(row, column), rows, scale),
  }));
  const { markup, height } = gallery(pictures, shape, DIVERGING, perRow);
  const description = `${columns} pictures of ${shape[0]} by ${shape[1]} weights, from ${readable(-greatest)} to ${readable(greatest)}.`;
  const body = markup + legend(greatest, height + 6);
  return frame({ figure, title: "", description, height: height + 16 + LINE, body }, options);
}

/** The greatest size of a finite weight; 1 where all are 0. */
function greatestOf(rows: number, columns: number, at: (row: number, column: number) => number): number {
  let greatest = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const size = Math.abs(at(row, column));
      if (Number.isFinite(size)) greatest = Math.max(greatest, size);
    }
  }
  return greatest || 1;
}

/** The scale of colours between its ends. */
function legend(greatest: number, y: number): string {
  const width = 12;
  const left = (WIDTH - COLORS * width) / 2;
  const cells = DIVERGING.slice(0, COLORS).map((color, i) =>
    element("rect", {
      x: left + i * width,
      y,
      width: width + 0.5,
      height: 14,
      fill: `#${color.toString(16).padStart(6, "0")}`,
    }),
  );
  const low = text(readable(-greatest), left - 8, y + 12, { "text-anchor": "end" });
  return low + cells.join("") + text(readable(greatest), left + COLORS * width + 8, y + 12);
}

/** The colour of −1..1. */
function diverging(share: number): number {
  const [r, g, b] = share < 0 ? ([0xd5, 0x5e, 0x00] as const) : ([0x00, 0x72, 0xb2] as const);
  const mix = (end: number): number => Math.round(0xf7 + (end - 0xf7) * Math.abs(share));
  return mix(r) * 0x10000 + mix(g) * 0x100 + mix(b);
}
