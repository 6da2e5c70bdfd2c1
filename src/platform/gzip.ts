/**
 * The header fields of a gzip file (RFC 1952), before it is inflated.
 *
 *   file     = member { member } { zero byte }
 *   member   offset   0   u8 × 2  1f 8b
 *                     …   header, deflate blocks
 *                    −8   u32     CRC-32 of the content, little-endian
 *                    −4   u32     size of the content modulo 2³², little-endian
 */

/** Deflate cannot do better: 258 bytes from two bits. */
const MAX_RATIO = 1032;

/** The size that the last member declares, as far as it can be true: this many bytes may be set aside on the word of an unread file. */
export function plausibleSize(bytes: Uint8Array, maxBytes: number): number {
  return Math.min(declaredSize(bytes), reachableSize(bytes, maxBytes));
}

/** The most that a deflate stream of these bytes can hold, up to `maxBytes`. */
export function reachableSize(bytes: Uint8Array, maxBytes: number): number {
  return Math.min(bytes.length * MAX_RATIO, maxBytes);
}

/** The size that the last four bytes declare, modulo 2³²; 0 where there are not even four. */
export function declaredSize(bytes: Uint8Array): number {
  if (bytes.length < 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4).getUint32(0, true);
}
