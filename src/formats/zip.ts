/**
 * zip archives, as far as .npz files need them:
 *
 *   entry …      local header, name, extra fields, content (stored or deflated), data descriptor
 *   directory    a record for each entry: name, sizes, CRC-32, where its local header is
 *   end          how many records, and where the directory is; with zip64, numbers of 64 bits before it
 *
 * The directory is the truth; local headers must not contradict it. Every number is little-endian.
 * The format is PKWARE's APPNOTE: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import { inflateRaw } from "#platform";
import { OptionError } from "../errors.ts";
import { crc32 } from "../platform/crc32.ts";
import { encodeUtf8 } from "../utf8.ts";
import { messageOf } from "../values.ts";
import type { FormatFault } from "./format_error.ts";
import { FormatError } from "./format_error.ts";
import { type DirectoryRecord, directoryOf } from "./zip_directory.ts";

/** A file in an archive. */
export type ZipEntry = { readonly name: string; readonly content: Uint8Array };

export type ReadZipOptions = {
  /** The most bytes that all entries which are read at once may hold together. */
  readonly maxBytes: number;
  readonly file: string | undefined;
};

const LOCAL = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const DIRECTORY_BYTES = 46;
const END_BYTES = 22;
/** Version 2.0 of the format, which every program reads. */
const VERSION = 20;
/** Flag: names are UTF-8. */
const UTF8 = 1 << 11;
/** 1 January 1980, the first day that the format knows: the same archive whenever it is written. */
const DATE = 0x0021;
/** From here on, archives need zip64. */
const MAX_BYTES = 0xffff_ffff;
const MAX_ENTRIES = 2 ** 16 - 1;

/**
 * An archive of stored entries. The same entries give the same bytes.
 *
 * @throws {OptionError} a name that comes twice, is empty or leads out of a folder; 4 GiB, or 65,535 entries, or more
 */
export function encodeZip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const names = new Set<string>();
  const encoded = entries.map(({ name, content }) => {
    if (names.has(name)) throw new OptionError("zip: name", "a name that is not taken", name);
    const fault = faultOfName(name);
    if (fault !== undefined || /\p{Surrogate}/u.test(name)) {
      throw new OptionError("zip: name", "a path within a folder", name, fault);
    }
    names.add(name);
    return { name: encodeUtf8(name), content, crc: crc32(content) };
  });
  const directoryAt = encoded.reduce((sum, { name, content }) => sum + LOCAL_BYTES + name.length + content.length, 0);
  const endAt = encoded.reduce((sum, { name }) => sum + DIRECTORY_BYTES + name.length, directoryAt);
  if (endAt + END_BYTES > MAX_BYTES) throw new OptionError("zip", `at most ${MAX_BYTES} bytes`, endAt + END_BYTES);
  if (entries.length >= MAX_ENTRIES) throw new OptionError("zip", `fewer than ${MAX_ENTRIES} entries`, entries.length);
  for (const { name } of encoded) {
    if (name.length >= 2 ** 16) throw new OptionError("zip: name", "fewer than 65536 bytes", name.length);
  }

  const bytes = new Uint8Array(endAt + END_BYTES);
  const view = new DataView(bytes.buffer);
  let [local, record] = [0, directoryAt];
  for (const { name, content, crc } of encoded) {
    view.setUint32(local, LOCAL, true);
    writeFacts(view, local + 4, { name, content, crc });
    bytes.set(name, local + LOCAL_BYTES);
    bytes.set(content, local + LOCAL_BYTES + name.length);

    view.setUint32(record, DIRECTORY, true);
    view.setUint16(record + 4, VERSION, true); // made by
    writeFacts(view, record + 6, { name, content, crc });
    view.setUint32(record + 42, local, true);
    bytes.set(name, record + DIRECTORY_BYTES);

    local += LOCAL_BYTES + name.length + content.length;
    record += DIRECTORY_BYTES + name.length;
  }
  view.setUint32(endAt, END, true);
  view.setUint16(endAt + 8, entries.length, true);
  view.setUint16(endAt + 10, entries.length, true);
  view.setUint32(endAt + 12, endAt - directoryAt, true);
  view.setUint32(endAt + 16, directoryAt, true);
  return bytes;
}

/** The fields that a local header and a record of the directory have in common: 26 bytes. */
function writeFacts(
  view: DataView,
  at: number,
  { name, content, crc }: { name: Uint8Array; content: Uint8Array; crc: number },
): void {
  const isAscii = name.every((byte) => byte < 128);
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, isAscii ? 0 : UTF8, true);
  view.setUint16(at + 8, DATE, true); // method and time stay 0
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, content.length, true);
  view.setUint32(at + 18, content.length, true);
  view.setUint16(at + 22, name.length, true);
}

