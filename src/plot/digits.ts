import { checkText } from "../arguments.ts";
import {
  checkCount,
  checkDomain,
  checkFigure,
  checkItems,
  checkNumbers,
  extent,
  FIGURE_KEYS,
  pictureShape,
} from "./check.ts";
import { frame } from "./frame.ts";
import { gallery, indicesOf } from "./gallery.ts";
import type { Domain, FigureOptions, Numbers } from "./types.ts";

/** One picture, row by row; what is written below it. */
export type DigitPicture = {
  /** Row by row, as many as the shape has. */
  readonly pixels: Numbers;
  /** By default nothing. */
  readonly caption?: string;
};

/** How pictures are read, and laid out. */
export type DigitsOptions = FigureOptions & {
  /** Rows and columns; by default those of a square. */
  readonly shape?: readonly [number, number];
  /** Pictures in a row; by default as many as there are, up to 5. */
  readonly perRow?: number;
  /** The numbers that are white and black; by default 0 and the greatest of all. */
  readonly range?: Domain;
};

/** Ink on paper, and red for what is not a number. */
const GREYS = [...Array.from({ length: 15 }, (_, i) => 0x010101 * (255 - Math.round((i * 255) / 14))), 0xd55e00];

/**
 * Pictures in grey with captions: digits, and what a network took them for.
 *
 * @param pictures of one size
 * @returns a figure as SVG, about 0.8 KB for a digit of 28 × 28
 * @throws {ShapeError} no pictures, different sizes, or a size that is not that of the shape
 * @throws {OptionError} a pixel that is not a number, an invalid shape, number of pictures or range
 * @example
 * const pixels = mnist.test.slice(0, 1).inputs;
 * const svg = await digits([{ pixels, caption: "4 taken for 9, 98 %" }]);
 */
export async function digits(pictures: readonly DigitPicture[], options: DigitsOptions = {}): Promise<string> {
  const figure = "digits";
  checkFigure<DigitsOptions>(figure, options, { ...FIGURE_KEYS, shape: 1, perRow: 1, range: 1 });
  checkItems(figure, "pictures", pictures);
  const first = pictures[0] as DigitPicture;
  for (const [i, { pixels, caption }] of pictures.entries()) {
    checkText(`${figure}: pictures[${i}].caption`, caption);
    checkNumbers(figure, `pictures[${i}]`, pixels, i === 0 ? undefined : first.pixels.length);
  }
  const shape = pictureShape(figure, "pixels", first.pixels.length, options.shape);
  const perRow = checkCount(figure, "perRow", options.perRow ?? Math.min(5, pictures.length), 1);
  const [low, high] = checkDomain(figure, "range", options.range ?? rangeOf(figure, pictures), "linear");
  const scale = { low, high, colors: 15, none: 15 };
  const drawn = pictures.map(({ pixels, caption = "" }) => ({
    caption,
    pixels: indicesOf((i) => pixels[i] ?? Number.NaN, pixels.length, scale),
  }));
  const { markup, height } = gallery(drawn, shape, GREYS, perRow);
  const captions = drawn.map(({ caption }) => caption).filter((caption) => caption !== "");
  const told = captions.length === 0 ? "" : `: ${captions.join("; ")}`;
  const description = `${pictures.length} pictures of ${shape[0]} by ${shape[1]} pixels${told}.`;
  return frame({ figure, title: "", description, height, body: markup }, options);
}

function rangeOf(figure: string, pictures: readonly DigitPicture[]): Domain {
  const [, greatest] = extent(
    figure,
    "pictures",
    pictures.map(({ pixels }) => pixels),
    "linear",
  );
  return [0, greatest > 0 ? greatest : 1];
}
