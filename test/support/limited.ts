/** Engines whose memory cannot grow far: the kernels take any memory of at most as many pages as they declare. */
import { Engine, type EngineOptions } from "../../src/wasm/engine.ts";

/** An engine whose memory has at most `pages` pages of 64 KiB. */
export async function loadLimited(pages: number, options: EngineOptions): Promise<Engine> {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(limits: WebAssembly.MemoryDescriptor) {
      super({ ...limits, maximum: pages });
    }
  };
  try {
    return await Engine.load(options);
  } finally {
    WebAssembly.Memory = Memory;
  }
}
