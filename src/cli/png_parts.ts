/**
 * A PNG file (ISO/IEC 15948) in its parts, before anything is inflated or set aside for it:
 *
 *   signature   8 bytes
 *   chunks      u32 length, four letters, content, u32 CRC-32 of letters and content; big-endian
 *     IHDR      once, first: width, height, bits of a sample, kind of colour, interlacing
 *     PLTE      once, before the image data: colours of a palette
 *     tRNS      once, before the image data: what is transparent
 *     IDAT      one or several in a row: a zlib stream of filtered rows, which must hold those of the picture and no more
 *     IEND      the end
 *
 * All others that begin with a small letter (text, profiles, frames of an animation) are left out unread.
 */
import { crc32, inflateSync } from "node:zlib";

/** The content of IHDR. */
export type PngHeader = {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  readonly colour: Colour;
  readonly isInterlaced: boolean;
};

/** The samples of a pixel, for the color types of the format. */
export type Colour = "grey" | "colour" | "palette" | "grey with alpha" | "colour with alpha";

/** The parts of a picture. */
export type PngParts = {
  readonly header: PngHeader;
  /** Three bytes for each colour. */
  readonly palette: Uint8Array;
  /** The content of tRNS; empty where there is none. */
  readonly transparency: Uint8Array;
  /** The zlib stream. */
  readonly data: Uint8Array;
};

/** A part of an interlaced picture, or all of another: every so many columns and rows. */
export type Pass = {
  readonly width: number;
  readonly height: number;
  readonly x: number;
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
};

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOURS: readonly (Colour | undefined)[] = [
  ...["grey", undefined, "colour", "palette", "grey with alpha", undefined, "colour with alpha"],
] as (Colour | undefined)[];
export const CHANNELS: { readonly [C in Colour]: number } = {
  ...{ grey: 1, colour: 3, palette: 1, "grey with alpha": 2, "colour with alpha": 4 },
};
const DEPTHS: { readonly [C in Colour]: readonly number[] } = {
  ...{ grey: [1, 2, 4, 8, 16], colour: [8, 16], palette: [1, 2, 4, 8] },
  ...{ "grey with alpha": [8, 16], "colour with alpha": [8, 16] },
};
/** Its four letters. */
const IHDR = 0x49484452;
const NOTHING = new Uint8Array(0);
/** Length, letters and CRC of a chunk. */
const AROUND = 12;
const HEADER_LENGTH = 13;

/** Adam7: where each pass begins, and how far its pixels are apart. */
const ADAM7 = [
  ...[[0, 0, 8, 8] as const, [4, 0, 8, 8] as const, [0, 4, 4, 8] as const, [2, 0, 4, 4] as const],
  ...[[0, 2, 2, 4] as const, [1, 0, 2, 2] as const, [0, 1, 1, 2] as const],
];

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Width and height from the header, of bytes that begin as a PNG file does; undefined where it is cut off, 0 where
 * another chunk comes first.
 */
export function sizeOf(bytes: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const at = SIGNATURE.length + 8;
  if (bytes.length < at + 8) return undefined;
  const view = viewOf(bytes);
  if (view.getUint32(at - 4) !== IHDR) return { width: 0, height: 0 };
  return { width: view.getUint32(at), height: view.getUint32(at + 4) };
}

/**
 * Walks the chunks of a file.
 *
 * @throws {Error} what is wrong with it, in a few words
 */
export function partsOf(bytes: Uint8Array): PngParts {
  const view = viewOf(bytes);
  const found = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let [at, before] = [SIGNATURE.length, ""];
  while (before !== "IEND") {
    if (at + AROUND > bytes.length) throw new Error("no IEND chunk ends it");
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (!/^[A-Za-z]{4}$/.test(name)) throw new Error(`no chunk begins at byte ${at}`);
    if (length > bytes.length - at - AROUND) throw new Error(`the chunk ${name} is cut off`);
    const end = at + 8 + length;
    const content = bytes.subarray(at + 8, end);
    if (header === undefined && name !== "IHDR") throw new Error("it does not begin with a header");
    if (KNOWN.has(name)) {
      if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) throw new Error(`the chunk ${name} is damaged`);
      const isLate = (name === "PLTE" || name === "tRNS") && data.length > 0;
      const isAgain = name === "IDAT" ? data.length > 0 && before !== "IDAT" : found.has(name);
      if (isAgain || isLate) throw new Error(`the chunk ${name} is not where it belongs`);
      found.set(name, content);
      if (name === "IHDR") header = headerIn(content);
      if (name === "IDAT") data.push(content);
    } else if (/^[A-Z]/.test(name)) throw new Error(`the chunk ${name} is unknown`);
    before = name;
    at = end + 4;
  }
  if (header === undefined || data.length === 0) throw new Error("it has no picture");
  const palette = found.get("PLTE") ?? NOTHING;
  if (header.colour === "palette" && (palette.length === 0 || palette.length % 3 !== 0 || palette.length > 768)) {
    throw new Error("its palette has no colours, or too many");
  }
  return { header, palette, transparency: found.get("tRNS") ?? NOTHING, data: joined(data) };
}

