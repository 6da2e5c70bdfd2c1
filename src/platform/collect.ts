/** A stream of bytes, read into one block. */

export type CollectOptions = {
  readonly maxBytes: number;
  /** How many bytes are likely to come; the block is set aside at once, and nothing is copied if it is right. */
  readonly expectedBytes?: number;
  /** Called after every chunk with the bytes received so far. If it throws, the stream is cancelled. */
  readonly onChunk?: (receivedBytes: number) => void;
};

/** Reads the whole stream, or cancels it and gives undefined as soon as it holds more than `maxBytes`. */
export async function collect(
  stream: ReadableStream<Uint8Array>,
  { maxBytes, expectedBytes = 0, onChunk }: CollectOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = stream.getReader();
  let block = new Uint8Array(Math.min(expectedBytes, maxBytes));
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return length === block.length ? block : block.slice(0, length);
      if (length + value.length > maxBytes) return undefined;

      if (length + value.length > block.length) block = grown(block, length + value.length);
      block.set(value, length);
      length += value.length;
      onChunk?.(length);
    }
  } finally {
    // Of what has ended, nothing is left to cancel. Not awaited: a source that no longer answers must not hold up the caller.
    reader.cancel().catch(() => undefined);
  }
}

/** A block at least twice as long, so that the copies add up to less than the stream. */
function grown(block: Uint8Array, atLeast: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(atLeast, 2 * block.length));
  larger.set(block);
  return larger;
}
