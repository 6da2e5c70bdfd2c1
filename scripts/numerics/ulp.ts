/**
 * How far float32's functions of one element are from the truth, over all 2^32 inputs:
 *
 *   npx tsx scripts/numerics/ulp.ts [function …]      every function when none is named; LANEGRAD_BUILD=relaxed for another build
 *   LANEGRAD_STRIDE=255 npx tsx scripts/numerics/ulp.ts      over every 255th of them
 *
 * The truth is Math's in float64, whose own error is below 2^-28 float32 ulp. A line of the table in docs/quality/numerics.md for
 * each function: the largest distance in ulps and the input it is at, and how many of the results that are no NaN are
 * rounded correctly. It takes minutes a function.
 */

import { MAP_SCRATCH, UNARY } from "../../src/wasm/abi.ts";
import { Engine } from "../../src/wasm/engine.ts";
import type { Build } from "../../src/wasm/load.ts";
import { erf, sigmoid, softplus } from "../../test/support/oracle.ts";
import { float32Ulps } from "../../test/support/ulps.ts";

const TRUTH = {
  ...{ exp: Math.exp, log: Math.log, tanh: Math.tanh, sigmoid, softplus },
  ...{ sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, atan: Math.atan },
  ...{
    sinh: Math.sinh,
    cosh: Math.cosh,
    expm1: Math.expm1,
    log1p: Math.log1p,
    log2: Math.log2,
    log10: Math.log10,
    erf,
  },
};
type Name = keyof typeof TRUTH;

const BLOCK = 1 << 16;
const PATTERNS = 2 ** 32;
const STRIDE = Number(process.env["LANEGRAD_STRIDE"] ?? 1);

type Sweep = { readonly worst: number; readonly at: number; readonly numbers: number; readonly rounded: number };

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in TRUTH));
if (unknown !== undefined) {
  console.error(`unknown function ${unknown}; expected ${Object.keys(TRUTH).join(", ")}`);
  process.exit(2);
}

const build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;
using engine = await Engine.load({ build });
console.log("| function | build | largest distance, ulp | at x | correctly rounded |");
console.log("| -------- | ----- | --------------------- | ---- | ----------------- |");
for (const name of (wanted.length > 0 ? wanted : Object.keys(TRUTH)) as Name[]) {
  const { worst, at, numbers, rounded } = sweep(name, TRUTH[name]);
  const share = ((100 * rounded) / numbers).toFixed(2);
  console.log(`| \`${name}\` | ${build} | ${worst.toFixed(4)} | ${at} (${hex(at)}) | ${share} % |`);
}

/** Every pattern of 32 bits, block by block. A NaN where none belongs, or none where one does, is the worst there is. */
function sweep(name: Name, truth: (x: number) => number): Sweep {
  const input = engine.memory.allocate(4 * BLOCK);
  const output = engine.memory.allocate(4 * BLOCK);
  const scratch = engine.scratch(MAP_SCRATCH);
  const kernels = engine.kernels.float32;
  const run = () =>
    name in UNARY
      ? kernels.unary(UNARY[name as keyof typeof UNARY], BLOCK, input.pointer, output.pointer)
      : kernels[name as Exclude<Name, keyof typeof UNARY>](BLOCK, input.pointer, output.pointer, scratch);
  const bits = engine.memory.view("int32", input.pointer, BLOCK);
  const x = engine.memory.view("float32", input.pointer, BLOCK);
  const y = engine.memory.view("float32", output.pointer, BLOCK);
  let [worst, at, numbers, rounded] = [0, 0, 0, 0];
  for (let start = 0; start < PATTERNS; start += BLOCK * STRIDE) {
    for (let i = 0; i < BLOCK; i++) bits[i] = start + i * STRIDE;
    run();
    for (let i = 0; i < BLOCK; i++) {
      const got = y[i]!;
      const want = truth(x[i]!);
      if (!Number.isNaN(want)) numbers += 1;
      if (got === Math.fround(want)) {
        rounded += 1; // at most half a unit away
        continue;
      }
      const ulps = float32Ulps(got, want);
      if (ulps <= worst) continue;
      worst = Number.isNaN(ulps) ? Infinity : ulps;
      at = x[i]!;
    }
    if (start % (BLOCK * STRIDE * 1024) === 0)
      process.stderr.write(`\r${name} ${Math.floor((100 * start) / PATTERNS)} % `);
  }
  process.stderr.write("\r");
  input.free();
  output.free();
  return { worst, at, numbers, rounded };
}

function hex(x: number): string {
  return `0x${new Uint32Array(Float32Array.of(x).buffer)[0]!.toString(16).padStart(8, "0")}`;
}
