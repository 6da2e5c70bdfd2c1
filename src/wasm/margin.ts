/**
 * Canaries of the debug build: bytes on both sides of a block, which belong to no block.
 *
 *   margin │ block, 16-byte aligned │ margin
 *
 * A kernel that writes beyond its operand changes them. They are NaN in both float types, so that a read beyond the
 * operand shows in the result as well.
 */
import type { Pointer } from "./abi.ts";

/** Bytes on each side: a multiple of the alignment, and four vectors, the longest stride of a kernel. */
export const MARGIN_BYTES: number = 64;

/** Four bytes, the lowest at addresses that 4 divides: NaN as a float32, and twice as a float64. */
const PATTERN = 0xfff5a5c3;

/** On which side of the block a byte was written, and how far from it: 1 is next to it. */
export type Overrun = readonly [side: "before" | "after", distance: number];

/** Writes both margins of a block that was just allocated. */
export function fillMargins(buffer: ArrayBuffer, pointer: Pointer, bytes: number): void {
  for (const [start, margin] of marginsOf(buffer, pointer, bytes)) {
    for (let i = 0; i < margin.length; i++) margin[i] = patternAt(start + i);
  }
}

/** What has changed in the margins of a block: the byte nearest to it, first before it, then after it. */
export function overrunOf(buffer: ArrayBuffer, pointer: Pointer, bytes: number): Overrun | undefined {
  const [[start, before], [end, after]] = marginsOf(buffer, pointer, bytes);
  for (let i = MARGIN_BYTES - 1; i >= 0; i--) {
    if (before[i] !== patternAt(start + i)) return ["before", MARGIN_BYTES - i];
  }
  for (let i = 0; i < MARGIN_BYTES; i++) {
    if (after[i] !== patternAt(end + i)) return ["after", i + 1];
  }
  return undefined;
}

type Margin = readonly [start: Pointer, margin: Uint8Array];

function marginsOf(buffer: ArrayBuffer, pointer: Pointer, bytes: number): readonly [before: Margin, after: Margin] {
  const marginAt = (start: Pointer): Margin => [start, new Uint8Array(buffer, start, MARGIN_BYTES)];
  return [marginAt(pointer - MARGIN_BYTES), marginAt(pointer + bytes)];
}

function patternAt(address: Pointer): number {
  return (PATTERN >>> (8 * (address % 4))) & 255;
}
