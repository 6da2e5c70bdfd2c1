/** What the compiled kernels export, and that each build is the one that its name says. */
import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ABI, PAGES, PREFIX } from "../../src/wasm/abi.ts";
import { COMMON_KERNELS, FLOAT_KERNELS } from "../../src/wasm/arities.ts";
import debug from "../../src/wasm/builds/debug.ts";
import relaxed from "../../src/wasm/builds/relaxed.ts";
import simd from "../../src/wasm/builds/simd.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { TrapError } from "../../src/wasm/errors.ts";
import { WASM_BUILD } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";

const BYTES = { simd: decode(simd), relaxed: decode(relaxed), debug: decode(debug) };
const IMPORTS = [{ module: "env", name: "memory", kind: "memory" }];
const CODE_SECTION = 10;
/** They take any number. */
const WITHOUT_ASSERTIONS = [
  "gemmScratch",
  "crossEntropyScratch",
  "countNonzeros",
  "alloc",
  "shortage",
  "store",
  "advance",
];

const engine = await Engine.load({ build: WASM_BUILD });
const module = moduleOf(engine);
const test = suite("ABI");

/** The mirror's names with their arities, prefixed as the module exports them. */
function mirrored(): Map<string, number> {
  const arities = new Map<string, number>(Object.entries(COMMON_KERNELS));
  for (const dtype of FLOATS) {
    for (const [name, arity] of Object.entries(FLOAT_KERNELS)) arities.set(PREFIX[dtype] + name, arity);
  }
  return arities;
}

test("the module exports what the mirror names, nothing more and nothing less", () => {
  const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
  const wanted = ["global abi", ...[...mirrored().keys()].map((name) => `function ${name}`)];
  assert.equal(exported.sort(), wanted.sort());
});

test("every export takes as many parameters as the mirror says", () => {
  const { exports } = started(module);
  for (const [name, arity] of mirrored()) {
    const kernel = exports[name];
    assert.ok(typeof kernel === "function" && kernel.length === arity, name);
  }
});

test("the ABI's number is of what is imported, these names and numbers of parameters; the module exports it", () => {
  const listed = JSON.stringify([IMPORTS, [...mirrored()].sort()]);
  const number = createHash("sha256").update(listed).digest().readUInt32BE() >>> 1;
  assert.is(ABI, number, "write this number into src/wasm/abi.ts and assembly/index.ts");
  assert.is((started(module).exports["abi"] as WebAssembly.Global).value, ABI);
});

test("every build imports its memory and nothing else: no garbage collector, no abort, no host function", () => {
  for (const bytes of Object.values(BYTES)) {
    if (WebAssembly.validate(bytes)) assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), IMPORTS);
  }
});

test("memory may have the pages that the kernels declare, and no more", () => {
  started(module, PAGES);
  assert.throws(() => started(module, { initial: PAGES.initial - 1, maximum: PAGES.maximum }), linkError);
  assert.throws(() => started(module, { initial: PAGES.initial }), linkError);
});

test("an instance computes in the memory that it is given", () => {
  const memory = new WebAssembly.Memory(PAGES);
  const { alloc, dstore } = started(module, memory).exports as Record<string, (...numbers: number[]) => number>;
  const pointer = alloc?.(8) ?? 0;
  dstore?.(pointer, Math.PI);
  assert.is(new Float64Array(memory.buffer)[pointer / 8], Math.PI);
});

test("the engine runs the build that was asked for", async () => {
  assert.is(engine.build, WASM_BUILD);
  const compiled = await WebAssembly.compile(BYTES[WASM_BUILD]);
  assert.equal(WebAssembly.Module.exports(compiled), WebAssembly.Module.exports(module));
  assert.is(hasAssertions(module), WASM_BUILD === "debug");
});

