/** The kernels where a bundler compiles them: checked with each way to resolve modules, and never run. */
import { Engine } from "lanegrad";
import kernels from "lanegrad/wasm/simd.wasm";

export const module: WebAssembly.Module = kernels;
export const engine: Promise<Engine> = Engine.load({ wasm: kernels });
