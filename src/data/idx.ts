/**
 * IDX, the container of the MNIST files.
 *
 *   offset  0   u16  zero
 *           2   u8   element type: 08 uint8, 09 int8, 0b int16, 0c int32, 0d float32, 0e float64
 *           3   u8   rank, 0 to 8
 *           4   u32  × rank: the shape, outermost dimension first
 *           …   elements, row-major, nothing after them
 *
 * Every number of more than one byte is big-endian.
 */

import { checkList, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { typeOf } from "../formats/arrays.ts";
import { identifyFile } from "../formats/identify.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { unreachable } from "../unreachable.ts";
import { isArrayOf, type TypedArrays } from "../values.ts";
import { DatasetError } from "./dataset_error.ts";
import { IdxError } from "./idx_error.ts";
import { showShape } from "./parts.ts";
import { inflate } from "./read.ts";

/** A parsed file: `data` holds the product of `shape` elements. Rank 0 is one element. */
export type IdxArray =
  | { readonly type: "uint8"; readonly shape: readonly number[]; readonly data: Uint8Array }
  | { readonly type: "int8"; readonly shape: readonly number[]; readonly data: Int8Array }
  | { readonly type: "int16"; readonly shape: readonly number[]; readonly data: Int16Array }
  | { readonly type: "int32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly type: "float32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly type: "float64"; readonly shape: readonly number[]; readonly data: Float64Array };

/** The types of elements that IDX has. */
export type IdxType = IdxArray["type"];

/** The array of one element type: `IdxOf<"uint8">` has a `Uint8Array`. */
export type IdxOf<T extends IdxType> = Extract<IdxArray, { readonly type: T }>;

/** What the caller knows of the file; anything else is refused. Without a rank or a type, all are taken. */
export type IdxExpectation<T extends IdxType = IdxType> = {
  /** How many axes it has. */
  readonly rank?: number;
  /** The type of its elements. */
  readonly type?: T;
  /** The file's name, for errors. */
  readonly file?: string;
};

/** What is expected of a file, and how large it may be. */
export type ReadIdxOptions<T extends IdxType = IdxType> = IdxExpectation<T> & {
  /** The most that a file may hold, before and after inflation. */
  readonly maxBytes?: number;
};

/** 256 MiB: five times MNIST's largest file. */
export const DEFAULT_MAX_BYTES: number = 2 ** 28;

const MAX_RANK = 8;
const MAX_DIMENSION = 0xffff_ffff;
const GZIP_MAGIC = 0x1f8b;
/** How much of another file an error shows. */
const START_BYTES = 24;

const TYPES: ReadonlyMap<number, IdxType> = new Map([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);

/** Whether this machine puts the lowest byte first, as all but a few do. */
const IS_LITTLE_ENDIAN: boolean = /* @__PURE__ */ isLittleEndian();

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

/** The typed array of each element type. */
const CLASSES = {
  ...{ uint8: "Uint8Array", int8: "Int8Array", int16: "Int16Array", int32: "Int32Array" },
  ...{ float32: "Float32Array", float64: "Float64Array" },
} as const;

const ELEMENT_BYTES = { uint8: 1, int8: 1, int16: 2, int32: 4, float32: 4, float64: 8 } as const;

/**
 * Reads an IDX file as stored on disk, plain or gzip-compressed.
 *
 * @throws {IdxError} damaged gzip, or any reason of {@link parseIdx}
 * @throws {DatasetError} holds more than `maxBytes`
 * @throws {OptionError} no bytes, or `maxBytes` is not an integer from 1
 *
 * @example
 * const bytes = encodeIdx({ type: "uint8", shape: [2], data: Uint8Array.of(7, 9) }); // or a file's, gzipped or not
 * const { data } = await readIdx(bytes, { rank: 1, type: "uint8", file: "labels" });
 */
export async function readIdx<T extends IdxType = IdxType>(
  given: Uint8Array,
  options: ReadIdxOptions<T> = {},
): Promise<IdxOf<T>> {
  checkOptions<ReadIdxOptions<T>>("readIdx", options, { maxBytes: 1, rank: 1, type: 1, file: 1 });
  const { maxBytes = DEFAULT_MAX_BYTES, ...expected } = options;
  checkMaxBytes(maxBytes);
  const bytes = bytesOf("readIdx: bytes", given);
  const { file } = expected;
  if (bytes.length > maxBytes) {
    throw new DatasetError({ kind: "too-large", file: file ?? "IDX data", limit: maxBytes });
  }
  const isGzip = bytes.length >= 2 && viewOf(bytes).getUint16(0) === GZIP_MAGIC;
  const content = isGzip ? await inflate(bytes, maxBytes, file) : bytes;
  try {
    return parseIdx<T>(content, expected);
  } catch (error) {
    throw await explained(error, content);
  }
}

/** The error, with what the file is instead of IDX. */
async function explained(error: unknown, bytes: Uint8Array): Promise<unknown> {
  if (!(error instanceof IdxError && (error.fault.kind === "magic" || bytes.length < 4))) return error;
  const content = await identifyFile(bytes);
  return content === undefined ? error : new IdxError({ ...magicFault(bytes), content }, error.file);
}

function magicFault(bytes: Uint8Array): { kind: "magic"; found: number; start: string } {
  const [first = 0, second = 0] = bytes;
  const start = String.fromCharCode(...bytes.subarray(0, START_BYTES)).replace(/[^ -~]/g, "·");
  return { kind: "magic", found: 256 * first + second, start };
}

/**
 * Refuses an invalid limit.
 *
 * @throws {OptionError} not an integer from 1
 */
export function checkMaxBytes(maxBytes: number): void {
  if (Number.isSafeInteger(maxBytes) && maxBytes >= 1) return;
  throw new OptionError("maxBytes", "an integer from 1", maxBytes);
}

/**
 * Parses the bytes of an IDX file. Elements of one byte are a view of the input; longer ones are copied, bit for bit.
 *
 * The length must match the header exactly, and is compared before anything is sized from it, so a hostile header
 * cannot make us allocate.
 *
 * @throws {IdxError} not IDX; another type or rank than expected; a rank above 8; truncated, or trailing bytes
 * @throws {OptionError} no bytes
 * @example
 * const labels = parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9));
 * labels.data; // → Uint8Array [7, 9]
 */
export function parseIdx<T extends IdxType = IdxType>(bytes: Uint8Array, expected?: IdxExpectation<T>): IdxOf<T>;
export function parseIdx(given: Uint8Array, expected: IdxExpectation = {}): IdxArray {
  const bytes = bytesOf("parseIdx: bytes", given);
  checkOptions<IdxExpectation>("parseIdx", expected, { rank: 1, type: 1, file: 1 });
  const { rank, type, file } = expected;
  if (type !== undefined && !Object.hasOwn(ELEMENT_BYTES, type)) {
    throw new OptionError("parseIdx: type", Object.keys(ELEMENT_BYTES).join(", "), type);
  }
  if (bytes.length < 4)
    throw new IdxError({ kind: "length", expected: 4 + 4 * (rank ?? 0), found: bytes.length }, file);

  const view = viewOf(bytes);
  if (view.getUint16(0) !== 0) throw new IdxError(magicFault(bytes), file);

  const code = view.getUint8(2);
  const found = TYPES.get(code);
  if (found === undefined || (type !== undefined && found !== type)) {
    throw new IdxError({ kind: "type", expected: type ?? [...TYPES.values()].join(", "), code }, file);
  }
  const axes = view.getUint8(3);
  if (axes > MAX_RANK || (rank !== undefined && axes !== rank)) {
    throw new IdxError({ kind: "rank", expected: String(rank ?? `0 to ${MAX_RANK}`), found: axes }, file);
  }

  const header = 4 + 4 * axes;
  if (bytes.length < header) throw new IdxError({ kind: "length", expected: header, found: bytes.length }, file);

  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = product(shape);
  const length = header + count * ELEMENT_BYTES[found];
  if (bytes.length !== length) throw new IdxError({ kind: "length", expected: length, found: bytes.length }, file);
  return elements(found, shape, count, new DataView(bytes.buffer, bytes.byteOffset + header, length - header));
}

/**
 * The file that {@link parseIdx} reads back, bit for bit.
 *
 * @throws {ShapeError} a rank above 8, a dimension that is not an integer of 32 bits, or another count of elements
 * @throws {OptionError} an array of another type of elements
 * @example
 * const bytes = encodeIdx({ type: "uint8", shape: [2], data: Uint8Array.of(7, 9) });
 */
export function encodeIdx(array: IdxArray): Uint8Array<ArrayBuffer> {
  checkType("encodeIdx", "object", array);
  const { type, shape, data } = array;
  if (!Object.hasOwn(ELEMENT_BYTES, type))
    throw new OptionError("encodeIdx: type", Object.keys(ELEMENT_BYTES).join(", "), type);
  checkList("encodeIdx: shape", shape, "an array of sizes");
  if (!isArrayOf(data, CLASSES[type] as keyof TypedArrays))
    throw new OptionError("encodeIdx: data", `a ${CLASSES[type]}`, data);
  if (shape.length > MAX_RANK) throw new ShapeError("encodeIdx", "shape", `rank 0 to ${MAX_RANK}`, showShape(shape));
  if (!shape.every((dim) => Number.isInteger(dim) && dim >= 0 && dim <= MAX_DIMENSION)) {
    throw new ShapeError("encodeIdx", "shape", "integers of 32 bits", showShape(shape));
  }
  if (typeOf(data) !== type) throw new OptionError("encodeIdx: data", `elements of type ${type}`, data);
  if (product(shape) !== data.length) {
    throw new ShapeError(
      "encodeIdx",
      "data",
      `${product(shape)} elements for ${showShape(shape)}`,
      String(data.length),
    );
  }

  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.byteLength);
  const view = viewOf(bytes);
  for (const [code, name] of TYPES) if (name === type) view.setUint8(2, code);
  view.setUint8(3, shape.length);
  for (const [axis, dim] of shape.entries()) view.setUint32(4 + 4 * axis, dim);
  exchange(viewOf(data), new DataView(bytes.buffer, header), ELEMENT_BYTES[type]);
  return bytes;
}

/** At most eight factors below 2³², so finite; rounded only above 2⁵³, where no length can equal it. */
function product(shape: readonly number[]): number {
  return shape.reduce((count, dim) => count * dim, 1);
}

function elements(type: IdxType, shape: readonly number[], count: number, body: DataView): IdxArray {
  switch (type) {
    case "uint8":
      return { type, shape, data: new Uint8Array(body.buffer, body.byteOffset, count) };
    case "int8":
      return { type, shape, data: new Int8Array(body.buffer, body.byteOffset, count) };
    case "int16":
      return { type, shape, data: new Int16Array(inHostOrder(body, 2)) };
    case "int32":
      return { type, shape, data: new Int32Array(inHostOrder(body, 4)) };
    case "float32":
      return { type, shape, data: new Float32Array(inHostOrder(body, 4)) };
    case "float64":
      return { type, shape, data: new Float64Array(inHostOrder(body, 8)) };
    default:
      return unreachable(type);
  }
}

function inHostOrder(body: DataView, size: 2 | 4 | 8): ArrayBuffer {
  const copy = new ArrayBuffer(body.byteLength);
  exchange(body, new DataView(copy), size);
  return copy;
}

/**
 * Copies elements between big-endian and this machine's order, in either direction: a reversal undoes itself.
 * Moved as integers, because a NaN that passes through a float may lose its payload.
 */
function exchange(from: DataView, to: DataView, size: 1 | 2 | 4 | 8): void {
  const end = from.byteLength;
  switch (size) {
    case 1:
      for (let at = 0; at < end; at++) to.setUint8(at, from.getUint8(at));
      break;
    case 2:
      for (let at = 0; at < end; at += 2) to.setUint16(at, from.getUint16(at), IS_LITTLE_ENDIAN);
      break;
    case 4:
      for (let at = 0; at < end; at += 4) to.setUint32(at, from.getUint32(at), IS_LITTLE_ENDIAN);
      break;
    case 8:
      for (let at = 0; at < end; at += 8) to.setBigUint64(at, from.getBigUint64(at), IS_LITTLE_ENDIAN);
      break;
    default:
      unreachable(size);
  }
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
