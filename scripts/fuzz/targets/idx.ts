/** IDX files, plain (`parseIdx`) and as they lie on a disk (`readIdx`): gzip around them, right and wrong. */

import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { encodeIdx, type IdxArray, type IdxExpectation, parseIdx, readIdx } from "../../../src/data/idx.ts";
import { IdxError } from "../../../src/data/idx_error.ts";
import { inflateMembers } from "../../../src/platform/members.ts";
import { gunzip } from "../../../src/platform/node.ts";
import type { Draw } from "../draw.ts";
import { damaged, type Surroundings } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";

const FILES: readonly Uint8Array[] = [
  encodeIdx({ type: "uint8", shape: [3, 4, 4], data: Uint8Array.from({ length: 48 }, (_, i) => 5 * i) }),
  encodeIdx({ type: "uint8", shape: [10], data: Uint8Array.from({ length: 10 }, (_, i) => i) }),
  encodeIdx({ type: "int8", shape: [2, 3], data: Int8Array.of(-1, 2, -3, 4, -128, 127) }),
  encodeIdx({ type: "int16", shape: [2, 2], data: Int16Array.of(-1, 2, -32_768, 32_767) }),
  encodeIdx({ type: "int32", shape: [3], data: Int32Array.of(-1, 2 ** 31 - 1, 0) }),
  encodeIdx({ type: "float32", shape: [2, 1, 2], data: Float32Array.of(1.5, Number.NaN, -0, 1e30) }),
  encodeIdx({ type: "float64", shape: [], data: Float64Array.of(Math.PI) }),
  encodeIdx({ type: "float64", shape: [0, 5], data: new Float64Array(0) }),
];
const SURROUNDINGS: Surroundings = {
  files: FILES,
  words: ["\0\0\x08\x03", "\0\0\x0e\x08", "\xff\xff\xff\xff", "\x1f"],
};
const CODES = [8, 9, 11, 12, 13, 14, 10, 0, 255];
/** A megabyte that is a kilobyte as gzip: what a bomb is made of. */
const BOMB = gzipSync(new Uint8Array(2 ** 20));
const MAX_BYTES = 2 ** 18;

/** What `parseIdx` is told that it should find. */
function expectation(draw: Draw): IdxExpectation {
  return {
    ...(draw.chance(0.2) ? { rank: draw.below(5) } : {}),
    ...(draw.chance(0.2) ? { type: draw.pick(["uint8", "int16", "float64"] as const) } : {}),
    ...(draw.chance(0.2) ? { file: "images" } : {}),
  };
}

/** A header of hostile sizes, and about as many bytes as it asks for where that is possible. */
function generated(draw: Draw): Uint8Array {
  const rank = draw.chance(0.9) ? draw.below(5) : draw.below(256);
  const shape = Array.from({ length: Math.min(rank, 12) }, () => draw.extent() % 2 ** 32);
  const code = draw.pick(CODES);
  const size = { 11: 2, 12: 4, 13: 4, 14: 8 }[code] ?? 1;
  const wanted = shape.reduce((count, extent) => count * extent, size);
  const length = wanted <= 4096 ? Math.max(0, wanted + draw.pick([0, 0, 0, -1, 1])) : draw.below(100);
  const bytes = new Uint8Array(4 + 4 * shape.length + length);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, code * 256 + rank);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  return bytes;
}

/** What was accepted says in its own words what was in the file: to the byte. */
function checkWhole(bytes: Uint8Array, array: IdxArray): void {
  if (Buffer.compare(encodeIdx(array), bytes) !== 0) throw new WrongAnswer("the array is not what the file says");
}

export const idx: Target = {
  name: "idx",
  about: "parseIdx of bytes",
  refusals: [IdxError],
  bytesPerByte: 3, // elements are copied once; written again by the check
  open: () => ({
    next(draw) {
      const bytes = draw.chance(0.6) ? damaged(draw, SURROUNDINGS) : generated(draw);
      const expected = expectation(draw);
      return caseOf(bytes, () => checkWhole(bytes, parseIdx(bytes, expected)));
    },
  }),
};

export const gzip: Target = {
  name: "gzip",
  about: "readIdx of bytes: IDX in gzip, damaged inside, outside, or both",
  refusals: [IdxError, DatasetError],
  bytesPerByte: 2 * 1032 + 8, // deflate's ratio at most, for what it declares, and the content once more
  open: () => ({
    next(draw) {
      const bytes = compressedFile(draw);
      const expected = expectation(draw);
      const maxBytes = draw.chance(0.8) ? MAX_BYTES : draw.pick([1, 16, 64, 2 ** 32, 2 ** 40]);
      return caseOf(bytes, () => readIdx(bytes, { ...expected, maxBytes }));
    },
  }),
};

