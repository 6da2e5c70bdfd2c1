import { suite } from "uvu";
import * as assert from "uvu/assert";

import { DisposedError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { AllocationError, OverrunError, TrapError } from "../../src/wasm/errors.ts";
import { Guard } from "../../src/wasm/guard.ts";
import * as margins from "../../src/wasm/margin.ts";
import { LARGEST_BLOCK, Memory } from "../../src/wasm/memory.ts";
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
  const engine = await Engine.load({ build: WASM_BUILD }); // the reference kernels' memory copies itself to grow: gigabytes here
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
  const { tensors, scratchBytes } = engine.stats();
  assert.is(tensors, 5, "what failed is not counted: three blocks and two tensors");
  assert.ok(scratchBytes > 0, "scratch");
});

test("the largest block is there, also with its margins", async () => {
  const engine = await Engine.load({ build: "debug" });
  const block = engine.memory.allocate(LARGEST_BLOCK);
  assert.ok(engine.stats().memoryBytes > LARGEST_BLOCK);
  engine.checkMemory();
  block.free();
  assert.is(engine.stats().tensors, 0);
});

/** Memory that does not grow. */
function fixed(buffer: ArrayBuffer) {
  return { buffer, grow: () => assert.unreachable("it is large enough") };
}

/** A heap that gives the same address each time, and writes down what it is asked; `buffer` is its memory. */
function plainHeap(address = 256) {
  const asked: string[] = [];
  const heap = {
    alloc(bytes: number) {
      asked.push(`alloc ${bytes}`);
      return address;
    },
    free(pointer: number) {
      asked.push(`free ${pointer}`);
    },
  };
  return { heap: { ...heap, shortage: () => 0 }, asked, buffer: new ArrayBuffer(1024) };
}

test("a block with margins lies between them, and is freed with them; one without has none", () => {
  const { heap, asked, buffer } = plainHeap();
  const memory = new Memory(fixed(buffer), heap, new Guard(), margins);
  const block = memory.allocate(40);
  assert.is(block.pointer, 256 + margins.MARGIN_BYTES);
  assert.is(margins.overrunOf(buffer, block.pointer, 40), undefined, "the margins are written");
  memory.check();
  block.free();
  const plain = new Memory(fixed(buffer), heap, new Guard()).allocate(40);
  assert.is(plain.pointer, 256);
  plain.free();
  assert.equal(asked, [`alloc ${40 + 2 * margins.MARGIN_BYTES}`, "free 256", "alloc 40", "free 256"]);
});

test("a changed margin is found by the check, or when its block is freed, and is the end", () => {
  for (const find of [(memory: Memory) => memory.check(), (_: Memory, free: () => void) => free()]) {
    const { heap, asked, buffer } = plainHeap();
    const memory = new Memory(fixed(buffer), heap, new Guard(), margins);
    const block = memory.allocate(40);
    new Uint8Array(buffer)[block.pointer - 3]! ^= 1;
    const error = assertThrows(() => find(memory, () => block.free()), OverrunError, String(find));
    assert.equal([error.bytes, error.side, error.distance], [40, "before", 3]);
    assert.is(
      assertThrows(() => memory.allocate(1), OverrunError, "afterwards"),
      error,
    );
    block.free();
    assert.is(memory.stats().tensors, 0);
    assert.equal(asked, [`alloc ${40 + 2 * margins.MARGIN_BYTES}`], "a damaged heap is left alone");
  }
});

test("a block that was freed is watched no more: its margins may be another's", () => {
  const { heap, buffer } = plainHeap();
  const memory = new Memory(fixed(buffer), heap, new Guard(), margins);
  memory.allocate(40).free();
  margins.fillMargins(buffer, 256 + margins.MARGIN_BYTES, 8);
  memory.check();
});

test("a heap that traps is damaged, names its kernel, and is the end", () => {
  const { heap, buffer } = plainHeap();
  for (const name of ["alloc", "shortage"] as const) {
    for (const cause of [new WebAssembly.RuntimeError("unreachable"), new RangeError("out of memory"), "no error"]) {
      const guard = new Guard();
      const fail = () => {
        throw cause;
      };
      const memory = new Memory(fixed(buffer), { ...heap, [name]: fail }, guard);
      const error = assertThrows(() => memory.allocate(8), TrapError, String(cause));
      assert.equal([error.kernel, error.cause], [name, cause]);
      assert.is(guard.isOpen, false);
      assert.equal([memory.stats().tensors, memory.stats().bytes], [0, 0]);
    }
  }
});

test("a host that refuses growth refuses one allocation: the next asks it again", () => {
  const { heap, asked } = plainHeap();
  const refusal = new RangeError("no more");
  const grown: number[] = [];
  let isOpen = false;
  const grow = (pages: number) => {
    grown.push(pages);
    if (!isOpen) throw refusal;
  };
  const guard = new Guard();
  const large = { buffer: { byteLength: 10 * 65536 } as ArrayBuffer, grow };
  const memory = new Memory(large, { ...heap, shortage: (bytes: number) => (bytes > 100 ? bytes - 100 : 0) }, guard);
  const small = memory.allocate(40);
  const error = assertThrows(() => memory.allocate(200_000), AllocationError, "refused");
  assert.equal([error.bytes, error.cause, grown], [200_000, refusal, [10, 4]]);
  assert.equal(error.fault, {
    kind: "memory",
    tensors: 1,
    liveBytes: 40,
    memoryBytes: 655_360,
    neededBytes: 917_504,
    limit: 2 ** 32,
  });
  assert.ok(guard.isOpen && small.isLive);
  assert.equal([memory.stats().tensors, memory.stats().bytes], [1, 40]);
  isOpen = true;
  assert.is(memory.allocate(200_000).bytes, 200_000);
  assert.equal(grown, [10, 4, 10]);
  assert.equal(asked, ["alloc 40", "alloc 200000"], "the heap is asked when there is room");
});

test("a heap that cannot take a block back has trapped, and the block is gone", () => {
  const { heap, buffer } = plainHeap();
  const cause = new WebAssembly.RuntimeError("unreachable");
  const free = () => {
    throw cause;
  };
  const memory = new Memory(fixed(buffer), { ...heap, free }, new Guard());
  const block = memory.allocate(40);
  const trap = assertThrows(() => block.free(), TrapError, "free");
  assert.equal([trap.kernel, trap.cause, block.isLive, memory.stats().tensors], ["free", cause, false, 0]);
  assert.is(
    assertThrows(() => memory.allocate(1), TrapError, "afterwards"),
    trap,
  );
});

test("the heap of an engine that has ended is asked for nothing, and blocks can still be given up", () => {
  for (const around of [undefined, margins]) {
    const { heap, asked, buffer } = plainHeap();
    const guard = new Guard();
    const memory = new Memory(fixed(buffer), heap, guard, around);
    const block = memory.allocate(40);
    asked.length = 0;
    guard.stop(new DisposedError("engine", "kernel call"));
    new Uint8Array(buffer).fill(0);
    block.free();
    assertThrows(() => memory.allocate(1), DisposedError, around ? "with margins" : "without");
    assert.equal(asked, []);
    assert.is(memory.stats().tensors, 0);
  }
});

test.run();