test("only the relaxed build has relaxed instructions: multiply-adds of both float types", () => {
  // (f32x4 | f64x2).relaxed_(madd | nmadd): prefix 0xfd, then 0x105 … 0x108 in LEB128.
  const counts = (bytes: Uint8Array) =>
    [0x85, 0x86, 0x87, 0x88].map((low) => countOf(codeOf(bytes), [0xfd, low, 0x02]));
  assert.ok(
    counts(BYTES.relaxed).every((count) => count > 0),
    `${counts(BYTES.relaxed)}`,
  );
  assert.equal(counts(BYTES.simd), [0, 0, 0, 0]);
  assert.equal(counts(BYTES.debug), [0, 0, 0, 0]);
});

for (const dtype of FLOATS) {
  test(`the debug build traps on every violated precondition that it can see, ${dtype}`, async () => {
    const { module } = await Engine.load({ build: "debug" });
    const load = () => Engine.load({ build: "debug", wasm: module });
    const trapped = new Set<string>();
    for (const [name, call] of Object.entries(violations(dtype))) {
      const fresh = await load();
      const block = fresh.memory.allocate(1024).pointer;
      fresh.memory.view("int32", block, 256).fill(9);
      assert.throws(
        () => call(fresh, block),
        (error: unknown) => {
          if (!(error instanceof TrapError)) return false;
          trapped.add(error.kernel);
          return true;
        },
        name,
      );
    }
    const kernels = [...Object.keys(FLOAT_KERNELS).map((name) => PREFIX[dtype] + name), ...Object.keys(COMMON_KERNELS)];
    const bare = WITHOUT_ASSERTIONS.flatMap((name) => [name, PREFIX[dtype] + name]);
    assert.equal(
      kernels.filter((kernel) => !trapped.has(kernel)),
      kernels.filter((kernel) => bare.includes(kernel)),
      "kernels without a violation",
    );
  });
}

test.run();

