/** What a bundle of the sources contains: only what its program needs. `npm run check:package` measures its size. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ENTRIES } from "../../scripts/build/entries.ts";
import { ROOT } from "../support/script.ts";

const PEERS = ["papaparse", "@resvg/resvg-js", "fast-png", "dejavu-fonts-ttf"];
/** Folders of what computes in WebAssembly. */
const COMPUTES = /src\/(wasm|tensor|ops|autodiff|nn|train)\//;

type Bundle = {
  /** The first chunk. */
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

const test = suite("contents of bundles");

for (const [names, entry] of [
  ["parseIdx, readIdx, encodeIdx", "lanegrad"],
  ["numericalDiff, numericalGradient, gradientDescent, tangentLine", "lanegrad/chapter"],
  ["crossEntropyError, meanSquaredError", "lanegrad/chapter"],
  ["RandomState", "lanegrad"],
  ["decodeSafetensors, encodeSafetensors", "lanegrad"],
  ["Dataset", "lanegrad"],
] as const) {
  test(`${names}: nothing that computes in WebAssembly`, async () => {
    const { sources } = await bundle(using(names, entry));
    assert.ok(sources.length > 1, "or the program is not there");
    assert.equal(
      sources.filter((source) => COMPUTES.test(source)),
      [],
    );
  });
}

test("tensors and a product: no networks, no training", async () => {
  const { sources } = await bundle(using("Engine, tensor, matmul"));
  assert.ok(sources.includes("src/ops/matmul.ts"));
  assert.equal(
    sources.filter((source) => /src\/(nn|train|autodiff|data)\//.test(source)),
    [],
  );
});

test("a program that trains in a worker: nothing that the worker does", async () => {
  const { sources } = await bundle(using("startWorker", "lanegrad/worker"));
  assert.ok(sources.includes("src/worker/client.ts"));
  assert.equal(
    sources.filter((source) => /src\/(tensor|ops|autodiff|nn|train\/trainer)/.test(source)),
    [],
  );
});

test("a network that is trained: the kernels are a chunk of their own", async () => {
  const { code, texts } = await bundle(
    using("Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate"),
  );
  assert.ok(code.length > 20_000, "or the program is not there");
  const kernels = deflateRawSync(readFileSync(join(ROOT, "build/simd.wasm")), { level: 9 }).toString("base64");
  assert.is(texts.filter((text) => text.includes(kernels)).length, 1);
  assert.not.ok(new TextDecoder().decode(code).includes(kernels));
});

test("a program that names adam: no other optimizer, but for gradient descent, which learningRate means", async () => {
  const { sources, texts } = await bundle(using("Engine, network, sequential, dense, adam, train"));
  const optimizers = sources.filter((source) => source.includes("src/nn/optimizers"));
  const own = ["adam", "record", "sgd", "state"].map((name) => `src/nn/optimizers/${name}.ts`);
  assert.equal(optimizers.sort(), own);
  for (const text of texts) assert.not.match(text, /"adamW"|"velocity"|"cosine"/);
});

for (const entry of Object.keys(ENTRIES)) {
  test(`${entry}: nothing of Node's in a page, and no await while it loads`, async () => {
    const { texts } = await bundle(`export * from "${entry}";`, "iife"); // which refuses to await
    for (const text of texts) assert.not.match(text, /["'`]node:/);
  });
}

test.run();
