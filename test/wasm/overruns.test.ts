/** What is written beyond a block is found on the debug build: by asking, by freeing, and at the engine's end. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { OverrunError } from "../../src/wasm/errors.ts";
import { MARGIN_BYTES } from "../../src/wasm/margin.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { runScript } from "../support/script.ts";
import { assertThrows } from "../support/throws.ts";

const { module } = await loadEngine();
/** Not `loadEngine`, which would ask about these canaries as well. */
const another = (): Promise<Engine> => Engine.load({ build: BUILD, wasm: module });

const WATCHES = BUILD === "debug";
const test = suite("overruns");

/** A block of `elements` elements is filled with one more: a wrong size in a raw call, which every build obeys. */
function overrun(engine: Engine, dtype: FloatType, elements: number): void {
  using x = zeros(engine, [elements], { dtype });
  engine.kernels[dtype].fill(elements + 1, x.pointer, 7);
  engine.checkMemory();
}

if (WATCHES) {
  for (const dtype of FLOATS) {
    test(`a kernel that is told a wrong size is found out, for any size of the block, ${dtype}`, async () => {
      for (const elements of [0, 1, 2, 3, 4, 5, 63, 1000]) {
        const engine = await another();
        const error = assertThrows(() => overrun(engine, dtype, elements), OverrunError, `${elements} elements`);
        const bytes = elements * (dtype === "float32" ? 4 : 8);
        assert.equal([error.bytes, error.side], [bytes, "after"]);
        assert.ok(error.distance <= 8, `${error.distance}`);
        assert.ok(error.message.includes(`after a block of ${bytes} bytes; this engine can no longer be used`));
        assert.is(
          assertThrows(() => zeros(engine, [1]), OverrunError, "later"),
          error,
          "the engine refuses further work with the reason",
        );
      }
    });
  }

  test("every single byte of both margins is watched, and named by its distance", async () => {
    for (const bytes of [0, 1, 7, 16, 33]) {
      for (let distance = 1; distance <= MARGIN_BYTES; distance++) {
        for (const side of ["before", "after"] as const) {
          const engine = await another();
          const { pointer } = engine.memory.allocate(bytes);
          engine.checkMemory();
          const at = side === "before" ? pointer - distance : pointer + bytes + distance - 1;
          const byte = engine.memory.view("uint8", at, 1);
          byte[0] = (byte[0] ?? 0) ^ 1;
          const error = assertThrows(() => engine.checkMemory(), OverrunError, `${side} ${bytes}`);
          assert.equal([error.bytes, error.side, error.distance], [bytes, side, distance]);
        }
      }
    }
  });

  test("a block that was overrun says so when it is freed, once", async () => {
    const engine = await another();
    const x = zeros(engine, [3], { dtype: "float64" });
    engine.kernels.float64.fill(4, x.pointer, 1);
    assert.is(assertThrows(() => x.dispose(), OverrunError, "dispose").bytes, 24);
    assert.not.throws(() => x.dispose());
    assert.is(engine.stats().tensors, 0);
  });

  test("an engine says at its end which block was overrun, and has ended", async () => {
    const engine = await another();
    using x = zeros(engine, [2]);
    engine.kernels.float32.fill(3, x.pointer, 1);
    const error = assertThrows(() => engine.dispose(), OverrunError, "dispose");
    assert.not.throws(() => engine.dispose());
    assert.is(
      assertThrows(() => engine.memory.allocate(1), OverrunError, "after it"),
      error,
    );
  });

  test("what a kernel reads beyond its operand is NaN, in both float types, wherever the operand ends", async () => {
    const engine = await another();
    for (const dtype of FLOATS) {
      for (const elements of [1, 2, 3, 4, 5]) {
        using x = zeros(engine, [elements], { dtype });
        using sum = zeros(engine, [1], { dtype });
        engine.kernels[dtype].reduce(0, 1, elements + 1, 1, x.pointer, sum.pointer);
        assert.ok(Number.isNaN(sum.data[0]), `${elements}`);
      }
    }
    engine.checkMemory();
  });

  test("a test file whose kernels overrun fails, although each of its tests passed", async () => {
    const { code, stdout, stderr } = await runScript("test/fixtures/careless.ts", []);
    assert.match(stdout, /Passed: +1\b/);
    assert.is.not(code, 0);
    assert.match(stderr, /OverrunError: memory: something was written 1 byte after a block of 20 bytes/);
  });
} else {
  test("other builds have no canaries, and find nothing", async () => {
    const engine = await another();
    assert.not.throws(() => overrun(engine, "float32", 4));
    assert.not.throws(() => engine.dispose());
  });
}

test("sound work passes the check: blocks of every size, growth, freeing in any order", async () => {
  const engine = await another();
  const { memoryBytes } = engine.stats();
  const blocks = Array.from({ length: 70 }, (_, size) => engine.memory.allocate(size));
  for (const { pointer, bytes } of blocks) {
    assert.is(pointer % 16, 0);
    engine.memory.view("uint8", pointer, bytes).fill(255);
  }
  for (const [i, block] of blocks.entries()) if (i % 3 === 0) block.free();
  const large = engine.memory.allocate(4 * memoryBytes);
  assert.ok(engine.stats().memoryBytes > memoryBytes);
  using x = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  using y = matmul(x, x);
  assert.equal(y.toArray(), [
    [7, 10],
    [15, 22],
  ]);
  engine.checkMemory();
  large.free();
  for (const block of blocks) block.free();
  engine.checkMemory();
  assert.is(engine.stats().tensors, 2, "margins are not counted");
  assert.is(engine.stats().bytes, 32);
});

test("the check of an engine that has ended gives the reason", async () => {
  const engine = await another();
  engine.dispose();
  assertThrows(() => engine.checkMemory(), DisposedError, "after dispose");
});

test.run();