const KNOWN: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

function headerIn(content: Uint8Array): PngHeader {
  if (content.length !== HEADER_LENGTH) throw new Error("its header has another length");
  const [width, height] = [viewOf(content).getUint32(0), viewOf(content).getUint32(4)];
  const [depth = 0, kind = 0, compression, filter, interlacing = 0] = content.subarray(8);
  const colour = COLOURS[kind];
  if (colour === undefined || !DEPTHS[colour].includes(depth)) throw new Error(`colour ${kind} of ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlacing > 1) throw new Error("it is compressed in an unknown way");
  if (width === 0 || height === 0) throw new Error("it has no pixels");
  return { width, height, depth, colour, isInterlaced: interlacing === 1 };
}

/** The passes of a picture that have pixels; one where it is not interlaced. */
export function passesOf({ width, height, isInterlaced }: PngHeader): readonly Pass[] {
  if (!isInterlaced) return [{ width, height, x: 0, y: 0, columns: 1, rows: 1 }];
  return ADAM7.map(([x, y, columns, rows]) => ({
    ...{ width: Math.ceil((width - x) / columns), height: Math.ceil((height - y) / rows) },
    ...{ x, y, columns, rows },
  })).filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes of a pass: for each row its pixels, and one for the filter. */
export function bytesOfPass({ width, height }: Pass, { depth, colour }: PngHeader): number {
  return height * (1 + Math.ceil((width * depth * CHANNELS[colour]) / 8));
}

/** What the zlib stream holds: the filtered rows of all passes; and the stream without what follows its end. */
export type Inflated = { readonly rows: Uint8Array; readonly stream: Uint8Array };

/**
 * Inflates the image data.
 *
 * @throws {Error} a damaged stream, or one that holds more or fewer bytes than the picture has: inflation ends there
 */
export function inflated({ header, data }: PngParts): Inflated {
  const expected = passesOf(header).reduce((sum, pass) => sum + bytesOfPass(pass, header), 0);
  // Deflate makes at most 1,032 bytes of one: no more is set aside on the word of a short file.
  const chunkSize = Math.max(64, Math.min(expected, 1032 * data.length) + 1);
  let result: { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
  try {
    // Node's typings do not know what `info` makes of the result.
    result = inflateSync(data, { maxOutputLength: expected, chunkSize, info: true }) as unknown as typeof result;
  } catch (error) {
    const isLarge = (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
    throw isLarge ? new Error(`more than ${expected} bytes of image data`, { cause: error }) : error;
  }
  const { buffer: rows, engine } = result;
  if (rows.length === expected) return { rows, stream: data.subarray(0, engine.bytesWritten) };
  throw new Error(`expected ${expected} bytes of image data, found ${rows.length}`);
}

/** A file of one pass, not interlaced, whose samples are grey where they are numbers of a palette's colours. */
export function fileOf({ width, height }: Pass, { depth, colour }: PngHeader, data: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER_LENGTH);
  viewOf(header).setUint32(0, width);
  viewOf(header).setUint32(4, height);
  header.set([depth, COLOURS.indexOf(colour === "palette" ? "grey" : colour)], 8);
  return joined([
    Uint8Array.from(SIGNATURE),
    ...chunk("IHDR", header),
    ...chunk("IDAT", data),
    ...chunk("IEND", NOTHING),
  ]);
}

/** A zlib stream of stored blocks, without its checksum, which no caller verifies. */
export function stored(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < bytes.length; at += STORED_BYTES) {
    const block = bytes.subarray(at, at + STORED_BYTES);
    const head = new Uint8Array(5);
    head[0] = at + block.length === bytes.length ? 1 : 0; // the last one
    viewOf(head).setUint16(1, block.length, true);
    viewOf(head).setUint16(3, ~block.length & 0xffff, true);
    parts.push(head, block);
  }
  return joined([...parts, new Uint8Array(4)]);
}

/** The most of a block that is not compressed. */
const STORED_BYTES = 65_535;

/** A chunk without its checksum, which no caller verifies. */
function chunk(name: string, content: Uint8Array): readonly Uint8Array[] {
  const head = new Uint8Array(8);
  viewOf(head).setUint32(0, content.length);
  for (let i = 0; i < 4; i++) head[4 + i] = name.charCodeAt(i);
  return [head, content, new Uint8Array(4)];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
