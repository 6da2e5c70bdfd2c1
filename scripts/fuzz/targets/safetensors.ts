/** safetensors files: JSON headers with hostile values, and bytes that fit them or do not. */
import { FormatError } from "../../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors, type Safetensors } from "../../../src/formats/safetensors.ts";
import type { Draw } from "../draw.ts";
import { damagedJson, type JsonValue, jsonText } from "../json.ts";
import { damaged, type Surroundings } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";
import { checkSame } from "./numpy.ts";

const WORDS: readonly string[] = [
  ...[
    '"',
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u0000",
    "-",
    "1e999",
    "null",
    "\\ud83d",
    '"__metadata__":null,',
    "[[[[[[[[",
    "{}",
    '""',
    "0.5",
    "é",
    "\0",
  ],
  ...['"__metadata__":{},', '"dtype":"F16"', '"BF16"', '"BOOL"', '"shape":[]', '"data_offsets":[0,0]', '"__proto__":{'],
];
const DTYPES = ["F64", "F32", "F16", "BF16", "I64", "I8", "U8", "BOOL", "F8", ""];
const SIZES: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8 };
const NAMES = ["W1", "b1", "__proto__", "__metadata__", "constructor", "1", "", "größe", '"'];

const FILES: readonly Uint8Array[] = [
  encodeSafetensors([]),
  encodeSafetensors(
    [
      { name: "W1", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { name: "b1", shape: [], data: Float64Array.of(Number.NaN) },
      { name: "none", shape: [0, 7], data: new Int8Array(0) },
    ],
    { format: "pt", "lanegrad.naming": "lanegrad" },
  ),
  encodeSafetensors([{ name: "n", shape: [3], data: BigUint64Array.of(1n, 2n, 2n ** 64n - 1n) }]),
];
const SURROUNDINGS: Surroundings = { files: FILES, words: WORDS };

/** A file of a header's text and bytes behind it; the length of the header is right. */
export function fileOf(header: string, body: Uint8Array): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

/** Tensors one after the other, some of which lie. */
function generated(draw: Draw): Uint8Array {
  const header: [string, JsonValue][] = [];
  let end = 0;
  for (let count = draw.below(4); count > 0; count--) {
    const dtype = draw.pick(DTYPES);
    const shape = Array.from({ length: draw.chance(0.95) ? draw.below(4) : 9 }, () => draw.extent());
    const wanted = shape.reduce((product, extent) => product * extent, SIZES[dtype] ?? 1);
    const begin = draw.chance(0.9) ? end : draw.extent();
    if (wanted <= 4096) end = begin + wanted;
    const entry = { dtype, shape, data_offsets: [begin, draw.chance(0.95) ? end : draw.extent()] };
    header.push([draw.pick(NAMES), draw.chance(0.1) ? damagedJson(draw, entry) : entry]);
  }
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`);
  const body = new Uint8Array(end <= 65_536 ? end + draw.pick([0, 0, 0, 0, 1]) : draw.below(64));
  if (draw.chance(0.3)) body.fill(draw.bits());
  return fileOf(`{${members.join(",")}}${" ".repeat(draw.below(8))}`, body);
}

/** Any JSON under a header that is right about its length. */
function damagedHeader(draw: Draw): Uint8Array {
  const file = draw.pick(FILES);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as JsonValue;
  return fileOf(jsonText(damagedJson(draw, header)), file.subarray(8 + length));
}

function readTwice(bytes: Uint8Array): void {
  const { tensors, metadata }: Safetensors = decodeSafetensors(bytes, { file: "weights.safetensors" });
  const again = decodeSafetensors(encodeSafetensors(tensors, Object.fromEntries(metadata)));
  const found = new Map(again.tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of tensors) checkSame(tensor, found.get(tensor.name));
  for (const [key, text] of metadata) if (again.metadata.get(key) !== text) throw new WrongAnswer(`metadata: ${key}`);
}

export const safetensors: Target = {
  name: "safetensors",
  about: "decodeSafetensors of bytes",
  refusals: [FormatError],
  bytesPerByte: 64, // the header's JSON, as text and as values; elements copied, widened, and written again
  open: () => ({
    next(draw) {
      const choice = draw.below(3);
      const bytes = choice === 0 ? damaged(draw, SURROUNDINGS) : choice === 1 ? generated(draw) : damagedHeader(draw);
      return caseOf(bytes, readTwice);
    },
  }),
};
