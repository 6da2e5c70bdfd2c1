/**
 * Compiles the kernels: `tsx scripts/kernels.ts [simd] [relaxed] [debug]`, all three when none is named; `--sums` writes
 * their SHA-256 into assembly/SHA256SUMS, which the suite and `npm run check:package` hold every build to.
 *
 * Each build becomes build/<name>.wasm, and src/wasm/builds/<name>.ts with the same bytes, which is what the library imports.
 * A build whose sources have not changed is left as it is. assembly/index.ts, and the number of the ABI in
 * src/wasm/abi_number.ts, are written from the table in src/wasm/table.ts, and nothing else with `--table`. So is src/threads/script.ts, the
 * script of an engine's threads, from its sources.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BUILDS, COMPILER, isCurrent, stampOf, type WasmBuild, writeBuild, writeTable } from "./shared/builds.ts";
import { ordered } from "./shared/order.ts";
import { writeThreadScript } from "./shared/thread_script.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const flags = process.argv.slice(2).filter((argument) => ["--sums", "--table"].includes(argument));
const wanted = process.argv.slice(2).filter((argument) => !flags.includes(argument));
const unknown = wanted.find((name) => !(BUILDS as readonly string[]).includes(name));
if (unknown !== undefined) {
  console.error(`unknown build ${unknown}; expected ${BUILDS.join(", ")}`);
  process.exit(2);
}

/** Ends the compilers with this process, where it is interrupted. */
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());

writeTable();
await writeThreadScript();
if (flags.includes("--table")) process.exit();
const stamp = stampOf("published");
mkdirSync(join(ROOT, "build"), { recursive: true });
const stale = (wanted.length > 0 ? (wanted as WasmBuild[]) : BUILDS).filter((name) => !isCurrent(name));
await Promise.all(stale.map(build));
if (flags.includes("--sums")) writeFileSync(join(ROOT, "assembly/SHA256SUMS"), BUILDS.map(sumLine).join(""));

async function build(name: WasmBuild): Promise<void> {
  const bytes = await compile(name);
  writeBuild(name, bytes, stamp);
  console.error(`compiled build/${name}.wasm, ${bytes.length} bytes`);
}

/** As `sha256sum` has it. */
function sumLine(name: WasmBuild): string {
  const bytes = readFileSync(join(ROOT, `build/${name}.wasm`));
  return `${createHash("sha256").update(bytes).digest("hex")}  ${name}.wasm\n`;
}

/** Runs asc for one target of asconfig.json; its messages are shown only when it fails. */
async function compile(name: WasmBuild): Promise<Buffer> {
  const asc = join(dirname(COMPILER), "bin/asc.js");
  const args = [asc, "--baseDir", ROOT, "--config", "asconfig.json", "--target", name];
  try {
    await promisify(execFile)(process.execPath, args, { encoding: "utf8", signal: interruption.signal });
  } catch (error) {
    if (interruption.signal.aborted) process.exit(130);
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    console.error(stdout + stderr);
    process.exit(1);
  }
  const file = join(ROOT, `build/${name}.wasm`);
  // The names of debug's functions are told by their numbers.
  if (name !== "debug") writeFileSync(file, ordered(readFileSync(file)));
  return readFileSync(file);
}
