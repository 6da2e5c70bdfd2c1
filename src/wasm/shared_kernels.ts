/** Kernels that several threads run over one memory: the same file with another bit. */
import { PAGES } from "./abi.ts";

/** A memory that threads share. */
export type SharedMemory = WebAssembly.Memory;

/** Kernels that take a shared memory, and one. */
export type SharedKernels = {
  readonly code: BufferSource | WebAssembly.Module;
  readonly memory: SharedMemory;
};

/** Pages at most: all of them are reserved, which not every host can. */
const MAXIMA = [PAGES.maximum, 32768, 16384, 8192, 4096] as const;

// "env" "memory", a memory (2) with limits: 1, both.
const IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1];

/**
 * The kernels for a shared memory, whose limits begin with 3, and that memory. A module that was compiled before must be one of
 * them: that of an engine with threads.
 *
 * @throws {RangeError} the host has no room for the smallest memory
 */
export function sharedKernels(content: BufferSource | WebAssembly.Module): SharedKernels {
  const memory = sharedMemory();
  const isBytes = ArrayBuffer.isView(content) || "byteLength" in content;
  if (!isBytes) return { code: content, memory };
  const [buffer, offset] = ArrayBuffer.isView(content) ? [content.buffer, content.byteOffset] : [content, 0];
  const code = new Uint8Array(new Uint8Array(buffer, offset, content.byteLength));
  const at = code.findIndex((_, i) => IMPORT.every((byte, j) => code[i + j] === byte));
  if (at >= 0) code[at + IMPORT.length - 1] = 3;
  return { code, memory };
}

function sharedMemory(): SharedMemory {
  let refused: unknown;
  for (const maximum of MAXIMA) {
    try {
      return new WebAssembly.Memory({ ...PAGES, maximum, shared: true });
    } catch (error) {
      refused = error; // a smaller one, then
    }
  }
  throw refused;
}
