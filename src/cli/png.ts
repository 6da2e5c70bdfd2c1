/** A PNG file as grey values, by fast-png, which is not installed with the library: loaded when a PNG is there to be read. */
import type { Picture } from "lanegrad";
import { FileError } from "./files.ts";

type FastPng = typeof import("fast-png");
type DecodedPng = ReturnType<FastPng["decode"]>;

const INSTALL = "npm install fast-png";
const MOST_PIXELS = 2 ** 26;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Width and height, big-endian, stand behind the signature, a length and a name. */
const SIZE_AT = 16;

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads a PNG file.
 *
 * @throws {FileError} damaged, of more than 2²⁶ pixels, or fast-png is not installed
 */
export async function readPng(bytes: Uint8Array, file: string): Promise<Picture> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < SIZE_AT + 8) throw new FileError(file, "broken PNG: it ends in its header");
  const pixels = view.getUint32(SIZE_AT) * view.getUint32(SIZE_AT + 4);
  if (pixels > MOST_PIXELS) throw new FileError(file, `a picture of ${pixels} pixels; at most ${MOST_PIXELS} are read`);
  const { decode, convertIndexedToRgb } = await load(file);
  let png: DecodedPng;
  let data: ArrayLike<number>;
  try {
    png = decode(bytes, { checkCrc: true });
    data = png.palette === undefined ? unpacked(png) : convertIndexedToRgb(png);
  } catch (error) {
    throw new FileError(file, `broken PNG: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { width, height, palette } = png;
  const channels = palette === undefined ? png.channels : (palette[0]?.length ?? 3);
  const most = palette === undefined ? 2 ** png.depth - 1 : 255;
  return { width, height, grey: greyOf(data, { count: width * height, channels, most }) };
}

async function load(file: string): Promise<FastPng> {
  try {
    return await import("fast-png");
  } catch {
    throw new FileError(file, `PNG pictures need the package fast-png, which could not be loaded; run ${INSTALL}`);
  }
}

/** One element for each sample: below 8 bits, where a pixel is one, several share a byte, and each row begins with a new one. */
function unpacked({ width, height, depth, data }: DecodedPng): ArrayLike<number> {
  if (depth >= 8) return data;
  const rowBytes = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = data[Math.floor(i / width) * rowBytes + (bit >> 3)] ?? 0;
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}

/**
 * Luma as Rec. 601 weighs red, green and blue. What is transparent lies on white, or on black where everything would be white
 * on white.
 */
function greyOf(data: ArrayLike<number>, { count, channels, most }: { count: number; channels: number; most: number }) {
  const hasAlpha = channels === 2 || channels === 4;
  const on = (paper: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => {
      const at = (k: number) => ((data[i * channels + k] ?? 0) * 255) / most;
      const luma = channels < 3 ? at(0) : 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2);
      const alpha = hasAlpha ? at(channels - 1) / 255 : 1;
      return luma * alpha + paper * (1 - alpha);
    });
  const grey = on(255);
  const isBlank = grey.every((value) => Math.abs(value - (grey[0] ?? 0)) < 1);
  return isBlank && hasAlpha ? on(0) : grey;
}
