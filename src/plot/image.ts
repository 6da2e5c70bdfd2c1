/**
 * Small pictures within a figure: a PNG file of 16 colours, four bits a pixel, as a data address.
 *
 *   signature · IHDR · PLTE · IDAT: zlib of stored blocks, each row a 0 (no filter) and its pixels · IEND
 *
 * Stored, because what a compressor writes differs between runtimes, and a figure is the same everywhere. A picture of
 * 28 × 28 takes about 700 letters. Source: PNG specification, third edition (W3C).
 */
import { element } from "./markup.ts";

/** Sharp pixels for browsers. */
export const PIXELATED = 'style="image-rendering:pixelated"';

/** Sixteen colours or fewer, as 0xRRGGBB. */
export type Palette = readonly number[];

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const BITS = 4;
const INDEXED = 3;
/** The most bytes that a stored block holds. */
const BLOCK = 65_535;

/** A picture at a place, its pixels with sharp edges. */
export function image(
  pixels: Uint8Array,
  [rows, columns]: readonly [number, number],
  palette: Palette,
  place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): string {
  const file = String.fromCharCode(...pngOf(pixels, rows, columns, palette));
  return element("image", {
    ...place,
    href: `data:image/png;base64,${btoa(file)}`,
    preserveAspectRatio: "none",
    "image-rendering": "optimizeSpeed", // what SVG 1.1 calls it
    style: "image-rendering:pixelated",
  });
}

/** The file's bytes; each pixel is an index into the palette. */
export function pngOf(pixels: Uint8Array, rows: number, columns: number, palette: Palette): readonly number[] {
  const size = [...bigEndian(columns), ...bigEndian(rows)];
  const colors = palette.flatMap((color) => bigEndian(color).slice(1));
  return [
    ...SIGNATURE,
    ...chunk("IHDR", [...size, BITS, INDEXED, 0, 0, 0]),
    ...chunk("PLTE", colors),
    ...chunk("IDAT", stored(packed(pixels, rows, columns))),
    ...chunk("IEND", []),
  ];
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
