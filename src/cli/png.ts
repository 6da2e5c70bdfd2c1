/** A PNG file as grey values, by fast-png, which is not installed with the library: loaded when a PNG is there to be read. */

import type { Picture } from "lanegrad";
import { FileError } from "./files.ts";
import {
  bytesOfPass,
  CHANNELS,
  fileOf,
  inflated,
  type Pass,
  type PngParts,
  partsOf,
  passesOf,
  sizeOf,
  stored,
} from "./png_parts.ts";

export { isPng } from "./png_parts.ts";

type FastPng = typeof import("fast-png");
type DecodedPng = ReturnType<FastPng["decode"]>;

const INSTALL = "npm install fast-png";
/** The most columns and rows: a camera's picture of a digit has fewer. */
const MOST_SIDE = 4096;

/**
 * Reads a PNG file.
 *
 * Its chunks are walked before anything is inflated, and its image data is inflated no further than its pixels go: no file
 * costs more than a picture of 4096 × 4096 pixels does.
 *
 * @throws {FileError} damaged, wider or higher than 4096 pixels, or fast-png is not installed
 */
export async function readPng(bytes: Uint8Array, file: string): Promise<Picture> {
  return await read(bytes, file, (samples, parts) => {
    const { width, height } = parts.header;
    return { width, height, grey: greyOf(samples, parts) };
  });
}

/** A picture's colours. */
export type ColourPicture = {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** width × height × 3 bytes: red, green and blue of each pixel. */
  readonly colours: Uint8Array;
};

/**
 * Reads a PNG file in colour, as `readPng` does in grey; grey pixels have three equal bytes. What is transparent is drawn on white.
 *
 * @throws {FileError} as `readPng`
 */
export async function readColourPng(bytes: Uint8Array, file: string): Promise<ColourPicture> {
  return await read(bytes, file, (samples, parts) => {
    const { width, height } = parts.header;
    return { width, height, colours: coloursOf(samples, parts) };
  });
}

