/**
 * The whole suite on every build of the kernels: `tsx scripts/test.ts [part of a path]`, LANEGRAD_BUILD=simd for one build.
 *
 * The last line is `N passed, N failed`. A suite in which no test ran has failed.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { supports } from "../src/wasm/load.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const UVU = join(ROOT, "node_modules/uvu/bin.js");
const LIMIT_MILLISECONDS = 15 * 60_000; // a leaked handle would hang for ever

const builds = process.env["LANEGRAD_BUILD"]?.split(",") ?? ["simd", "relaxed", "debug", "js"];
// What is no test, such as a program that a test starts, is never run by a short pattern.
const pattern = `${process.argv[2] ?? ""}.*\\.test\\.ts$`;
let passed = 0;
let failed = 0;

for (const build of builds) {
  console.log(`\nbuild ${build}`);
  const flags = build === "relaxed" && !supports("relaxed") ? ["--experimental-wasm-relaxed-simd"] : [];
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    [...flags, "--import", "tsx", UVU, "test", pattern, "--ignore", "support|fixtures"],
    {
      cwd: ROOT,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      timeout: (build === "js" ? 3 : 1) * LIMIT_MILLISECONDS, // without WebAssembly everything takes longer
      maxBuffer: 2 ** 28,
      env: { ...process.env, LANEGRAD_BUILD: build },
    },
  );
  process.stdout.write(stdout);
  const total = countAfter("Total", stdout);
  const good = countAfter("Passed", stdout);
  passed += good;
  failed += total - good;
  const isSound = status === 0 && total > 0 && good === total;
  if (isSound) continue;
  if (total === good) failed += 1;
  console.log(total === 0 ? `build ${build}: no test ran` : `build ${build}: failed (${signal ?? `exit ${status}`})`);
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** The number behind `Total:` or `Passed:` in uvu's closing lines; 0 when the suite did not get that far. */
function countAfter(word: string, output: string): number {
  return Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, "m").exec(output)?.[1] ?? 0);
}
