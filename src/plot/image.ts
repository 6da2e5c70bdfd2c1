/**
 * Small pictures within a figure: a PNG file of 16 colours, four bits a pixel, or of all colours, three bytes a pixel, as a data
 * address.
 *
 *   signature · IHDR · PLTE · IDAT: zlib of stored blocks, each row a 0 (no filter) and its pixels · IEND
 *
 * Stored, because what a compressor writes differs between runtimes, and a figure is the same everywhere. A picture of
 * 28 × 28 takes about 700 letters, one of 32 × 32 in all colours 4,300. Source: PNG specification, third edition (W3C).
 */
import { element } from "./markup.ts";

/** Sharp pixels for browsers. */
export const PIXELATED = 'style="image-rendering:pixelated"';

/** Sixteen colours or fewer, as 0xRRGGBB. */
export type Palette = readonly number[];

/** Pixels as indices into a palette, or as red, green and blue. */
export type Colours = Palette | "rgb";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BITS = 4;
const INDEXED = 3;
const TRUE_COLOUR = 2;
/** The most bytes that a stored block holds. */
const BLOCK = 65_535;

/** A picture at a place, its pixels with sharp edges. */
export function image(
  pixels: Uint8Array,
  [rows, columns]: readonly [number, number],
  colours: Colours,
  place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): string {
  const file = pngOf(pixels, rows, columns, colours)
    .map((byte) => String.fromCharCode(byte))
    .join("");
  return element("image", {
    ...place,
    href: `data:image/png;base64,${btoa(file)}`,
    preserveAspectRatio: "none",
    "image-rendering": "optimizeSpeed", // what SVG 1.1 calls it
    style: "image-rendering:pixelated",
  });
}

/** The file's bytes; each pixel is an index into the palette, or three bytes. */
export function pngOf(pixels: Uint8Array, rows: number, columns: number, colours: Colours): readonly number[] {
  const size = [...bigEndian(columns), ...bigEndian(rows)];
  const isIndexed = colours !== "rgb";
  const form = isIndexed ? [BITS, INDEXED] : [8, TRUE_COLOUR];
  const palette = isIndexed
    ? chunk(
        "PLTE",
        colours.flatMap((color) => bigEndian(color).slice(1)),
      )
    : [];
  return [
    ...SIGNATURE,
    ...chunk("IHDR", [...size, ...form, 0, 0, 0]),
    ...palette,
    ...chunk("IDAT", stored(isIndexed ? packed(pixels, rows, columns) : inRows(pixels, 3 * columns))),
    ...chunk("IEND", []),
  ];
}

/** Each row behind its 0. */
function inRows(pixels: Uint8Array, rowBytes: number): readonly number[] {
  const bytes: number[] = [];
  for (let start = 0; start < pixels.length; start += rowBytes) {
    bytes.push(0, ...pixels.subarray(start, start + rowBytes));
  }
  return bytes;
}

/** Two pixels a byte, the left one in the upper half; a row ends with its byte. */
function packed(pixels: Uint8Array, rows: number, columns: number): readonly number[] {
  const bytes: number[] = [];
  for (let row = 0; row < rows; row++) {
    bytes.push(0);
    for (let column = 0; column < columns; column += 2) {
      const left = pixels[row * columns + column] ?? 0;
      const right = column + 1 < columns ? (pixels[row * columns + column + 1] ?? 0) : 0;
      bytes.push(left * 16 + right);
    }
  }
  return bytes;
}

/** A zlib stream that stores its bytes. */
function stored(bytes: readonly number[]): readonly number[] {
  const stream = [0x78, 0x01];
  for (let start = 0; start < bytes.length; start += BLOCK) {
    const block = bytes.slice(start, start + BLOCK);
    const isLast = start + BLOCK >= bytes.length ? 1 : 0;
    const length = [block.length & 255, block.length >>> 8];
    stream.push(isLast, ...length, ...length.map((byte) => byte ^ 255));
    for (const byte of block) stream.push(byte);
  }
  stream.push(...bigEndian(adler32(bytes)));
  return stream;
}

function chunk(type: string, data: readonly number[]): readonly number[] {
  const content = [...Array.from(type, (letter) => letter.charCodeAt(0)), ...data];
  return [...bigEndian(data.length), ...content, ...bigEndian(crc32(content))];
}

function bigEndian(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** RFC 1950. */
function adler32(bytes: readonly number[]): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}

/** ISO 3309, bit by bit: pictures are small. */
function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
