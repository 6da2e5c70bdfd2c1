/** Trains where `require` loads the package, which is ESM. */
const { readFileSync } = require("node:fs");
const { run } = require("./train.js");

async function main() {
  const wasm = readFileSync(require.resolve("lanegrad/wasm/simd.wasm"));
  console.log(JSON.stringify(await run(process.argv[2], { wasm })));
}

main();
