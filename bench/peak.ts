/**
 * How many multiply-adds one core executes with 128-bit lanes, measured by a loop of them (`peak.as.ts`), fused ones for the
 * build `relaxed`. The clock varies, and the machine may be shared, so it is measured in slices beside what it is compared with.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FloatType } from "lanegrad";

export type Lanes = "simd" | "relaxed";

/** 10 · (rounds + 1). */
type Loop = (rounds: number) => number;

const VECTOR_OPERATIONS = 20;
const LANES: { readonly [D in FloatType]: number } = { float32: 4, float64: 2 };
/** About 0.1 ms a call: between calls, the optimising compiler's code can take over. */
const ROUNDS = 30_000;
const SLICE_MILLISECONDS = 3;
const WARM_UP_SLICES = 30;

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = "bench/peak.as.ts";
const FEATURES: { readonly [L in Lanes]: readonly string[] } = {
  simd: ["--enable", "simd"],
  relaxed: ["--enable", "simd", "--enable", "relaxed-simd"],
};

/** Measures for a few milliseconds, in GFLOP/s. */
export type PeakSlice = (dtype: FloatType) => number;

/** Compiles the loops where that is not done yet, and warms them up. */
export async function loadPeak(lanes: Lanes): Promise<PeakSlice> {
  const { instance } = await WebAssembly.instantiate(readFileSync(await compiled(lanes)), {});
  const { speak, dpeak } = instance.exports as { readonly speak: Loop; readonly dpeak: Loop };
  const loops = { float32: speak, float64: dpeak };
  const slice: PeakSlice = (dtype) => roundsPerSecond(loops[dtype]) * VECTOR_OPERATIONS * LANES[dtype] * 1e-9;
  for (let i = 0; i < WARM_UP_SLICES; i++) for (const dtype of ["float32", "float64"] as const) slice(dtype);
  return slice;
}

function roundsPerSecond(loop: Loop): number {
  const start = performance.now();
  let rounds = 0;
  let milliseconds = 0;
  while (milliseconds < SLICE_MILLISECONDS) {
    if (loop(ROUNDS) !== 10 * (ROUNDS + 1)) throw new Error("the peak loop is wrong");
    rounds += ROUNDS;
    milliseconds = performance.now() - start;
  }
  return (1000 * rounds) / milliseconds;
}

/** The compiled file, which is as new as its source. */
async function compiled(lanes: Lanes): Promise<string> {
  const module = `build/peak.${lanes}.wasm`;
  const [source, file] = [join(ROOT, SOURCE), join(ROOT, module)];
  if (existsSync(file) && statSync(file).mtimeMs > statSync(source).mtimeMs) return file;
  mkdirSync(dirname(file), { recursive: true });
  const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  const asc = join(dirname(compiler), "bin/asc.js");
  // asc would merge the kernels' asconfig.json; the name of no file keeps it from that.
  const options = ["--config", "none", "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert", ...FEATURES[lanes]];
  await promisify(execFile)(process.execPath, [asc, SOURCE, "--baseDir", ROOT, "--outFile", module, ...options]);
  return file;
}
