/** Trains where `import` loads the package: prints the result as JSON. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { failure, run, startEngine, startThread } from "./train.js";

const wasm = await readFile(fileURLToPath(import.meta.resolve("lanegrad/wasm/simd.wasm")));
const result = await run(process.argv[2], { wasm });
const missing = () => new Worker(new URL("./missing.js", import.meta.url));
const withoutWorker = await failure(() => startThread({ worker: missing }));
WebAssembly.validate = () => false; // as where there is no SIMD
console.log(JSON.stringify({ ...result, withoutWorker, withoutSimd: await failure(startEngine) }));
