/**
 * The library inside of a sandbox with built-ins of its own, as jest runs tests: files, errors of the system and inflated
 * content are of Node's realm there, everything else of the sandbox's.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ROOT } from "./support/script.ts";

const GLOBALS = [
  ...["process", "Buffer", "console", "performance", "crypto", "structuredClone", "atob", "btoa"],
  ...["TextEncoder", "TextDecoder", "URL", "AbortController", "AbortSignal", "setTimeout", "clearTimeout"],
  ...["setImmediate", "queueMicrotask", "MessageChannel"],
];

/** What runs in the sandbox: `lanegrad` is the bundle. */
const BODY = `(async () => {
  const { Engine, tensor, matmul, readIdx, loadMnist, network, sequential, dense, train, encodeNetwork, encodeNpz, decodeNpz } = lanegrad;
  const found = {};
  const engine = await Engine.load();
  const again = await Engine.load({ wasm: engine.module });
  const x = tensor(engine, new Float64Array([1, 2, 3, 4]), { shape: [2, 2] });
  found.product = [x.dtype, matmul(x, x).toArray()];
  const missing = await loadMnist("nowhere").catch((error) => error);
  found.missing = [missing.name, missing.fault.kind];
  const broken = await readIdx(new Uint8Array([31, 139, 8, 0])).catch((error) => error);
  found.broken = [broken.name, broken.fault.kind];
  const mnist = await loadMnist("data");
  found.examples = [mnist.train.length, mnist.train.inputs instanceof Uint8Array];
  const archive = await decodeNpz(encodeNpz([{ name: "a", shape: [2], data: new Int16Array([1, -2]) }]));
  found.archive = [archive[0].data instanceof Int16Array, Array.from(archive[0].data)];
  const net = network(engine, sequential(dense(784, 10)), { seed: 0 });
  await train(net, mnist.test.slice(0, 200), { epochs: 1, batchSize: 50, learningRate: 0.1 });
  found.trained = encodeNetwork(net).length > 784 * 40;
  return JSON.stringify(found);
})()`;

const test = suite("in a sandbox");

test("it computes, reads files and tells missing from broken ones as anywhere", async () => {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/index.ts"],
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node20",
    supported: { "dynamic-import": false }, // a sandbox has only require
    alias: { "#platform": join(ROOT, "src/platform/node.ts") },
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
  });
  const here = globalThis as unknown as Record<string, unknown>;
  const require = createRequire(import.meta.url);
  const sandbox: Record<string, unknown> = { require, module: { exports: {} } };
  for (const name of GLOBALS) sandbox[name] = here[name];
  createContext(sandbox);
  // Node 20 gives the symbols to its own realm alone; test runners pass them on, as scripts/build/dispose_keys.ts does for the package.
  runInContext(`for (const key of ["dispose", "asyncDispose"]) Symbol[key] ??= Symbol.for("Symbol." + key)`, sandbox);
  runInContext(`var lanegrad; (() => { ${outputFiles[0]?.text} ; lanegrad = module.exports; })()`, sandbox);
  const found = JSON.parse(await runInContext(BODY, sandbox));
  assert.equal(found, {
    product: [
      "float64",
      [
        [7, 10],
        [15, 22],
      ],
    ],
    missing: ["DatasetError", "missing"],
    broken: ["IdxError", "gzip"],
    examples: [8000, true],
    archive: [true, [1, -2]],
    trained: true,
  });
});

test.run();
