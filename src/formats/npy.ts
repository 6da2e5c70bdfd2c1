/**
 * .npy, one array as NumPy writes it:
 *
 *   93 "NUMPY"          magic
 *   u8, u8              version: 1.0, 2.0 or 3.0
 *   u16 or u32          length of the header, little-endian: 16 bits in version 1, else 32
 *   text                {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   Latin-1, in version 3 UTF-8,
 *                       filled up with spaces and one newline to a multiple of 64 bytes
 *   bytes               elements, row-major, or the first axis fastest; '>': the highest byte first, else the lowest
 *
 * The format is NumPy's: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import { checkText } from "../arguments.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { countOf } from "../shape.ts";
import { decodeUtf8, encodeUtf8 } from "../utf8.ts";
import {
  type ByteOrder,
  checkArray,
  ELEMENT_BYTES,
  type ElementType,
  elementsOf,
  isCount,
  littleEndian,
  MAX_RANK,
  rowMajor,
  type ShapedArray,
  storedAs,
  typeOf,
} from "./arrays.ts";
import type { FormatFault } from "./format_error.ts";
import { FormatError } from "./format_error.ts";
import { parseHeader } from "./npy_header.ts";
import { whatItIs } from "./what_it_is.ts";

const MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version and a length of 16 bits. */
const PREFIX_BYTES = 10;
const ALIGNMENT = 64;
/** NumPy leaves room for a first axis of 21 digits, to append rows in place. */
const GROWTH_DIGITS = 21;
/** Far above any header of an array of numbers; structured types have long ones, and are refused. */
const MAX_HEADER_BYTES = 2 ** 16;

const LATIN1_PIECE = 4096;

/** By what follows the byte order in a type's description, as NumPy writes it. */
const TYPES: ReadonlyMap<string, ElementType> = new Map([
  ["f8", "float64"],
  ["f4", "float32"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["i4", "int32"],
  ["i2", "int16"],
  ["i1", "int8"],
  ["u8", "uint64"],
  ["u4", "uint32"],
  ["u2", "uint16"],
  ["u1", "uint8"],
  ["b1", "bool"],
]);

/** NumPy's letters for the same types, which may come after a byte order; `long` is that of 64-bit Linux and macOS. */
const LETTERS: ReadonlyMap<string, string> = /* @__PURE__ */ mapOf(
  { d: "f8", f: "f4", e: "f2", q: "i8", l: "i8", p: "i8", n: "i8", i: "i4", h: "i2", b: "i1" },
  { Q: "u8", L: "u8", P: "u8", N: "u8", I: "u4", H: "u2", B: "u1", "?": "b1" },
);

/** NumPy's other names, which have no byte order; those of `TYPES` are names, too. */
const NAMES: ReadonlyMap<string, string> = /* @__PURE__ */ mapOf(
  { half: "f2", single: "f4", double: "f8", float: "f8", bool_: "b1" },
  { byte: "i1", short: "i2", intc: "i4", int: "i8", intp: "i8", long: "i8", longlong: "i8" },
  { ubyte: "u1", ushort: "u2", uintc: "u4", uint: "u8", uintp: "u8", ulong: "u8", ulonglong: "u8" },
  { float64: "f8", float32: "f4", float16: "f2", int64: "i8", int32: "i4", int16: "i2", int8: "i1" },
  { uint64: "u8", uint32: "u4", uint16: "u2", uint8: "u1", bool: "b1" },
);

/** Meaning of the first letter of another type. */
const OTHERS: ReadonlyMap<string, string> = /* @__PURE__ */ mapOf(
  { O: "Python objects, which only pickle reads", U: "text", S: "bytes", a: "bytes", V: "records or raw bytes" },
  { M: "dates", m: "durations", c: "complex numbers", F: "complex numbers", D: "complex numbers" },
);

function mapOf(...tables: readonly Readonly<Record<string, string>>[]): ReadonlyMap<string, string> {
  return new Map(tables.flatMap((table) => Object.entries(table)));
}

/**
 * The bytes of an .npy file, the same as `numpy.save` of NumPy 2 writes: version 1.0, row-major, little-endian.
 *
 * @throws {OptionError} more than 8 axes, or data that does not fill its shape
 * @example
 * const bytes = encodeNpy({ shape: [2, 1], data: Float32Array.of(1, 2) });
 */
export function encodeNpy(array: ShapedArray): Uint8Array<ArrayBuffer> {
  checkArray("npy", array);
  const { shape, data } = array;
  const type = typeOf(data);
  const [code = ""] = [...TYPES].find(([, known]) => known === type) ?? [];
  const order = data.BYTES_PER_ELEMENT === 1 ? "|" : "<";
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const [first] = shape;
  const growth = first === undefined ? "" : " ".repeat(GROWTH_DIGITS - String(first).length);
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${extents}), }${growth}`;
  const start = Math.ceil((PREFIX_BYTES + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${text.padEnd(start - PREFIX_BYTES - 1)}\n`;

  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set(MAGIC);
  bytes[MAGIC.length] = 1;
  new DataView(bytes.buffer).setUint16(MAGIC.length + 2, header.length, true);
  bytes.set(encodeUtf8(header), PREFIX_BYTES);
  bytes.set(littleEndian(data), start);
  return bytes;
}

