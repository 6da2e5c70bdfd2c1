/** What a bundle carries: only what it names, and no more than a budget. Sizes are of minified code. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ENTRIES } from "../../scripts/build/entries.ts";
import { ROOT } from "../support/script.ts";

const PEERS = ["papaparse", "@observablehq/plot", "linkedom", "@resvg/resvg-js", "fast-png", "dejavu-fonts-ttf"];
/** Folders of what computes in WebAssembly. */
const COMPUTES = /src\/(wasm|tensor|ops|autodiff|nn|train)\//;

type Bundle = {
  /** Without the kernels, which are chunks of their own. */
  readonly code: Uint8Array;
  readonly texts: readonly string[];
  /** Sources that something is left of. */
  readonly sources: readonly string[];
};

/** What a page gets that says no more than this. */
async function bundle(program: string, format: "esm" | "iife" = "esm"): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: program, resolveDir: ROOT },
    alias: {
      ...Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(ROOT, file)])),
      "#platform": join(ROOT, "src/platform/web.ts"),
      "#spawn": join(ROOT, "src/worker/spawn_web.ts"),
    },
    outdir: join(ROOT, "dist"),
    bundle: true,
    splitting: format === "esm",
    format,
    platform: "browser",
    target: "es2022",
    external: PEERS,
    minify: true,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const main = outputFiles.find(({ path }) => path.endsWith("stdin.js"));
  assert.ok(main);
  const entry = Object.entries(metafile.outputs).find(([name]) => name.endsWith("stdin.js"))?.[1];
  const inputs = Object.entries(entry?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { code: main.contents, texts: outputFiles.map(({ text }) => text), sources: inputs.map(([name]) => name) };
}

/** A program that uses names of an entry. */
function using(names: string, entry = "lanegrad"): string {
  return `import { ${names} } from "${entry}"; console.log(${names});`;
}

const test = suite("what a bundle carries");

for (const [names, most] of [
  ["parseIdx, readIdx, encodeIdx", 11_500],
  ["numericalDiff, numericalGradient, gradientDescent, tangentLine", 5500],
  ["crossEntropyError, meanSquaredError", 6700],
  ["RandomState", 8500],
  ["decodeSafetensors, encodeSafetensors", 11_700],
  ["Dataset", 11_800],
] as const) {
  test(`${names}: nothing that computes in WebAssembly, at most ${most} bytes`, async () => {
    const { code, sources } = await bundle(using(names));
    assert.equal(
      sources.filter((source) => COMPUTES.test(source)),
      [],
    );
    assert.ok(code.length <= most, `${code.length} bytes`);
  });
}

test("tensors and a product: no networks, no training", async () => {
  const { code, sources } = await bundle(using("Engine, tensor, matmul"));
  assert.equal(
    sources.filter((source) => /src\/(nn|train|autodiff|data)\//.test(source)),
    [],
  );
  assert.ok(code.length <= 29_200, `${code.length} bytes`);
});

test("a program that trains in a worker: nothing that the worker does", async () => {
  const { code, sources } = await bundle(using("startWorker", "lanegrad/worker"));
  assert.equal(
    sources.filter((source) => /src\/(tensor|ops|autodiff|nn|train\/trainer)/.test(source)),
    [],
  );
  assert.ok(code.length <= 30_800, `${code.length} bytes`);
});

test("a dense network, trained and evaluated: at most 42 KB gzipped, and 14.5 KB for the kernels", async () => {
  const { code, texts } = await bundle(
    using("Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate"),
  );
  const gzipped = gzipSync(code, { level: 9 }).length;
  assert.ok(gzipped > 20_000, "or the program is not there");
  // The package is leaner than its sources, and held to its own limit by `npm run check:package`.
  assert.ok(gzipped <= 42 * 1024, `${gzipped} bytes`);
  const kernels = deflateRawSync(readFileSync(join(ROOT, "build/simd.wasm")), { level: 9 }).toString("base64");
  const chunk = texts.find((text) => text.includes(kernels));
  assert.ok(chunk, "the kernels are a chunk of their own");
  assert.ok(gzipSync(chunk, { level: 9 }).length <= 14_500);
});

test("the kernels: at most 40 KB, 16 KB gzipped", () => {
  const kernels = readFileSync(join(ROOT, "build/simd.wasm"));
  assert.ok(kernels.length <= 40_960, `${kernels.length} bytes`);
  assert.ok(gzipSync(kernels, { level: 9 }).length <= 16_384);
});

for (const entry of Object.keys(ENTRIES)) {
  test(`${entry}: nothing of Node's in a page, and no await while it loads`, async () => {
    const { texts } = await bundle(`export * from "${entry}";`, "iife"); // which refuses to await
    for (const text of texts) assert.not.match(text, /["'`]node:/);
  });
}

test.run();
