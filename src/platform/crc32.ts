/**
 * CRC-32 as zip has it: the remainder of the bytes, as a polynomial over {0, 1}, by 0x04c11db7, bits reversed.
 */

/** The remainder for each byte alone. */
const TABLE: Uint32Array = /* @__PURE__ */ remainders();

function remainders(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
    return remainder;
  });
}

/** The checksum of bytes, from 0 to 2³² − 1. */
export function crc32(bytes: Uint8Array): number {
  let remainder = -1;
  for (let i = 0; i < bytes.length; i++) {
    remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ (bytes[i] as number)) & 255] as number);
  }
  return ~remainder >>> 0;
}
