import { suite } from "uvu";
import * as assert from "uvu/assert";

import { DisposedError, LanegradError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { AllocationError, OverrunError, TrapError } from "../../src/wasm/errors.ts";
import { BUILD, loadEngine, WASM_BUILD } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const { module } = await loadEngine();
const another = () => Engine.load({ build: BUILD, wasm: module });
/** Where kernels trap: JavaScript's do not. */
const trapping = () => Engine.load({ build: WASM_BUILD });

const test = suite("engine");

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
  assert.is(engine.stats().scratchBytes, 1000);
  assert.is(engine.scratch(1000), pointer);
  const { tensors, bytes, scratchBytes } = engine.stats();
  assert.equal({ tensors, bytes, scratchBytes }, { tensors: 0, bytes: 0, scratchBytes: 1000 });
  assertThrows(() => engine.scratch(2 ** 31), AllocationError, "too large");
  engine.scratch(10);
  assert.is(engine.stats().scratchBytes, 10, "a refused need leaves none behind");
});

test("a trap names its kernel, and the engine refuses every later call, while another still works", async () => {
  const [engine, other] = [await trapping(), await trapping()];
  const { gemm } = engine.kernels.float32;
  const x = tensor(engine, [[1]]);
  const absurd = 2 ** 32 - 4;
  const trap = assertThrows(
    () => gemm(1, 1, 1, absurd, 1, 1, absurd, 1, 1, absurd, 1, 0, 0, 0, 1, 0, 0),
    TrapError,
    "a pointer beyond memory",
  );
  assert.is(trap.kernel, "sgemm");
  assert.match(trap.message, /^kernel sgemm trapped \(.+\); this engine can no longer be used: load another$/);
  assert.instance(trap.cause, WebAssembly.RuntimeError);

  const later = [
    () => matmul(x, x),
    () => zeros(engine, [1]),
    () => engine.kernels.float64.exp(0, 0, 0, 0),
    () => engine.common.firstOutOfRange(0, 0, 1),
    () => engine.memory.allocate(1),
  ];
  for (const call of later) assert.is(assertThrows(call, TrapError, String(call)), trap);
  engine.dispose();
  assert.is(
    assertThrows(() => matmul(x, x), TrapError, "after dispose"),
    trap,
    "the first reason stays",
  );

  using a = tensor(other, [[2]]);
  using b = matmul(a, a);
  assert.equal(b.toArray(), [[4]]);
});

test("disposing after a trap throws nothing, so that the trap is what the caller sees", async () => {
  const engine = await trapping();
  const x = tensor(engine, [1]);
  assertThrows(() => engine.kernels.float32.fill(1, 2 ** 32 - 4, 0), TrapError, "fill");
  assert.not.throws(() => x.dispose());
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
  assert.instance(
    assertThrows(() => kept.memory.allocate(1), DisposedError, "allocate"),
    LanegradError,
  );
});

test("on the debug build alone blocks are watched: by asking, and at the engine's end, which is told once", async () => {
  for (const build of ["simd", "debug", "js"] as const) {
    const engine = await Engine.load({ build });
    const { pointer } = engine.memory.allocate(8);
    engine.checkMemory();
    engine.memory.view("uint8", pointer + 8, 1).fill(1); // a block has room for 16
    if (build !== "debug") {
      engine.checkMemory();
      engine.dispose();
      continue;
    }
    const error = assertThrows(() => engine.dispose(), OverrunError, "dispose");
    assert.equal([error.bytes, error.side, error.distance], [8, "after", 1]);
    engine.dispose();
    assert.is(
      assertThrows(() => engine.checkOpen(), OverrunError, "afterwards"),
      error,
    );
    const other = await Engine.load({ build });
    const block = other.memory.allocate(8);
    other.memory.view("uint8", block.pointer + 8, 1).fill(1);
    assertThrows(() => other.checkMemory(), OverrunError, "by asking");
  }
});

test("an error of the library's own passes through a program; any other is a trap of its kernel", async () => {
  const engine = await another();
  const own = new DisposedError("x", "kernel call");
  assert.is(engine.failureOf("exp", own), own);
  engine.checkOpen();
  const cause = new WebAssembly.RuntimeError("unreachable");
  const trap = engine.failureOf("exp", cause);
  assert.instance(trap, TrapError);
  assert.equal([(trap as TrapError).kernel, trap.cause], ["exp", cause]);
  assert.is(
    assertThrows(() => engine.checkOpen(), TrapError, "afterwards"),
    trap,
  );
});

test.run();
