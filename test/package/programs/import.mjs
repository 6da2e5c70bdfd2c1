/** Trains where `import` loads the package: prints the result as JSON. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { failure, run, startEngine } from "./train.js";

const wasm = await readFile(fileURLToPath(import.meta.resolve("lanegrad/wasm/simd.wasm")));
const result = await run(process.argv[2], { wasm });
WebAssembly.validate = () => false; // as where there is no SIMD
console.log(JSON.stringify({ ...result, withoutSimd: await failure(startEngine) }));
