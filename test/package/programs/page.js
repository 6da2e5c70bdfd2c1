/** Trains in a page, and posts the result to the server whose address is in the query. */
import { post } from "./post.js";
import { failure, run, startEngine, startThread } from "./train.js";

/** @param options as of `run`, and whether workers have the reference kernels; what is undefined is what the package does by itself */
export async function main(options = {}) {
  const query = new URLSearchParams(location.search);
  const server = query.get("server");
  const result =
    query.get("expect") === "forbidden" ? await forbidden(server, options) : await trained(server, options);
  await post(result);
}

async function trained(server, { reference = true, ...options }) {
  try {
    if (reference) await (await startThread({ ...options, build: "js" })).close(); // from the file beside the worker's
    const wasm = new URL(`${server}/kernels/simd.wasm`);
    const result = await run(`${server}/digits`, { ...options, wasm });
    const missing = () => new Worker(new URL("missing.js", location.href), { type: "module" });
    const withoutWorker = await failure(() => startThread({ worker: missing }));
    WebAssembly.validate = () => false; // as where there is no SIMD
    return { ...result, withoutWorker, withoutSimd: await failure(startEngine) };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}

/** Under a policy that forbids WebAssembly, both ways to start must say so, and the build that needs none trains. */
async function forbidden(server, { worker }) {
  const own = worker ? { worker } : {};
  const here = await failure(startEngine);
  const there = await failure(() => startThread(own));
  try {
    return { here, there, ...(await run(`${server}/digits`, { ...own, build: "js" })) };
  } catch (error) {
    return { failure: `${error.name}: ${error.message}` };
  }
}
