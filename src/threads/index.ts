/** Threads: what `Engine.load` loads where more than one is asked for. */
import { spawnThread } from "./spawn.ts";
import { PAGES } from "../wasm/abi.ts";
import type { Loaded, SharedKernels } from "../wasm/load.ts";
import { Team } from "./team.ts";

// "env" "memory", a memory (2) with limits: 1, both.
const IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1];

/** The same kernels for a shared memory: limits whose first byte is 3. */
export function shared(content: BufferSource | WebAssembly.Module): SharedKernels {
  const memory = new WebAssembly.Memory({ ...PAGES, shared: true });
  if (content instanceof WebAssembly.Module) return { code: content, memory };
  const code = new Uint8Array(ArrayBuffer.isView(content) ? content.buffer.slice(content.byteOffset, content.byteOffset + content.byteLength) as ArrayBuffer : content.slice(0));
  const at = code.findIndex((_, i) => IMPORT.every((byte, j) => code[i + j] === byte));
  if (at >= 0) code[at + IMPORT.length - 1] = 3;
  return { code, memory };
}

export async function start(threads: number, { module, memory, exports }: Loaded): Promise<Team> {
  return await Team.start(threads, { module: module as WebAssembly.Module, memory: memory as unknown as WebAssembly.Memory, exports }, spawnThread);
}
