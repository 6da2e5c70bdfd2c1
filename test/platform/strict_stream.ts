/** A `DecompressionStream("gzip")` as browsers have it: one member, and an error for anything after it. */
import { gunzipSync, inflateRawSync } from "node:zlib";

type Inflated = { readonly engine: { readonly bytesWritten: number } };

/** Runs `body` where the global stream of gzip takes one member only. */
export async function withStrictStream<T>(body: () => Promise<T>): Promise<T> {
  const { DecompressionStream: before } = globalThis;
  globalThis.DecompressionStream = class {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<BufferSource>;
    constructor(format: string) {
      if (format !== "gzip") throw new Error(`no stream of ${format} in this test`);
      const slices: Uint8Array[] = [];
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
        transform: (slice) => void slices.push(slice),
        flush: (controller) => controller.enqueue(oneMember(Buffer.concat(slices))),
      });
      this.readable = readable;
      this.writable = writable as unknown as WritableStream<BufferSource>;
    }
  } as unknown as typeof DecompressionStream;
  try {
    return await body();
  } finally {
    globalThis.DecompressionStream = before;
  }
}

function oneMember(bytes: Buffer): Uint8Array {
  const flags = bytes[3] ?? 0;
  let start = 10;
  if (flags & 4) start += 2 + bytes.readUInt16LE(start);
  if (flags & 8) start = bytes.indexOf(0, start) + 1;
  if (flags & 16) start = bytes.indexOf(0, start) + 1;
  if (flags & 2) start += 2;
  const { engine } = inflateRawSync(bytes.subarray(start), { info: true }) as unknown as Inflated;
  const end = start + engine.bytesWritten;
  if (bytes.length > end + 8) throw new TypeError("Junk found after end of compressed data.");
  return new Uint8Array(gunzipSync(bytes));
}
