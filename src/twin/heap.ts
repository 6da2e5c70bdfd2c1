/**
 * The heap of the twin, in place of AssemblyScript's: blocks of 16 bytes and multiples of it, each put into the first gap
 * that holds it. What is where stands in JavaScript, so that nothing that is written to memory can damage it.
 */
import type { CommonKernels } from "../wasm/abi.ts";
import { MOST_BYTES, PAGE_BYTES, type Pages } from "./pages.ts";

const ALIGNMENT = 16;

/** 0 is no address: kernels take it for "none", and what is written there by mistake meets no block within as much. */
const LOWEST = 256;

/** Free bytes from `start` to before `end`. */
type Gap = { start: number; end: number };

export function heap(memory: Pages): Pick<CommonKernels, "alloc" | "free"> {
  /** Sorted, and no two touch. */
  const gaps: Gap[] = [{ start: LOWEST, end: memory.buffer.byteLength }];
  /** Bytes of each live block, by its address. */
  const sizes = new Map<number, number>();

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

  /** Makes room for `size` bytes at the end: twice the memory, as AssemblyScript's heap takes, or else what is needed. */
  const grow = (size: number): void => {
    const end = memory.buffer.byteLength;
    const last = gaps.at(-1);
    const needed = rounded(end + size - (last?.end === end ? end - last.start : 0), PAGE_BYTES);
    if (needed > MOST_BYTES) throw full(size);
    try {
      memory.grow(Math.min(Math.max(2 * end, needed), MOST_BYTES));
    } catch {
      try {
        memory.grow(needed);
      } catch (cause) {
        throw full(size, cause);
      }
    }
    release(end, memory.buffer.byteLength);
  };

  return {
    alloc: (bytes) => {
      const size = Math.max(rounded(bytes, ALIGNMENT), ALIGNMENT);
      const fits = ({ start, end }: Gap) => end - start >= size;
      if (!gaps.some(fits)) grow(size);
      const i = gaps.findIndex(fits);
      const gap = gaps[i]!;
      const { start } = gap;
      gap.start += size;
      if (gap.start === gap.end) gaps.splice(i, 1);
      sizes.set(start, size);
      return start;
    },
    free: (pointer) => {
      const size = sizes.get(pointer);
      if (size === undefined) throw new Error(`${pointer} is no block of this heap`);
      sizes.delete(pointer);
      release(pointer, pointer + size);
    },
  };
}

/** What src/wasm/memory.ts knows a full memory by. */
function full(size: number, cause?: unknown): RangeError {
  return new RangeError(`out of memory: no room for ${size} bytes`, { cause });
}

function rounded(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
