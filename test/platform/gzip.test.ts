import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { DatasetError, IdxError } from "../../src/errors.ts";
import { checkMember, plausibleSize } from "../../src/platform/gzip.ts";
import * as node from "../../src/platform/node.ts";
import type { Platform } from "../../src/platform/types.ts";
import * as web from "../../src/platform/web.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { buffersMade } from "./buffers.ts";

const test = suite("gzip");

/** The web's half runs in Node as well, which has the same streams; that both fit the type is checked here too. */
const PLATFORMS: readonly (readonly [string, Platform])[] = [
  ["node", node],
  ["web", web],
];

const MEGABYTE = 2 ** 20;

function pack(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(content, { level: 9 }));
}

/** Bytes that compress somewhat: the same in every run. */
function text(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => ((at * at) % 251) & 0x3f);
}

async function outcome(platform: Platform, bytes: Uint8Array, maxBytes = MEGABYTE): Promise<Uint8Array | string> {
  try {
    return await platform.gunzip(bytes, maxBytes, "some.gz");
  } catch (error) {
    if (!(error instanceof IdxError || error instanceof DatasetError)) throw error;
    assert.match(error.message, /^some\.gz: /);
    return error.fault.kind;
  }
}

test("inflates every small size, and sizes around a slice and a block", async () => {
  const sizes = [...Array(20).keys(), 4094, 4095, 4096, 4097, 16_383, 16_384, 16_385, 65_536, 300_000];
  for (const [name, platform] of PLATFORMS) {
    for (const size of sizes) {
      const content = text(size);
      const inflated = await platform.gunzip(pack(content), Math.max(size, 1));
      assert.equal(inflated, content, `${name}: ${size}`);
      assert.is(Object.getPrototypeOf(inflated), Uint8Array.prototype);
    }
  }
});

test("respects byteOffset", async () => {
  const outer = Uint8Array.from([9, 9, 9, ...pack(text(50)), 9, 9]);
  for (const [, platform] of PLATFORMS) assert.equal(await outcome(platform, outer.subarray(3, -2)), text(50));
});

test("the content is held once, in a block of its own", async () => {
  for (const [name, platform] of PLATFORMS) {
    const { buffer } = await platform.gunzip(pack(text(300_000)), MEGABYTE);
    assert.ok(buffer.byteLength <= 300_001, `${name}: ${buffer.byteLength}`);
    const few = await platform.gunzip(pack(text(10)), MEGABYTE);
    assert.equal([few.byteOffset, few.buffer.byteLength], [0, 10], name);
  }
});

test("in Node, where the size is known, one block of it is all that is made", async () => {
  const content = text(3 * MEGABYTE);
  const made = await buffersMade(async () => {
    assert.equal(await node.gunzip(pack(content), 64 * MEGABYTE), content);
  });
  assert.ok(made < 3.1 * MEGABYTE, `${made} bytes`);
});

test("in a browser, a file is handed over in slices", async () => {
  const { DecompressionStream } = globalThis;
  const lengths: number[] = [];
  let noise = 1;
  const archive = pack(
    Uint8Array.from({ length: 100_000 }, () => {
      noise = Math.imul(noise, 1664525) + 1013904223;
      return noise >>> 24;
    }),
  );
  globalThis.DecompressionStream = class extends DecompressionStream {
    override get writable(): WritableStream<BufferSource> {
      const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(slice, controller) {
          lengths.push(slice.length);
          controller.enqueue(slice);
        },
      });
      counted.readable.pipeTo(super.writable);
      return counted.writable;
    }
  };
  try {
    await web.gunzip(archive, MEGABYTE);
  } finally {
    globalThis.DecompressionStream = DecompressionStream;
  }
  assert.ok(lengths.length > 1);
  assert.is(Math.max(...lengths), 16_384);
});

test("every truncation is found", async () => {
  const whole = pack(text(200));
  for (const [name, platform] of PLATFORMS) {
    for (let n = 0; n < whole.length; n++)
      assert.is(await outcome(platform, whole.slice(0, n)), "gzip", `${name}: ${n}`);
  }
});

