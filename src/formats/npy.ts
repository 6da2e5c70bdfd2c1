/**
 * .npy, one array as NumPy writes it:
 *
 *   93 "NUMPY"          magic
 *   u8, u8              version: 1.0, 2.0 or 3.0
 *   u16 or u32          length of the header, little-endian: 16 bits in version 1, else 32
 *   text                {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   Latin-1, in version 3 UTF-8,
 *                       filled up with spaces and one newline to a multiple of 64 bytes
 *   bytes               elements, row-major, or the first axis fastest; in the byte order that '<' and '>' tell
 *
 * The format is NumPy's: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import { checkText } from "../arguments.ts";
import { FormatError } from "../errors.ts";
import type { FormatFault } from "../faults.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import {
  type ByteOrder,
  checkArray,
  countOf,
  ELEMENT_BYTES,
  type ElementType,
  elementsOf,
  isShape,
  littleEndian,
  MAX_RANK,
  rowMajor,
  type ShapedArray,
  storedAs,
  typeOf,
} from "./arrays.ts";
import { parseHeader } from "./npy_header.ts";

const MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic, version and a length of 16 bits. */
const PREFIX_BYTES = 10;
const ALIGNMENT = 64;
/** NumPy leaves room for a first axis of 21 digits, to append rows in place. */
const GROWTH_DIGITS = 21;
/** Far above any header of an array of numbers; structured types have long ones, and are refused. */
const MAX_HEADER_BYTES = 2 ** 16;

const LATIN1_PIECE = 4096;

/** By what follows the byte order in a type's description. */
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
  bytes.set(new TextEncoder().encode(header), PREFIX_BYTES);
  bytes.set(littleEndian(data), start);
  return bytes;
}

/**
 * Reads an .npy file of numbers. Elements are copied, put into row-major order where they are not; float16 becomes
 * float32, bool becomes uint8: `storedAs` tells these.
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
  const fail = (fault: FormatFault) => new FormatError("npy", fault, file);
  const { text, start } = splitHeader(bytes, fail);
  const header = parseHeader(text, (reason) => fail({ kind: "header", reason }));
  const { shape } = header;
  if (!isShape(shape)) throw fail({ kind: "header", reason: `shape is not at most ${MAX_RANK} whole numbers from 0` });
  const { type, order } = typeIn(header.descr, fail);
  const size = ELEMENT_BYTES[type];
  const body = bytes.subarray(start);
  const expected = countOf(shape) * size;
  if (body.length !== expected) {
    throw fail({ kind: "length", part: `[${shape.join(", ")}]`, expected: String(expected), found: body.length });
  }
  const isTransposed = header.fortranOrder && shape.length > 1;
  const data = elementsOf(type, isTransposed ? rowMajor(body, shape, size) : body, order);
  if (data !== undefined) return { shape, data, ...storedAs(type) };
  throw fail({ kind: "type", part: "elements", expected: "bool bytes 0 and 1", found: "others" });
}

/** The header's text, and where the elements start. */
function splitHeader(bytes: Uint8Array, fail: (fault: FormatFault) => FormatError): { text: string; start: number } {
  const magic = bytes.subarray(0, MAGIC.length);
  if (magic.length < MAGIC.length || magic.some((byte, i) => byte !== MAGIC[i])) {
    throw fail({ kind: "magic", expected: "93 NUMPY", found: hexadecimal(magic) });
  }
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
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header), start: prefix + length };
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

function typeIn(
  descr: string | undefined,
  fail: (fault: FormatFault) => FormatError,
): { type: ElementType; order: ByteOrder } {
  const expected = `numbers: < or > and ${[...TYPES.keys()].join(", ")}`;
  if (descr === undefined) throw fail({ kind: "type", part: "descr", expected, found: "records (a structured type)" });
  const [order, code] = [descr.slice(0, 1), descr.slice(1)];
  const type = TYPES.get(code);
  const isKnown = type !== undefined && (ELEMENT_BYTES[type] === 1 ? "|<>" : "<>").includes(order);
  if (isKnown) return { type, order: order === ">" ? "big" : "little" };
  const found = code.startsWith("O") ? "Python objects, which only pickle reads" : JSON.stringify(descr);
  throw fail({ kind: "type", part: "descr", expected, found });
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ") || "nothing";
}
