/**
 * The directory of a zip archive, which is found from its end:
 *
 *   … │ records │ zip64 end │ zip64 locator │ end: counts, size and place of the records, comment │
 *
 * A field of 16 or 32 ones is continued in 64 bits: for the end in the zip64 end, for a record in its extra field 1.
 */
import { decodeUtf8 } from "../utf8.ts";
import type { FormatFault } from "./format_error.ts";

/** The directory's record of an entry. */
export type DirectoryRecord = {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** 0: stored; 8: deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local header starts. */
  readonly local: number;
  /** Why the entry cannot be read; the others can. */
  readonly fault: string | undefined;
};

type Fail = (fault: FormatFault) => Error;

const END = 0x06054b50;
const END_BYTES = 22;
const LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const RECORD = 0x02014b50;
const RECORD_BYTES = 46;
const MAX_COMMENT_BYTES = 65_535;
const CONTINUED = 0xffff_ffff;
const ENCRYPTED = 1;
const UTF8 = 1 << 11;
/** What may be set in an entry that is read: the deflater's effort, a data descriptor, UTF-8. */
const KNOWN_FLAGS = 0b110 | (1 << 3) | UTF8;

/** Every record, and where the directory starts. */
export function directoryOf(bytes: Uint8Array, fail: Fail): { records: DirectoryRecord[]; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { count, size, start, limit } = endOf(view, fail);
  if (start + size !== limit) throw fail({ kind: "header", reason: "the directory is not where its end says" });
  if (count * RECORD_BYTES > size)
    throw fail({ kind: "header", reason: `the directory has no room for ${count} records` });
  const records: DirectoryRecord[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + RECORD_BYTES > limit || view.getUint32(at, true) !== RECORD) {
      throw fail({ kind: "header", reason: `invalid directory record ${i}` });
    }
    const nameAt = at + RECORD_BYTES;
    const extraAt = nameAt + view.getUint16(at + 28, true);
    const commentAt = extraAt + view.getUint16(at + 30, true);
    const next = commentAt + view.getUint16(at + 32, true);
    if (next > limit) throw fail({ kind: "header", reason: `record ${i} reaches beyond the directory` });
    const nameBytes = bytes.subarray(nameAt, extraAt);
    const extra = new DataView(bytes.buffer, bytes.byteOffset + extraAt, commentAt - extraAt);
    records.push(recordOf(view, at, { nameBytes, extra }));
    at = next;
  }
  if (at !== limit) throw fail({ kind: "header", reason: "the directory is longer than its records" });
  return { records, start };
}

/** Where the directory is; `limit` is where it ends. */
function endOf(view: DataView, fail: Fail): { count: number; size: number; start: number; limit: number } {
  const at = endAt(view);
  if (at === undefined) throw fail({ kind: "header", reason: "no zip archive: its end is missing" });
  const count = view.getUint16(at + 10, true);
  const [size, start] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
  const locatorAt = at - LOCATOR_BYTES;
  const isZip64 = locatorAt >= 0 && view.getUint32(locatorAt, true) === LOCATOR;
  if (!isZip64) {
    const isWhole = view.getUint32(at + 4, true) === 0 && view.getUint16(at + 8, true) === count;
    if (isWhole) return { count, size, start, limit: at };
    throw fail({ kind: "header", reason: "an archive in several parts" });
  }
  const end64 = whole(view.getBigUint64(locatorAt + 8, true));
  if (end64 + END64_BYTES > locatorAt || view.getUint32(end64, true) !== END64) {
    throw fail({ kind: "header", reason: "the zip64 end is not where its locator says" });
  }
  const [onDisk, all] = [view.getBigUint64(end64 + 24, true), view.getBigUint64(end64 + 32, true)];
  if (onDisk !== all || view.getBigUint64(end64 + 16, true) !== 0n) {
    throw fail({ kind: "header", reason: "an archive in several parts" });
  }
  return {
    count: whole(all),
    size: whole(view.getBigUint64(end64 + 40, true)),
    start: whole(view.getBigUint64(end64 + 48, true)),
    limit: end64,
  };
}

/** The last place from which an end record reaches exactly to the end of the file. */
function endAt(view: DataView): number | undefined {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT_BYTES); at--) {
    if (view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength)
      return at;
  }
  return undefined;
}

function recordOf(
  view: DataView,
  at: number,
  { nameBytes, extra }: { nameBytes: Uint8Array; extra: DataView },
): DirectoryRecord {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const continued = continuationOf(extra);
  const field = (offset: number) => {
    const value = view.getUint32(at + offset, true);
    return value === CONTINUED ? continued() : value;
  };
  // In the order in which the extra field continues them.
  const [size, packedSize, local] = [field(24), field(20), field(42)];
  const { name, fault: nameFault } = nameOf(nameBytes, flags);
  const fault = faultOf({ flags, method, size, packedSize, local }) ?? nameFault;
  return { name, nameBytes, flags, method, crc, packedSize, size, local, fault };
}

type Facts = Pick<DirectoryRecord, "flags" | "method" | "size" | "packedSize" | "local">;

function faultOf({ flags, method, size, packedSize, local }: Facts): string | undefined {
  if (flags & ENCRYPTED) return "it is encrypted";
  if (flags & ~KNOWN_FLAGS) return `flags 0x${flags.toString(16)} are not known`;
  if (method !== 0 && method !== 8) return `method ${method}; stored (0) and deflated (8) can be read`;
  if (Number.isNaN(size + packedSize + local)) return "a size of 64 bits is missing";
  if (method === 0 && packedSize !== size) return "it is stored, but has two sizes";
  return undefined;
}

/** The second half of code page 437, for names that are neither flagged as UTF-8 nor valid UTF-8. */
const CODE_PAGE_437 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** A name in UTF-8, as macOS also writes it without its flag, or in the code page of the first archives. */
function nameOf(bytes: Uint8Array, flags: number): { name: string; fault: string | undefined } {
  try {
    return { name: decodeUtf8(bytes, "keep"), fault: undefined };
  } catch {
    const name = Array.from(bytes, (byte) => CODE_PAGE_437[byte - 128] ?? String.fromCharCode(byte)).join("");
    return { name, fault: flags & UTF8 ? "its name is not UTF-8, as it says" : undefined };
  }
}

/** Gives the numbers of extra field 1, zip64, one after the other; NaN where there are no more. */
function continuationOf(extra: DataView): () => number {
  let [at, end] = [0, 0];
  for (let field = 0; field + 4 <= extra.byteLength; ) {
    const length = extra.getUint16(field + 2, true);
    if (extra.getUint16(field, true) === 1) [at, end] = [field + 4, Math.min(field + 4 + length, extra.byteLength)];
    field += 4 + length;
  }
  return () => {
    at += 8;
    return at > end ? Number.NaN : whole(extra.getBigUint64(at - 8, true));
  };
}

/** A number of 64 bits: rounded above 2⁵³, where no place in a file is. */
function whole(value: bigint): number {
  return Number(value);
}
