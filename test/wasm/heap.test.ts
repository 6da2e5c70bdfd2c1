/** The heap of each build: blocks by size, in any order of allocating and freeing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { Engine } from "../../src/wasm/engine.ts";
import type { Block } from "../../src/wasm/memory.ts";
import { BUILD, WASM_BUILD } from "../support/engine.ts";
import { draws } from "../support/floats.ts";

const MIB = 2 ** 20;

const test = suite("heap");

test("blocks are aligned, apart from one another and inside of memory, in any order of freeing", async () => {
  const engine = await Engine.load({ build: BUILD });
  for (const [seed, largest] of [200, 5000, 100_000, 3_000_000].entries()) {
    const draw = draws(seed);
    let live: Block[] = [];
    for (let i = 0; i < 2000; i++) {
      if (draw() < 0.48 && live.length > 0) {
        live.splice(Math.floor(draw() * live.length), 1)[0]!.free();
        continue;
      }
      // As many of each order of size, and many of the same size.
      const drawn = largest ** draw();
      const bytes = draw() < 0.3 ? 64 * Math.ceil(drawn / 64) : Math.floor(drawn);
      const block = engine.memory.allocate(bytes);
      const { pointer } = block;
      assert.ok(pointer > 0 && pointer % 16 === 0, `${pointer}`);
      assert.ok(pointer + bytes <= engine.stats().memoryBytes);
      const other = live.find((it) => pointer < it.pointer + it.bytes && it.pointer < pointer + bytes);
      assert.is(other, undefined, `${bytes} bytes at ${pointer}`);
      engine.memory.view("uint8", pointer, Math.min(bytes, 64)).fill(255); // what is written there damages nothing
      live.push(block);
    }
    engine.checkMemory();
    for (const block of live) block.free();
    live = [];
    assert.is(engine.stats().bytes, 0);
  }
  const { memoryBytes } = engine.stats();
  const whole = engine.memory.allocate(memoryBytes - 65536);
  assert.is(engine.stats().memoryBytes, memoryBytes, "free blocks have become one");
  whole.free();
});

test("a block that was freed is found again for any need up to its size, also where memory is full", async () => {
  const engine = await Engine.load({ build: BUILD });
  for (const bytes of [1, 12, 13, 200, 255, 256, 257, 1000, 1023, 4095, 65_535, 100_001, 1_000_003]) {
    const blocks = Array.from({ length: 9 }, () => engine.memory.allocate(bytes));
    const { memoryBytes } = engine.stats();
    for (const need of [bytes, bytes, bytes - (bytes >> 6), (bytes >> 1) + 1]) {
      blocks[4]!.free();
      blocks[4] = engine.memory.allocate(need);
    }
    assert.is(engine.stats().memoryBytes, memoryBytes);
    for (const block of blocks) block.free();
  }
});

test("blocks from 512 MiB on: a freed one that is too small is not taken for a larger one", async () => {
  const engine = await Engine.load({ build: WASM_BUILD }); // the reference kernels' memory copies itself to grow
  const { memory } = engine;
  const small = memory.allocate(610 * MIB);
  const bystander = memory.allocate(400 * MIB);
  small.free();
  const large = memory.allocate(630 * MIB);
  const isApart = large.pointer >= bystander.pointer + bystander.bytes;
  assert.ok(isApart, `${large.pointer} lies before the end of ${bystander.pointer} + ${bystander.bytes}`);
  assert.ok(large.pointer + large.bytes <= engine.stats().memoryBytes);
  assert.is(memory.allocate(609 * MIB).pointer, small.pointer, "what fits still does");
});

test.run();
