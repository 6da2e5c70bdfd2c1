/**
 * The end of memory: engines whose memory may have 2 MiB at most, and one whose blocks lie above 2 GiB. Of WebAssembly's;
 * test/reference/memory.test.ts is about the reference kernels'.
 */
import { freemem } from "node:os";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import { datasetFromArrays } from "../../src/data/arrays.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { DisposedError } from "../../src/errors.ts";
import { encodeNetwork } from "../../src/nn/files/network_file.ts";
import { sigmoid } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { sum } from "../../src/ops/sum.ts";
import { input } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { AllocationError } from "../../src/wasm/errors.ts";
import { type Block, LARGEST_BLOCK } from "../../src/wasm/memory.ts";
import { assertSame } from "../support/compare.ts";
import { WASM_BUILD } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";
import { loadLimited } from "../support/limited.ts";
import { assertThrows } from "../support/throws.ts";

const PAGES = 32;
const PAGE_BYTES = 1 << 16;
/** What the test above 2 GiB touches is little; what it reserves a machine must be able to promise. */
const RESERVED_BYTES = 3 * 2 ** 30;

const limited = (): Promise<Engine> => loadLimited(PAGES, { build: WASM_BUILD });
const unlimited = (): Promise<Engine> => Engine.load({ build: WASM_BUILD });

const test = suite("limits of memory");

test("memory grows to its maximum; what does not fit is refused alone, and everything else goes on", async () => {
  const engine = await limited();
  using x = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  const half = engine.memory.allocate((PAGES / 2) * PAGE_BYTES);
  const { memoryBytes, tensors, bytes } = engine.stats();
  assert.ok(memoryBytes <= PAGES * PAGE_BYTES);

  for (let i = 0; i < 3; i++) {
    const error = assertThrows(() => engine.memory.allocate(PAGES * PAGE_BYTES), AllocationError, "beyond the maximum");
    assert.is(error.bytes, PAGES * PAGE_BYTES);
    const { neededBytes, ...fault } = error.fault as { neededBytes: number };
    assert.equal(fault, { kind: "memory", tensors, liveBytes: bytes, memoryBytes, limit: 2 ** 32 });
    assert.ok(neededBytes > PAGES * PAGE_BYTES && neededBytes % PAGE_BYTES === 0, `${neededBytes}`);
    assert.is(
      error.message,
      `allocate: no room for 2097152 bytes: 2 tensors hold ${bytes} of ${memoryBytes} bytes of memory, which cannot grow to ${neededBytes} (limit: 4294967296); dispose of what is no longer used`,
    );
    assert.instance(error.cause, RangeError);
    assert.equal(engine.stats(), { tensors, bytes, scratchBytes: 0, memoryBytes }, "what failed is not counted");
  }

  engine.checkOpen();
  engine.checkMemory();
  assert.equal(x.toArray(), [
    [1, 2],
    [3, 4],
  ]);
  using product = matmul(x, x);
  assert.equal(product.toArray(), [
    [7, 10],
    [15, 22],
  ]);
  half.free();
  const again = engine.memory.allocate(half.bytes);
  again.free();
  engine.dispose();
  assertThrows(() => zeros(engine, [1]), DisposedError, "after dispose");
});

test("a full memory: what is freed can be allocated again, of any size", async () => {
  const engine = await limited();
  for (const bytes of [16, 1000, 1016, 4097, 33_333, 200_003]) {
    const blocks: Block[] = [];
    assertThrows(
      () => {
        for (;;) blocks.push(engine.memory.allocate(bytes));
      },
      AllocationError,
      `${bytes}`,
    );
    for (let i = 0; i < blocks.length; i += 3) {
      blocks[i]!.free();
      const again = engine.memory.allocate(bytes);
      assert.is(again.pointer, blocks[i]!.pointer);
      blocks[i] = again;
    }
    engine.checkMemory();
    for (const block of blocks) block.free();
  }
  assert.is(engine.stats().bytes, 0);
});

test("a network keeps its weights through a refusal, is saved, predicts and trains on", async () => {
  const engine = await limited();
  using net = network(engine, sequential(dense(6, 4), dense(4, 2)), { seed: 0 });
  using state = net.optimize(adam({ learningRate: 0.01 }));
  using x = tensor(engine, reals(12, 1, "float32"), { shape: [2, 6], dtype: "float32" });
  using t = tensor(engine, Int32Array.of(0, 1));
  net.step(state, x, t);
  const [saved, loss] = [encodeNetwork(net), net.loss(x, t)];
  assertThrows(() => new ResidentDataset(engine, tooLarge()), AllocationError, "more than the memory holds");
  assertThrows(() => network(engine, sequential(dense(1000, 1000)), { seed: 0 }), AllocationError, "network");
  assert.equal(encodeNetwork(net), saved);
  assert.is(net.parameters["W1"]?.data.length, 24);
  assert.is(net.loss(x, t), loss);
  net.step(state, x, t);
  assert.ok(net.loss(x, t) < loss);
});

