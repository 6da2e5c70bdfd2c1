import { suite } from "uvu";
import * as assert from "uvu/assert";

import { AllocationError, DisposedError, EngineError, LanegradError, TrapError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { type Build, supports } from "../../src/wasm/load.ts";
import { LARGEST_BLOCK } from "../../src/wasm/memory.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

/** Valid modules that are not the kernels: empty, and with `memory` of one page alone. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const MEMORY_ALONE = Uint8Array.of(
  ...EMPTY,
  ...[5, 3, 1, 0, 1], // memory section: one memory, no maximum, one page
  ...[7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0], // export section: "memory"
);

const { module } = await loadEngine();
const another = () => Engine.load({ build: BUILD, wasm: module });

const test = suite("engine");

test("loads the simd build unless told otherwise, and every build that the runtime supports", async () => {
  assert.is((await Engine.load()).build, "simd");
  for (const build of ["simd", "debug", BUILD] as const) assert.is((await Engine.load({ build })).build, build);
});

test("loads from a module, bytes, a view of bytes, a response and an address, and all compute", async () => {
  const { default: base64 } = (await import(`../../src/wasm/builds/${BUILD}.ts`)) as { default: string };
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const padded = new Uint8Array(bytes.length + 7);
  padded.set(bytes, 5);
  const sources = {
    module,
    bytes: bytes.buffer,
    view: padded.subarray(5, 5 + bytes.length),
    response: new Response(bytes, { headers: { "content-type": "text/plain" } }),
    address: new URL(`data:application/octet-stream;base64,${base64}`),
  };
  for (const [label, wasm] of Object.entries(sources)) {
    const engine = await Engine.load({ build: BUILD, wasm });
    using x = tensor(engine, [[3]]);
    using y = matmul(x, x);
    assert.equal(y.toArray(), [[9]], label);
  }
});

test("two engines of one module share nothing", async () => {
  const [left, right] = [await another(), await another()];
  using x = tensor(left, [1, 2, 3]);
  using y = tensor(right, [4, 5, 6]);
  assert.is(left.module, right.module);
  assert.equal([...x.data], [1, 2, 3]);
  assert.equal([...y.data], [4, 5, 6]);
  assert.is.not(left.memory.buffer, right.memory.buffer);
});

test("what is not the kernels is refused, with the reason", async () => {
  const sources = {
    "broken bytes": { wasm: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), reason: /magic/ },
    "an empty module": { wasm: EMPTY, reason: /./ },
    "a module without kernels": { wasm: MEMORY_ALONE, reason: /does not export gatherIndices/ },
    "an address without a module": { wasm: new URL("data:text/plain,hello"), reason: /./ },
    "an address that leads nowhere": { wasm: new URL("data:nothing"), reason: /./ },
  };
  for (const [label, { wasm, reason }] of Object.entries(sources)) {
    const error = await assertRejects(() => Engine.load({ build: BUILD, wasm }), EngineError, label);
    assert.is(error.fault.kind, "module", label);
    assert.match(error.message, /^the kernels cannot be loaded: /, label);
    if (error.fault.kind === "module") assert.match(error.fault.reason, reason, label);
  }
});

test("an unknown build is refused by its name, in a message that says so once", async () => {
  const error = await assertRejects(() => Engine.load({ build: "fast" as Build }), EngineError, "fast");
  assert.is(error.message, "the kernels cannot be loaded: unknown build fast");
});

test("a runtime without relaxed SIMD refuses that build, and says how to get it", async () => {
  if (supports("relaxed")) return;
  const error = await assertRejects(() => Engine.load({ build: "relaxed" }), EngineError, "relaxed");
  assert.is(error.fault.kind, "no-relaxed-simd");
  assert.match(error.message, /--experimental-wasm-relaxed-simd/);
});

test("a runtime without WebAssembly, or one that forbids compiling, is told apart", async () => {
  const original = globalThis.WebAssembly;
  const load = async (replacement: unknown) => {
    Object.defineProperty(globalThis, "WebAssembly", { value: replacement, configurable: true, writable: true });
    try {
      return await assertRejects(() => Engine.load(), EngineError, "load");
    } finally {
      Object.defineProperty(globalThis, "WebAssembly", { value: original, configurable: true, writable: true });
    }
  };
  assert.is((await load(undefined)).fault.kind, "no-webassembly");
  assert.is((await load({ ...statics(original), validate: () => false })).fault.kind, "no-simd");
  const compile = () => Promise.reject(new original.CompileError("Wasm code generation disallowed by embedder"));
  const forbidden = await load({ ...statics(original), compile });
  assert.is(forbidden.fault.kind, "forbidden");
  assert.match(forbidden.message, /wasm-unsafe-eval/);
  assert.instance(forbidden.cause, original.CompileError);
});

test("stats counts live tensors and bytes, and comes back to where it was", async () => {
  const engine = await another();
  const before = engine.stats();
  assert.equal({ ...before, memoryBytes: 0 }, { tensors: 0, bytes: 0, scratchBytes: 0, memoryBytes: 0 });
  const x = zeros(engine, [2, 3]);
  const y = zeros(engine, [5], { dtype: "float64" });
  assert.equal({ ...engine.stats(), memoryBytes: 0 }, { tensors: 2, bytes: 64, scratchBytes: 0, memoryBytes: 0 });
  x.dispose();
  y.dispose();
  assert.equal(engine.stats(), before);
});

test("scratch is counted apart, grows, and never shrinks", async () => {
  const engine = await another();
  engine.scratch(100);
  assert.is(engine.stats().scratchBytes, 100);
  const pointer = engine.scratch(1000);
  assert.is(pointer % 16, 0);
  assert.is(engine.scratch(10), pointer, "a smaller need is met by the same bytes");
  assert.is(engine.scratch(1000), pointer);
  const { tensors, bytes, scratchBytes } = engine.stats();
  assert.equal({ tensors, bytes, scratchBytes }, { tensors: 0, bytes: 0, scratchBytes: 1000 });
  assertThrows(() => engine.scratch(2 ** 31), AllocationError, "too large");
  engine.scratch(10);
  assert.is(engine.stats().scratchBytes, 10, "a refused need leaves none behind");
});

test("blocks are aligned to 16 bytes and never overlap", async () => {
  const engine = await another();
  const blocks = Array.from({ length: 50 }, (_, size) => engine.memory.allocate(size));
  blocks.forEach(({ pointer, bytes }, index) => {
    assert.is(pointer % 16, 0);
    engine.memory.view("uint8", pointer, bytes).fill(index);
  });
  blocks.forEach(({ pointer, bytes }, index) => {
    assert.ok(engine.memory.view("uint8", pointer, bytes).every((byte) => byte === index), `block ${index}`);
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

test("a trap names its kernel, and the engine refuses every later call, while another still works", async () => {
  const [engine, other] = [await another(), await another()];
  const { gemm } = engine.kernels.float32;
  const x = tensor(engine, [[1]]);
  const absurd = 2 ** 32 - 4;
  const trap = assertThrows(
    () => gemm(1, 1, 1, absurd, 1, 1, absurd, 1, 1, absurd, 1, 0, 1, 0),
    TrapError,
    "a pointer beyond memory",
  );
  assert.is(trap.kernel, "sgemm");
  assert.match(trap.message, /^kernel sgemm trapped \(.+\); this engine can no longer be used: load another$/);
  assert.instance(trap.cause, WebAssembly.RuntimeError);

  const later = [
    () => matmul(x, x),
    () => zeros(engine, [1]),
    () => engine.kernels.float64.exp(0, 0, 0),
    () => engine.common.firstOutOfRange(0, 0, 1),
    () => engine.memory.allocate(1),
  ];
  for (const call of later) assert.is(assertThrows(call, TrapError, String(call)), trap);

  using a = tensor(other, [[2]]);
  using b = matmul(a, a);
  assert.equal(b.toArray(), [[4]]);
});

test("memory that cannot grow is a trap, not a wrong answer; addresses above 2 GiB work until then", async () => {
  const engine = await another();
  const filler = [engine.memory.allocate(LARGEST_BLOCK), engine.memory.allocate(LARGEST_BLOCK)];
  using x = tensor(engine, [[1, 2], [3, 4]]);
  assert.ok(x.pointer >= 2 ** 31, `${x.pointer}`);
  using y = matmul(x, x);
  assert.equal(y.toArray(), [[7, 10], [15, 22]]);
  filler.push(engine.memory.allocate(LARGEST_BLOCK));
  assertThrows(() => engine.memory.allocate(LARGEST_BLOCK), TrapError, "beyond 4 GiB");
  assert.is(engine.memory.blocks, 6, "what failed is not counted: three blocks, two tensors and scratch");
});

test("after dispose an engine computes and allocates nothing, and its tensors are at their end", async () => {
  const engine = await another();
  const x = tensor(engine, [[1]], { name: "x" });
  engine.dispose();
  engine.dispose();
  const calls = {
    matmul: () => matmul(x, x),
    zeros: () => zeros(engine, [1]),
    allocate: () => engine.memory.allocate(1),
    scratch: () => engine.scratch(1),
    kernel: () => engine.kernels.float32.fill(0, 0, 0),
  };
  for (const [label, call] of Object.entries(calls)) {
    assert.match(assertThrows(call, DisposedError, label).message, /engine/, label);
  }
  x.dispose();
  assert.is(engine.stats().tensors, 0);
});

test("a tensor cannot be read or written after its engine's end", async () => {
  const engine = await another();
  const x = tensor(engine, [1], { name: "x" });
  engine.dispose();
  for (const use of [() => x.data, () => x.toArray(), () => x.set([2])]) assertThrows(use, DisposedError, String(use));
});

test("using gives an engine an end", async () => {
  let kept: Engine;
  {
    using engine = await another();
    kept = engine;
  }
  assert.instance(assertThrows(() => kept.memory.allocate(1), DisposedError, "allocate"), LanegradError);
});

test.run();

/** The namespace's functions and classes as plain properties. */
function statics(namespace: typeof WebAssembly): Record<string, unknown> {
  const { compile, instantiate, validate, Module, Instance, Memory, CompileError, RuntimeError } = namespace;
  return { compile, instantiate, validate, Module, Instance, Memory, CompileError, RuntimeError };
}
