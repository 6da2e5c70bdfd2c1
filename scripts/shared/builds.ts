/**
 * The kernels as the library carries them: src/wasm/builds/<name>.ts holds the bytes of a build, deflated, as base64. A string
 * needs no path, no fetch and no MIME type in any runtime.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { abiNumber, indexOf } from "./kernel_exports.ts";

export type WasmBuild = "simd" | "relaxed" | "debug";

/** How the bytes were compiled: `plain` is not optimized, and is not what is published. */
export type Effort = "published" | "plain";

export const BUILDS: readonly WasmBuild[] = ["simd", "relaxed", "debug"];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The compiler's manifest, which has its version. */
export const COMPILER: string = createRequire(import.meta.url).resolve("assemblyscript/package.json");

/** Whether the library carries this build of the sources as they are. */
export function isCurrent(name: WasmBuild, efforts: readonly Effort[] = ["published"]): boolean {
  const text = textOf(join(ROOT, fileOf(name)));
  return text !== undefined && efforts.some((effort) => text.startsWith(stampOf(effort)));
}

/** Writes what follows from the table of kernels: assembly/index.ts, and the number of the ABI. */
export function writeTable(): void {
  write("assembly/index.ts", indexOf(kernelSources()));
  write("src/wasm/abi_number.ts", `// Generated from src/wasm/table.ts\nexport const ABI: number = ${abiNumber()};\n`);
}

/** @param stamp `stampOf`, from before the sources were read */
export function writeBuild(name: WasmBuild, bytes: Uint8Array, stamp: string): void {
  const base64 = deflateRawSync(bytes, { level: 9 }).toString("base64");
  write(fileOf(name), `${stamp}const base64: string =\n  "${base64}";\nexport default base64;\n`);
}

/** Writes a file whose content is another: renamed, because another process may import it at any moment. */
function write(path: string, text: string): void {
  const file = join(ROOT, path);
  if (textOf(file) === text) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The first line of a generated file: it names the sources that the file was made from. */
export function stampOf(effort: Effort): string {
  return `// Generated from assembly/, sources ${hashOfSources()}${effort === "plain" ? ", not optimized" : ""}\n`;
}

function fileOf(name: WasmBuild): string {
  return `src/wasm/builds/${name}.ts`;
}

/** SHA-256 over every file that a build depends on, the compiler's manifest and the scripts included. */
function hashOfSources(): string {
  const hash = createHash("sha256").update(readFileSync(COMPILER));
  for (const file of [
    "asconfig.json",
    "scripts/kernels.ts",
    "scripts/shared/builds.ts",
    "scripts/shared/cold.mjs",
    "scripts/shared/order.ts",
  ]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  for (const [file, text] of kernelSources()) hash.update(`\0assembly/${file}\0`).update(text);
  return hash.digest("hex");
}

/** The texts of assembly/, by their paths from there. */
function kernelSources(): ReadonlyMap<string, string> {
  const files = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, "assembly", file), "utf8")]));
}
