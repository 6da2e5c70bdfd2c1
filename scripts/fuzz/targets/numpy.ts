/** NumPy's files: .npy with headers that are Python, and .npz, zip archives of them. */

import { deflateRawSync } from "node:zlib";
import type { NamedArray, ShapedArray } from "../../../src/formats/arrays.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { decodeNpy, encodeNpy } from "../../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../../src/formats/npz.ts";
import type { Draw } from "../draw.ts";
import { damaged, type Surroundings } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";
import { zipOf } from "../zip.ts";

const ARRAYS: readonly NamedArray[] = [
  { name: "W1", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "b1", shape: [3], data: Float64Array.of(1e300, Number.NaN, -0) },
  { name: "labels", shape: [4], data: BigInt64Array.of(1n, -1n, 2n ** 62n, 0n) },
  { name: "pixels", shape: [2, 2, 2], data: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 255) },
  { name: "größe", shape: [], data: Int16Array.of(-5) },
  { name: "none", shape: [0, 3], data: new Uint32Array(0) },
];
const DESCR = [
  "'<f4'",
  "'>f8'",
  "'|u1'",
  "'|b1'",
  "'<f2'",
  "'<i8'",
  "'>u2'",
  "'|O'",
  "'<U5'",
  "[('a', '<f4')]",
  "'='",
  "'?'",
  "'=f4'",
  "'|B'",
  "'f'",
  "b'float64'",
  "'<M8[s]'",
  "4",
];
const WORDS = [
  ...["'", '"', "{", "}", "(", ")", "[", ",", ":", "L", " ", "\n", "True", "False", "None", "\\", "((", "{{", "é"],
  ...["descr", "'shape': ", "'fortran_order': True", "99999999999999999999", "(1,)", "'descr': '<f4', ", "\u0093NUMPY"],
];
const FILES = ARRAYS.map((array) => encodeNpy(array));
const SURROUNDINGS: Surroundings = { files: FILES, words: WORDS };

/** A header that is nearly one, and about as many bytes as it asks for. */
function generated(draw: Draw): Uint8Array {
  const rank = draw.chance(0.95) ? draw.below(5) : draw.pick([8, 9, 64, 1000]);
  const shape = Array.from({ length: rank }, () => (rank > 5 ? 1 : draw.extent()));
  const descr = draw.pick(DESCR);
  const entries = [
    `'descr': ${descr}`,
    `'fortran_order': ${draw.pick(["True", "False", "0"])}`,
    `'shape': (${shape.join(", ")}${draw.chance(0.8) ? "," : ""})`,
  ];
  if (draw.chance(0.1)) entries.splice(draw.below(3), 1);
  if (draw.chance(0.1)) entries.push(draw.pick(entries.length > 0 ? entries : WORDS));
  const blank = " ".repeat(draw.chance(0.02) ? draw.pick([1000, 60_000]) : draw.below(8));
  const text = `{${entries.join(draw.pick([", ", ",", " "]))}${draw.pick(["", ","])}${blank}}${draw.pick(["\n", "", " x"])}`;
  const major = draw.pick([1, 1, 2, 3]);
  const header = new TextEncoder().encode(text);
  const size = Number(/\d/.exec(descr)?.[0] ?? 1);
  const wanted = shape.reduce((count, extent) => count * extent, size);
  const body = new Uint8Array(wanted <= 4096 ? Math.max(0, wanted + draw.pick([0, 0, 0, 1, -1])) : draw.below(64));
  if (draw.chance(0.5)) body.fill(1);
  const prefix = major === 1 ? 10 : 12;
  const bytes = new Uint8Array(prefix + header.length + body.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, draw.chance(0.95) ? 0 : 1]);
  const length = draw.chance(0.95) ? header.length : draw.extent() % 2 ** 32;
  const view = new DataView(bytes.buffer);
  if (major === 1) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  bytes.set(header, prefix);
  bytes.set(body, prefix + header.length);
  return bytes;
}

/** Written and read again, an array stays as it is. */
export function checkSame(read: ShapedArray, again: ShapedArray | undefined): void {
  const isSame =
    again !== undefined &&
    read.shape.join() === again.shape.join() &&
    read.data.constructor === again.data.constructor &&
    Buffer.compare(bytesOf(read), bytesOf(again)) === 0;
  if (!isSame) throw new WrongAnswer(`[${read.shape.join(", ")}] does not come back as it was written`);
}

