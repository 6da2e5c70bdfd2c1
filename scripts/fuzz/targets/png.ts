/** Pictures of every kind, damaged in the file, in the chunks and inside of the image data, with right checksums or wrong ones. */
import { deflateSync } from "node:zlib";
import { FileError } from "../../../src/cli/files.ts";
import { readPng } from "../../../src/cli/png.ts";
import { prepareDigit } from "../../../src/data/picture.ts";
import {
  channelsOf,
  chunkOf,
  encodePng,
  FORMS,
  headerOf,
  type PngForm,
  pngOf,
  rowsOf,
} from "../../../test/support/png.ts";
import type { Draw } from "../draw.ts";
import { damaged, type Surroundings } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";

const NAMES = [
  "IHDR",
  "PLTE",
  "tRNS",
  "IDAT",
  "IEND",
  "iCCP",
  "zTXt",
  "iTXt",
  "acTL",
  "fcTL",
  "fdAT",
  "gAMA",
  "CgBI",
  "ID\0T",
];
/** 128 KiB of zeros, of which deflate makes 150 bytes. */
const BOMB = deflateSync(new Uint8Array(2 ** 17), { level: 9 });
const END = chunkOf("IEND");

function samplesOf(form: PngForm): number[] {
  const most = 2 ** form.depth - 1;
  return Array.from({ length: form.width * form.height * channelsOf(form) }, (_, i) => (i * 37) & most);
}

const PALETTE = Array.from({ length: 48 }, (_, i) => (i * 61) & 255);
const before = ({ colour }: Pick<PngForm, "colour">) => (colour === 3 ? [chunkOf("PLTE", PALETTE)] : []);
const FILES = FORMS.flatMap((kind) =>
  [false, true].map((isInterlaced) => {
    const form = { ...kind, width: 9, height: 6, isInterlaced };
    const samples = samplesOf(form).map((sample) => (kind.colour === 3 ? sample & 15 : sample));
    return encodePng(form, samples, { before: before(form) });
  }),
);
const SURROUNDINGS: Surroundings = { files: FILES, words: [...NAMES, "\x89PNG\r\n\x1a\n", "\0\0\0\r"] };

/** A file of right chunks, some of which are not where they belong, or not what they should be. */
function generated(draw: Draw): Uint8Array {
  const kind = draw.pick(FORMS);
  const form = { ...kind, width: draw.between(1, 12), height: draw.between(1, 12), isInterlaced: draw.chance(0.5) };
  const isLarge = draw.chance(0.1);
  const header = headerOf(
    isLarge
      ? { ...form, [draw.pick(["width", "height"])]: draw.pick([0, 4096, 4097, 2 ** 16, 2 ** 31, 2 ** 32 - 1]) }
      : form,
  );
  if (draw.chance(0.05)) header[16 + draw.below(5)] = draw.bits(); // and a wrong checksum
  const rows = rowsOf(form, samplesOf(form), () => draw.below(draw.chance(0.95) ? 5 : 7));
  const chunks = [header, ...before(form)];
  if (draw.chance(0.2)) chunks.push(chunkOf("tRNS", draw.bytes(draw.pick([0, 1, 2, 6, 16, 17]))));
  const data = draw.chance(0.05) ? BOMB : deflateSync(draw.chance(0.1) ? rows.subarray(draw.below(4)) : rows);
  const cut = draw.below(data.length);
  if (draw.chance(0.8)) chunks.push(chunkOf("IDAT", data));
  else chunks.push(chunkOf("IDAT", data.subarray(0, cut)), chunkOf("IDAT", data.subarray(cut)));
  chunks.push(END);
  for (let count = draw.pick([0, 0, 0, 1, 2]); count > 0; count--) {
    const extra = draw.chance(0.3)
      ? draw.pick(chunks)
      : chunkOf(
          draw.pick(NAMES),
          draw.chance(0.3) ? Buffer.concat([Buffer.from("x\0\0"), BOMB]) : draw.bytes(draw.below(20)),
        );
    chunks.splice(draw.below(chunks.length + 1), 0, extra);
  }
  if (draw.chance(0.05)) chunks.splice(draw.below(chunks.length), 1);
  return pngOf(...chunks);
}

export const png: Target = {
  name: "png",
  about: "readPng of bytes, and the digit made of it",
  refusals: [FileError],
  bytesPerByte: 2 * 1032 + 64, // deflate's ratio at most, inflated twice, and 16 bytes for each pixel of a few bits
  open: () => ({
    next(draw) {
      const bytes = draw.chance(0.4) ? damaged(draw, SURROUNDINGS) : generated(draw);
      const file = draw.chance(0.1) ? damaged(draw, { files: [bytes], words: NAMES }) : bytes;
      return caseOf(file, async () => {
        const picture = await readPng(file, "x.png");
        const isWhole = picture.grey.every((value) => value >= 0 && value <= 255);
        if (picture.grey.length !== picture.width * picture.height || !isWhole) throw new WrongAnswer("no picture");
        prepareDigit(picture);
      });
    },
  }),
};
