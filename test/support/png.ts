/** PNG files of every kind, which encoders do not all write: any colour, depth, filter and interlacing, and any chunks. */
import { crc32, deflateSync } from "node:zlib";

/** By the numbers of the format: grey, colour, palette, grey with alpha, colour with alpha. */
export type ColourNumber = 0 | 2 | 3 | 4 | 6;

export type PngForm = {
  readonly width: number;
  readonly height: number;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly colour: ColourNumber;
  readonly isInterlaced?: boolean;
};

export const FORMS: readonly Pick<PngForm, "colour" | "depth">[] = [
  ...([1, 2, 4, 8, 16] as const).map((depth) => ({ colour: 0, depth }) as const),
  ...([1, 2, 4, 8] as const).map((depth) => ({ colour: 3, depth }) as const),
  ...([2, 4, 6] as const).flatMap((colour) => ([8, 16] as const).map((depth) => ({ colour, depth }) as const)),
];

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;
const ADAM7 = [
  ...[[0, 0, 8, 8] as const, [4, 0, 8, 8] as const, [0, 4, 4, 8] as const, [2, 0, 4, 4] as const],
  ...[[0, 2, 2, 4] as const, [1, 0, 2, 2] as const, [0, 1, 1, 2] as const],
];
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const channelsOf = ({ colour }: Pick<PngForm, "colour">): number => CHANNELS[colour];

export function chunkOf(name: string, content: Uint8Array | readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)));
  return bytes;
}

export function headerOf({ width, height, depth, colour, isInterlaced = false }: PngForm): Uint8Array {
  const content = new Uint8Array(13);
  new DataView(content.buffer).setUint32(0, width);
  new DataView(content.buffer).setUint32(4, height);
  content.set([depth, colour, 0, 0, isInterlaced ? 1 : 0], 8);
  return chunkOf("IHDR", content);
}

/** A file of these chunks. */
export function pngOf(...chunks: readonly Uint8Array[]): Uint8Array {
  const parts = [SIGNATURE, ...chunks];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The filtered rows of a picture, all passes one after the other, as they are before deflation.
 *
 * @param samples one for each channel of each pixel
 * @param filter of each row, by its number among all rows
 */
export function rowsOf(form: PngForm, samples: ArrayLike<number>, filter: (row: number) => number): Uint8Array {
  const { width, height, depth, isInterlaced = false } = form;
  const channels = channelsOf(form);
  const unit = Math.max(1, (depth * channels) >> 3);
  const bytes: number[] = [];
  let count = 0;
  for (const [x, y, columns, rows] of isInterlaced ? ADAM7 : [[0, 0, 1, 1] as const]) {
    let above: readonly number[] = [];
    if (x >= width) continue;
    for (let row = y; row < height; row += rows) {
      const bits: number[] = [];
      for (let column = x; column < width; column += columns) {
        for (let k = 0; k < channels; k++) {
          const sample = samples[(row * width + column) * channels + k] ?? 0;
          for (let bit = depth - 1; bit >= 0; bit--) bits.push((sample >> bit) & 1);
        }
      }
      const line: number[] = [];
      for (let i = 0; i < bits.length; i += 8)
        line.push(
          Number.parseInt(
            bits
              .slice(i, i + 8)
              .join("")
              .padEnd(8, "0"),
            2,
          ),
        );
      const kind = filter(count++);
      bytes.push(kind, ...line.map((byte, i) => (byte - predicted(kind, line, above, i, unit)) & 255));
      above = line;
    }
  }
  return Uint8Array.from(bytes);
}

function predicted(kind: number, line: readonly number[], above: readonly number[], i: number, unit: number): number {
  const [a, b, c] = [line[i - unit] ?? 0, above[i] ?? 0, above[i - unit] ?? 0];
  if (kind === 1) return a;
  if (kind === 2) return b;
  if (kind === 3) return (a + b) >> 1;
  if (kind !== 4) return 0;
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** A whole file. */
export function encodePng(
  form: PngForm,
  samples: ArrayLike<number>,
  {
    before = [],
    filter = (row) => row % 5,
    parts = 1,
  }: {
    readonly before?: readonly Uint8Array[];
    readonly filter?: (row: number) => number;
    readonly parts?: number;
  } = {},
): Uint8Array {
  const data = deflateSync(rowsOf(form, samples, filter));
  const length = Math.ceil(data.length / parts);
  const pieces = Array.from({ length: parts }, (_, i) => chunkOf("IDAT", data.subarray(i * length, (i + 1) * length)));
  return pngOf(headerOf(form), ...before, ...pieces, chunkOf("IEND"));
}
