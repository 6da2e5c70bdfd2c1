/** What stands in for a WebAssembly instance: the reference kernels' exports, memory and heap. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { heap } from "../../src/reference/heap.ts";
import { start } from "../../src/reference/index.ts";
import { Pages } from "../../src/reference/pages.ts";
import { ABI } from "../../src/wasm/abi.ts";
import { AllocationError } from "../../src/wasm/errors.ts";
import { Guard } from "../../src/wasm/guard.ts";
import { LARGEST_BLOCK, Memory } from "../../src/wasm/memory.ts";
import { signatures } from "../../src/wasm/signature.ts";
import { draws } from "../support/floats.ts";
import { assertThrows } from "../support/throws.ts";

const GIB = 2 ** 30;

const test = suite("the reference kernels' memory");

/** Memory of which only the size is there. */
function empty(most: number): Pages {
  const buffer = { byteLength: 65536 };
  const grow = (pages: number) => {
    const bytes = buffer.byteLength + pages * 65536;
    if (bytes > most) throw new RangeError("Array buffer allocation failed");
    buffer.byteLength = bytes;
  };
  return { buffer, grow } as unknown as Pages;
}

test("it exports what the ABI names, with as many parameters, over the memory that it is given", () => {
  const memory = new Pages();
  const started = start(ABI, memory);
  assert.is(started.memory, memory);
  const { abi, ...kernels } = started.exports;
  assert.is(abi?.value, ABI);
  const pointer = (kernels["alloc"] as (bytes: number) => number)(8);
  (kernels["dstore"] as (y: number, value: number) => void)(pointer, Math.PI);
  assert.is(memory.f64[pointer / 8], Math.PI);
  assert.is(memory.buffer.byteLength, 65536);
  const found = Object.entries(kernels).map(([name, kernel]) => `${name} ${(kernel as () => void).length}`);
  const wanted = [...signatures().values()].map(({ name, parameters }) => `${name} ${parameters.length}`);
  assert.equal(found.sort(), wanted.sort());
});

test("growth keeps the content, gives another buffer and detaches the views of the old one", () => {
  const memory = new Pages();
  const { buffer, u8, f64 } = memory;
  f64[5] = Math.PI;
  memory.grow(2);
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

test("memory grows by what is missing, in pages, and not beyond what is to be had", () => {
  const memory = empty(200_000);
  const { alloc, shortage } = heap(memory);
  assert.is(shortage(65536), 256, "the lowest addresses are nobody's");
  alloc(65536);
  assert.is(memory.buffer.byteLength, 131_072);
  alloc(65536);
  assert.is(memory.buffer.byteLength, 196_608);
  assert.is(alloc(65536), 0, "full");
  assert.is(alloc(60_000), 131_328, "which changes nothing");
});

test("pages that memory was grown by from outside are taken over", () => {
  const memory = empty(GIB);
  const { alloc, shortage } = heap(memory);
  assert.is(shortage(100_000), 34_720);
  memory.grow(1);
  assert.is(shortage(100_000), 0);
  assert.is(alloc(100_000), 256);
  assert.is(memory.buffer.byteLength, 131_072);
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

test("what is missing counts the gap at memory's end, and that alone", () => {
  const memory = empty(GIB);
  const { alloc, free, shortage } = heap(memory);
  const low = alloc(5000);
  alloc(65536 - 256 - 5008); // no gap is left
  assert.is(shortage(16), 16);
  assert.is(alloc(16), 65536);
  const high = alloc(65536 - 16);
  free(low);
  assert.is(shortage(100_000), 100_000, "the gap lies elsewhere");
  free(high);
  assert.is(shortage(100_000), 100_000 - (65536 - 16));
  assert.is(alloc(100_000), 65552, "the last gap, and what is added to it");
});

test("memory is 4 GiB at most, all of which can be had", () => {
  const memory = empty(4 * GIB);
  const { alloc } = heap(memory);
  assert.is(alloc(4 * GIB - 256), 256);
  assert.is(memory.buffer.byteLength, 4 * GIB);
  assert.throws(() => new Pages().grow(65536), /RangeError|at most 4294967296/);
});

test("what is no block cannot be freed, and a block only once", () => {
  const { alloc, free } = heap(empty(GIB));
  const block = alloc(10);
  free(block);
  assert.throws(() => free(block), /no block/);
  assert.throws(() => free(8), /no block/);
});

test("the engine's memory doubles, or grows by what is needed where that is more or all that is to be had", () => {
  const grown = (most: number, ...blocks: number[]) => {
    const pages = empty(most);
    const memory = new Memory(pages, heap(pages), new Guard());
    for (const bytes of blocks) memory.allocate(bytes);
    return pages.buffer.byteLength;
  };
  assert.is(grown(GIB, 65536, 131_072), 262_144, "twice as much");
  assert.is(grown(200_000, 65536, 65536), 196_608, "twice as much is not to be had");
  assert.is(grown(GIB, 10 * 65536), 11 * 65536, "more than twice as much");
  assert.is(grown(64 * GIB, LARGEST_BLOCK, LARGEST_BLOCK, LARGEST_BLOCK), 4 * GIB, "what addresses reach");
});

for (const [why, most, fits] of [
  ["addresses end at 4 GiB", 4 * GIB, 4],
  ["the runtime has no more", 2 * GIB, 2],
] as const) {
  test(`a full memory refuses the block with an AllocationError, and nothing else: ${why}`, () => {
    const pages = empty(most);
    const guard = new Guard();
    const memory = new Memory(pages, heap(pages), guard);
    const blocks = Array.from({ length: fits }, () => memory.allocate(LARGEST_BLOCK));
    const memoryBytes = pages.buffer.byteLength;
    const error = assertThrows(() => memory.allocate(LARGEST_BLOCK), AllocationError, "full");
    const liveBytes = fits * LARGEST_BLOCK;
    const { neededBytes, ...fault } = error.fault as { neededBytes: number };
    assert.equal(fault, { kind: "memory", tensors: fits, liveBytes, memoryBytes, limit: 4 * GIB });
    assert.ok(neededBytes > most && neededBytes <= memoryBytes + GIB, `${neededBytes}`);
    assert.instance(error.cause, RangeError);
    assert.is(memory.stats().tensors, fits);
    assert.ok(guard.isOpen);
    blocks[0]!.free();
    assert.is(memory.allocate(LARGEST_BLOCK).pointer, blocks[0]!.pointer);
  });
}

test.run();
