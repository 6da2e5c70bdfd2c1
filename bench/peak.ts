/**
 * What one core does with 128-bit lanes, measured: a loop of multiply-adds in registers alone (`peak.as.ts`). The clock
 * varies, and the machine may be shared, so it is measured in slices beside what it is compared with.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { FloatType } from "lanegrad";

/** Gives about 1 after so many rounds. */
type Loop = (rounds: number, factor: number, term: number) => number;

/** Multiply-adds that wait for each other, and multiplies and adds that do not. */
type Kind = "peak" | "ceiling";

const OPERANDS: { readonly [K in Kind]: readonly [factor: number, term: number] } = {
  peak: [0.5, 0.5],
  ceiling: [1, 0],
};
const VECTOR_OPERATIONS: { readonly [K in Kind]: number } = { peak: 44, ceiling: 12 };
const LANES: { readonly [D in FloatType]: number } = { float32: 4, float64: 2 };
/** About 0.1 ms a call: between calls, the optimising compiler's code can take over. */
const ROUNDS = 30_000;
const SLICE_MILLISECONDS = 3;
const WARM_UP_SLICES = 30;

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCE = "bench/peak.as.ts";
const MODULE = "build/peak.wasm";

/** Measures for a few milliseconds, in GFLOP/s. */
export type PeakSlice = (dtype: FloatType, kind?: Kind) => number;

/** Compiles the loops where that is not done yet, and warms them up. */
export async function loadPeak(): Promise<PeakSlice> {
  await compile();
  const { instance } = await WebAssembly.instantiate(readFileSync(join(ROOT, MODULE)), {});
  const { speak, dpeak, sceiling, dceiling } = instance.exports as Record<string, Loop> as {
    readonly [name in "speak" | "dpeak" | "sceiling" | "dceiling"]: Loop;
  };
  const loops = {
    peak: { float32: speak, float64: dpeak },
    ceiling: { float32: sceiling, float64: dceiling },
  };
  const slice: PeakSlice = (dtype, kind = "peak") =>
    roundsPerSecond(loops[kind][dtype], OPERANDS[kind]) * VECTOR_OPERATIONS[kind] * LANES[dtype] * 1e-9;
  for (const kind of ["peak", "ceiling"] as const) {
    for (let i = 0; i < WARM_UP_SLICES; i++) for (const dtype of ["float32", "float64"] as const) slice(dtype, kind);
  }
  return slice;
}

function roundsPerSecond(loop: Loop, [factor, term]: readonly [number, number]): number {
  const start = performance.now();
  let rounds = 0;
  let milliseconds = 0;
  while (milliseconds < SLICE_MILLISECONDS) {
    if (Math.abs(loop(ROUNDS, factor, term) - 1) > 1e-4) throw new Error("the peak loop is wrong");
    rounds += ROUNDS;
    milliseconds = performance.now() - start;
  }
  return (1000 * rounds) / milliseconds;
}

async function compile(): Promise<void> {
  const [source, compiled] = [join(ROOT, SOURCE), join(ROOT, MODULE)];
  if (existsSync(compiled) && statSync(compiled).mtimeMs > statSync(source).mtimeMs) return;
  mkdirSync(dirname(compiled), { recursive: true });
  const compiler = createRequire(import.meta.url).resolve("assemblyscript/package.json");
  const asc = join(dirname(compiler), "bin/asc.js");
  // asc would merge the kernels' asconfig.json; the name of no file keeps it from that.
  const options = ["--config", "none", "--runtime", "stub", "--enable", "simd", "--use", "abort=", "-O3", "--noAssert"];
  const files = [SOURCE, "--baseDir", ROOT, "--outFile", MODULE];
  await promisify(execFile)(process.execPath, [asc, ...files, ...options]);
}
