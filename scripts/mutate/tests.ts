/** Which tests a mutant meets, bundled once, so that a run of them starts in milliseconds. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { ROOT } from "./root.ts";

/**
 * For the mutants of a file, by what its path contains: the tests of its kernels, from the quickest to kill to the slowest,
 * and of the operations that call them.
 */
const FAMILIES: readonly (readonly [path: string, kernels: readonly string[], operations: readonly string[]])[] = [
  ["assembly/index", ["edges"], []],
  ["gemm/", ["gemm"], ["matmul", "affine", "matmul_extremes"]],
  ["params", ["gemm"], ["matmul", "affine", "matmul_extremes"]],
  ["kernels/activations", ["activations", "elementary"], ["elementwise", "affine"]],
  ["kernels/argmax", ["argmax"], ["argmax"]],
  ["kernels/binary", ["binary"], ["binary"]],
  ["kernels/cross_entropy", ["cross_entropy"], ["cross_entropy", "extreme_logits"]],
  ["kernels/dropout", ["dropout"], []],
  ["kernels/gather", ["gather"], ["gather"]],
  ["kernels/optimizers", ["optimizers"], ["update"]],
  ["kernels/reduce", ["reduce", "column_sums"], ["reduce", "bias"]],
  ["kernels/rows", ["rows"], ["rows"]],
  ["kernels/softmax", ["softmax"], ["softmax", "extreme_logits"]],
  ["kernels/sparse", ["sparse"], ["sparse"]],
  ["kernels/squared_error", ["squared_error"], ["squared_error"]],
  ["kernels/vectors", ["vectors"], ["vectors"]],
  ["simd/activate", ["activations", "elementary"], ["elementwise", "binary_cross_entropy"]],
  ["simd/exp", ["activations", "elementary"], ["elementwise", "softmax", "extreme_logits"]],
  ["simd/log", ["activations", "elementary"], ["elementwise", "cross_entropy"]],
  [
    "simd/lanes",
    [
      "vectors",
      "softmax",
      "reduce",
      "binary",
      "optimizers",
      "column_sums",
      "sparse",
      "activations",
      "elementary",
      "gemm",
    ],
    ["matmul", "bias", "reduce", "rows"],
  ],
  ["simd/reduce", ["softmax", "reduce"], ["softmax", "reduce"]],
  ["simd/rows", ["softmax", "cross_entropy"], ["softmax", "cross_entropy", "extreme_logits"]],
];

/** What all that are left over meet: operations of every kind, and whole runs. */
const WHOLE = [
  "test/kernels/edges.test.ts",
  "test/ops/contracts.test.ts",
  "test/ops/float32.test.ts",
  "test/ops/places.test.ts",
  "test/ops/special_values.test.ts",
  "test/nn/golden.test.ts",
  "test/train/numpy.test.ts",
  "test/train/same_bits.test.ts",
];

const SUITES = "scripts/mutate/suite.ts";

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
  const family = FAMILIES.find(([path]) => file.includes(path));
  if (family === undefined) throw new Error(`scripts/mutate/tests.ts names no tests for ${file}`);
  const [, kernels, operations] = family;
  return {
    kernels: kernels.map((name) => `test/kernels/${name}.test.ts`),
    wider: [...operations.map((name) => `test/ops/${name}.test.ts`), ...WHOLE],
  };
}

/** Bundles the tests of the mutants of some files. */
export async function bundleTests(files: readonly string[]): Promise<Bundles> {
  const tests = new Set(files.flatMap((file) => Object.values(testsOf(file)).flat()));
  const outdir = mkdtempSync(join(ROOT, "node_modules/.mutants-"));
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
    onResolve({ filter: /\/builds\/(relaxed|debug)\.ts$/ }, ({ path }) => ({ path, external: true }));
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
