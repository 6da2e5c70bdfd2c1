import { suite } from "uvu";
import * as assert from "uvu/assert";

import { collect } from "../../src/platform/collect.ts";
import { rejection } from "../data/files.ts";

const test = suite("collect");

/** A stream of chunks with these lengths, filled 0, 1, 2, …, and whether it was cancelled. */
function source(lengths: readonly number[]): { stream: ReadableStream<Uint8Array>; isCancelled: () => boolean } {
  let next = 0;
  let at = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const length = lengths[next];
      next += 1;
      if (length === undefined) return controller.close();
      controller.enqueue(Uint8Array.from({ length }, () => at++));
    },
    cancel() {
      cancelled = true;
    },
  });
  return { stream, isCancelled: () => cancelled };
}

const SPLITS: readonly number[][] = [[], [0], [1], [3, 0, 4], [1, 1, 1, 1, 1], [100], [7, 93, 1, 200, 5]];

test("gives every byte in order, whatever was expected", async () => {
  for (const lengths of SPLITS) {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    for (const expectedBytes of [0, 1, total, total + 1, 10_000]) {
      const { stream, isCancelled } = source(lengths);
      const bytes = await collect(stream, { maxBytes: Math.max(total, 1), expectedBytes });
      assert.equal(
        bytes,
        Uint8Array.from({ length: total }, (_, at) => at),
      );
      assert.is(bytes?.buffer.byteLength, total);
      assert.not(isCancelled());
    }
  }
});

test("one byte above the limit cancels the stream", async () => {
  for (const lengths of SPLITS) {
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (total === 0) continue;
    const { stream, isCancelled } = source(lengths);
    assert.is(await collect(stream, { maxBytes: total - 1 }), undefined);
    assert.ok(isCancelled());
  }
});

test("tells the sum after every chunk", async () => {
  const sums: number[] = [];
  await collect(source([3, 4, 5]).stream, { maxBytes: 99, onChunk: (received) => sums.push(received) });
  assert.equal(sums, [3, 7, 12]);
});

test("a callback that throws cancels the stream", async () => {
  const { stream, isCancelled } = source([3, 4]);
  const reason = new Error("enough");
  const onChunk = (): void => {
    throw reason;
  };
  assert.is(await rejection(collect(stream, { maxBytes: 99, onChunk })), reason);
  assert.ok(isCancelled());
});

test("does not believe an expectation above the limit", async () => {
  const before = process.memoryUsage().arrayBuffers;
  await collect(source([3]).stream, { maxBytes: 1000, expectedBytes: 2 ** 31 });
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test.run();
