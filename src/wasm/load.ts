/**
 * From a build's name to a running instance.
 *
 * Each build is deflated, as a string of base64, behind an import of its own, so that a bundle carries only the builds it
 * names, and loading needs no path, no fetch and no MIME type.
 */

import { inflateOwn, kernelFile, start } from "#platform";

import { OptionError } from "../errors.ts";
import { unreachable } from "../unreachable.ts";
import { messageOf, tagOf } from "../values.ts";
import { ABI, type Exports, type LinearMemory, PAGES } from "./abi.ts";
import { EngineError } from "./errors.ts";
import type { SharedKernels } from "./shared_kernels.ts";

/**
 * `simd`: fixed-width SIMD, the same bits on every machine. `relaxed`: fused multiply-add where the machine
 * has it. `debug`: `simd` with every kernel's preconditions asserted. `js`: the bits of `simd` in plain JavaScript, a training
 * step 25 to 35 times slower in float32; for where WebAssembly is forbidden or has no SIMD, and never chosen by itself.
 */
export type Build = "simd" | "relaxed" | "debug" | "js";

const BUILDS: readonly unknown[] = ["simd", "relaxed", "debug", "js"] satisfies Build[];

/** @throws {OptionError} not the name of a build */
function checkBuild(build: Build): void {
  if (!BUILDS.includes(build)) throw new OptionError("build", BUILDS.join(", "), build);
}

/** Kernels from elsewhere: an address, a response, bytes, or a module that was compiled before. */
export type WasmSource = URL | Response | BufferSource | WebAssembly.Module;

// (func (result v128) i32.const 0 i8x16.splat)
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

// (func (result v128) … f32x4.relaxed_madd) of three splats: the instruction that the build uses.
const RELAXED_MADD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
];

/**
 * Whether this runtime can run a build.
 *
 * @throws {OptionError} an unknown build
 * @example
 * using engine = await Engine.load({ build: supports("relaxed") ? "relaxed" : "simd" });
 */
export function supports(build: Build): boolean {
  checkBuild(build);
  if (build === "js") return true;
  if (typeof WebAssembly === "undefined") return false;
  return WebAssembly.validate(new Uint8Array(build === "relaxed" ? RELAXED_MADD : SIMD));
}

/** Kernels that run, on a memory of their own. */
export type Loaded = {
  readonly module: WebAssembly.Module | undefined;
  readonly memory: LinearMemory;
  readonly exports: Exports;
};

/**
 * Compiles and starts the kernels.
 *
 * @param shared makes them such that threads share their memory
 * @throws {OptionError} (rejects) an unknown build, or kernels from elsewhere for the build `js`
 * @throws {EngineError} (rejects) no WebAssembly, no SIMD, forbidden by a policy, or not the kernels
 */
export async function loadInstance(
  build: Build,
  source: WasmSource | undefined,
  shared?: (content: BufferSource | WebAssembly.Module) => SharedKernels,
): Promise<Loaded> {
  if (!supports(build)) {
    const missing = build === "relaxed" ? "no-relaxed-simd" : "no-simd";
    throw new EngineError({ kind: typeof WebAssembly === "undefined" ? "no-webassembly" : missing });
  }
  const content = await kernelsOf(build, source);
  try {
    if (content === undefined) return (await import("../reference/index.ts")).start(ABI);
    const { code, memory } = shared?.(content) ?? { code: content, memory: new WebAssembly.Memory(PAGES) };
    const { module, exports } = await start(code, { env: { memory } });
    return { module, memory: memory as unknown as LinearMemory, exports: exports as Exports };
  } catch (error) {
    throw failureOf(error);
  }
}

/**
 * The kernels, not compiled: of the package, or from elsewhere. Undefined for the build `js`, which is code of the library.
 *
 * @throws {OptionError} (rejects) an unknown build, or kernels from elsewhere for the build `js`
 * @throws {EngineError} (rejects) they cannot be fetched
 * @example
 * const wasm = await kernelsOf("simd", undefined); // for engines of several workers: `Engine.load({ wasm })`
 */
export async function kernelsOf(
  build: Build,
  source: WasmSource | undefined,
): Promise<BufferSource | WebAssembly.Module | undefined> {
  checkBuild(build);
  if (source !== undefined && (typeof source !== "object" || source === null)) {
    throw new OptionError("wasm", "a URL, a Response, bytes or a Module", source);
  }
  if (build === "js") {
    if (source !== undefined) throw new OptionError("wasm", 'build "js" takes none');
    return undefined;
  }
  try {
    if (source !== undefined) return await contentOf(source);
    const inlined = builtIn(build); // before the name is made a path
    return kernelFile(build) ?? (await inflateOwn(decode((await inlined()).default)));
  } catch (error) {
    throw failureOf(error);
  }
}

/** What Chromium, Firefox and Safari say where `import()` is not there. */
const NO_IMPORT = /import\(\) is disallowed|import not supported|import is not available/;

function failureOf(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const reason = messageOf(error);
  if (NO_IMPORT.test(reason)) {
    return new EngineError({ kind: "no-import", reason }, { cause: error });
  }
  const forbidden = /unsafe-eval|security policy|\bCSP\b|disallowed by embedder/i.test(reason);
  return new EngineError({ kind: forbidden ? "forbidden" : "module", reason }, { cause: error });
}

/** What imports a build's string; a build that is not of the package is refused. */
function builtIn(build: Exclude<Build, "js">): () => Promise<{ readonly default: string }> {
  switch (build) {
    case "simd":
      return () => import("./builds/simd.ts");
    case "relaxed":
      return () => import("./builds/relaxed.ts");
    case "debug":
      return () => import("./builds/debug.ts");
    default:
      return unreachable(build);
  }
}

/** Bytes or a module: a response is read whole, because streaming compilation insists on a MIME type. */
async function contentOf(source: WasmSource): Promise<BufferSource | WebAssembly.Module> {
  const content = isOf("URL", source) ? await fetch(String(source)) : source;
  if (!isOf("Response", content)) return compilable(content);
  if (!content.ok)
    throw new EngineError({ kind: "module", reason: `${content.url || "the response"}: HTTP ${content.status}` });
  return content.arrayBuffer();
}

/** V8 compiles neither a DataView nor shared memory: the bytes of the one as an array, a copy of the other's. */
function compilable(content: BufferSource | WebAssembly.Module): BufferSource | WebAssembly.Module {
  if (!ArrayBuffer.isView(content)) return content;
  const bytes = new Uint8Array(content.buffer as ArrayBuffer, content.byteOffset, content.byteLength);
  return tagOf(content.buffer) === "ArrayBuffer" ? bytes : new Uint8Array(bytes);
}

/** Whether a source is of this class, of any realm. */
function isOf<Name extends "URL" | "Response">(
  name: Name,
  source: WasmSource,
): source is { readonly URL: URL; readonly Response: Response }[Name] {
  return tagOf(source) === name;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
