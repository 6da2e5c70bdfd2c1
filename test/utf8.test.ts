/** UTF-8 where there is no TextDecoder: what there is with one, for any bytes and any string. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeNetwork, dense, Engine, encodeNetwork, network, sequential } from "../src/index.ts";
import { decodeUtf8, encodeUtf8 } from "../src/utf8.ts";

const test = suite("UTF-8");

/** Calls it where TextDecoder and TextEncoder are missing. */
function without<T>(call: () => T): T {
  const { TextDecoder: decoder, TextEncoder: encoder } = globalThis;
  Object.assign(globalThis, { TextDecoder: undefined, TextEncoder: undefined });
  try {
    return call();
  } finally {
    Object.assign(globalThis, { TextDecoder: decoder, TextEncoder: encoder });
  }
}

/** The text; undefined where the bytes are refused. */
function decoded(bytes: Uint8Array, mark: "keep" | "drop"): string | undefined {
  try {
    return decodeUtf8(bytes, mark);
  } catch {
    return undefined;
  }
}

/** Bytes that often are nearly UTF-8: those of a string, of which up to two were replaced. */
const nearly = fc
  .tuple(
    fc.string({ unit: "binary" }),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }),
  )
  .map(([text, changes]) => {
    const bytes = new TextEncoder().encode(text);
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
const FIXED: readonly (readonly number[])[] = [
  [],
  [0xef, 0xbb, 0xbf, 0x41], // a byte order mark
  [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], // two of them
  [0xc0, 0x80], // longer than need be
  [0xed, 0xa0, 0x80], // half a pair of surrogates
  [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
  [0xe2, 0x82], // cut off
  [0x25, 0x34, 0x31], // "%41"
];

test("decodes and refuses as TextDecoder does", () => {
  const same = (bytes: Uint8Array) => {
    for (const mark of ["keep", "drop"] as const) {
      assert.is(
        without(() => decoded(bytes, mark)),
        decoded(bytes, mark),
        `${bytes}, ${mark}`,
      );
    }
  };
  for (const bytes of FIXED) same(Uint8Array.from(bytes));
  fc.assert(fc.property(nearly, same), { numRuns: 2000, seed: 1 });
});

test("encodes as TextEncoder does, lone surrogates as well", () => {
  const same = (text: string) =>
    assert.equal(
      without(() => encodeUtf8(text)),
      encodeUtf8(text),
    );
  for (const text of ["", "%41 é €", "\ud83d\ude00", "\ude00\ud83d", "a\ud83d"]) same(text);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => same(String.fromCharCode(...units))),
    {
      numRuns: 1000,
      seed: 1,
    },
  );
});

test("without TextDecoder a network's file is the same, and is read", async () => {
  using engine = await Engine.load();
  using net = network(engine, sequential(dense(2, 3)), { seed: 0 });
  const bytes = encodeNetwork(net);
  assert.equal(
    without(() => encodeNetwork(net)),
    bytes,
  );
  using read = without(() => decodeNetwork(engine, bytes));
  assert.equal(read.predict([[1, 2]]).data, net.predict([[1, 2]]).data);
});

test.run();
