import { inflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { OptionError } from "../../src/errors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { Engine, type EngineOptions } from "../../src/wasm/engine.ts";
import { EngineError } from "../../src/wasm/errors.ts";
import { type Build, kernelsOf, supports } from "../../src/wasm/load.ts";
import { WASM_BUILD } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";

/** Valid modules that are not the kernels: empty, and with `memory` of one page alone. */
const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
const MEMORY_ALONE = Uint8Array.of(
  ...EMPTY,
  ...[5, 3, 1, 0, 1], // memory section: one memory, no maximum, one page
  ...[7, 10, 1, 6, 109, 101, 109, 111, 114, 121, 2, 0], // export section: "memory"
);
/** `memory`, and an `abi` of 1: as earlier versions had it. */
const OTHER_VERSION = Uint8Array.of(
  ...EMPTY,
  ...[5, 3, 1, 0, 1],
  ...[6, 6, 1, 127, 0, 65, 1, 11], // global section: an immutable i32 of 1
  ...[7, 16, 2, 6, 109, 101, 109, 111, 114, 121, 2, 0, 3, 97, 98, 105, 3, 0], // export section: "memory", "abi"
);
/** Imports a function, `env.print`. */
const PRINTING = Uint8Array.of(
  ...EMPTY,
  ...[1, 4, 1, 96, 0, 0], // type section: () → ()
  ...[2, 13, 1, 3, 101, 110, 118, 5, 112, 114, 105, 110, 116, 0, 0], // import section: "env", "print"
);
/** Imports `env.memory` with one page at most. */
const SMALL = Uint8Array.of(...EMPTY, ...[2, 16, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1, 1, 1]);

const { module } = await Engine.load({ build: WASM_BUILD });
assert.ok(module);
const another = () => Engine.load({ build: WASM_BUILD, wasm: module });

const test = suite("loading");

test("a build that is not of the package is refused before its name is made a path", async () => {
  const build = "../../build/simd" as Build; // from src/platform, there is such a file
  const error = await assertRejects(() => Engine.load({ build }), OptionError, "unknown build ../../build/simd");
  assert.is(error.option, "build");
});

test("loads the simd build unless told otherwise, and every build that the runtime supports", async () => {
  assert.is((await Engine.load()).build, "simd");
  for (const build of ["simd", "debug", WASM_BUILD] as const) assert.is((await Engine.load({ build })).build, build);
});

test("loads from a module, bytes, a view of bytes, a response and an address, and all compute", async () => {
  const bytes = await bytesOf(WASM_BUILD);
  const padded = new Uint8Array(bytes.length + 7);
  padded.set(bytes, 5);
  const sources = {
    module,
    bytes: bytes.buffer,
    view: padded.subarray(5, 5 + bytes.length),
    response: new Response(bytes, { headers: { "content-type": "text/plain" } }),
    address: new URL(`data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}`),
  };
  for (const [label, wasm] of Object.entries(sources)) {
    const engine = await Engine.load({ build: WASM_BUILD, wasm });
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
    "a module without kernels": { wasm: MEMORY_ALONE, reason: /not of this version/ },
    "kernels of another version": { wasm: OTHER_VERSION, reason: /not of this version/ },
    "a module that imports more than memory": { wasm: PRINTING, reason: /print/ },
    "a module of a smaller memory": { wasm: SMALL, reason: /memory/ },
    "an address without a module": { wasm: new URL("data:text/plain,hello"), reason: /./ },
    "an address that leads nowhere": { wasm: new URL("data:nothing"), reason: /./ },
  };
  for (const [label, { wasm, reason }] of Object.entries(sources)) {
    const error = await assertRejects(() => Engine.load({ build: WASM_BUILD, wasm }), EngineError, label);
    assert.is(error.fault.kind, "module", label);
    assert.match(error.message, /^the kernels cannot be loaded: /, label);
    if (error.fault.kind === "module") assert.match(error.fault.reason, reason, label);
  }
});

test("an unknown build is refused by its name, in a message that says so once", async () => {
  const error = await assertRejects(() => Engine.load({ build: "fast" as Build }), OptionError, "fast");
  assert.is(error.message, 'build: expected simd, relaxed, debug, js, found "fast"');
});

test("js is loaded by its name alone, and has no module; kernels beside it are refused", async () => {
  const engine = await Engine.load({ build: "js" });
  assert.equal([engine.build, engine.module], ["js", undefined]);
  using x = tensor(engine, [[3]]);
  using y = matmul(x, x);
  assert.equal(y.toArray(), [[9]]);
  for (const load of [Engine.load, ({ build = "simd", wasm }: EngineOptions) => kernelsOf(build, wasm)]) {
    const error = await assertRejects(() => load({ build: "js", wasm: module }), OptionError, "both");
    assert.is(error.option, "wasm");
  }
});

test("supports says of each build whether it compiles here", async () => {
  for (const build of ["simd", "relaxed", "debug"] as const) {
    assert.is(supports(build), WebAssembly.validate(await bytesOf(build)), build);
  }
});

test("the kernels of every build are at hand, also of one that does not run here", async () => {
  for (const build of ["simd", "relaxed", "debug"] as const) {
    assert.equal(await kernelsOf(build, undefined), await bytesOf(build), build);
  }
});

test("a runtime without relaxed SIMD refuses that build, and says how to get it", async () => {
  if (WebAssembly.validate(await bytesOf("relaxed"))) return;
  const error = await assertRejects(() => Engine.load({ build: "relaxed" }), EngineError, "relaxed");
  assert.is(error.fault.kind, "no-relaxed-simd");
  assert.match(error.message, /--experimental-wasm-relaxed-simd/);
});

test("a runtime without WebAssembly, or one that forbids compiling, is told apart, and runs js", async () => {
  const original = globalThis.WebAssembly;
  const load = async (replacement: unknown) => {
    Object.defineProperty(globalThis, "WebAssembly", { value: replacement, configurable: true, writable: true });
    try {
      const error = await assertRejects(() => Engine.load(), EngineError, "load");
      assert.match(error.message, /build "js" runs here, slowly/);
      assert.is(supports("js"), true);
      const engine = await Engine.load({ build: "js" });
      using x = tensor(engine, [[2]]);
      using y = matmul(x, x);
      assert.equal(y.toArray(), [[4]]);
      return error;
    } finally {
      Object.defineProperty(globalThis, "WebAssembly", { value: original, configurable: true, writable: true });
    }
  };
  assert.is((await load(undefined)).fault.kind, "no-webassembly");
  assert.is((await load({ ...statics(original), validate: () => false })).fault.kind, "no-simd");
  // In Node the module is made at once, in a browser it is awaited.
  class Module {
    constructor() {
      throw new original.CompileError("Wasm code generation disallowed by embedder");
    }
  }
  const forbidden = await load({ ...statics(original), compile: async () => new Module(), Module });
  assert.is(forbidden.fault.kind, "forbidden");
  assert.match(forbidden.message, /wasm-unsafe-eval/);
  assert.instance(forbidden.cause, original.CompileError);
});

test("an answer that is not the module is reported by its status, not by its bytes", async () => {
  const wasm = new Response("no such file", { status: 404 });
  const { fault, message } = await assertRejects(() => Engine.load({ wasm }), EngineError, "404");
  assert.is(fault.kind, "module");
  assert.match(message, /HTTP 404/);
});

test.run();

async function bytesOf(build: Exclude<Build, "js">): Promise<Uint8Array<ArrayBuffer>> {
  const { default: base64 } = (await import(`../../src/wasm/builds/${build}.ts`)) as { default: string };
  return new Uint8Array(inflateRawSync(Buffer.from(base64, "base64")));
}

/** The namespace's functions and classes as plain properties. */
function statics(namespace: typeof WebAssembly): Record<string, unknown> {
  const { compile, instantiate, validate, Module, Instance, Memory, CompileError, RuntimeError } = namespace;
  return { compile, instantiate, validate, Module, Instance, Memory, CompileError, RuntimeError };
}
