/** The engine that a test file runs on: the build that the suite is at, or `simd` when a file runs alone. */

import { LIMITS } from "../../src/threads/team.ts";
import { Engine } from "../../src/wasm/engine.ts";
import type { Build } from "../../src/wasm/load.ts";
import { withTeam } from "./simulated_team.ts";

export const BUILD: Build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;

/** Of each engine: everything runs on so many, also what would be faster on one. */
const THREADS = Number(process.env["LANEGRAD_THREADS"] ?? 1);
/** As many threads in one, which take turns. */
const SIMULATED = Number(process.env["LANEGRAD_SIMULATED"] ?? 1);
if (THREADS > 1) Object.assign(LIMITS, { isAlways: true, leastWork: 1 });

/** What tests of WebAssembly itself are about: the suite's build, or `simd` where that is not WebAssembly. */
export const WASM_BUILD: Exclude<Build, "js"> = BUILD === "js" ? "simd" : BUILD;

/**
 * An engine of this build. On the debug build, what was written beyond its blocks and not found before is found when the
 * tests have ended, which then have failed.
 */
export async function loadEngine(): Promise<Engine> {
  const threads = BUILD === "js" ? 1 : THREADS;
  const engine = await Engine.load({ build: BUILD, ...(threads > 1 && { threads }) });
  loaded.push(new WeakRef(engine));
  if (SIMULATED > 1) withTeam(engine, SIMULATED);
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
