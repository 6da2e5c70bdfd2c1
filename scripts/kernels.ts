/**
 * Compiles the kernels: `tsx scripts/kernels.ts [simd] [relaxed] [debug]`, all three when none is named; `--sums` writes
 * their SHA-256 into assembly/SHA256SUMS, which the suite and `npm run check:package` hold every build to.
 *
 * Each build becomes build/<name>.wasm, and src/wasm/builds/<name>.ts with the same bytes, deflated, as base64, which is
 * what the library imports: a string needs no path, no fetch and no MIME type in any runtime. A build whose
 * sources have not changed is left as it is. assembly/index.ts, and the number of the ABI in src/wasm/builds/abi.ts, are
 * written from the table in src/wasm/table.ts.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { abiNumber, indexOf } from "./shared/kernel_exports.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPILER = createRequire(import.meta.url).resolve("assemblyscript/package.json");
const BUILDS = ["simd", "relaxed", "debug"];

const wanted = process.argv.slice(2).filter((argument) => argument !== "--sums");
const unknown = wanted.find((name) => !BUILDS.includes(name));
if (unknown !== undefined) {
  console.error(`unknown build ${unknown}; expected ${BUILDS.join(", ")}`);
  process.exit(2);
}

mkdirSync(join(ROOT, "build"), { recursive: true });
mkdirSync(join(ROOT, "src/wasm/builds"), { recursive: true });
write("assembly/index.ts", indexOf(kernelSources()));
write("src/wasm/builds/abi.ts", `// Generated from src/wasm/table.ts\nexport const ABI: number = ${abiNumber()};\n`);
const stamp = `// Generated from assembly/, sources ${hashOfSources()}\n`;
const stale = (wanted.length > 0 ? wanted : BUILDS).filter((name) => !isCurrent(inlinedFile(name)));
await Promise.all(stale.map(build));
if (process.argv.includes("--sums")) writeFileSync(join(ROOT, "assembly/SHA256SUMS"), BUILDS.map(sumLine).join(""));

async function build(name: string): Promise<void> {
  const bytes = await compile(name);
  const base64 = deflateRawSync(bytes, { level: 9 }).toString("base64");
  write(`src/wasm/builds/${name}.ts`, `${stamp}const base64: string =\n  "${base64}";\nexport default base64;\n`);
  console.error(`compiled build/${name}.wasm, ${bytes.length} bytes`);
}

/** Writes a file whose content is another: renamed, because another process may import it at any moment. */
function write(path: string, text: string): void {
  const file = join(ROOT, path);
  if (textOf(file) === text) return;
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

/** As `sha256sum` has it. */
function sumLine(name: string): string {
  const bytes = readFileSync(join(ROOT, `build/${name}.wasm`));
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}.wasm\n`;
}

function inlinedFile(name: string): string {
  return join(ROOT, `src/wasm/builds/${name}.ts`);
}

/** Runs asc for one target of asconfig.json; its messages are shown only when it fails. */
async function compile(name: string): Promise<Buffer> {
  const asc = join(dirname(COMPILER), "bin/asc.js");
  const args = [asc, "--baseDir", ROOT, "--config", "asconfig.json", "--target", name];
  try {
    await promisify(execFile)(process.execPath, args, { encoding: "utf8" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    console.error(stdout + stderr);
    process.exit(1);
  }
  return readFileSync(join(ROOT, `build/${name}.wasm`));
}

/** The first line of a generated file names the sources it was made from. */
function isCurrent(file: string): boolean {
  return textOf(file)?.startsWith(stamp) ?? false;
}

/** The texts of assembly/, by their paths from there. */
function kernelSources(): ReadonlyMap<string, string> {
  const files = readdirSync(join(ROOT, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, "assembly", file), "utf8")]));
}

/** SHA-256 over every file that a build depends on, the compiler's manifest and this script included. */
function hashOfSources(): string {
  const hash = createHash("sha256").update(readFileSync(COMPILER));
  for (const file of ["asconfig.json", "scripts/kernels.ts"]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  for (const [file, text] of kernelSources()) hash.update(`\0assembly/${file}\0`).update(text);
  return hash.digest("hex");
}