/** Calls that break one precondition each, where `p` is a block of 256 int32 nines. */
function violations(dtype: (typeof FLOATS)[number]): Record<string, (engine: Engine, p: number) => void> {
  return {
    exp: ({ kernels }, p) => kernels[dtype].exp(-1, p, p, p),
    log: ({ kernels }, p) => kernels[dtype].log(-1, p, p, p),
    sigmoid: ({ kernels }, p) => kernels[dtype].sigmoid(-1, p, p, p),
    tanh: ({ kernels }, p) => kernels[dtype].tanh(-1, p, p, p),
    relu: ({ kernels }, p) => kernels[dtype].relu(-1, p, p, p),
    "exp scratch not aligned": ({ kernels }, p) => kernels[dtype].exp(1, p, p, p + 8),
    sigmoidGradient: ({ kernels }, p) => kernels[dtype].sigmoidGradient(-1, p, p, p),
    tanhGradient: ({ kernels }, p) => kernels[dtype].tanhGradient(-1, p, p, p),
    reluGradient: ({ kernels }, p) => kernels[dtype].reluGradient(-1, p, p, p),
    sqrt: ({ kernels }, p) => kernels[dtype].sqrt(-1, p, p, p),
    softplus: ({ kernels }, p) => kernels[dtype].softplus(-1, p, p, p),
    unary: ({ kernels }, p) => kernels[dtype].unary(0, -1, p, p),
    "unary of no function": ({ kernels }, p) => kernels[dtype].unary(19, 1, p, p),
    "binary of no function": ({ kernels }, p) => kernels[dtype].binary(21, 1, 1, 1, 1, p, 0, 0, 0, 1, p, 0, 0, 0, 1, p),
    "binary d0": ({ kernels }, p) => kernels[dtype].binary(0, -1, 1, 1, 1, p, 0, 0, 0, 1, p, 0, 0, 0, 1, p),
    "binary d3": ({ kernels }, p) => kernels[dtype].binary(0, 1, 1, 1, -1, p, 0, 0, 0, 1, p, 0, 0, 0, 1, p),
    "binary last stride": ({ kernels }, p) => kernels[dtype].binary(0, 1, 1, 1, 1, p, 0, 0, 0, 2, p, 0, 0, 0, 1, p),
    "columnSums m": ({ kernels }, p) => kernels[dtype].columnSums(-1, 1, p, p, 1, 0, 0),
    "columnSums n": ({ kernels }, p) => kernels[dtype].columnSums(1, -1, p, p, 1, 0, 0),
    "reduce by no fold": ({ kernels }, p) => kernels[dtype].reduce(3, 1, 1, 1, p, p),
    "reduce m": ({ kernels }, p) => kernels[dtype].reduce(0, -1, 1, 1, p, p),
    "reduce k": ({ kernels }, p) => kernels[dtype].reduce(0, 1, -1, 1, p, p),
    "reduce n": ({ kernels }, p) => kernels[dtype].reduce(0, 1, 1, -1, p, p),
    "scatterAdd m": ({ kernels }, p) => kernels[dtype].scatterAdd(-1, 1, p, p, p),
    "scatterAdd n": ({ kernels }, p) => kernels[dtype].scatterAdd(1, -1, p, p, p),
    "transpose m": ({ kernels }, p) => kernels[dtype].transpose(-1, 1, p, p),
    "transpose n": ({ kernels }, p) => kernels[dtype].transpose(1, -1, p, p),
    "gatherCopies m": ({ common }, p) => common.gatherCopies(-1, 1, p, p, p),
    "gatherCopies n": ({ common }, p) => common.gatherCopies(1, -1, p, p, p),
    "free of what is no block": ({ common }, p) => common.free(p + 8),
    "copyRows m": ({ common }, p) => common.copyRows(-1, 1, p, 1, p, 1),
    "copyRows n": ({ common }, p) => common.copyRows(1, -1, p, 1, p, 1),
    dropout: ({ kernels }, p) => kernels[dtype].dropout(-1, p, p, p, 0, 1, 0),
    descend: ({ kernels }, p) => kernels[dtype].descend(-1, p, p, p),
    clipNorm: ({ kernels }, p) => kernels[dtype].clipNorm(-1, p, 1),
    momentum: ({ kernels }, p) => kernels[dtype].momentum(-1, p, p, p, p),
    adaptive: ({ kernels }, p) => kernels[dtype].adaptive(-1, p, p, 0, p, p),
    "softmax m": ({ kernels }, p) => kernels[dtype].softmax(-1, 1, p, p, p),
    "softmax without columns": ({ kernels }, p) => kernels[dtype].softmax(1, 0, p, p, p),
    "argmax without columns": ({ kernels }, p) => kernels[dtype].argmax(1, 0, p, p),
    "countCorrect without columns": ({ kernels }, p) => kernels[dtype].countCorrect(1, 0, p, p),
    "labels without columns": ({ kernels }, p) => kernels[dtype].crossEntropyLabels(1, 0, p, p, p),
    "label n": ({ kernels }, p) => kernels[dtype].crossEntropyLabels(1, 9, p, p + 512, p),
    "label n, gradient": ({ kernels }, p) => kernels[dtype].crossEntropyLabelsGradient(1, 9, p, p + 512, p, 1, p),
    "mean without columns": ({ kernels }, p) => kernels[dtype].meanCrossEntropy(1, 1, 0, p, p, 0, p, p),
    "targets without columns": ({ kernels }, p) => kernels[dtype].crossEntropyTargets(1, 0, p, p, p),
    "targets without columns, gradient": ({ kernels }, p) =>
      kernels[dtype].crossEntropyTargetsGradient(1, 0, p, p, p, 1, p),
    squaredError: ({ kernels }, p) => kernels[dtype].squaredError(-1, p, p),
    storeSquaredError: ({ kernels }, p) => kernels[dtype].storeSquaredError(-1, p, p, 1, p),
    squaredErrorGradient: ({ kernels }, p) => kernels[dtype].squaredErrorGradient(-1, p, p, p, 1),
    axpby: ({ kernels }, p) => kernels[dtype].axpby(-1, p, p, 1, 1),
    fill: ({ kernels }, p) => kernels[dtype].fill(-1, p, 1),
    copy: ({ kernels }, p) => kernels[dtype].copy(-1, p, p),
    "gatherRows m": ({ kernels }, p) => kernels[dtype].gatherRows(-1, 1, p, p, p, 1),
    "gatherRows n": ({ kernels }, p) => kernels[dtype].gatherRows(1, -1, p, p, p, 1),
    gatherSparseRows: ({ kernels }, p) => kernels[dtype].gatherSparseRows(-1, p, p, p, p, p, p, p, 1),
    "sparseForward m": ({ kernels }, p) => kernels[dtype].sparseForward(-1, 1, p, p, p, p, p, p),
    "sparseForward n": ({ kernels }, p) => kernels[dtype].sparseForward(1, -1, p, p, p, p, p, p),
    "sparseBackward m": ({ kernels }, p) => kernels[dtype].sparseBackward(-1, 1, p, p, p, p, p, 1, 0),
    "sparseBackward n": ({ kernels }, p) => kernels[dtype].sparseBackward(1, -1, p, p, p, p, p, 1, 0),
    "compressRows m": ({ common }, p) => common.compressRows(-1, 1, p, p, p, p),
    "compressRows k": ({ common }, p) => common.compressRows(1, -1, p, p, p, p),
    "compressRows beyond a column number": ({ common }, p) => common.compressRows(0, 65537, p, p, p, p),
    gatherIndices: ({ common }, p) => common.gatherIndices(-1, p, p, p),
    "firstOutOfRange m": ({ common }, p) => common.firstOutOfRange(-1, p, 1),
    "firstOutOfRange bound": ({ common }, p) => common.firstOutOfRange(1, p, -1),
    "gemm m": ({ kernels }, p) => kernels[dtype].gemm(-1, 1, 1, p, 1, 1, p, 1, 1, p, 1, 0, 0, p, 1, 0, 0),
    "gemm n": ({ kernels }, p) => kernels[dtype].gemm(1, -1, 1, p, 1, 1, p, 1, 1, p, 1, 0, 0, p, 1, 0, 0),
    "gemm k": ({ kernels }, p) => kernels[dtype].gemm(1, 1, -1, p, 1, 1, p, 1, 1, p, 1, 0, 0, p, 1, 0, 0),
    "gemm ldc below n": ({ kernels }, p) => kernels[dtype].gemm(1, 2, 1, p, 1, 1, p, 2, 1, p, 1, 0, 0, p, 1, 0, 0),
    "gemm scratch not aligned": ({ kernels }, p) =>
      kernels[dtype].gemm(1, 1, 1, p, 1, 1, p, 1, 1, p, 1, 0, 0, p + 8, 1, 0, 0),
  };
}

