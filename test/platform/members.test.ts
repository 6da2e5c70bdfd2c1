/** gzip members in plain JavaScript, where the fuzz target `members` compares them with zlib: each reason, each kind of block. */
import { constants, gunzipSync, gzipSync, crc32 as zlibCrc32 } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { crc32 } from "../../src/platform/crc32.ts";
import { inflateMembers } from "../../src/platform/members.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("members");

const HEAD = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/** Bits, the first one lowest, after an empty header; numbers of several bits as text of them, the highest first. */
function fileOf(...fields: readonly string[]): Uint8Array {
  const bits = fields.map((field) => [...field.replaceAll(" ", "")].reverse().join("")).join("");
  const bytes = bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt([...byte.padEnd(8, "0")].reverse().join(""), 2));
  return Uint8Array.from([...HEAD, ...(bytes ?? []), 0, 0, 0, 0, 0, 0, 0, 0]);
}

const reasonOf = (bytes: Uint8Array) => assertThrows(() => inflateMembers(bytes, 1000, 0), Error, "damaged").message;

/** A header of a dynamic block: 257 lengths of literals, 1 of distances, and the lengths of these symbols of the code of lengths. */
function dynamic(lengths: Readonly<Record<number, string>>, ...rest: readonly string[]): Uint8Array {
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  return fileOf("1", "10", "00000", "00000", "1111", ...order.map((symbol) => lengths[symbol] ?? "000"), ...rest);
}

test("blocks of every kind are read as zlib reads them", () => {
  const noise = Uint8Array.from({ length: 50_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  const words = Uint8Array.from({ length: 50_000 }, (_, i) => "some words, and others ".charCodeAt((i * i) % 23));
  for (const content of [noise, words, new Uint8Array(300_000), Uint8Array.from([...words, ...noise])]) {
    for (const level of [0, 1, 6, 9]) {
      for (const strategy of [0, constants.Z_FIXED, constants.Z_RLE, constants.Z_HUFFMAN_ONLY]) {
        const file = new Uint8Array(gzipSync(content, { level, strategy }));
        assert.ok(Buffer.compare(inflateMembers(file, content.length, 0) ?? new Uint8Array(0), content) === 0);
        assert.is(inflateMembers(file, content.length - 1, content.length), undefined, "the limit holds to the byte");
      }
    }
  }
});

test("what is wrong with a file has zlib's words", () => {
  const whole = new Uint8Array(gzipSync(Uint8Array.from({ length: 90 }, (_, i) => i)));
  const changed = (at: number, value: number) =>
    whole.map((byte, i) => (i === (at + whole.length) % whole.length ? value : byte));
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["unexpected end of file", new Uint8Array(0)],
    ["unexpected end of file", whole.slice(0, 9)],
    ["unexpected end of file", whole.slice(0, -1)],
    ["incorrect header check", changed(0, 0)],
    ["unknown compression method", changed(2, 7)],
    ["unknown header flags set", changed(3, 64)],
    ["incorrect data check", changed(-8, 1)],
    ["incorrect length check", changed(-4, 1)],
    ["invalid block type", fileOf("1", "11")],
    ["invalid stored block lengths", Uint8Array.from([...HEAD, 1, 1, 0, 1, 0, 7])],
    ["invalid distance too far back", fileOf("1", "01", "1000000", "00000", "0000000")],
    // Fixed codes have symbols for lengths and distances that mean none.
    ["invalid literal/length code", fileOf("1", "01", "01100011")],
    ["invalid distance code", fileOf("1", "01", "00001100", "1000000", "01111")],
    ["too many length or distance symbols", fileOf("1", "10", "11110", "00000", "0000")],
    ["invalid code lengths set", dynamic({ 0: "001", 1: "001", 2: "001" })],
    ["invalid code lengths set", dynamic({ 0: "010", 1: "001" })],
    // 16 repeats what came before: nothing has.
    ["invalid bit length repeat", dynamic({ 16: "001", 0: "001" }, "1", "00")],
    // 138 and 127 zeros are more than 258 lengths.
    ["invalid bit length repeat", dynamic({ 18: "001", 0: "001" }, "1", "1111111", "1", "1111111")],
    ["invalid code -- missing end-of-block", dynamic({ 18: "001", 0: "001" }, "1", "1111111", "1", "1101101")],
  ];
  for (const [reason, bytes] of cases) {
    assert.is(reasonOf(bytes), reason);
    assert.throws(() => gunzipSync(bytes), reason === "invalid distance code" ? /invalid/ : new RegExp(reason));
  }
});

test("copies do not reach into the member before", () => {
  const first = new Uint8Array(gzipSync(new Uint8Array(100)));
  const copying = fileOf("1", "01", "1000000", "00000", "0000000"); // three bytes, one byte back
  assert.is(reasonOf(Uint8Array.from([...first, ...copying])), "invalid distance too far back");
});

test("CRC-32 is zlib's", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) % 251);
  for (let n = 0; n < 1000; n += 37) assert.is(crc32(bytes.subarray(0, n)), zlibCrc32(bytes.subarray(0, n)));
});

test.run();
