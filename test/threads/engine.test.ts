/** Engines with threads: how many there are and why, the same bits, and what becomes of one that loses a thread. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile, type Program } from "../../src/autodiff/program.ts";
import { OptionError } from "../../src/errors.ts";
import { relu } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { input } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AT } from "../../src/threads/control.ts";
import { LIMITS } from "../../src/threads/team.ts";
import { Engine, type EngineOptions } from "../../src/wasm/engine.ts";
import { EngineError, TrapError } from "../../src/wasm/errors.ts";
import { kernelsOf } from "../../src/wasm/load.ts";
import { WASM_BUILD } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { spiedWorkers } from "./spied_workers.ts";

const test = suite("engines with threads");
const N = 96;
const DATA = Float32Array.from({ length: N * N }, (_, i) => Math.fround(((i * 7919) % 1000) / 500 - 1));

const load = (options: EngineOptions = {}) => Engine.load({ build: WASM_BUILD, ...options });

test.before.each(() => {
  Object.assign(LIMITS, { isAlways: true, leastWork: 1, begin: 20_000, work: 60_000 });
});

/** y = relu(relu(x·a)·a), whose steps need barriers between them. */
function programOn(engine: Engine): Program<"y"> {
  const a = tensor(engine, DATA, { shape: [N, N] });
  const x = input(engine, [N, N], { name: "x" });
  const program = compile({ y: relu(matmul(relu(matmul(x, a)), a)) });
  program.inputs["x"]?.data.set(DATA);
  return program;
}

function bitsOf(program: Program<"y">): string {
  return Buffer.from(program.outputs.y.data.slice().buffer as ArrayBuffer).toString("base64");
}

async function expected(): Promise<string> {
  using engine = await load();
  const program = programOn(engine);
  program.run();
  return bitsOf(program);
}

test("a number of threads is an integer from 1 to 64, or auto", async () => {
  for (const threads of [0, -1, 1.5, 65, 1000, Number.NaN, Number.POSITIVE_INFINITY, "2", "all", null, true, {}]) {
    const error = await assertRejects(() => load({ threads: threads as number }), OptionError, String(threads));
    assert.match(error.message, /threads/);
  }
  using one = await load({ threads: 1 });
  assert.is(one.stats().threads, undefined);
  using asked = await load({ threads: 2 });
  assert.is(asked.stats().threads, 2);
  assert.is(asked.stats().threadsReason, "as asked for");
});

test("auto is a thread for each core, and says how many these are", async () => {
  using engine = await load({ threads: "auto" });
  const { threads = 0, threadsReason = "" } = engine.stats();
  assert.ok(threads >= 1 && threads <= 8, `${threads}`);
  assert.match(threadsReason, /^this machine has \d+ cores?$/);
});

test("the build js has no threads: auto says so, a number is refused", async () => {
  using engine = await Engine.load({ build: "js", threads: "auto" });
  assert.equal([engine.stats().threads, engine.stats().threadsReason], [1, 'the build "js" has no threads']);
  await assertRejects(() => Engine.load({ build: "js", threads: 2 }), OptionError, "js");
});

test("programs and single operations give the bits of one thread, on 2, 3 and 4", async () => {
  const wanted = await expected();
  using alone = await load();
  using a1 = tensor(alone, DATA, { shape: [N, N] });
  using y1 = matmul(a1, a1);
  for (const threads of [2, 3, 4]) {
    using engine = await load({ threads });
    const program = programOn(engine);
    for (let i = 0; i < 20; i++) {
      program.outputs.y.data.fill(Number.NaN);
      program.run();
      assert.is(bitsOf(program), wanted, `${threads} threads, run ${i}`);
    }
    using a = tensor(engine, DATA, { shape: [N, N] });
    using y = matmul(a, a);
    assert.equal(y.data.slice(), y1.data.slice(), `${threads} threads, at once`);
  }
});

test("by time or together: it may change from run to run, and the bits do not", async () => {
  LIMITS.isAlways = false;
  using engine = await load({ threads: 2 });
  const program = programOn(engine);
  const wanted = await expected();
  for (let i = 0; i < 200; i++) {
    program.outputs.y.data.fill(Number.NaN);
    program.run();
    assert.is(bitsOf(program), wanted, `run ${i}`);
  }
});

test("memory that grows while threads wait is theirs, too", async () => {
  using engine = await load({ threads: 2 });
  const wanted = await expected();
  const kept = [];
  for (let i = 0; i < 6; i++) {
    kept.push(tensor(engine, new Float32Array(2 ** (19 + i))));
    const program = programOn(engine);
    program.run();
    assert.is(bitsOf(program), wanted, `after ${engine.stats().memoryBytes} bytes`);
  }
  assert.ok(engine.stats().memoryBytes > 2 ** 26);
});

test("programs and what threads need are given back", async () => {
  using engine = await load({ threads: 2 });
  programOn(engine).run(); // scratch stays
  const before = engine.stats();
  for (let i = 0; i < 10; i++) {
    const x = input(engine, [N, N], { name: "x" });
    using program = compile({ y: matmul(x, x) });
    program.run();
  }
  assert.equal({ ...engine.stats(), scratchBytes: 0 }, { ...before, scratchBytes: 0 });
});