function moduleOf({ module }: Engine): WebAssembly.Module {
  assert.ok(module);
  return module;
}

function started(module: WebAssembly.Module, memory: WebAssembly.Memory | WebAssembly.MemoryDescriptor = PAGES) {
  const env = { memory: memory instanceof WebAssembly.Memory ? memory : new WebAssembly.Memory(memory) };
  return new WebAssembly.Instance(module, { env });
}

function linkError(error: unknown): boolean {
  return error instanceof WebAssembly.LinkError;
}

/** A negative length does nothing in the builds for users, and traps where assertions are compiled in. */
function hasAssertions(module: WebAssembly.Module): boolean {
  const { exports } = started(module);
  try {
    (exports["scolumnSums"] as (...args: number[]) => void)(-1, 0, 0, 0, 1, 1);
    return false;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return true;
    throw error;
  }
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inflateRawSync(Buffer.from(base64, "base64")));
}

/** The bodies of a module's functions: its sections are an id, a length in LEB128, and that many bytes. */
function codeOf(module: Uint8Array): Uint8Array {
  for (let at = 8; at < module.length; ) {
    const id = module[at++];
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++] ?? 0;
      length += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (id === CODE_SECTION) return module.subarray(at, at + length);
    at += length;
  }
  throw new Error("the module has no code");
}

function countOf(bytes: Uint8Array, pattern: readonly number[]): number {
  let count = 0;
  for (let at = 0; at + pattern.length <= bytes.length; at++) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) count += 1;
  }
  return count;
}
