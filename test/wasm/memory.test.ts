import { suite } from "uvu";
import * as assert from "uvu/assert";

import { AllocationError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { LARGEST_BLOCK } from "../../src/wasm/memory.ts";
import { BUILD, loadEngine, WASM_BUILD } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const { module } = await loadEngine();
const another = () => Engine.load({ build: BUILD, wasm: module });

const test = suite("memory");

test("blocks are aligned to 16 bytes and never overlap", async () => {
  const engine = await another();
  const blocks = Array.from({ length: 50 }, (_, size) => engine.memory.allocate(size));
  blocks.forEach(({ pointer, bytes }, index) => {
    assert.is(pointer % 16, 0);
    engine.memory.view("uint8", pointer, bytes).fill(index);
  });
  blocks.forEach(({ pointer, bytes }, index) => {
    assert.ok(
      engine.memory.view("uint8", pointer, bytes).every((byte) => byte === index),
      `block ${index}`,
    );
  });
});

test("a size that no block can have is refused, and nothing changes", async () => {
  const engine = await another();
  const before = engine.stats();
  for (const bytes of [-1, 0.5, Number.NaN, Infinity, -Infinity, LARGEST_BLOCK + 1, 2 ** 31, 2 ** 32, 2 ** 60]) {
    const error = assertThrows(() => engine.memory.allocate(bytes), AllocationError, `${bytes}`);
    assert.ok(Object.is(error.bytes, bytes));
    assert.is(error.message, `allocate: expected at most ${LARGEST_BLOCK} bytes in one block, found ${bytes}`);
  }
  assert.equal(engine.stats(), before);
  engine.memory.allocate(0).free();
});

test("freeing twice is a no-op: a block that was freed and given anew stays whole", async () => {
  const engine = await another();
  const first = engine.memory.allocate(64);
  first.free();
  assert.is(first.isLive, false);
  const second = engine.memory.allocate(64);
  first.free();
  const third = engine.memory.allocate(64);
  assert.is(second.isLive, true);
  assert.is.not(second.pointer, third.pointer);
  assert.is(engine.stats().tensors, 2);
  assert.is(engine.stats().bytes, 128);
});

test("freed memory is used again: a thousand rounds leave its size alone", async () => {
  const engine = await another();
  const round = () => {
    const blocks = [1000, 50_000, 16].map((bytes) => engine.memory.allocate(bytes));
    for (const block of blocks) block.free();
  };
  round();
  const { memoryBytes } = engine.stats();
  for (let i = 0; i < 1000; i++) round();
  assert.is(engine.stats().memoryBytes, memoryBytes);
});

test("views are right after memory has grown", async () => {
  const engine = await another();
  using x = tensor(engine, [1, 2, 3], { name: "x" });
  const early = x.data;
  assert.is(x.data, early, "no new view while memory stays");
  const { memoryBytes } = engine.stats();
  using large = zeros(engine, [1 << 20]);
  assert.ok(engine.stats().memoryBytes > memoryBytes);
  assert.is(early.length, 0, "growth detaches views");
  assert.equal([...x.data], [1, 2, 3]);
  x.data[1] = 7;
  assert.equal(x.toArray(), [1, 7, 3]);
  assert.is(large.data[12345], 0);
});

test("memory that cannot grow is an error, not a wrong answer; addresses above 2 GiB work until then", async () => {
  const engine = await Engine.load({ build: WASM_BUILD }); // the twin's memory copies itself to grow: gigabytes here
  engine.memory.allocate(LARGEST_BLOCK);
  engine.memory.allocate(LARGEST_BLOCK);
  const x = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  assert.ok(x.pointer >= 2 ** 31, `${x.pointer}`);
  assert.equal(matmul(x, x).toArray(), [
    [7, 10],
    [15, 22],
  ]);
  engine.memory.allocate(LARGEST_BLOCK);
  const error = assertThrows(() => engine.memory.allocate(LARGEST_BLOCK), AllocationError, "beyond 4 GiB");
  assert.is(error.fault.kind, "memory");
  assert.is(engine.memory.blocks, 6, "what failed is not counted: three blocks, two tensors and scratch");
});

test.run();
