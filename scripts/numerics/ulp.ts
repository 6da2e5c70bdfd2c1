/**
 * How far float32's functions of one element are from the truth, over all 2^32 inputs:
 *
 *   npx tsx scripts/numerics/ulp.ts [function …]      every function when none is named; LANEGRAD_BUILD=relaxed for another build
 *   LANEGRAD_STRIDE=255 npx tsx scripts/numerics/ulp.ts      over every 255th of them
 *
 * The truth is Math's in float64, whose own error is below 2^-28 float32 ulp. A line of the table in docs/quality/numerics.md for
 * each function: the largest distance in ulps and the input it is at, and how many of the results that are no NaN are
 * rounded correctly. It takes minutes a function. Where none is further than half a unit away, no distance is measured.
 */

import { gelu } from "../../src/nn/layers/activations.ts";
import { elu, hardSigmoid, hardSwish, mish, selu, silu } from "../../src/ops/activations.ts";
import { reciprocal, rsqrt } from "../../src/ops/logarithms.ts";
import { copy } from "../../src/ops/vectors.ts";
import { type Tensor, zeros } from "../../src/tensor/tensor.ts";
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
/** Functions that are composed of several kernels. */
const COMPOSED: Readonly<Record<string, (x: Tensor<"float32">) => Tensor<"float32">>> = {
  ...{ reciprocal, rsqrt, silu, mish, elu, selu, hardSigmoid, hardSwish },
  gelu: (x) => gelu(x),
  exactGelu: (x) => gelu(x, { approximate: "none" }),
};
const [SELU_SCALE, SELU_ALPHA] = [1.0507009873554805, 1.6732632423543772];
const ramp = (x: number) => Math.min(Math.max(x + 3, 0), 6) / 6;
/** x · f(x), whose limits at ±∞ are those of f. */
const weighted = (f: (x: number) => number) => (x: number) => (x === -Infinity ? -0 : x * f(x));
const COMPOSED_TRUTH = {
  reciprocal: (x: number) => 1 / x,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  silu: weighted(sigmoid),
  mish: weighted((x) => Math.tanh(softplus(x))),
  elu: (x: number) => (x > 0 ? x : Math.expm1(x)),
  selu: (x: number) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
  hardSigmoid: ramp,
  hardSwish: weighted(ramp),
  gelu: weighted((x) => sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  exactGelu: weighted((x) => (x < -9 ? 0 : 0.5 * (1 + erf(x / Math.SQRT2)))),
};
/** Between 0 and x, with the last digits of x: in units of x's last place. */
const OF_X: ReadonlySet<string> = new Set(["gelu", "exactGelu"]);
/** x times a factor, which may be subnormal: what its last place is in the product counts where it is larger. */
const OF_FACTOR: ReadonlySet<string> = new Set(["silu", "mish"]);

const ALL = { ...TRUTH, ...COMPOSED_TRUTH };
type Name = keyof typeof ALL;
type MapName = Exclude<keyof typeof TRUTH, keyof typeof UNARY>;

const BLOCK = 1 << 16;
const PATTERNS = 2 ** 32;
const STRIDE = Number(process.env["LANEGRAD_STRIDE"] ?? 1);

type Sweep = { readonly worst: number; readonly at: number; readonly numbers: number; readonly rounded: number };

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in ALL));
if (unknown !== undefined) {
  console.error(`unknown function ${unknown}; expected ${Object.keys(ALL).join(", ")}`);
  process.exit(2);
}

const build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;
using engine = await Engine.load({ build });
console.log("| function | build | largest distance, ulp | at x | correctly rounded |");
console.log("| -------- | ----- | --------------------- | ---- | ----------------- |");
for (const name of (wanted.length > 0 ? wanted : Object.keys(ALL)) as Name[]) {
  const { worst, at, numbers, rounded } = sweep(name, ALL[name]);
  const share = ((100 * rounded) / numbers).toFixed(2);
  const distance = worst === 0 ? "≤ 0.5" : worst.toFixed(4);
  const place = worst === 0 ? "" : `${at} (${hex(at)})`;
  console.log(`| \`${name}\` | ${build} | ${distance}${OF_X.has(name) ? " of x" : ""} | ${place} | ${share} % |`);
}

/** Every pattern of 32 bits, block by block. A NaN where none belongs, or none where one does, is the worst there is. */
function sweep(name: Name, truth: (x: number) => number): Sweep {
  using input = zeros(engine, [BLOCK]);
  using output = zeros(engine, [BLOCK]);
  const scratch = engine.scratch(MAP_SCRATCH);
  const kernels = engine.kernels.float32;
  const run = () => {
    const composed = COMPOSED[name];
    if (composed !== undefined) {
      using result = composed(input);
      copy(result, output);
    } else if (name in UNARY) kernels.unary(UNARY[name as keyof typeof UNARY], BLOCK, input.pointer, output.pointer);
    else kernels[name as MapName](BLOCK, input.pointer, output.pointer, scratch);
  };
  let [worst, at, numbers, rounded] = [0, 0, 0, 0];
  for (let start = 0; start < PATTERNS; start += BLOCK * STRIDE) {
    const { buffer, byteOffset } = input.data;
    const bits = new Int32Array(buffer, byteOffset, BLOCK);
    for (let i = 0; i < BLOCK; i++) bits[i] = start + i * STRIDE;
    run();
    const [x, y] = [input.data, output.data]; // memory may have grown
    for (let i = 0; i < BLOCK; i++) {
      const got = y[i]!;
      const want = truth(x[i]!);
      if (!Number.isNaN(want)) numbers += 1;
      if (got === Math.fround(want)) {
        rounded += 1; // at most half a unit away
        continue;
      }
      const ulps = distance(name, x[i]!, got, want);
      if (ulps <= worst) continue;
      worst = Number.isNaN(ulps) ? Infinity : ulps;
      at = x[i]!;
    }
    if (start % (BLOCK * STRIDE * 1024) === 0)
      process.stderr.write(`\r${name} ${Math.floor((100 * start) / PATTERNS)} % `);
  }
  process.stderr.write("\r");
  return { worst, at, numbers, rounded };
}

function distance(name: Name, x: number, got: number, want: number): number {
  if (OF_X.has(name)) return float32Ulps(x + (got - want), x);
  const ulps = float32Ulps(got, want);
  return ulps > 0 && OF_FACTOR.has(name) ? Math.min(ulps, Math.abs(got - want) / Math.abs(x * 2 ** -149)) : ulps;
}

function hex(x: number): string {
  return `0x${new Uint32Array(Float32Array.of(x).buffer)[0]!.toString(16).padStart(8, "0")}`;
}
