/** CIFAR-10's records. */
import { parseCifar } from "../../../src/data/cifar.ts";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { damaged } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";

const RECORD = 3073;
const FILES: readonly Uint8Array[] = [1, 2, 3].map((count) =>
  Uint8Array.from({ length: count * RECORD }, (_, at) => (at % RECORD === 0 ? (at / RECORD) % 10 : (7 * at) % 256)),
);

/** What was accepted says in its own words what was in the file: to the byte. */
function checkWhole(bytes: Uint8Array, file: ReturnType<typeof parseCifar>): void {
  for (let at = 0; at < bytes.length; at++) {
    const example = Math.floor(at / RECORD); // an array for each byte would count as the parser's memory
    const place = (at % RECORD) - 1;
    const channel = Math.floor(place / 1024);
    const pixel = place % 1024;
    const found = place < 0 ? file.labels[example] : file.images[(example * 1024 + pixel) * 3 + channel];
    if (found !== bytes[at]) throw new WrongAnswer(`byte ${at} is ${bytes[at]}, and became ${found}`);
  }
}

export const cifar: Target = {
  name: "cifar",
  about: "parseCifar of bytes",
  refusals: [DatasetError],
  bytesPerByte: 2,
  open: () => ({
    next(draw) {
      const bytes = draw.chance(0.5) ? damaged(draw, { files: FILES, words: ["\n"] }) : draw.pick(FILES).slice();
      if (draw.chance(0.5)) bytes[draw.below(bytes.length)] = draw.below(256);
      return caseOf(bytes, () => checkWhole(bytes, parseCifar(bytes)));
    },
  }),
};
