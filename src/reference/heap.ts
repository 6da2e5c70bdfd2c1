/**
 * The heap of the reference kernels, in place of assembly/heap.ts: blocks of 16 bytes and multiples of it, each put into the first gap
 * that holds it. Its bookkeeping is in JavaScript, so that no write to memory can damage it.
 */
import type { Heap } from "../wasm/abi.ts";
import { PAGE_BYTES, type Pages } from "./pages.ts";

const ALIGNMENT = 16;

/** 0 is not a valid address: kernels take it for "none", and a write there by mistake meets no block within as much. */
const LOWEST = 256;

/** Free bytes from `start` to before `end`. */
type Gap = { start: number; end: number };

export function heap(memory: Pages): Heap {
  /** Sorted, and no two touch. */
  const gaps: Gap[] = [];
  /** Bytes of each live block, by its address. */
  const sizes = new Map<number, number>();
  /** As much of memory as gaps and blocks are known of. */
  let end = LOWEST;

  const release = (start: number, end: number): void => {
    let i = 0;
    while (i < gaps.length && gaps[i]!.start < start) i++;
    const before = gaps[i - 1];
    const after = gaps[i];
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    if (joinsBefore) before.end = joinsAfter ? after.end : end;
    else if (joinsAfter) after.start = start;
    else gaps.splice(i, 0, { start, end });
    if (joinsBefore && joinsAfter) gaps.splice(i, 1);
  };

  /** The first gap that holds so many bytes, after taking over the pages that memory has grown by; -1 where none does. */
  const find = (size: number): number => {
    const { byteLength } = memory.buffer;
    if (byteLength > end) release(end, byteLength);
    end = byteLength;
    return gaps.findIndex((gap) => gap.end - gap.start >= size);
  };

  const shortage = (bytes: number): number => {
    const size = sizeFor(bytes);
    if (find(size) >= 0) return 0;
    const last = gaps.at(-1);
    return size - (last?.end === end ? end - last.start : 0);
  };

  return {
    alloc: (bytes) => {
      const missing = shortage(bytes);
      if (missing > 0) {
        try {
          memory.grow(Math.ceil(missing / PAGE_BYTES));
        } catch {
          return 0;
        }
      }
      const size = sizeFor(bytes);
      const i = find(size);
      const gap = gaps[i]!;
      const { start } = gap;
      gap.start += size;
      if (gap.start === gap.end) gaps.splice(i, 1);
      sizes.set(start, size);
      return start;
    },
    free: (pointer) => {
      const size = sizes.get(pointer);
      if (size === undefined) throw new Error(`no block of this heap at ${pointer}`);
      sizes.delete(pointer);
      release(pointer, pointer + size);
    },
    shortage,
  };
}

function sizeFor(bytes: number): number {
  return Math.max(Math.ceil(bytes / ALIGNMENT), 1) * ALIGNMENT;
}
