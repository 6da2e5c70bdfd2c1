/**
 * Whether the reference kernels' functions of one element of float32 give the bits of the build `simd`:
 *
 *   npx tsx scripts/numerics/reference.ts [function …]      every function when none is named, over all 2^32 inputs
 *   LANEGRAD_STRIDE=255 npx tsx scripts/numerics/reference.ts      over every 255th of them
 *
 * A line for each function; the exit code is 1 where one differs. All inputs take minutes a function.
 */
import { start as startReference } from "../../src/reference/index.ts";
import { ABI, type Exports, type LinearMemory, MAP_SCRATCH, UNARY } from "../../src/wasm/abi.ts";
import { loadInstance } from "../../src/wasm/load.ts";

const FUNCTIONS = ["exp", "log", "tanh", "sigmoid", "softplus", ...Object.keys(UNARY)];
const BLOCK = 1 << 16;
const PATTERNS = 2 ** 32;

type Side = { readonly x: Int32Array; readonly y: Int32Array; readonly run: (name: string) => void };

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !FUNCTIONS.includes(name));
if (unknown !== undefined) {
  console.error(`unknown function ${unknown}; expected ${FUNCTIONS.join(", ")}`);
  process.exit(2);
}

const stride = Number(process.env["LANEGRAD_STRIDE"] ?? 1);
const [simd, reference] = [sideOf(await loadInstance("simd", undefined)), sideOf(startReference(ABI))];
for (const name of wanted.length > 0 ? wanted : FUNCTIONS) {
  const start = performance.now();
  const { inputs, different } = sweep(name);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `${name}: ${inputs} inputs, ${different.length === 0 ? "the same bits" : different.join(" ")}, ${seconds} s`,
  );
  if (different.length > 0) process.exitCode = 1;
}

function sweep(name: string): { inputs: number; different: string[] } {
  const different: string[] = [];
  let inputs = 0;
  for (let start = 0; start < PATTERNS && different.length < 10; start += BLOCK * stride) {
    for (let i = 0; i < BLOCK; i++) simd.x[i] = start + i * stride;
    reference.x.set(simd.x);
    simd.run(name);
    reference.run(name);
    for (let i = 0; i < BLOCK && start + i * stride < PATTERNS; i++, inputs++) {
      const [got, want] = [reference.y[i]!, simd.y[i]!];
      if (got !== want && !(isNaNBits(got) && isNaNBits(want))) different.push(hex(simd.x[i]!));
    }
  }
  return { inputs, different };
}

function sideOf({ memory, exports }: { readonly memory: LinearMemory; readonly exports: Exports }): Side {
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => number)(...args);
  const [x, y, scratch] = [call("alloc", 4 * BLOCK), call("alloc", 4 * BLOCK), call("alloc", MAP_SCRATCH)];
  return {
    x: new Int32Array(memory.buffer, x, BLOCK),
    y: new Int32Array(memory.buffer, y, BLOCK),
    run: (name) =>
      name in UNARY
        ? call("sunary", UNARY[name as keyof typeof UNARY], BLOCK, x, y)
        : call(`s${name}`, BLOCK, x, y, scratch),
  };
}

/** Of a float32. */
function isNaNBits(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

function hex(bits: number): string {
  return `0x${(bits >>> 0).toString(16).padStart(8, "0")}`;
}