test("every flipped bit is found, or stands in a field that says nothing of the content", async () => {
  const content = text(200);
  const whole = pack(content);
  for (const [name, platform] of PLATFORMS) {
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const damaged = whole.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const found = await outcome(platform, damaged);
      if (typeof found === "string") continue;
      assert.equal(found, content, `${name}: bit ${bit} changed the content unseen`);
      // Flags, time, extra flags and system of the header, or padding after the last deflate block.
      const byte = bit >> 3;
      assert.ok((byte >= 3 && byte < 10) || byte === whole.length - 9, `${name}: bit ${bit} passed`);
    }
  }
});

test("anything after the end is refused, even zeros, even a second member", async () => {
  const whole = pack(text(200));
  const tails = [
    [0],
    [0, 0, 0, 0, 0, 0, 0, 0],
    [1],
    [0x1f],
    [0x1f, 0x8b],
    [...text(99)],
    [...whole],
    [...pack(text(7))],
    [...whole.slice(-4)], // which declares the same size
  ];
  for (const [name, platform] of PLATFORMS) {
    for (const tail of tails) {
      assert.is(await outcome(platform, Uint8Array.from([...whole, ...tail])), "gzip", `${name}: +${tail.length}`);
    }
  }
});

test("what is wrong is told once, with the numbers that do not agree", async () => {
  const whole = pack(text(200));
  const error = await assertRejects(() => node.gunzip(Uint8Array.of(...whole, 0, 0, 0), 999, "a.gz"), IdxError, "tail");
  assert.is(error.message, "a.gz: broken gzip: 3 bytes follow its end");
  const large = await assertRejects(() => node.gunzip(whole, 199), DatasetError, "large");
  assert.is(large.message, "gzip data: holds more than the limit of 199 bytes");
  assert.instance(large.cause, RangeError);
  // zlib, in both platforms, compares the size by itself.
  const lie = () => checkMember(whole, whole.length, 201);
  assert.is(assertThrows(lie, IdxError, "size").message, "broken gzip: its end declares 200 bytes, but it holds 201");
});

test("the size is what the last four bytes declare, as far as it can be true", () => {
  assert.is(plausibleSize(Uint8Array.of(7, 1, 0, 0), 999), 263);
  assert.is(plausibleSize(Uint8Array.of(9, 7, 1, 0, 0), 100), 100);
  assert.is(plausibleSize(Uint8Array.of(255, 255, 255, 255), 999_999), 4 * 1032);
  assert.is(plausibleSize(Uint8Array.of(7, 1, 1), 999), 0);
});

test("the limit holds to the byte", async () => {
  for (const [name, platform] of PLATFORMS) {
    for (const size of [2, 4095, 4096, 4097, 100_000]) {
      assert.equal(await outcome(platform, pack(text(size)), size), text(size), `${name}: ${size}`);
      assert.is(await outcome(platform, pack(text(size)), size - 1), "too-large", `${name}: ${size}`);
    }
  }
});

test("a bomb is refused long before it has been inflated", async () => {
  const bomb = pack(new Uint8Array(128 * MEGABYTE));
  for (const [name, platform] of PLATFORMS) {
    const made = await buffersMade(async () => {
      assert.is(await outcome(platform, bomb, MEGABYTE), "too-large", name);
    });
    assert.ok(made < (name === "node" ? 2 : 48) * MEGABYTE, `${name}: ${made} bytes`);
  }
});

test("a size that the file cannot hold is not believed", async () => {
  for (const [name, platform] of PLATFORMS) {
    for (const size of [0xffffffff, 0x7fffffff, 0x10000000]) {
      const lie = pack(text(200));
      new DataView(lie.buffer).setUint32(lie.length - 4, size, true);
      const before = process.memoryUsage().arrayBuffers;
      const made = await buffersMade(async () => {
        assert.is(await outcome(platform, lie, 2 ** 31), "gzip", name);
      });
      assert.ok(made < MEGABYTE && process.memoryUsage().arrayBuffers - before < MEGABYTE, name);
    }
  }
});

test.run();
