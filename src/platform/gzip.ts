/**
 * What a gzip file says of itself (RFC 1952), before it is inflated.
 *
 *   offset   0   u8 × 2  1f 8b
 *            …   header, deflate blocks
 *           −8   u32     CRC-32 of the content, little-endian
 *           −4   u32     size of the content modulo 2³², little-endian
 */

import { IdxError } from "../errors.ts";

/** Deflate cannot do better: 258 bytes from two bits. */
const MAX_RATIO = 1032;

/** The declared size as far as it can be true: this many bytes may be set aside on the word of an unread file. */
export function plausibleSize(bytes: Uint8Array, maxBytes: number): number {
  return Math.min(declaredSize(bytes), reachableSize(bytes, maxBytes));
}

/** The most that a deflate stream of these bytes can hold, up to `maxBytes`. */
export function reachableSize(bytes: Uint8Array, maxBytes: number): number {
  return Math.min(bytes.length * MAX_RATIO, maxBytes);
}

/**
 * One member, and nothing after it: decompressors differ in what they make of the rest, some of them ignore it.
 *
 * @throws {IdxError} input left unread, or a last member that is not the whole content
 */
export function checkMember(bytes: Uint8Array, bytesRead: number, bytesInflated: number, file?: string): void {
  if (bytesRead !== bytes.length) {
    throw new IdxError({ kind: "gzip", reason: `${bytes.length - bytesRead} bytes follow its end` }, file);
  }
  if (declaredSize(bytes) !== bytesInflated % 2 ** 32) {
    const reason = `its end declares ${declaredSize(bytes)} bytes, but it holds ${bytesInflated}`;
    throw new IdxError({ kind: "gzip", reason }, file);
  }
}

/** The size that the last four bytes declare; 0 where there are not even four. */
function declaredSize(bytes: Uint8Array): number {
  if (bytes.length < 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}
