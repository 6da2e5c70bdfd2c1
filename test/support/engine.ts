/** The engine that a test file runs on: the build that the suite is at, or `simd` when a file runs alone. */
import { Engine } from "../../src/wasm/engine.ts";
import type { Build } from "../../src/wasm/load.ts";

export const BUILD: Build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;

export function loadEngine(): Promise<Engine> {
  return Engine.load({ build: BUILD });
}