/**
 * Reads an .npy file of numbers. Elements are copied, put into row-major order where they are not; float16 becomes
 * float32, bool becomes uint8 (0, and 1 for any other byte): `storedAs` tells these.
 *
 * @param options.file the file's name, for errors
 * @throws {FormatError} damaged, of another format, or an array of objects, text or records: nothing else is thrown for
 *   any bytes
 * @throws {OptionError} no bytes
 * @example
 * const bytes = encodeNpy({ shape: [2], data: Float32Array.of(1, 2) });
 * decodeNpy(bytes, { file: "weights.npy" }).data; // → Float32Array [1, 2]
 */
export function decodeNpy(given: Uint8Array, options: { readonly file?: string } = {}): ShapedArray {
  const bytes = bytesOf("decodeNpy: bytes", given);
  checkOptions<{ readonly file?: string }>("decodeNpy", options, { file: 1 });
  const { file } = options;
  checkText("decodeNpy: file", file);
  const array = readNpy(bytes, file);
  if ("fault" in array) throw new FormatError("npy", array.fault, file);
  return array;
}

/** A file that is intact, but whose array is not one of numbers. */
export type Unreadable = {
  readonly fault: FormatFault;
  /** What the array is instead: `"<U4" (text)`. */
  readonly reason: string;
};

/**
 * Reads an .npy file.
 *
 * @throws {FormatError} damaged, or of another format
 */
export function readNpy(bytes: Uint8Array, file: string | undefined): ShapedArray | Unreadable {
  const fail = (fault: FormatFault) => new FormatError("npy", fault, file);
  if (MAGIC.some((byte, i) => byte !== bytes[i])) {
    const { name = hexadecimal(bytes.subarray(0, MAGIC.length)), cure = "" } = whatItIs(bytes) ?? {};
    return { fault: { kind: "magic", expected: "93 NUMPY", found: name, cure }, reason: name };
  }
  const { text, start } = splitHeader(bytes, fail);
  const header = parseHeader(text, (reason) => fail({ kind: "header", reason }));
  const { shape, descr } = header;
  if (!shape.every(isCount)) throw fail({ kind: "header", reason: "shape: expected integers from 0 to 2⁵³ − 1" });
  const known = descr === undefined ? undefined : typeIn(descr);
  if (known === undefined) return unknownType(descr);
  if (shape.length > MAX_RANK) {
    const reason = `${shape.length} axes; at most ${MAX_RANK} are read`;
    return { fault: { kind: "header", reason }, reason };
  }
  const { type, order } = known;
  const size = ELEMENT_BYTES[type];
  const body = bytes.subarray(start);
  const expected = countOf(shape) * size;
  if (body.length !== expected) {
    throw fail({ kind: "length", part: `[${shape.join(", ")}]`, expected: String(expected), found: body.length });
  }
  const isTransposed = header.fortranOrder && shape.length > 1;
  const data = elementsOf(type, isTransposed ? rowMajor(body, shape, size) : body, order);
  return { shape, data, ...storedAs(type) };
}

/** The header's text, and where the elements start. */
function splitHeader(bytes: Uint8Array, fail: (fault: FormatFault) => FormatError): { text: string; start: number } {
  const [major = 0, minor = 0] = bytes.subarray(MAGIC.length);
  if (bytes.length >= MAGIC.length + 2 && !(major >= 1 && major <= 3 && minor === 0)) {
    throw fail({ kind: "version", expected: "1.0, 2.0 or 3.0", found: `${major}.${minor}` });
  }
  const lengthAt = MAGIC.length + 2;
  const prefix = lengthAt + (major === 1 ? 2 : 4);
  if (bytes.length < prefix) {
    throw fail({ kind: "length", part: "file", expected: `at least ${prefix}`, found: bytes.length });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, prefix);
  const length = major === 1 ? view.getUint16(lengthAt, true) : view.getUint32(lengthAt, true);
  const limit = Math.min(MAX_HEADER_BYTES, bytes.length - prefix);
  if (length > limit) throw fail({ kind: "too-large", part: "header", limit, found: length });
  const header = bytes.subarray(prefix, prefix + length);
  if (major < 3) return { text: latin1(header), start: prefix + length };
  try {
    return { text: decodeUtf8(header, "keep"), start: prefix + length };
  } catch {
    throw fail({ kind: "header", reason: "not UTF-8" });
  }
}

/** Not the decoder's "latin1", which is Windows-1252. In pieces, because a call takes only so many arguments. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += LATIN1_PIECE) {
    // Not spread, which would make an object of each byte.
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(start, start + LATIN1_PIECE));
  }
  return text;
}

/** Of a description as NumPy reads it: a byte order and a code or a letter, or a name. */
function typeIn(descr: string): { type: ElementType; order: ByteOrder } | undefined {
  const [, order = "", rest = ""] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const type = TYPES.get(LETTERS.get(rest) ?? (order === "" ? NAMES.get(rest) : undefined) ?? rest);
  return type && { type, order: order === ">" ? "big" : "little" };
}

function unknownType(descr: string | undefined): Unreadable {
  const [, letter = ""] = /^[<>=|]?(.?)/s.exec(descr ?? "") ?? [];
  const meaning = OTHERS.get(letter);
  const quoted = `${JSON.stringify(descr)}${meaning ? ` (${meaning})` : ""}`;
  const reason = descr === undefined ? "records (a structured type)" : quoted;
  const expected = `numbers: ${[...TYPES.keys()].join(", ")}`;
  return { fault: { kind: "type", part: "descr", expected, found: reason }, reason };
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ") || "nothing";
}
