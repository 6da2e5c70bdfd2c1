/** Which tests a mutant meets, bundled once, so that a run of them starts in milliseconds. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { ROOT } from "./root.ts";

/**
 * For the mutants of a file, by what its path contains: the tests of its kernels, from the quickest to kill to the slowest,
 * and of the operations that call them. A file of assembly/kernels that is not here has tests of its name.
 */
const FAMILIES: readonly (readonly [path: string, kernels: readonly string[], wider: readonly string[]])[] = [
  ["assembly/index", [], ["wasm/memory"]],
  ["assembly/heap", [], ["wasm/heap", "wasm/memory"]],
  ["convolution/", ["ops/convolution"], []],
  ["kernels/pool", ["ops/pooling"], []],
  ["kernels/depthwise", ["ops/depthwise"], []],
  ["kernels/resize", ["ops/resize"], []],
  ["kernels/normalize", ["ops/normalization"], []],
  ["gemm/batched", ["reference/same_bits"], ["ops/rank", "ops/matmul"]],
  ["kernels/linalg", ["reference/same_bits"], ["linalg/linalg", "linalg/stacks"]],
  ["gemm/", ["kernels/gemm"], ["ops/matmul", "ops/affine", "ops/matmul_extremes"]],
  ["params", ["kernels/gemm"], ["ops/matmul", "ops/affine", "ops/matmul_extremes"]],
  [
    "kernels/activations",
    ["kernels/activations", "kernels/elementary", "kernels/gemm"],
    ["ops/elementwise", "ops/affine"],
  ],
  ["kernels/binary", ["kernels/binary", "kernels/unary"], ["ops/binary", "ops/functions"]],
  ["kernels/integers", ["reference/same_bits"], ["ops/cast"]],
  ["kernels/cast", ["reference/same_bits"], ["ops/cast"]],
  ["kernels/sort", ["reference/same_bits"], ["ops/sort", "ops/counting"]],
  ["kernels/cross_entropy", ["kernels/cross_entropy"], ["ops/cross_entropy", "ops/extreme_logits"]],
  ["descent", ["kernels/optimizers", "kernels/gemm", "kernels/column_sums", "kernels/sparse"], ["ops/update"]],
  ["kernels/dropout", ["kernels/dropout", "kernels/rows"], []],
  ["kernels/optimizers", ["kernels/optimizers"], ["ops/update"]],
  ["kernels/reduce", ["kernels/reduce", "kernels/column_sums"], ["ops/reduce", "ops/bias"]],
  ["kernels/scan", ["kernels/scan"], ["ops/rank"]],
  ["kernels/softmax", ["kernels/softmax"], ["ops/softmax", "ops/extreme_logits"]],
  ["kernels/sparse", ["kernels/sparse"], ["ops/sparse"]],
  ["kernels/unary", ["kernels/unary"], ["ops/functions", "ops/edge_gradients"]],
  ["kernels/strided", ["kernels/strided"], ["ops/shapes", "ops/indexing"]],
  ["simd/activate", ["kernels/activations", "kernels/elementary"], ["ops/elementwise", "ops/binary_cross_entropy"]],
  [
    "simd/exp",
    ["kernels/activations", "kernels/elementary", "kernels/unary"],
    ["ops/elementwise", "ops/softmax", "ops/extreme_logits"],
  ],
  ["simd/log", ["kernels/activations", "kernels/elementary"], ["ops/elementwise", "ops/cross_entropy"]],
  ["simd/polynomial", ["kernels/unary"], ["ops/functions"]],
  ["simd/powers", ["kernels/unary"], ["ops/functions"]],
  ["simd/trigonometry", ["kernels/unary"], ["ops/functions"]],
  [
    "simd/lanes",
    [
      "kernels/vectors",
      "kernels/softmax",
      "kernels/reduce",
      "kernels/binary",
      "kernels/optimizers",
      "kernels/column_sums",
      "kernels/sparse",
      "kernels/activations",
      "kernels/elementary",
      "kernels/gemm",
    ],
    ["ops/matmul", "ops/bias", "ops/reduce", "ops/rows"],
  ],
  ["simd/reduce", ["kernels/softmax", "kernels/reduce"], ["ops/softmax", "ops/reduce"]],
  [
    "simd/rows",
    ["kernels/softmax", "kernels/cross_entropy"],
    ["ops/softmax", "ops/cross_entropy", "ops/extreme_logits"],
  ],
];

