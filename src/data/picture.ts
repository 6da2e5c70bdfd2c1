/**
 * Any picture of a digit as MNIST has its own: light ink on black, its box scaled into 20 × 20 with its proportions, and its
 * centre of mass in the centre of 28 × 28.
 *
 *   picture ─ inverted where its edge is light ─ contrast stretched ─ cropped to the ink ─ scaled ─ centred
 *
 * The recipe is that of http://yann.lecun.com/exdb/mnist/.
 */

import { checkList, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { isNumberArray } from "../values.ts";

/** Grey values 0..255, row by row. */
export type Picture = {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** width × height values; 255 is white. */
  readonly grey: Float64Array;
};

/** A picture of the size that is asked for, and what was done to it. */
export type PreparedDigit = {
  /** side × side bytes, light on black. */
  readonly pixels: Uint8Array;
  /** A sentence for each change, for people. */
  readonly changes: readonly string[];
};

/** Of MNIST's 28 pixels. */
const BOX = 20 / 28;
/** Ink is what differs from the background by more than this share of the strongest difference. */
const THRESHOLD = 0.15;

/**
 * Makes a picture of `side` × `side` bytes. One that has this size and a dark edge stays as it is.
 *
 * @returns undefined where there is no ink: all of one grey
 * @throws {OptionError} a picture without pixels, with more or fewer than its width × height, or with values outside 0..255
 * @example
 * const grey = new Float64Array(280 * 280).fill(255, 39_000, 39_200); // a line of ink
 * const digit = prepareDigit({ width: 280, height: 280, grey });
 * digit?.pixels.length; // → 784
 */
export function prepareDigit(given: Picture, side = 28): PreparedDigit | undefined {
  checkType("prepareDigit: picture", "object", given);
  checkOptions<Picture>("prepareDigit", given, { width: 1, height: 1, grey: 1 });
  const { width, height } = given;
  for (const [option, size] of Object.entries({ width, height, side })) {
    if (!Number.isInteger(size) || size < 1)
      throw new OptionError(`prepareDigit: ${option}`, "a positive integer", size);
  }
  checkList("prepareDigit: grey", given.grey, "a Float64Array");
  if (given.grey.length !== width * height) {
    throw new OptionError("prepareDigit: grey", `${width} × ${height} values, at least one`, given.grey.length);
  }
  // Bytes would be rounded on the way.
  const picture = {
    width,
    height,
    grey: isNumberArray(given.grey) ? new Float64Array(given.grey) : Float64Array.from(given.grey, Number),
  };
  const invalid = picture.grey.find((value) => !(value > -1 && value < 256)); // luma may be rounded to more than 255
  if (invalid !== undefined) throw new OptionError("prepareDigit: grey", "values from 0 to 255", invalid);
  const isLight = edgeOf(picture) > 127.5;
  const grey = isLight ? picture.grey.map((value) => 255 - value) : picture.grey;
  const changes = isLight ? ["inverted, because its background is light"] : [];
  const background = edgeOf({ width, height, grey });
  const most = grey.reduce((a, b) => Math.max(a, b), 0);
  if (most - background < 8) return undefined;
  if (width === side && height === side) return { pixels: bytesOf(grey), changes };
  const ink = grey.map((value) => Math.max(0, (255 * (value - background)) / (most - background)));
  const box = boxOf({ width, height, grey: ink });
  const cropped = crop({ width, height, grey: ink }, box);
  const scale = Math.round(BOX * side) / Math.max(box.width, box.height);
  const [columns, rows] = [box.width, box.height].map((extent) => Math.max(1, Math.round(extent * scale)));
  const scaled = resized(cropped, columns ?? 1, rows ?? 1);
  changes.push(`cropped from ${width} × ${height} to its ink, ${box.width} × ${box.height}`);
  changes.push(`scaled to ${columns} × ${rows}, centred in ${side} × ${side}`);
  return { pixels: bytesOf(centred(scaled, side)), changes };
}

/** The median grey of the outermost pixels. */
function edgeOf({ width, height, grey }: Picture): number {
  const edge: number[] = [];
  for (let x = 0; x < width; x++) edge.push(grey[x] ?? 0, grey[(height - 1) * width + x] ?? 0);
  for (let y = 0; y < height; y++) edge.push(grey[y * width] ?? 0, grey[y * width + width - 1] ?? 0);
  edge.sort((a, b) => a - b);
  return edge[edge.length >> 1] ?? 0;
}

type Box = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** The smallest box with all ink. */
function boxOf({ width, height, grey }: Picture): Box {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((grey[y * width + x] ?? 0) <= THRESHOLD * 255) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

function crop(picture: Picture, { left, top, width, height }: Box): Picture {
  const grey = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * picture.width + left;
    grey.set(picture.grey.subarray(from, from + width), y * width);
  }
  return { width, height, grey };
}

/** Resampled by a triangle that is as wide as a pixel of the coarser grid: smooth in both directions. */
function resized({ width, height, grey }: Picture, columns: number, rows: number): Picture {
  const across = filtersOf(width, columns);
  const down = filtersOf(height, rows);
  const narrow = new Float64Array(columns * height);
  for (let y = 0; y < height; y++) {
    for (const [x, { first, weights }] of across.entries()) {
      narrow[y * columns + x] = weights.reduce((sum, w, k) => sum + w * (grey[y * width + first + k] ?? 0), 0);
    }
  }
  const small = new Float64Array(columns * rows);
  for (const [y, { first, weights }] of down.entries()) {
    for (let x = 0; x < columns; x++) {
      small[y * columns + x] = weights.reduce((sum, w, k) => sum + w * (narrow[(first + k) * columns + x] ?? 0), 0);
    }
  }
  return { width: columns, height: rows, grey: small };
}

/** For each of `to` pixels, the pixels among `from` that it is made of, and their shares. */
function filtersOf(from: number, to: number): { readonly first: number; readonly weights: readonly number[] }[] {
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(from - 1, Math.ceil(centre + reach));
    const shares = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k + 0.5 - centre) / reach),
    );
    const total = shares.reduce((a, b) => a + b, 0);
    return { first, weights: shares.map((share) => share / total) };
  });
}

/** The picture in a black square, moved by whole pixels so that its centre of mass is in the middle. */
function centred({ width, height, grey }: Picture, side: number): Float64Array {
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = grey[y * width + x] ?? 0;
      mass += value;
      sumX += value * x;
      sumY += value * y;
    }
  }
  const place = (sum: number, extent: number) =>
    Math.min(side - extent, Math.max(0, Math.round(side / 2 - sum / mass)));
  const [left, top] = [place(sumX, width), place(sumY, height)];
  const square = new Float64Array(side * side);
  for (let y = 0; y < height; y++) {
    square.set(grey.subarray(y * width, (y + 1) * width), (top + y) * side + left);
  }
  return square;
}

function bytesOf(grey: Float64Array): Uint8Array {
  return Uint8Array.from(grey, (value) => Math.max(0, Math.min(255, Math.round(value))));
}