async function read<P>(
  bytes: Uint8Array,
  file: string,
  pictureOf: (samples: Samples, parts: PngParts) => P,
): Promise<P> {
  const size = sizeOf(bytes);
  if (size === undefined) throw new FileError(file, "broken PNG: it ends in its header");
  const { width, height } = size;
  if (Math.max(width, height) > MOST_SIDE) {
    throw new FileError(file, `a picture of ${width} × ${height} pixels; at most ${MOST_SIDE} × ${MOST_SIDE} are read`);
  }
  const { decode } = await load(file);
  try {
    const parts = partsOf(bytes);
    return pictureOf(samplesOf(parts, decode), parts);
  } catch (error) {
    throw new FileError(file, `broken PNG: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function load(file: string): Promise<FastPng> {
  try {
    return await import("fast-png");
  } catch {
    throw new FileError(file, `PNG pictures need the package fast-png, which could not be loaded; run ${INSTALL}`);
  }
}

type Samples = Uint8Array | Uint8ClampedArray | Uint16Array;

/** One element for each sample of each pixel. Each pass of an interlaced picture is a picture itself. */
function samplesOf(parts: PngParts, decode: FastPng["decode"]): Samples {
  const { header } = parts;
  const passes = passesOf(header);
  if (!header.isInterlaced) {
    const { length } = inflated(parts).stream; // of its rows, only how many there are: the decoder inflates them again
    return unpacked(decode(fileOf(passes[0] as Pass, header, parts.data.subarray(0, length))));
  }
  const { rows } = inflated(parts);
  const channels = CHANNELS[header.colour];
  const Samples = header.depth === 16 ? Uint16Array : Uint8Array;
  const samples = new Samples(header.width * header.height * channels);
  let at = 0;
  for (const pass of passes) {
    const end = at + bytesOfPass(pass, header);
    const part = unpacked(decode(fileOf(pass, header, stored(rows.subarray(at, end)))));
    scatter(part, pass, samples, header.width, channels);
    at = end;
  }
  return samples;
}

/** Puts the pixels of a pass where they belong. */
function scatter(part: Samples, pass: Pass, samples: Samples, width: number, channels: number): void {
  let from = 0;
  for (let row = 0; row < pass.height; row++) {
    const start = (pass.y + row * pass.rows) * width + pass.x;
    for (let column = 0; column < pass.width; column++) {
      const to = (start + column * pass.columns) * channels;
      for (let k = 0; k < channels; k++) samples[to + k] = part[from++] as number;
    }
  }
}

/** One element for each sample: below 8 bits, where a pixel is one, several share a byte, and each row begins with a new one. */
function unpacked({ width, height, depth, data }: DecodedPng): Samples {
  if (depth >= 8) return data;
  const rowBytes = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const bit = column * depth;
      const byte = data[row * rowBytes + (bit >> 3)] as number;
      samples[at++] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
    }
  }
  return samples;
}

/**
 * Luma as Rec. 601 weighs red, green and blue. What is transparent is drawn on white, or on black where everything would be white
 * on white.
 */
function greyOf(samples: Samples, parts: PngParts): Float64Array {
  const grey = lumaOf(samples, parts);
  const alpha = alphaOf(samples, parts);
  if (alpha === undefined) return grey;
  const onPaper = (i: number, paper: number) =>
    (grey[i] as number) * (alpha[i] as number) + paper * (1 - (alpha[i] as number));
  const first = onPaper(0, 255);
  const isBlank = grey.every((_, i) => Math.abs(onPaper(i, 255) - first) < 1);
  const paper = isBlank ? 0 : 255;
  for (let i = 0; i < grey.length; i++) grey[i] = Math.min(255, onPaper(i, paper));
  return grey;
}

/** The luma of each pixel, 0..255. */
function lumaOf(samples: Samples, { header: { width, height, depth, colour }, palette }: PngParts): Float64Array {
  const luma = new Float64Array(width * height);
  const most = 2 ** depth - 1;
  const channels = CHANNELS[colour];
  const colours = palette.length / 3;
  for (let i = 0, at = 0; i < luma.length; i++, at += channels) {
    const sample = samples[at] as number;
    if (colour === "palette") {
      if (sample >= colours) throw new Error(`colour ${sample} of a palette of ${colours}`);
      luma[i] = weighed(palette, 3 * sample, 255);
    } else luma[i] = channels < 3 ? (sample * 255) / most : weighed(samples, at, most);
  }
  return luma;
}

/** Three bytes for each pixel. */
function coloursOf(samples: Samples, parts: PngParts): Uint8Array {
  const { header, palette } = parts;
  const { width, height, depth, colour } = header;
  const alpha = alphaOf(samples, parts);
  const colours = new Uint8Array(3 * width * height);
  const most = 2 ** depth - 1;
  const channels = CHANNELS[colour];
  for (let i = 0, at = 0; i < width * height; i++, at += channels) {
    const index = samples[at] as number;
    if (colour === "palette" && 3 * index >= palette.length) {
      throw new Error(`colour ${index} of a palette of ${palette.length / 3}`);
    }
    for (let k = 0; k < 3; k++) {
      const sample = samples[channels < 3 ? at : at + k] as number;
      const byte = colour === "palette" ? (palette[3 * index + k] as number) : (sample * 255) / most;
      const opaque = alpha?.[i] ?? 1;
      colours[3 * i + k] = Math.round(byte * opaque + 255 * (1 - opaque));
    }
  }
  return colours;
}

function weighed(samples: Samples, at: number, most: number): number {
  const red = ((samples[at] as number) * 255) / most;
  const green = ((samples[at + 1] as number) * 255) / most;
  const blue = ((samples[at + 2] as number) * 255) / most;
  return Math.min(255, 0.299 * red + 0.587 * green + 0.114 * blue); // white may be rounded to more
}

/** How opaque each pixel is, 0..1; undefined where all are. */
function alphaOf(samples: Samples, { header, transparency, palette }: PngParts): Float64Array | undefined {
  const { width, height, depth, colour } = header;
  const channels = CHANNELS[colour];
  const isInSamples = channels === 2 || channels === 4;
  if (!isInSamples && transparency.length === 0) return undefined;
  if (colour === "palette" && transparency.length > palette.length / 3) {
    throw new Error("it has more transparencies than colours");
  }
  const most = 2 ** depth - 1;
  const clear = isInSamples || colour === "palette" ? [] : samplesOf16(transparency, channels);
  const alpha = new Float64Array(width * height);
  for (let i = 0, at = 0; i < alpha.length; i++, at += channels) {
    if (isInSamples) alpha[i] = (samples[at + channels - 1] as number) / most;
    else if (colour === "palette") alpha[i] = (transparency[samples[at] as number] ?? 255) / 255;
    else alpha[i] = isSame(samples, at, clear) ? 0 : 1;
  }
  return alpha;
}

function isSame(samples: Samples, at: number, wanted: readonly number[]): boolean {
  for (let k = 0; k < wanted.length; k++) if (samples[at + k] !== wanted[k]) return false;
  return true;
}

/** The colour that is transparent where pixels have no alpha: 16 bits for each of its samples. */
function samplesOf16(bytes: Uint8Array, count: number): readonly number[] {
  if (bytes.length !== 2 * count) throw new Error("its transparent colour has another number of samples");
  return Array.from({ length: count }, (_, k) => 256 * (bytes[2 * k] as number) + (bytes[2 * k + 1] as number));
}
