/**
 * The kernels as the library carries them: src/wasm/builds/<name>.ts holds the bytes of a build, deflated, as base64. A string
 * needs no path, no fetch and no MIME type in any runtime.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";

export type WasmBuild = "simd" | "relaxed" | "debug";

/** How the bytes were compiled: `plain` is not optimized, and is not what is published. */
export type Effort = "published" | "plain";

export const BUILDS: readonly WasmBuild[] = ["simd", "relaxed", "debug"];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The compiler's manifest, which has its version. */
export const COMPILER: string = createRequire(import.meta.url).resolve("assemblyscript/package.json");

/** Whether the library carries this build of the sources as they are. */
export function isCurrent(name: WasmBuild, efforts: readonly Effort[] = ["published"]): boolean {
  try {
    const text = readFileSync(fileOf(name), "utf8");
    return efforts.some((effort) => text.startsWith(stampOf(effort)));
  } catch {
    return false;
  }
}

/** @param stamp `stampOf`, from before the sources were read */
export function writeBuild(name: WasmBuild, bytes: Uint8Array, stamp: string): void {
  mkdirSync(join(ROOT, "src/wasm/builds"), { recursive: true });
  const base64 = deflateRawSync(bytes, { level: 9 }).toString("base64");
  const partial = `${fileOf(name)}.${process.pid}`; // renamed, because another process may import it at any moment
  writeFileSync(partial, `${stamp}const base64: string =\n  "${base64}";\nexport default base64;\n`);
  renameSync(partial, fileOf(name));
}

/** The first line of a generated file: it names the sources that the file was made from. */
export function stampOf(effort: Effort): string {
  return `// Generated from assembly/, sources ${hashOfSources()}${effort === "plain" ? ", not optimized" : ""}\n`;
}

function fileOf(name: WasmBuild): string {
  return join(ROOT, `src/wasm/builds/${name}.ts`);
}

/** SHA-256 over every file that a build depends on, the compiler's manifest and the scripts included. */
function hashOfSources(): string {
  const assembly = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join("assembly", file))
    .sort();
  const hash = createHash("sha256").update(readFileSync(COMPILER));
  for (const file of ["asconfig.json", "scripts/kernels.ts", "scripts/shared/builds.ts", ...assembly]) {
    hash.update(`\0${file.replaceAll("\\", "/")}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest("hex");
}
