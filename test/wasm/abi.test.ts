/** What the compiled kernels export, and that each build is the one that its name says. */
import { readdirSync, readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { abiNumber, IMPORTS, indexOf } from "../../scripts/shared/kernel_exports.ts";
import { ABI, ACTIVATION, BINARY, MAP_SCRATCH, PAGES, REDUCE, UNARY } from "../../src/wasm/abi.ts";
import debug from "../../src/wasm/builds/debug.ts";
import relaxed from "../../src/wasm/builds/relaxed.ts";
import simd from "../../src/wasm/builds/simd.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { TrapError } from "../../src/wasm/errors.ts";
import { type Signature, signatures } from "../../src/wasm/signature.ts";
import { type Drawn, drawCall, KERNELS, type Operand } from "../kernels/drawn.ts";
import { WASM_BUILD } from "../support/engine.ts";

const BYTES = { simd: decode(simd), relaxed: decode(relaxed), debug: decode(debug) };
const CODE_SECTION = 10;
const TYPE_SECTION = 1;
const FUNCTION_SECTION = 3;
const EXPORT_SECTION = 7;
const CODES = { ACTIVATION, BINARY, REDUCE, UNARY };
const TYPES: Readonly<Record<number, string>> = { 127: "i32", 125: "f32", 124: "f64" };

const engine = await Engine.load({ build: WASM_BUILD });
const module = moduleOf(engine);
const test = suite("ABI");

test("the module exports the kernels of the table, nothing more and nothing less", () => {
  const exported = WebAssembly.Module.exports(module).map(({ name, kind }) => `${kind} ${name}`);
  const wanted = ["global abi", ...[...signatures().keys()].map((name) => `function ${name}`)];
  assert.equal(exported.sort(), wanted.sort());
});

test("every export has the types that its row says", () => {
  const types = typesOf(BYTES[WASM_BUILD]);
  for (const signature of signatures().values())
    assert.is(types.get(signature.name), typeOf(signature), signature.name);
});

test("assembly/index.ts and the ABI's number are those of the table; the module exports it", () => {
  const sources = readdirSync("assembly", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file): [string, string] => [file.replaceAll("\\", "/"), readFileSync(`assembly/${file}`, "utf8")]);
  const current = readFileSync("assembly/index.ts", "utf8");
  assert.is(current, indexOf(new Map(sources)), "`npx tsx scripts/kernels.ts` writes it");
  assert.is(ABI, abiNumber());
  assert.is((started(module).exports["abi"] as WebAssembly.Global).value, ABI);
  const kernels = [
    ...sources
      .map(([, text]) => text)
      .join("\n")
      .matchAll(/^export function (\w+)\(/gm),
  ].map((found) => found[1] ?? "");
  const pairs = kernels.filter((name) => name.startsWith("s") && kernels.includes(`d${name.slice(1)}`));
  assert.equal(
    pairs.filter((name) => !signatures().has(name)),
    [],
    "kernels without a row of src/wasm/table.ts",
  );
});

test("the scratch of functions of one element is as much as their rows say", () => {
  const ofRows = [...signatures().values()].flatMap(({ parameters }) =>
    parameters.map((role) => role.kind === "scratch" && role.bytes),
  );
  assert.equal([...new Set(ofRows.filter((bytes) => typeof bytes === "number"))], [MAP_SCRATCH]);
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

test("the debug build traps on every violated precondition that it can see", async () => {
  const { module } = await Engine.load({ build: "debug" });
  const unbroken = new Set(KERNELS.map(({ row }) => row));
  for (const signature of KERNELS) {
    for (const [what, at, value] of violations(signature)) {
      const engine = await Engine.load({ build: "debug", wasm: module });
      let drawn: Drawn;
      let seed = 1;
      do drawn = drawCall(signature, seed++, { how: "tame", sizeOf: () => 4 });
      while (signature.parameters[at]?.kind === "operand" && drawn.args[at] === 0); // absent: there is nothing to violate
      const label = `${signature.name}: ${what}`;
      const error = trapOf(() => callWith(engine, drawn, at, value), label);
      assert.is(error.kernel, signature.name, label);
      unbroken.delete(signature.row);
    }
  }
  assert.equal([...unbroken].sort(), ["advance", "store"], "kernels without a range");
});

test("the debug build traps on the freeing of what is no block", async () => {
  const engine = await Engine.load({ build: "debug" });
  const block = engine.memory.allocate(1024).pointer;
  engine.memory.view("int32", block, 256).fill(9);
  assert.is(trapOf(() => engine.common.free(block + 8), "free").kernel, "free");
});

test.run();

type Violation = readonly [what: string, at: number, value: (drawn: number) => number];

/** One for each end of each range of a row: sizes, strides, codes, flags, elements that a parameter bounds; and for scratch. */
function violations({ parameters }: Signature): readonly Violation[] {
  return parameters.flatMap((parameter, at): readonly Violation[] => {
    const { name } = parameter;
    const just = (value: number): Violation => [`${name} ${value}`, at, () => value];
    switch (parameter.kind) {
      case "size":
        return [just(-1), ...bounds(parameter).map(just)];
      case "stride":
        if (typeof parameter.least === "string") return [[`${name} below ${parameter.least}`, at, () => 3]];
        return parameter.most === 1 ? [just(2), just(-1)] : [];
      case "code":
        return [just(-1), just(Object.keys(CODES[parameter.constant]).length)];
      case "flag":
        return [just(2), just(-1)];
      case "scratch":
        return [[`${name} not aligned`, at, (pointer) => pointer + 8]];
      case "operand": {
        const isGiven = parameters.some((other) => other.name === parameter.below);
        return isGiven ? [[`${name} of ${parameter.below}`, at, (pointer) => pointer]] : [];
      }
      default:
        return [];
    }
  });
}

/** Beyond what a size may be; a least of 0 is every size's. */
function bounds({ least, most }: { readonly least: unknown; readonly most: unknown }): number[] {
  return [...(least === 1 ? [0] : []), ...(typeof most === "number" && most < 2 ** 31 - 1 ? [most + 1] : [])];
}

/** Calls a kernel with one argument in place of the drawn one; where that is an operand with bounds, its elements are them. */
function callWith(engine: Engine, { signature, args }: Drawn, at: number, value: (drawn: number) => number): void {
  const pointers = new Map<Operand, number>();
  const flag = signature.parameters.findIndex(({ kind }) => kind === "flag");
  const numbers = args.map((arg, i): number => {
    if (typeof arg === "number") return i === flag && at !== flag ? 1 : arg;
    const { pointer } = pointers.has(arg)
      ? { pointer: pointers.get(arg)! }
      : engine.memory.allocate(arg.content.length);
    pointers.set(arg, pointer);
    engine.memory.view("uint8", pointer, arg.content.length).set(arg.content);
    const { kind } = signature.parameters[i]!;
    if (i === at && kind === "operand") engine.memory.view("int32", pointer, arg.bytes / 4).fill(4);
    return pointer;
  });
  numbers[at] = value(numbers[at]!);
  const { row, dtype } = signature;
  const kernels = dtype === undefined ? engine.common : engine.kernels[dtype];
  (kernels as unknown as Record<string, (...numbers: number[]) => unknown>)[row]?.(...numbers);
}

function trapOf(call: () => unknown, label: string): TrapError {
  try {
    call();
  } catch (error) {
    assert.instance(error, TrapError, label);
    return error as TrapError;
  }
  throw new Error(`${label}: no trap`);
}

/** As WebAssembly writes it: pointers, sizes and integers are i32. */
function typeOf({ parameters, dtype, result }: Signature): string {
  const float = dtype === "float64" ? "f64" : "f32";
  const names = parameters.map((role) => {
    if (role.kind !== "scalar") return "i32";
    return role.type === "T" ? float : role.type === "f64" ? "f64" : "i32";
  });
  return `${names.join(" ")} -> ${result === undefined ? "" : result === "f64" ? "f64" : "i32"}`;
}

function moduleOf({ module }: Engine): WebAssembly.Module {
  assert.ok(module);
  return module;
}

/** A negative length does nothing in the builds for users, and traps where assertions are compiled in. */
function hasAssertions(module: WebAssembly.Module): boolean {
  const { exports } = started(module);
  try {
    (exports["scolumnSums"] as (...args: number[]) => void)(-1, 0, 0, 0, 1, 1, 0);
    return false;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return true;
    throw error;
  }
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(inflateRawSync(Buffer.from(base64, "base64")));
}

/** The bodies of a module's functions. */
function codeOf(module: Uint8Array): Uint8Array {
  return sectionOf(module, CODE_SECTION).rest;
}

/** The types of exported functions, such as `i32 f32 -> f64`. */
function typesOf(module: Uint8Array): ReadonlyMap<string, string> {
  const types = sectionOf(module, TYPE_SECTION).list((reader) => {
    reader.byte(); // a function's
    const [parameters, results] = [reader.list((one) => TYPES[one.byte()]), reader.list((one) => TYPES[one.byte()])];
    return `${parameters.join(" ")} -> ${results.join(" ")}`;
  });
  const functions = sectionOf(module, FUNCTION_SECTION).list((reader) => types[reader.number()] ?? "");
  const exported = sectionOf(module, EXPORT_SECTION).list((reader): [string, string] => {
    const name = String.fromCharCode(...reader.list((one) => one.byte()));
    const [kind, index] = [reader.byte(), reader.number()];
    return [name, kind === 0 ? (functions[index] ?? "") : ""];
  });
  return new Map(exported);
}

/** A module's sections are an id, a length in LEB128, and that many bytes. */
function sectionOf(module: Uint8Array, wanted: number): Reader {
  for (const reader = new Reader(module.subarray(8)); ; ) {
    const id = reader.byte();
    const section = new Reader(reader.take(reader.number()));
    if (id === wanted) return section;
  }
}

class Reader {
  rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.rest = bytes;
  }

  take(count: number): Uint8Array {
    if (count > this.rest.length) throw new Error("the module ends too early");
    const taken = this.rest.subarray(0, count);
    this.rest = this.rest.subarray(count);
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  number(): number {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      number += (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
  }

  list<T>(item: (reader: Reader) => T): T[] {
    return Array.from({ length: this.number() }, () => item(this));
  }
}

function countOf(bytes: Uint8Array, pattern: readonly number[]): number {
  let count = 0;
  for (let at = 0; at + pattern.length <= bytes.length; at++) {
    if (pattern.every((byte, i) => bytes[at + i] === byte)) count += 1;
  }
  return count;
}

function started(module: WebAssembly.Module, memory: WebAssembly.Memory | WebAssembly.MemoryDescriptor = PAGES) {
  const env = { memory: memory instanceof WebAssembly.Memory ? memory : new WebAssembly.Memory(memory) };
  return new WebAssembly.Instance(module, { env });
}

function linkError(error: unknown): boolean {
  return error instanceof WebAssembly.LinkError;
}
