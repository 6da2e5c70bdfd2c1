/** The engine that a test file runs on: the build that the suite is at, or `simd` when a file runs alone. */
import { Engine } from "../../src/wasm/engine.ts";
import type { Build } from "../../src/wasm/load.ts";
import { withTeam } from "./simulated_team.ts";

export const BUILD: Build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;

/** What tests of WebAssembly itself are about: the suite's build, or `simd` where that is not WebAssembly. */
export const WASM_BUILD: Exclude<Build, "js"> = BUILD === "js" ? "simd" : BUILD;

/**
 * An engine of this build. On the debug build, what was written beyond its blocks and not found before is found when the
 * tests have ended, which then have failed.
 */
export async function loadEngine(): Promise<Engine> {
  const engine = await Engine.load({ build: BUILD });
  loaded.push(new WeakRef(engine));
  const threads = Number(process.env["LANEGRAD_THREADS"] ?? 1);
  if (threads > 1) withTeam(engine, threads);
  return engine;
}

const loaded: WeakRef<Engine>[] = [];

process.on("exit", () => {
  for (const engine of loaded) {
    try {
      engine.deref()?.dispose();
    } catch (error) {
      console.error(error);
      process.exitCode = 1; // uvu has set it to 0, which would outlive an error that is thrown here
    }
  }
});
