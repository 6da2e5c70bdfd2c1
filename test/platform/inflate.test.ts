import { deflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as node from "../../src/platform/node.ts";
import type { Platform } from "../../src/platform/types.ts";
import * as web from "../../src/platform/web.ts";
import { assertRejects } from "../support/throws.ts";
import { buffersMade } from "./buffers.ts";

const test = suite("inflateRaw");

/** The web's half runs in Node as well, which has the same streams. */
const PLATFORMS: readonly (readonly [string, Platform])[] = [
  ["node", node],
  ["web", web],
];

function pack(content: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(deflateRawSync(content, { level: 9 }));
}

function text(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => ((at * at) % 251) & 0x3f);
}

test("inflates every small size, and sizes around a slice and a block, at any address", async () => {
  const sizes = [...Array(20).keys(), 4095, 4096, 4097, 16_384, 16_385, 300_000];
  for (const [name, platform] of PLATFORMS) {
    for (const size of sizes) {
      const content = text(size);
      const inflated = await platform.inflateRaw(Uint8Array.of(9, ...pack(content)).subarray(1), size);
      assert.equal(inflated, content, `${name}: ${size}`);
      assert.is(Object.getPrototypeOf(inflated), Uint8Array.prototype);
    }
  }
});

test("the content has a block of its own, which no other array shares", async () => {
  for (const [name, platform] of PLATFORMS) {
    for (const size of [1, 10, 5000, 40_000]) {
      const { byteOffset, buffer } = await platform.inflateRaw(pack(text(size)), size);
      assert.ok(
        byteOffset === 0 && buffer.byteLength <= size + 1,
        `${name}: ${size}, at ${byteOffset} of ${buffer.byteLength}`,
      );
    }
  }
});

test("the limit holds to the byte, and a bomb is refused before it has been inflated", async () => {
  const bomb = pack(new Uint8Array(2 ** 27));
  for (const [name, platform] of PLATFORMS) {
    for (const size of [1, 4095, 4096, 4097, 100_000]) {
      const error = await assertRejects(() => platform.inflateRaw(pack(text(size)), size - 1), Error, name);
      assert.is(error.message, `holds more than ${size - 1} bytes`);
    }
    const made = await buffersMade(async () => {
      await assertRejects(() => platform.inflateRaw(bomb, 1000), Error, name);
    });
    assert.ok(made < (name === "node" ? 2 ** 20 : 2 ** 26), `${name}: ${made} bytes`);
  }
});

test("every truncation is found", async () => {
  const whole = pack(text(200));
  for (const [name, platform] of PLATFORMS) {
    for (let length = 0; length < whole.length; length++) {
      const label = `${name}: ${length}`;
      const { message } = await assertRejects(() => platform.inflateRaw(whole.slice(0, length), 200), Error, label);
      assert.not.match(message, "holds more", label);
    }
  }
});

test("in Node, what follows the end is refused", async () => {
  for (const tail of [[0], [1, 2, 3], [...pack(text(5))]]) {
    const bytes = Uint8Array.from([...pack(text(50)), ...tail]);
    const error = await assertRejects(() => node.inflateRaw(bytes, 50), Error, "tail");
    assert.match(error.message, new RegExp(`${tail.length} bytes follow its end`));
  }
});

test.run();