function tooLarge(): Dataset {
  const inputs = { data: new Uint8Array(PAGES * PAGE_BYTES).fill(1), shape: [PAGES * 64, PAGE_BYTES / 64] };
  return datasetFromArrays({
    name: "large",
    inputs,
    labels: { data: new Uint8Array(PAGES * 64), shape: [PAGES * 64] },
  });
}

test("growth that the host refuses: the allocation alone fails, and a later one that it allows does not", async () => {
  const engine = await unlimited();
  using x = tensor(engine, [1, 2, 3]);
  const { grow } = WebAssembly.Memory.prototype;
  const refusal = new RangeError("refused by the host");
  let asked = 0;
  WebAssembly.Memory.prototype.grow = () => {
    asked += 1;
    throw refusal;
  };
  try {
    const error = assertThrows(() => zeros(engine, [1 << 18]), AllocationError, "refused");
    assert.is(error.cause, refusal);
    assert.ok(asked > 0);
    assert.equal(x.toArray(), [1, 2, 3]);
    using small = zeros(engine, [10]);
    assert.is(small.size, 10);
  } finally {
    WebAssembly.Memory.prototype.grow = grow;
  }
  using large = zeros(engine, [1 << 18]);
  assert.is(large.data[12345], 0);
  assert.is(engine.stats().tensors, 2);
});

test("a block that no memory can have is refused, and the engine goes on", async () => {
  const engine = await limited();
  const error = assertThrows(() => engine.memory.allocate(LARGEST_BLOCK + 1), AllocationError, "too large");
  assert.equal(error.fault, { kind: "block", limit: LARGEST_BLOCK });
  using x = tensor(engine, [2]);
  assert.equal(x.toArray(), [2]);
});

test("memory is used to its last page", async () => {
  const engine = await limited();
  let count = 0;
  assertThrows(
    () => {
      for (; count <= PAGES; count++) engine.memory.allocate(PAGE_BYTES - 1024);
    },
    AllocationError,
    "full",
  );
  assert.ok(count >= PAGES - 2, `${count} of ${PAGES} pages`);
});

test("tensors, results, scratch, programs and networks that do not fit say so by one class", async () => {
  const needs: Readonly<Record<string, (engine: Engine) => unknown>> = {
    tensor: (engine) => zeros(engine, [1 << 20]),
    result: (engine) => {
      const x = zeros(engine, [1 << 18]);
      return exp(x);
    },
    scratch: (engine) => engine.scratch(PAGES * PAGE_BYTES),
    program: (engine) => {
      const x = input(engine, [600, 600], { name: "x" });
      return compile({ y: sigmoid(matmul(x, x)) });
    },
    network: (engine) => network(engine, sequential(dense(1000, 1000)), { seed: 0 }),
  };
  for (const [label, need] of Object.entries(needs)) {
    const engine = await limited();
    const error = assertThrows(() => need(engine), AllocationError, label);
    assert.is(error.fault.kind, "memory", label);
  }
});

test("a view that was taken before memory grew is dead, and the tensor's next one is right", async () => {
  const engine = await limited();
  for (const dtype of FLOATS) {
    const x = tensor(engine, [1, 2, 3], { dtype, name: "x" });
    const part = x.part(1, [2]);
    const [early, earlyPart] = [x.data, part.data];
    const { memoryBytes } = engine.stats();
    while (engine.stats().memoryBytes === memoryBytes) engine.memory.allocate(PAGE_BYTES);
    assert.equal([early.length, earlyPart.length], [0, 0], "detached");
    early[0] = 9;
    assert.equal(x.toArray(), [1, 2, 3], "what is written to a dead view goes nowhere");
    assert.equal([...part.data], [2, 3]);
    part.data[0] = 7;
    assert.equal([...x.data], [1, 7, 3]);
  }
});

if (freemem() < RESERVED_BYTES) {
  console.log(`limits of memory: ${freemem()} bytes are free, too few for the test of addresses above 2 GiB: skipped`);
} else {
  test("kernels give the same bits above 2 GiB as below, and what is freed there is given again", async () => {
    const [below, above] = [await unlimited(), await unlimited()];
    const [first, second] = [above.memory.allocate(LARGEST_BLOCK), above.memory.allocate(LARGEST_BLOCK)];
    for (const dtype of FLOATS) {
      const values = Array.from(reals(35, 1, dtype));
      const [low, high] = [below, above].map((engine) => {
        const x = tensor(engine, values, { dtype, shape: [5, 7] });
        const product = matmul(x, x, { transpose: "b" });
        const p = softmax(product);
        assert.is(x.pointer >= 2 ** 31 && p.pointer >= 2 ** 31, engine === above, `${x.pointer}`);
        return [...product.data, ...p.data, ...sum(exp(x)).data];
      });
      assertSame(high ?? [], low ?? [], dtype);
    }
    const block = above.memory.allocate(1000);
    block.free();
    assert.is(above.memory.allocate(1000).pointer, block.pointer);
    const pixels = zeros(above, [100], { dtype: "uint8" });
    pixels.data.fill(3);
    assert.is(above.common.countNonzeros(100, pixels.pointer), 100);
    above.checkMemory();
    first.free();
    second.free();
    assert.ok(above.memory.allocate(LARGEST_BLOCK).pointer < 2 ** 31, "and below, where there is room again");
  });
}

test.run();