const MEMBERS: readonly Uint8Array[] = [...FILES.map((file) => gzipSync(file)), gzipSync(new Uint8Array(0)), BOMB];

/** What the reader of members refuses. */
class Refused extends Error {
  override readonly name = "Refused";
}

export const members: Target = {
  name: "members",
  about: "gzip of several members: what JavaScript inflates, beside what zlib does",
  refusals: [Refused],
  bytesPerByte: 4 * 1032 + 64, // twice what gzip may take
  open: () => ({
    next(draw) {
      const bytes = compressedFile(draw);
      const maxBytes = draw.chance(0.8) ? MAX_BYTES : draw.pick([1, 16, 64, 1000]);
      return caseOf(bytes, async () => {
        const [ours, zlibs] = await Promise.all([
          Promise.resolve()
            .then(() => inflateMembers(bytes, maxBytes, 16) ?? "too large")
            .catch(() => undefined),
          gunzip(bytes, maxBytes).then((content) => {
            if ("kind" in content) return content.kind === "too-large" ? "too large" : undefined;
            return content;
          }),
        ]);
        // Which of two faults is met first is not said.
        if (ours === "too large" || zlibs === "too large") {
          if (ours instanceof Uint8Array || zlibs instanceof Uint8Array)
            throw new WrongAnswer("one of two is too large");
        } else if (
          Buffer.compare(ours ?? NOTHING, zlibs ?? NOTHING) !== 0 ||
          (ours === undefined) !== (zlibs === undefined)
        ) {
          throw new WrongAnswer(`${ours?.length} bytes, where zlib finds ${zlibs?.length}`);
        }
        if (ours === undefined || ours === "too large") throw new Refused("as zlib does");
      });
    },
  }),
};

const NOTHING = new Uint8Array(0);

function compressedFile(draw: Draw): Uint8Array {
  switch (draw.below(8)) {
    case 0: // whole gzip around a damaged file
      return gzipSync(damaged(draw, SURROUNDINGS), { level: draw.pick([0, 1, 9]) });
    case 1: // the right beginning and end around damaged blocks
      return member(draw, damaged(draw, { files: FILES.map((file) => deflateRawSync(file)), words: [] }));
    case 2: // a file in several members, with padding or something else after them
      return joined(draw, FILES);
    case 3: // several members, one of them damaged
      return damaged(draw, { files: [joined(draw, FILES), joined(draw, PICTURES)], words: ["\x1f\x8b\x08"] });
    case 4: // codes of all kinds
      return joined(draw, PICTURES);
    default:
      return damaged(draw, { files: MEMBERS, words: ["\x1f", "\0\0\0\0\xff\xff", "\x03\0"] });
  }
}

/** What takes long codes: digits, noise, and both. */
const PICTURES: readonly Uint8Array[] = [7, 60, 251].map((modulus) =>
  Uint8Array.from({ length: 3000 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % modulus),
);

/** A content in one to four members of any effort, and what follows them. */
function joined(draw: Draw, contents: readonly Uint8Array[]): Uint8Array {
  const content = draw.pick(contents);
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let left = draw.below(4); left >= 0; left--) {
    const end = left === 0 ? content.length : draw.between(start, content.length);
    const strategy = draw.pick([constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY]);
    parts.push(gzipSync(content.subarray(start, end), { level: draw.pick([0, 1, 9]), strategy }));
    start = end;
  }
  if (draw.chance(0.2)) parts.push(new Uint8Array(draw.below(20)));
  if (draw.chance(0.1)) parts.push(draw.bytes(draw.below(4)));
  return Buffer.concat(parts);
}

/** A gzip member by hand: any blocks, any size, any checksum. */
function member(draw: Draw, blocks: Uint8Array): Uint8Array {
  const source = draw.pick(MEMBERS);
  const bytes = new Uint8Array(10 + blocks.length + 8);
  bytes.set(source.subarray(0, 10));
  bytes.set(blocks, 10);
  bytes.set(source.subarray(-8), 10 + blocks.length);
  if (draw.chance(0.5)) new DataView(bytes.buffer).setUint32(bytes.length - 4, draw.extent(), true);
  return bytes;
}
