/** Margins of a block: which bytes are watched, and how the nearest change is told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fillMargins, MARGIN_BYTES, overrunOf } from "../../src/wasm/margin.ts";

const test = suite("margin");

/** A buffer of zeros with a block of `bytes` bytes in the middle, its margins written. */
function withBlock(bytes: number): {
  readonly buffer: ArrayBuffer;
  readonly pointer: number;
  readonly all: Uint8Array;
} {
  const pointer = 2 * MARGIN_BYTES;
  const buffer = new ArrayBuffer(pointer + bytes + 2 * MARGIN_BYTES);
  fillMargins(buffer, pointer, bytes);
  return { buffer, pointer, all: new Uint8Array(buffer) };
}

test("the margins are NaN in both float types, and nothing else is written", () => {
  const { buffer, pointer, all } = withBlock(24);
  const [start, end] = [pointer - MARGIN_BYTES, pointer + 24];
  for (const at of [start, end]) {
    for (const value of new Float32Array(buffer, at, MARGIN_BYTES / 4)) assert.ok(Number.isNaN(value));
    for (const value of new Float64Array(buffer, at, MARGIN_BYTES / 8)) assert.ok(Number.isNaN(value));
  }
  const others = [...all.subarray(0, start), ...all.subarray(pointer, end), ...all.subarray(end + MARGIN_BYTES)];
  assert.ok(others.every((byte) => byte === 0));
  assert.is(overrunOf(buffer, pointer, 24), undefined);
});

test("a changed byte is named by its side and its distance, and the block itself may change", () => {
  for (const bytes of [0, 1, 24]) {
    const { buffer, pointer, all } = withBlock(bytes);
    all.fill(255, pointer, pointer + bytes);
    assert.is(overrunOf(buffer, pointer, bytes), undefined);
    for (let distance = 1; distance <= MARGIN_BYTES; distance++) {
      for (const [side, at] of [
        ["before", pointer - distance],
        ["after", pointer + bytes + distance - 1],
      ] as const) {
        all[at]! ^= 1;
        assert.equal(overrunOf(buffer, pointer, bytes), [side, distance]);
        all[at]! ^= 1;
      }
    }
  }
});

test("of several changes the nearest is told, and one before the block goes first", () => {
  const { buffer, pointer, all } = withBlock(8);
  for (const at of [pointer - 9, pointer - 2, pointer + 8, pointer + 20]) all[at]! ^= 1;
  assert.equal(overrunOf(buffer, pointer, 8), ["before", 2]);
  for (const at of [pointer - 9, pointer - 2]) all[at]! ^= 1;
  assert.equal(overrunOf(buffer, pointer, 8), ["after", 1]);
});

test.run();
