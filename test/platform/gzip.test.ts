import { constants, crc32, deflateRawSync, gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { plausibleSize } from "../../src/platform/gzip.ts";
import * as node from "../../src/platform/node.ts";
import type { Platform } from "../../src/platform/types.ts";
import * as web from "../../src/platform/web.ts";
import { buffersMade } from "./buffers.ts";
import { withStrictStream } from "./strict_stream.ts";

const test = suite("gzip");

/** A browser's stream refuses what follows the first member, which Node's does not. */
const browser: Platform = { ...web, gunzip: (...args) => withStrictStream(() => web.gunzip(...args)) };

/** The web's half runs in Node as well, which has the same streams; that both fit the type is checked here too. */
const PLATFORMS: readonly (readonly [string, Platform])[] = [
  ["node", node],
  ["web", web],
  ["browser", browser],
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
  const content = await platform.gunzip(bytes, maxBytes);
  return "kind" in content ? content.kind : content;
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
    const { buffer } = (await platform.gunzip(pack(text(300_000)), MEGABYTE)) as Uint8Array;
    assert.ok(buffer.byteLength <= 300_001, `${name}: ${buffer.byteLength}`);
    const few = (await platform.gunzip(pack(text(10)), MEGABYTE)) as Uint8Array;
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

/** A member by hand, with whatever its header may have. */
function memberOf(content: Uint8Array, flags: number, fields: readonly number[] = [], level = 6): Uint8Array {
  const end = new DataView(new ArrayBuffer(8));
  end.setUint32(0, crc32(content), true);
  end.setUint32(4, content.length, true);
  const head = [0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255, ...fields];
  return Uint8Array.from([...head, ...deflateRawSync(content, { level }), ...new Uint8Array(end.buffer)]);
}

/** The header's CRC-16 after these fields. */
function withCrc(flags: number, fields: readonly number[]): readonly number[] {
  const crc = crc32(Uint8Array.of(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255, ...fields));
  return [...fields, crc & 255, (crc >> 8) & 255];
}

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

test("members are read one after the other: of any number and size, empty ones, and zeros after the last", async () => {
  const [a, b, none] = [text(200), text(5000), new Uint8Array(0)];
  const large = text(100_000);
  const files: readonly (readonly Uint8Array[])[] = [
    [a, b],
    [b, a],
    [a, a],
    [none],
    [none, none],
    [none, a],
    [a, none],
    [a, none, none, b, none],
    [large, a],
    [a, large],
    Array.from({ length: 300 }, (_, i) => text(i)),
  ];
  for (const [name, platform] of PLATFORMS) {
    for (const [i, contents] of files.entries()) {
      const want = joined(...contents);
      for (const padding of [0, 1, 7, 8, 512]) {
        const bytes = joined(...contents.map(pack), new Uint8Array(padding));
        assert.equal(await outcome(platform, bytes), want, `${name}: file ${i}, ${padding} zeros`);
      }
    }
  }
});

test("members may be stored, of fixed or of dynamic codes, at any place of a block", async () => {
  for (const [name, platform] of PLATFORMS) {
    for (const size of [1, 9, 4095, 4096, 4097, 70_000]) {
      const content = text(size);
      const members = [0, 1, 9].map((level) => new Uint8Array(gzipSync(content, { level })));
      const fixed = new Uint8Array(gzipSync(content, { strategy: constants.Z_FIXED }));
      const got = await outcome(platform, joined(...members, fixed));
      assert.equal(got, joined(content, content, content, content), `${name}: ${size}`);
    }
  }
});

test("headers may have extra fields, as bgzip's, a name, a comment and a checksum, in every member", async () => {
  const extra = [6, 0, 0x42, 0x43, 2, 0, 27, 0];
  const [label, remark] = [Buffer.from("größe.txt\0", "latin1"), Buffer.from("a comment\0")];
  const headers: [number, readonly number[]][] = [];
  for (let flags = 0; flags < 32; flags++) {
    // 1, the flag of text, says nothing of the header.
    const fields = [...(flags & 4 ? extra : []), ...(flags & 8 ? label : []), ...(flags & 16 ? remark : [])];
    headers.push([flags, flags & 2 ? withCrc(flags, fields) : fields]);
  }
  const content = text(99);
  for (const [name, platform] of PLATFORMS) {
    const members = headers.map(([flags, fields]) => memberOf(content, flags, fields));
    for (const [flags, member] of members.entries()) {
      assert.equal(await outcome(platform, member), content, `${name}: flags ${flags}`);
    }
    assert.equal(await outcome(platform, joined(...members)), joined(...members.map(() => content)), name);
    const wrong = memberOf(content, 2, withCrc(0, []));
    assert.is(await outcome(platform, wrong), "gzip", `${name}: checksum of another header`);
    assert.is(await outcome(platform, joined(pack(content), wrong)), "gzip", `${name}: in the second member`);
    assert.is(await outcome(platform, joined(pack(content), memberOf(content, 32))), "gzip", `${name}: reserved flag`);
  }
  // bgzip: blocks of their own, and an empty one at the end.
  const blocks = [content, text(5), new Uint8Array(0)].map((block) => memberOf(block, 4, extra));
  for (const [name, platform] of PLATFORMS) {
    assert.equal(await outcome(platform, joined(...blocks)), joined(content, text(5)), name);
  }
});

test("anything but members and zeros after a member is refused", async () => {
  const whole = pack(text(200));
  const tails: readonly (readonly number[])[] = [
    [1],
    [0, 1],
    [0, 0, 0, 7],
    [0x1f],
    [0x1f, 0x8b],
    [0x1f, 0x8b, 8],
    [0x1f, 0x8b, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x1f, 0x9d, 0x90],
    [...text(99)],
    [0, ...pack(text(50))], // zeros are padding at the end only
    [...whole.slice(0, -1)],
    [...whole, 1],
    [...whole.slice(-4)], // which declares the same size
  ];
  for (const [name, platform] of PLATFORMS) {
    for (const tail of tails) {
      assert.is(await outcome(platform, Uint8Array.from([...whole, ...tail])), "gzip", `${name}: +${tail.slice(0, 9)}`);
    }
  }
});

test("every truncation of several members ends between two of them, or is found", async () => {
  const contents = [text(60), new Uint8Array(0), text(30)];
  const members = contents.map(pack);
  const whole = joined(...members);
  const ends = members.map((_, i) => joined(...members.slice(0, i + 1)).length);
  for (const [name, platform] of PLATFORMS) {
    for (let n = 0; n < whole.length; n++) {
      const at = ends.indexOf(n);
      const want = at === -1 ? "gzip" : joined(...contents.slice(0, at + 1));
      assert.equal(await outcome(platform, whole.slice(0, n)), want, `${name}: ${n}`);
    }
  }
});

test("the limit is one for all members", async () => {
  const bytes = joined(pack(text(3000)), pack(text(2000)), pack(new Uint8Array(0)));
  const zeros = pack(new Uint8Array(MEGABYTE));
  const many = joined(...Array.from({ length: 100 }, () => zeros));
  for (const [name, platform] of PLATFORMS) {
    assert.equal(await outcome(platform, bytes, 5000), joined(text(3000), text(2000)), name);
    for (const limit of [1, 2999, 3000, 4999]) assert.is(await outcome(platform, bytes, limit), "too-large", name);
    const made = await buffersMade(async () => {
      assert.is(await outcome(platform, many, 3 * MEGABYTE), "too-large", name);
    });
    // The test's own stream of a browser inflates at once.
    assert.ok(name === "browser" || made < (name === "node" ? 8 : 48) * MEGABYTE, `${name}: ${made} bytes`);
  }
});

test("what is wrong is reported once, with the numbers that do not agree", async () => {
  const whole = pack(text(200));
  for (const [name, platform] of PLATFORMS) {
    const zeros = await platform.gunzip(Uint8Array.of(...whole, 0, 0, 3), 999);
    assert.equal(zeros, { kind: "gzip", reason: "3 bytes follow its end" }, name);
    const tail = await platform.gunzip(Uint8Array.of(...whole, 1, 2, 3), 999);
    assert.ok("kind" in tail && tail.kind === "gzip", name);
    assert.match(tail.reason, /^.* follow its end$/);
  }
  const large = await node.gunzip(whole, 199);
  assert.ok("kind" in large && large.kind === "too-large");
  assert.is(large.limit, 199);
  assert.instance(large.cause, RangeError);
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
  for (const [name, platform] of PLATFORMS.slice(0, 2)) {
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