test("dispose ends the threads; a second call does nothing", async () => {
  const spied = spiedWorkers();
  try {
    const engine = await load({ threads: 3 });
    assert.is(spied.workers.length, 2);
    engine.dispose();
    engine.dispose();
    await spied.ended();
  } finally {
    spied.restore();
  }
});

test("two engines with eight threads each work at once", async () => {
  const [first, second] = await Promise.all([load({ threads: 8 }), load({ threads: 8 })]);
  const wanted = await expected();
  const programs = [programOn(first), programOn(second)];
  for (let i = 0; i < 5; i++) {
    for (const program of programs) {
      program.run();
      assert.is(bitsOf(program), wanted);
    }
  }
  first.dispose();
  second.dispose();
});

test("a thread that has ended between runs leaves one thread, with the reason, and nothing else changes", async () => {
  const spied = spiedWorkers();
  try {
    using engine = await load({ threads: 3 });
    const program = programOn(engine);
    program.run();
    const wanted = bitsOf(program);
    await spied.workers[0]?.terminate();
    await spied.ended();
    assert.is(engine.stats().threads, 1);
    assert.match(engine.stats().threadsReason ?? "", /a thread has ended/);
    program.outputs.y.data.fill(0);
    program.run();
    assert.is(bitsOf(program), wanted);
    programOn(engine).run();
  } finally {
    spied.restore();
  }
});

test("a thread that does not answer leaves one thread before anything was changed", async () => {
  const spied = spiedWorkers();
  LIMITS.begin = 100;
  try {
    using engine = await load({ threads: 2 });
    const program = programOn(engine);
    spied.workers[0]?.terminate(); // its end is heard of later
    LIMITS.begin = 100;
    program.run();
    assert.is(bitsOf(program), await expected());
    assert.is(engine.stats().threads, 1);
  } finally {
    spied.restore();
  }
});

for (const [when, milliseconds] of [
  ["while this one works", 0],
  ["before this one has seen that all are there", 30],
] as const) {
  test(`a kernel that traps in another thread, ${when}, stops the engine, by the name of its operation`, async () => {
    const spied = spiedWorkers(milliseconds === 0 ? undefined : comesLast);
    using engine = await load({ threads: 2 }).finally(spied.restore);
    const program = programOn(engine);
    program.run();
    const n = 2 ** 20;
    const to = tensor(engine, new Float32Array(n));
    // Reads, so that it destroys nothing: what the first thread reads is in memory, what the second reads is not.
    const call = { kernel: "scopy", args: [n, engine.stats().memoryBytes - 4 * (n / 2), to.pointer] };
    const steps = engine.team?.stepsFor(
      { engine, bytes: 0, plan: { bytes: 0, placements: new Map() } },
      [call],
      [{ origin: { operation: { name: "beyond memory" } } }],
      0,
      [],
    );
    const restore = lateAtBarriers(milliseconds);
    try {
      const error = assertThrows(() => steps?.[0]?.(), TrapError, "another thread");
      assert.is(error.kernel, "beyond memory");
    } finally {
      restore();
    }
    assert.match(engine.stats().threadsReason ?? "", /a thread did not end its work/, "not one that had not begun");
    assertThrows(() => program.run(), TrapError, "afterwards");
  });
}

/** The script of a thread that comes to barriers 10 ms later. */
function comesLast(script: string): string {
  return `
  const { add } = Atomics;
  Atomics.add = (array, place, value) => {
    for (const end = performance.now() + 10; place === ${AT.arrived} && performance.now() < end; );
    return add(array, place, value);
  };
  ${script}`;
}

/** From now on this thread looks only so much later whether a barrier that it has come to is open. Gives the way back. */
function lateAtBarriers(milliseconds: number): () => void {
  const { add } = Atomics;
  Atomics.add = ((array: Int32Array, place: number, value: number) => {
    const before = add(array, place, value);
    for (const end = performance.now() + milliseconds; place === AT.arrived && performance.now() < end; );
    return before;
  }) as typeof add;
  return () => {
    Atomics.add = add;
  };
}

test("a thread that does not start is an error, and with auto the reason for one thread", async () => {
  const spied = spiedWorkers(() => "throw new Error('no start')");
  try {
    const error = await assertRejects(() => load({ threads: 2 }), EngineError, "no start");
    assert.is(error.fault.kind, "no-threads");
    assert.match(error.message, /no start/);
    using engine = await load({ threads: "auto" });
    if ((engine.stats().threadsReason ?? "").startsWith("this machine")) assert.is(engine.stats().threads, 1);
    else assert.match(engine.stats().threadsReason ?? "", /no start/);
    const program = programOn(engine);
    program.run();
    assert.is(bitsOf(program), await expected());
  } finally {
    spied.restore();
  }
});

test("kernels as bytes, and the module of an engine with threads, start another", async () => {
  const wasm = (await kernelsOf(WASM_BUILD, undefined)) as BufferSource;
  using first = await load({ threads: 2, wasm });
  using second = await load({ threads: 2, wasm: first.module });
  const program = programOn(second);
  program.run();
  assert.is(bitsOf(program), await expected());
  using alone = await load();
  const error = await assertRejects(
    () => load({ threads: 2, wasm: alone.module }),
    EngineError,
    "a module of one thread",
  );
  assert.match(error.message, /memory/);
});

test("a program ends without disposing of its engine", () => {
  const script = fileURLToPath(new URL("left_open.ts", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  assert.is(stdout, "2 threads\n");
});

test.run();