function bytesOf({ data }: ShapedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

export const npy: Target = {
  name: "npy",
  about: "decodeNpy of bytes",
  refusals: [FormatError],
  bytesPerByte: 64, // a short header's parts are objects; elements are copied, widened, and written again
  open: () => ({
    next(draw) {
      const bytes = draw.chance(0.5) ? damaged(draw, SURROUNDINGS) : generated(draw);
      return caseOf(bytes, () => {
        const array = decodeNpy(bytes, { file: "array.npy" });
        checkSame(array, decodeNpy(encodeNpy(array)));
      });
    },
  }),
};

const NAMES = [
  "W1.npy",
  "b1.npy",
  "__proto__.npy",
  "../x.npy",
  "/x.npy",
  "a/b.npy",
  ".npy",
  "x.txt",
  "",
  "a\\b.npy",
  "größe.npy",
  "README.txt",
  "folder/",
  "__MACOSX/._W1.npy",
  "no extension",
];
/** What an archive may hold beside arrays of numbers. */
const FOREIGN: readonly Uint8Array[] = [
  new TextEncoder().encode("What is in this archive.\n"),
  Uint8Array.of(0, 5, 0x16, 7, 0, 2, 0, 0, ...new Uint8Array(90)),
  Buffer.from(
    "\x93NUMPY\x01\x00H\x00{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }              \na\0\0\0b\0\0\0",
    "latin1",
  ),
  new Uint8Array(0),
];
const BOMB = new Uint8Array(2 ** 17);
const MAX_BYTES = 2 ** 18;

export const npz: Target = {
  name: "npz",
  about: "decodeNpz of bytes: archives, damaged inside, outside, or both",
  refusals: [FormatError],
  bytesPerByte: 2 * 1032 + 64, // deflate's ratio at most, and what npy takes
  open() {
    const archives = [encodeNpz(ARRAYS.slice(0, 2)), encodeNpz(ARRAYS), encodeNpz([])];
    const deflated = FILES.map((file) => deflateRawSync(file));
    return {
      next(draw) {
        const bytes = archive(draw, { archives, deflated });
        const maxBytes = draw.chance(0.9) ? MAX_BYTES : draw.pick([1, 100, 1000, 2 ** 40]);
        const names = Array.from({ length: draw.below(3) }, () => draw.pick(ENTRIES));
        if (draw.chance(0.2))
          return caseOf(bytes, async () => checkNames(names, await decodeNpz(bytes, { maxBytes, names })));
        return caseOf(bytes, async () => {
          const all = await decodeNpz(bytes, { maxBytes });
          const chosen = await decodeNpz(bytes, { maxBytes, names: all.map(({ name }) => name) });
          for (const [i, array] of all.entries()) checkSame(array, chosen[i]);
          const arrays = all.filter(({ name }) => name !== ""); // which is not written
          const again = await decodeNpz(encodeNpz(arrays));
          for (const [i, array] of arrays.entries()) checkSame(array, again[i]);
        });
      },
    };
  },
};

/** Names to ask for: some that are there, and some that are not. */
const ENTRIES = ["W1", "b1", "a0", "a1", "__proto__", "README.txt", "a0.npy", "", "no extension", "../x"];

function checkNames(names: readonly string[], arrays: readonly NamedArray[]): void {
  const found = arrays.map(({ name }) => name);
  if (found.join("\n") !== names.join("\n")) throw new WrongAnswer(`asked for ${names}, given ${found}`);
}

type Parts = { readonly archives: readonly Uint8Array[]; readonly deflated: readonly Uint8Array[] };

function archive(draw: Draw, { archives, deflated }: Parts): Uint8Array {
  if (draw.chance(0.4))
    return damaged(draw, { files: archives, words: ["PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "PK\x06\x06"] });
  const entries = Array.from({ length: draw.below(4) }, (_, i) => ({
    name: draw.chance(0.3) ? draw.pick(NAMES) : `a${i}.npy`,
    content: contentOf(draw, deflated),
  }));
  const bytes = zipOf(draw, entries, draw.pick([0, 0, 0.02, 0.2]));
  return draw.chance(0.2) ? damaged(draw, { files: [bytes], words: [] }) : bytes;
}

function contentOf(draw: Draw, deflated: readonly Uint8Array[]): Uint8Array {
  switch (draw.below(20)) {
    case 0:
      return BOMB;
    case 1:
      return draw.pick(deflated);
    case 2:
    case 3:
      return draw.pick(FOREIGN);
    default:
      return draw.chance(0.5) ? draw.pick(FILES) : draw.chance(0.5) ? damaged(draw, SURROUNDINGS) : generated(draw);
  }
}