/** What all that are left over meet: memory's end, and then operations of every kind; at last the reference kernels, to the bit. */
export const EDGES: string = testNamed("kernels/edges");
const WHOLE = ["ops/float32", "ops/places", "ops/special_values", "nn/golden", "reference/same_bits"];

const SUITES = "scripts/mutation/kernels/suite.ts";

/** Bundled test files, by their path from the root. */
export type Bundles = {
  /** Where a test file's bundle lies. */
  locate(test: string): string;
  /** Where `firstFailure` lies, of the same suites. */
  readonly suites: string;
  remove(): void;
};

/** The tests that a file's mutants meet: of its kernels alone, and then of what is above them. */
export function testsOf(file: string): { readonly kernels: readonly string[]; readonly wider: readonly string[] } {
  const family = FAMILIES.find(([path]) => file.includes(path)) ?? ofItsName(file);
  if (family === undefined) throw new Error(`scripts/mutation/kernels/tests.ts names no tests for ${file}`);
  const [, kernels, wider] = family;
  return {
    kernels: kernels.map(testNamed),
    wider: [...wider, ...WHOLE].map(testNamed),
  };
}

function ofItsName(file: string): (typeof FAMILIES)[number] | undefined {
  const name = file.match(/kernels\/(\w+)\.ts$/)?.[1];
  return name === undefined ? undefined : [file, [`kernels/${name}`], [`ops/${name}`]];
}

function testNamed(name: string): string {
  return `test/${name}.test.ts`;
}

/** Bundles the tests of the mutants of some files. */
export async function bundleTests(files: readonly string[]): Promise<Bundles> {
  const tests = new Set([EDGES, ...files.flatMap((file) => Object.values(testsOf(file)).flat())]);
  const outdir = mkdtempSync(join(tmpdir(), "mutants-"));
  await build({
    absWorkingDir: ROOT,
    entryPoints: [...tests, SUITES],
    ...{ outdir, outbase: ROOT, outExtension: { ".js": ".mjs" } },
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node20", logLevel: "error" },
    supported: { using: false },
    alias: { "#platform": join(ROOT, "src/platform/node.ts") },
    plugins: [kernelsFromOutside, ownAddress, suitesOfMutants],
  });
  return {
    locate: (test) => pathToFileURL(join(outdir, test.replace(/\.ts$/, ".mjs"))).href,
    suites: pathToFileURL(join(outdir, SUITES.replace(/\.ts$/, ".mjs"))).href,
    remove: () => rmSync(outdir, { recursive: true, force: true }),
  };
}

/** In the place of a build, the one that the thread was given. */
const kernelsFromOutside: Plugin = {
  name: "kernels from outside",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/builds\/simd\.ts$/ }, () => ({ path: "kernels", namespace: "outside" }));
    onResolve({ filter: /\/builds\/relaxed\.ts$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /^kernels$/, namespace: "outside" }, () => ({
      contents: `import { workerData } from "node:worker_threads"; export default workerData.kernels;`,
    }));
  },
};

const suitesOfMutants: Plugin = {
  name: "suites of mutants",
  setup({ onResolve }) {
    onResolve({ filter: /^uvu$/ }, () => ({ path: join(ROOT, SUITES) }));
  },
};

/** A test finds its fixtures beside its source. */
const ownAddress: Plugin = {
  name: "own address",
  setup({ onLoad }) {
    onLoad({ filter: /\/test\/.*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      loader: "ts",
    }));
  },
};
