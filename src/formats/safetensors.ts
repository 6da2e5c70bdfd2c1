/**
 * safetensors, the container in which weights travel:
 *
 *   u64 little-endian   length of the header
 *   JSON                { "W1": { "dtype": "F32", "shape": [784, 50], "data_offsets": [0, 156800] }, … },
 *                       filled up with spaces to a multiple of 8 bytes
 *   bytes               the tensors' elements, row-major, little-endian, without gaps
 *
 * The format is Hugging Face's: https://huggingface.co/docs/safetensors
 */

import { checkRecord, checkText, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { countOf } from "../shape.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import { describeValue } from "../values.ts";
import {
  checkArray,
  ELEMENT_BYTES,
  type ElementType,
  elementsOf,
  isCount,
  isShape,
  littleEndian,
  MAX_RANK,
  type NamedArray,
  storedAs,
  typeOf,
} from "./arrays.ts";
import type { FormatFault } from "./format_error.ts";
import { FormatError } from "./format_error.ts";
import { isObject, type Json, parseJson } from "./json.ts";
import { whatItIs } from "./what_it_is.ts";

/** What a safetensors file holds. */
export type Safetensors = {
  /** In the order of their bytes in the file. */
  readonly tensors: readonly NamedArray[];
  /** Words about the file. */
  readonly metadata: ReadonlyMap<string, string>;
};

/** A tensor's place, as given in the header; offsets from the end of the header. */
type Entry = {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
};

const ALIGNMENT = 8;
const METADATA = "__metadata__";
/** What `whatItIs` calls files of this format. */
const OWN_KIND = "a safetensors file";
/** The longest header that the format's reference implementation reads. */
const MAX_HEADER_BYTES = 100_000_000;

const DTYPES: ReadonlyMap<string, ElementType> = new Map([
  ["F64", "float64"],
  ["F32", "float32"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I64", "int64"],
  ["I32", "int32"],
  ["I16", "int16"],
  ["I8", "int8"],
  ["U64", "uint64"],
  ["U32", "uint32"],
  ["U16", "uint16"],
  ["U8", "uint8"],
  ["BOOL", "bool"],
]);

/**
 * The bytes of a safetensors file.
 *
 * Tensors are stored in the order given, as long as each then begins at a multiple of its element's size; where one would not,
 * larger elements come first, which aligns them all.
 *
 * @param metadata words about the file, such as which program wrote it
 * @throws {OptionError} a name that comes twice or is reserved, invalid Unicode text, more than 8 axes, or data that
 *   does not fill its shape
 * @example
 * const bytes = encodeSafetensors(weightsOf(net), { program: "digits" });
 */
export function encodeSafetensors(
  tensors: readonly NamedArray[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const names = new Set([METADATA]);
  if (!Array.isArray(tensors)) throw new OptionError("safetensors", "an array of named arrays", tensors);
  checkRecord("safetensors: metadata", metadata);
  for (const [i, tensor] of tensors.entries()) {
    checkType(`safetensors: [${i}]`, "object", tensor);
    const { name } = tensor;
    if (names.has(name)) throw new OptionError("safetensors: name", "a name that is not taken", name);
    checkWellFormed("safetensors: name", name);
    checkArray(`safetensors: ${name}`, tensor);
    names.add(name);
  }
  for (const text of Object.entries(metadata).flat()) checkWellFormed("safetensors: metadata", text);

  const ordered = isAligned(tensors) ? tensors : largestFirst(tensors);
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA, metadata]);
  let end = 0;
  for (const { name, shape, data } of ordered) {
    const begin = end;
    end += data.byteLength;
    entries.push([name, { dtype: dtypeOf(data), shape, data_offsets: [begin, end] }]);
  }

  // Joined here, because an object would put names that are integers first, and __proto__ nowhere.
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = encodeUtf8(`{${members.join(",")}}`);
  const headerLength = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength).set(json, 8);
  let offset = 8 + headerLength;
  for (const { data } of ordered) {
    bytes.set(littleEndian(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Elements are copied; F16 and BF16 become float32, BOOL becomes uint8 (0, and 1 for any other
 * byte): `storedAs` tells these.
 *
 * Strict: the header is checked whole, and against the file's length, before anything is sized from it.
 *
 * @param options.file the file's name, for errors
 * @throws {FormatError} damaged, or of another format: nothing else is thrown for any bytes
 * @throws {OptionError} no bytes
 * @example
 * const bytes = encodeSafetensors(weightsOf(net), { program: "digits" });
 * const { tensors, metadata } = decodeSafetensors(bytes, { file: "model.safetensors" });
 * metadata.get("program"); // → "digits"
 */
export function decodeSafetensors(
  given: Uint8Array,
  options: { readonly file?: string | undefined } = {},
): Safetensors {
  const bytes = bytesOf("decodeSafetensors: bytes", given);
  checkOptions<{ readonly file?: string | undefined }>("decodeSafetensors", options, { file: 1 });
  const { file } = options;
  checkText("decodeSafetensors: file", file);
  const fail = (fault: FormatFault) => new FormatError("safetensors", fault, file);
  const { json, start } = splitHeader(bytes, fail);
  const { entries, metadata } = parseHeader(json, fail);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const length = bytes.length - start;
  let filled = 0;
  for (const { name, begin, end } of entries) {
    if (begin === filled && end <= length) {
      filled = end;
      continue;
    }
    const expected = begin === filled ? `an end within ${length} bytes` : `data from byte ${filled} on`;
    throw fail({ kind: "tensor", tensor: name, expected, found: `${begin} to ${end}` });
  }
  if (filled !== length) throw fail({ kind: "length", part: "tensors", expected: String(filled), found: length });

  const tensors = entries.map(({ name, type, shape, begin, end }) => {
    const data = elementsOf(type, bytes.subarray(start + begin, start + end), "little");
    return { name, shape, data, ...storedAs(type) };
  });
  return { tensors, metadata };
}

function checkWellFormed(option: string, text: string): void {
  if (!isText(text)) throw new OptionError(option, "a string of Unicode characters", text);
}

/** A string without half of a surrogate pair, which UTF-8 cannot write: neither written nor read from an escape in JSON. */
function isText(text: unknown): text is string {
  return typeof text === "string" && !/\p{Surrogate}/u.test(text);
}

function isAligned(tensors: readonly NamedArray[]): boolean {
  let begin = 0;
  return tensors.every(({ data }) => {
    const fits = begin % data.BYTES_PER_ELEMENT === 0;
    begin += data.byteLength;
    return fits;
  });
}

function largestFirst(tensors: readonly NamedArray[]): readonly NamedArray[] {
  return [...tensors].sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
}

function dtypeOf(data: NamedArray["data"]): string {
  const type = typeOf(data);
  return [...DTYPES].find(([, known]) => known === type)?.[0] ?? "";
}

/** The header's text, and where the tensors start. */
function splitHeader(bytes: Uint8Array, fail: (fault: FormatFault) => FormatError): { json: string; start: number } {
  const length = bytes.length < 8 ? 0 : Number(viewOf(bytes).getBigUint64(0, true));
  const limit = Math.min(MAX_HEADER_BYTES, bytes.length - 8);
  const header = bytes.subarray(8, 8 + length);
  if (length > limit || header[0] !== "{".charCodeAt(0)) throw fail(faultOfStart(bytes, length));
  try {
    return { json: decodeUtf8(header, "drop"), start: 8 + length };
  } catch {
    throw fail({ kind: "header", reason: "not UTF-8" });
  }
}

/** Another kind of file, or one that is damaged where it begins. */
function faultOfStart(bytes: Uint8Array, length: number): FormatFault {
  const kind = whatItIs(bytes);
  const expected = "the length of a header and {";
  if (kind !== undefined && kind.name !== OWN_KIND) {
    return { kind: "magic", expected, found: kind.name, cure: kind.cure };
  }
  if (bytes.length < 8) return { kind: "length", part: "file", expected: "at least 8", found: bytes.length };
  if (bytes[8] !== "{".charCodeAt(0) && length > MAX_HEADER_BYTES) {
    const found = Array.from(bytes.subarray(0, 9), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return { kind: "magic", expected, found };
  }
  const limit = Math.min(MAX_HEADER_BYTES, bytes.length - 8);
  if (length > limit) return { kind: "too-large", part: "header", limit, found: length };
  return { kind: "header", reason: "does not start with {" };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function parseHeader(
  json: string,
  fail: (fault: FormatFault) => FormatError,
): { entries: Entry[]; metadata: ReadonlyMap<string, string> } {
  const header = readJson(json, fail);
  const entries: Entry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(isObject(header) ? header : {})) {
    if (!isText(name)) throw fail({ kind: "header", reason: `${describeValue(name)} is half of a surrogate pair` });
    if (name === METADATA) metadata = metadataOf(value, fail);
    else entries.push(entryOf(name, value, fail));
  }
  return { entries, metadata };
}

function readJson(json: string, fail: (fault: FormatFault) => FormatError): Json {
  try {
    return parseJson(json);
  } catch (error) {
    throw fail({ kind: "header", reason: (error as SyntaxError).message });
  }
}

/** Metadata of the file; null means none, as for the format's reference implementation. */
function metadataOf(value: Json, fail: (fault: FormatFault) => FormatError): ReadonlyMap<string, string> {
  if (value === null) return new Map();
  if (!isObject(value)) throw fail({ kind: "header", reason: `${METADATA} is no object` });
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (!isText(key) || !isText(text)) {
      throw fail({ kind: "header", reason: `${METADATA}: ${describeValue(key)} is not a Unicode string` });
    }
    metadata.set(key, text);
  }
  return metadata;
}

function entryOf(name: string, value: Json, fail: (fault: FormatFault) => FormatError): Entry {
  const refuse = (reason: string) => fail({ kind: "header", reason: `${describeValue(name)}: ${reason}` });
  if (!isObject(value)) throw refuse("no object");
  const { dtype, shape, data_offsets: offsets, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(`unknown key ${describeValue(unknown)}`);
  const type = typeof dtype === "string" ? DTYPES.get(dtype) : undefined;
  if (type === undefined) {
    throw fail({ kind: "type", part: name, expected: [...DTYPES.keys()].join(", "), found: describeValue(dtype) });
  }
  if (!isShape(shape)) throw refuse(`shape is not at most ${MAX_RANK} integers from 0`);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isCount(begin) || !isCount(end) || begin > end) throw refuse("data_offsets are not two ascending integers");
  const size = countOf(shape) * ELEMENT_BYTES[type];
  if (size === end - begin) return { name, type, shape, begin, end };
  throw fail({
    kind: "length",
    part: `${name} ${dtype} [${shape.join(", ")}]`,
    expected: `${size}`,
    found: end - begin,
  });
}