/** An archive whose directory has been read; what its entries hold is read when it is asked for. */
export type ZipArchive = {
  /** One for each entry, in the directory's order. */
  readonly records: readonly DirectoryRecord[];
  /**
   * The entries of these records, in their order. Stored entries are views of the archive's bytes.
   *
   * Sizes are added up and compared before anything is inflated, the entries must not share bytes, and every CRC-32 is
   * checked. Nothing is looked at of entries that are not asked for.
   *
   * @throws {FormatError} (rejects) damaged, larger than `maxBytes` together, a name that leads out of a folder or comes twice
   */
  readonly read: (records: readonly DirectoryRecord[]) => Promise<ZipEntry[]>;
};

/**
 * Opens an archive.
 *
 * @throws {FormatError} no archive, or its directory is damaged
 */
export function openZip(bytes: Uint8Array, options: ReadZipOptions): ZipArchive {
  const fail = (fault: FormatFault) => new FormatError("npz", fault, options.file);
  const { records, start } = directoryOf(bytes, fail);
  return { records, read: (chosen) => contentsOf(bytes, chosen, { ...options, start, fail }) };
}

type Reading = ReadZipOptions & { readonly start: number; readonly fail: (fault: FormatFault) => FormatError };

async function contentsOf(
  bytes: Uint8Array,
  records: readonly DirectoryRecord[],
  { maxBytes, start, fail }: Reading,
): Promise<ZipEntry[]> {
  const names = new Set<string>();
  for (const { name, fault: own } of records) {
    const fault = own ?? (names.has(name) ? "its name comes twice" : faultOfName(name));
    if (fault !== undefined) throw fail({ kind: "entry", entry: name, reason: fault });
    names.add(name);
  }
  const total = records.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) throw fail({ kind: "too-large", part: "content", limit: maxBytes, found: total });
  const contents = packedContents(bytes, records, start, fail);

  const entries: ZipEntry[] = [];
  for (const [i, { name, method, size, crc }] of records.entries()) {
    const packed = contents[i] as Uint8Array;
    // One byte more than is declared would be an error, so nothing larger is ever made.
    const content = method === 0 ? packed : await inflated(packed, size, fail);
    if (content.length !== size) {
      throw fail({ kind: "length", part: name, expected: String(size), found: content.length });
    }
    const found = crc32(content);
    if (found !== crc) throw fail({ kind: "checksum", entry: name, expected: crc, found });
    entries.push({ name, content });
  }
  return entries;
}

async function inflated(
  packed: Uint8Array,
  size: number,
  fail: (fault: FormatFault) => FormatError,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await inflateRaw(packed, size);
  } catch (error) {
    throw fail({ kind: "deflate", reason: messageOf(error) });
  }
}

/** The bytes of each entry's content, stored or deflated; found by its local header, which must agree with the record. */
function packedContents(
  bytes: Uint8Array,
  records: readonly DirectoryRecord[],
  directoryAt: number,
  fail: (fault: FormatFault) => FormatError,
): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ends: { local: number; end: number; name: string }[] = [];
  const contents = records.map((record) => {
    const { name, local, packedSize } = record;
    const refuse = (reason: string) => fail({ kind: "entry", entry: name, reason });
    if (local + LOCAL_BYTES > directoryAt) throw refuse("its local header is outside of the file");
    if (view.getUint32(local, true) !== LOCAL) throw refuse("there is no local header where the directory says");
    const nameLength = view.getUint16(local + 26, true);
    const nameAt = local + LOCAL_BYTES;
    const start = nameAt + nameLength + view.getUint16(local + 28, true);
    const end = start + packedSize;
    if (end > directoryAt) throw refuse("its content reaches into the directory");
    const localName = bytes.subarray(nameAt, nameAt + nameLength);
    const isSame =
      view.getUint16(local + 6, true) === record.flags &&
      view.getUint16(local + 8, true) === record.method &&
      localName.length === record.nameBytes.length &&
      localName.every((byte, i) => byte === record.nameBytes[i]);
    if (!isSame) throw refuse("its local header and the directory contradict each other");
    ends.push({ local, end, name });
    return bytes.subarray(start, end);
  });
  ends.sort((a, b) => a.local - b.local);
  for (const [i, { end, name }] of ends.entries()) {
    const next = ends[i + 1];
    if (next !== undefined && next.local < end) {
      throw fail({ kind: "entry", entry: name, reason: `shares bytes with ${JSON.stringify(next.name)}` });
    }
  }
  return contents;
}

/** What is wrong with a name as a relative path, on any system; undefined if nothing is. */
function faultOfName(name: string): string | undefined {
  if (name === "" || name.endsWith("/")) return "its name is a folder's";
  if (/^\/|\\|^[A-Za-z]:|\p{Cc}/u.test(name)) return "its name is no plain relative path";
  if (name.split("/").some((part) => part === "" || part === "." || part === ".."))
    return "its name leads out of a folder";
  return undefined;
}
