/** What stands in for a WebAssembly instance: the twin's exports, its memory and its heap. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AllocationError } from "../../src/errors.ts";
import { heap } from "../../src/twin/heap.ts";
import { start } from "../../src/twin/index.ts";
import { Pages } from "../../src/twin/pages.ts";
import { COMMON_KERNELS, FLOAT_KERNELS, PREFIX } from "../../src/wasm/abi.ts";
import { Guard } from "../../src/wasm/guard.ts";
import { LARGEST_BLOCK, Memory } from "../../src/wasm/memory.ts";
import { draws, FLOATS } from "../support/floats.ts";
import { assertThrows } from "../support/throws.ts";

const GIB = 2 ** 30;

const test = suite("the twin's memory");

/** Memory of which only the size is there. */
function empty(most: number): Pages {
  const buffer = { byteLength: 65536 };
  const grow = (bytes: number) => {
    if (bytes > most) throw new RangeError("Array buffer allocation failed");
    buffer.byteLength = bytes;
  };
  return { buffer, grow } as unknown as Pages;
}

test("it exports what the ABI names, with as many parameters, and memory", () => {
  const { memory, ...kernels } = start().exports;
  assert.is(memory.buffer.byteLength, 65536);
  const arities = new Map(Object.entries<number>(COMMON_KERNELS));
  for (const dtype of FLOATS) {
    for (const [name, arity] of Object.entries(FLOAT_KERNELS)) arities.set(PREFIX[dtype] + name, arity);
  }
  const found = Object.entries(kernels).map(([name, kernel]) => `${name} ${(kernel as () => void).length}`);
  assert.equal(found.sort(), [...arities].map(([name, arity]) => `${name} ${arity}`).sort());
});

test("growth keeps the content, gives another buffer and detaches the views of the old one", () => {
  const memory = new Pages();
  const { buffer, u8, f64 } = memory;
  f64[5] = Math.PI;
  memory.grow(3 * 65536);
  assert.is.not(memory.buffer, buffer);
  assert.equal([u8.length, f64.length, buffer.byteLength], [0, 0, 0]);
  const { f32, i32, u16 } = memory;
  assert.equal(
    [memory.u8, u16, i32, f32, memory.f64].map((view) => view.buffer),
    Array(5).fill(memory.buffer),
  );
  assert.is(memory.f64[5], Math.PI);
  assert.is(memory.u8.length, 3 * 65536);
});

test("blocks are aligned, apart from one another and inside of memory, in any order of freeing", () => {
  const memory = empty(64 * GIB);
  const { alloc, free } = heap(memory);
  const draw = draws(1);
  let live: { start: number; bytes: number }[] = [];
  for (let i = 0; i < 5000; i++) {
    if (draw() < 0.45 && live.length > 0) {
      const gone = live.splice(Math.floor(draw() * live.length), 1)[0];
      if (gone !== undefined) free(gone.start);
      continue;
    }
    const bytes = Math.floor(draw() < 0.1 ? 100_000 * draw() : 200 * draw());
    const start = alloc(bytes);
    assert.ok(start >= 256 && start % 16 === 0 && start + bytes <= memory.buffer.byteLength, `${start}`);
    const other = live.find((block) => start < block.start + block.bytes && block.start < start + bytes);
    assert.is(other, undefined, `${bytes} bytes at ${start}`);
    live.push({ start, bytes });
  }
  const { byteLength } = memory.buffer;
  for (const { start } of live) free(start);
  live = [];
  assert.is(alloc(byteLength - 256), 256, "gaps become one again");
  assert.is(memory.buffer.byteLength, byteLength);
});

test("memory doubles, or grows by what is needed where that is more, or where twice as much is not to be had", () => {
  const memory = empty(200_000);
  const { alloc } = heap(memory);
  alloc(65536);
  assert.is(memory.buffer.byteLength, 131_072);
  alloc(65536);
  assert.is(memory.buffer.byteLength, 196_608);
  const large = empty(GIB);
  heap(large).alloc(10 * 65536);
  assert.is(large.buffer.byteLength, 11 * 65536);
});

test("what fits takes no growth, whichever gap it fits into", () => {
  const memory = empty(GIB);
  const { alloc, free } = heap(memory);
  const blocks = [alloc(16), alloc(1000), alloc(16)];
  const rest = alloc(65536 - 256 - 16 - 1008 - 16);
  for (const block of [blocks[0]!, rest]) free(block);
  assert.is(alloc(1000), rest, "the first gap is too small");
  assert.is(alloc(16), blocks[0]);
  assert.is(memory.buffer.byteLength, 65536);
});

test("memory doubles where less is needed, counts the gap at its end, and that alone", () => {
  const memory = empty(GIB);
  const { alloc, free } = heap(memory);
  const low = alloc(5000);
  alloc(65536 - 256 - 5008); // no gap is left
  assert.is(alloc(16), 65536);
  assert.is(memory.buffer.byteLength, 131_072);
  const high = alloc(65536 - 16);
  free(low);
  assert.is(alloc(100_000), 131_072, "the gap lies elsewhere");
  assert.is(memory.buffer.byteLength, 262_144);
  free(high);
  assert.is(alloc(150_000), 231_072, "the last gap, and what is added to it");
  assert.is(memory.buffer.byteLength, 524_288);
});

test("memory is 4 GiB at most, all of which can be had", () => {
  const memory = empty(64 * GIB);
  const { alloc } = heap(memory);
  assert.is(alloc(4 * GIB - 256), 256);
  assert.is(memory.buffer.byteLength, 4 * GIB);
  const grown = empty(64 * GIB);
  const more = heap(grown);
  more.alloc(2.5 * GIB);
  more.alloc(GIB);
  assert.is(grown.buffer.byteLength, 4 * GIB, "twice as much would be 5 GiB");
});

test("a heap that is full says why", () => {
  const error = assertThrows(() => heap(empty(65536)).alloc(65536), RangeError, "full");
  assert.match(error.message, /^out of memory: no room for 65536 bytes/);
  assert.is((error.cause as Error).message, "Array buffer allocation failed");
});

test("what is no block cannot be freed, and a block only once", () => {
  const { alloc, free } = heap(empty(GIB));
  const block = alloc(10);
  free(block);
  assert.throws(() => free(block), /no block/);
  assert.throws(() => free(8), /no block/);
});

for (const [why, most, fits] of [
  ["addresses end at 4 GiB", 64 * GIB, 4],
  ["the runtime has no more", 2 * GIB, 2],
] as const) {
  test(`a full memory is an AllocationError, after which the engine refuses work: ${why}`, () => {
    const pages = empty(most);
    const guard = new Guard();
    const memory = new Memory(pages, heap(pages), guard);
    for (let i = 0; i < fits; i++) memory.allocate(LARGEST_BLOCK);
    const { byteLength } = pages.buffer;
    const error = assertThrows(() => memory.allocate(LARGEST_BLOCK), AllocationError, "full");
    assert.equal(error.fault, { kind: "memory", memoryBytes: byteLength });
    assert.instance(error.cause, RangeError);
    assert.is(memory.blocks, fits);
    assert.is(
      assertThrows(() => guard.check(), AllocationError, "later"),
      error,
    );
  });
}

test.run();
