/**
 * Damage to bytes, as crashes, networks, other programs and attackers do it: bits flip, ends are missing, fields of length
 * lie, regions come twice, two files are one.
 */
import { type Draw, EDGES } from "./draw.ts";

export type Surroundings = {
  /** Whole files of the same format, for splices. */
  readonly files: readonly Uint8Array[];
  /** What means something to the parser. */
  readonly words: readonly string[];
};

type Damage = (draw: Draw, bytes: Uint8Array, surroundings: Surroundings) => Uint8Array;

/** What a mutation may make of a file, so that cases stay quick: this many bytes more. */
const GROWTH_BYTES = 4096;
/** Where formats have their headers. */
const HEADER_BYTES = 64;
const TEXT = new TextEncoder();

/** One of the files with one to five damages. */
export function damaged(draw: Draw, surroundings: Surroundings): Uint8Array {
  let bytes: Uint8Array = draw.pick(surroundings.files).slice();
  for (let count = draw.between(1, 5); count > 0; count--) bytes = draw.pick(DAMAGES)(draw, bytes, surroundings);
  return bytes;
}

const flipBit: Damage = (draw, bytes) => {
  const at = place(draw, bytes);
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << draw.below(8));
  return bytes;
};

const setByte: Damage = (draw, bytes) => {
  const at = place(draw, bytes);
  if (at < bytes.length) bytes[at] = draw.chance(0.5) ? draw.pick([0, 1, 0x7f, 0x80, 0xff]) : draw.bits();
  return bytes;
};

/** An integer of 1 to 8 bytes becomes an edge, or one a little larger or smaller than it was. */
const editField: Damage = (draw, bytes) => {
  const width = draw.pick([1, 2, 4, 8]);
  const at = place(draw, bytes);
  if (at + width > bytes.length) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittle = draw.chance(0.5);
  const old = width === 8 ? 0 : draw.chance(0.5) ? oldValue(view, at, width, isLittle) : bytes.length;
  const value = draw.chance(0.5) ? draw.pick(EDGES) : old + draw.between(-9, 9);
  const whole = BigInt.asUintN(8 * width, BigInt(value));
  for (let i = 0; i < width; i++) {
    const shift = BigInt(8 * (isLittle ? i : width - 1 - i));
    bytes[at + i] = Number((whole >> shift) & 255n);
  }
  return bytes;
};

const truncate: Damage = (draw, bytes) => bytes.slice(0, draw.below(bytes.length + 1));

const append: Damage = (draw, bytes) => joined(bytes, draw.bytes(draw.pick([1, 2, 3, 4, 8, 100])));

const removeRegion: Damage = (draw, bytes) => {
  const [start, end] = region(draw, bytes);
  return joined(bytes.subarray(0, start), bytes.subarray(end));
};

const repeatRegion: Damage = (draw, bytes) => {
  const [start, end] = region(draw, bytes);
  const part = bytes.subarray(start, end);
  const most = Math.max(1, Math.floor(GROWTH_BYTES / Math.max(1, part.length)));
  const times = Math.min(most, draw.pick([1, 1, 1, 2, 16, 1000]));
  return joined(bytes.subarray(0, end), ...Array.from({ length: times }, () => part), bytes.subarray(end));
};

const overwriteRegion: Damage = (draw, bytes) => {
  const [start, end] = region(draw, bytes);
  bytes.copyWithin(draw.below(bytes.length + 1), start, end);
  return bytes;
};

const fillRegion: Damage = (draw, bytes) => bytes.fill(draw.pick([0, 0xff, 0x20, 0x30]), ...region(draw, bytes));

/** The beginning of one file and the end of another. */
const splice: Damage = (draw, bytes, { files }) => {
  const other = draw.pick(files);
  const from = draw.chance(0.5)
    ? other.length - (bytes.length - draw.below(bytes.length + 1))
    : draw.below(other.length);
  return joined(bytes.subarray(0, draw.below(bytes.length + 1)), other.subarray(Math.max(0, from)));
};

const insertWord: Damage = (draw, bytes, { words }) => {
  if (words.length === 0) return flipBit(draw, bytes, { files: [], words });
  const word = TEXT.encode(draw.pick(words));
  const at = place(draw, bytes);
  const isReplaced = draw.chance(0.5);
  return joined(bytes.subarray(0, at), word, bytes.subarray(isReplaced ? at + word.length : at));
};

const DAMAGES: readonly Damage[] = [
  ...[flipBit, flipBit, setByte, setByte, editField, editField, editField, truncate, append, removeRegion],
  ...[repeatRegion, overwriteRegion, fillRegion, splice, insertWord, insertWord],
];

/** Often in the header, now and then at the end, else anywhere. */
function place(draw: Draw, bytes: Uint8Array): number {
  if (draw.chance(0.5)) return draw.below(Math.min(HEADER_BYTES, bytes.length));
  if (draw.chance(0.2)) return Math.max(0, bytes.length - 1 - draw.below(HEADER_BYTES));
  return draw.below(bytes.length);
}

function region(draw: Draw, bytes: Uint8Array): [start: number, end: number] {
  const start = place(draw, bytes);
  const length = draw.chance(0.7) ? draw.between(1, 16) : draw.below(bytes.length);
  return [start, Math.min(bytes.length, start + length)];
}

function oldValue(view: DataView, at: number, width: number, isLittle: boolean): number {
  if (width === 1) return view.getUint8(at);
  return width === 2 ? view.getUint16(at, isLittle) : view.getUint32(at, isLittle);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
