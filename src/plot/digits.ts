import { checkText } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
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
  /** Row by row, as many as the shape has; red, green and blue of each pixel next to each other where it has three of them. */
  readonly pixels: Numbers;
  /** By default nothing. */
  readonly caption?: string;
};

/** How pictures are read, and laid out. */
export type DigitsOptions = FigureOptions & {
  /** Rows and columns, and 3 for pictures in colour; by default those of a grey square. */
  readonly shape?: readonly [number, number] | readonly [number, number, 3];
  /** Pictures in a row; by default as many as there are, up to 5. */
  readonly perRow?: number;
  /** The numbers that are white and black, in colour black and full; by default 0 and the greatest of all. */
  readonly range?: Domain;
};

/** Ink on paper, and red for what is not a number. */
const GREYS = [...Array.from({ length: 15 }, (_, i) => 0x010101 * (255 - Math.round((i * 255) / 14))), 0xd55e00];

/**
 * Pictures with captions: digits, and what a network took them for. Grey ones are ink on paper; with `shape: [32, 32, 3]` they are
 * photographs in colour.
 *
 * @param pictures of one size
 * @returns a figure as SVG, about 0.8 KB for a digit of 28 × 28, 4.3 KB for a picture of 32 × 32 in colour
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
  const isColour = options.shape?.length === 3;
  const shape = isColour
    ? colourShape(figure, first.pixels.length, options.shape)
    : pictureShape(figure, "pixels", first.pixels.length, options.shape);
  const perRow = checkCount(figure, "perRow", options.perRow ?? Math.min(5, pictures.length), 1);
  const [low, high] = checkDomain(figure, "range", options.range ?? rangeOf(figure, pictures), "linear");
  const scale = { low, high, colors: 15, none: 15 };
  const drawn = pictures.map(({ pixels, caption = "" }) => ({
    caption,
    pixels: isColour ? bytesOf(pixels, low, high) : indicesOf((i) => pixels[i] ?? Number.NaN, pixels.length, scale),
  }));
  const { markup, height } = gallery(drawn, shape, isColour ? "rgb" : GREYS, perRow);
  const captions = drawn.map(({ caption }) => caption).filter((caption) => caption !== "");
  const told = captions.length === 0 ? "" : `: ${captions.join("; ")}`;
  const description = `${pictures.length} pictures of ${shape[0]} by ${shape[1]} pixels${told}.`;
  return frame({ figure, title: "", description, height, body: markup }, options);
}

/** @throws {ShapeError} another number of pixels, or of colours */
function colourShape(figure: string, length: number, shape: readonly [number, number, 3]): readonly [number, number] {
  const [rows, columns, channels] = shape;
  if ((channels as number) !== 3)
    throw new OptionError(`${figure}: shape`, "[rows, columns] or [rows, columns, 3]", shape);
  if (length % 3 === 0) return pictureShape(figure, "pixels", length / 3, [rows, columns]);
  throw new ShapeError(figure, "pixels", `3 × ${rows} × ${columns}, for pictures in colour`, `${length}`);
}

/** Bytes of a scale from 0 to 255; what is not a number is 0. */
function bytesOf(pixels: Numbers, low: number, high: number): Uint8Array {
  return Uint8Array.from(pixels, (value) => {
    const byte = Math.round((255 * (value - low)) / (high - low));
    return Math.max(0, Math.min(255, byte || 0));
  });
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
