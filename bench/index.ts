/**
 * `npm run bench`: how fast the kernels, whole training steps and evaluations are.
 *
 *   ops/s, median   of 20 samples, down to 3 where a run takes long
 *   of peak         GFLOP/s over those of a loop of multiply-adds (peak.as.ts), fused ones on the build relaxed, measured around the case
 *   plain JS        how many times as fast as loops over typed arrays, measured around the case
 *   residual        distance from a float64 reference; a case beyond its tolerance is not timed, and the exit code is 1
 */
import { writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { type Build, Engine, elementwiseFusion, type FloatType, supports } from "lanegrad";
import type { Case } from "./case.ts";
import { chosen, readFlags, runCommand, UsageError } from "./command_line.ts";
import { convolutionCases } from "./convolution.ts";
import { deepStepCases } from "./deep_step.ts";
import { loadDigits } from "./digits.ts";
import { elementwiseCases } from "./elementwise.ts";
import { evaluationCases } from "./evaluation.ts";
import { gatherCases } from "./gather.ts";
import { gemmCases } from "./gemm.ts";
import { imageCases } from "./images.ts";
import { linalgCases } from "./linalg.ts";
import { lossCases } from "./loss.ts";
import { machine } from "./machine.ts";
import { type Measurement, measure, medianOf, ResidualError } from "./measure.ts";
import { loadPeak, type PeakSlice } from "./peak.ts";
import { heading, row } from "./report.ts";
import { sparseCases } from "./sparse.ts";
import { stepCases } from "./step.ts";
import { vectorCases } from "./vectors.ts";

const USAGE = `usage: npm run bench -- [--filter TEXT] [--build simd|relaxed|debug|js] [--json FILE] [--list]
  --filter TEXT   the case of that name, else all whose names contain it
  --build B       which build of the kernels (simd)
  --json FILE     writes the measurements as a JSON array
  --list          prints the names`;

const BUILDS: readonly string[] = ["simd", "relaxed", "debug", "js"] satisfies Build[];

await runCommand(USAGE, async () => {
  const flags = readFlags({
    filter: { type: "string", default: "" },
    build: { type: "string", default: "simd" },
    json: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return console.log(USAGE);
  if (!isBuild(flags.build)) throw new UsageError(`--build: expected ${BUILDS.join(" or ")}, found "${flags.build}"`);
  if (flags.json === "") throw new UsageError("--json takes a file's name");
  const cases = chosen(await allCases(), flags.filter);
  if (flags.list) return console.log(cases.map(({ name }) => name).join("\n"));

  // Node 20 has relaxed SIMD behind a flag, which counts for what is compiled after it; later versions have it on.
  if (flags.build === "relaxed" && !supports("relaxed")) setFlagsFromString("--experimental-wasm-relaxed-simd");
  using engine = await Engine.load({ build: flags.build, fusion: elementwiseFusion });
  const measurements = await measureAll(cases, engine);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(measurements, null, 2)}\n`);
});

async function measureAll(cases: readonly Case[], engine: Engine): Promise<Measurement[]> {
  const peak = await loadPeak(engine.build === "relaxed" ? "relaxed" : "simd");
  console.log(`build ${engine.build}, ${machine()}`);
  console.log(`peak: ${peakOf(peak, "float32")}, ${peakOf(peak, "float64")}`);
  console.log(heading());
  const measurements: Measurement[] = [];
  for (const one of cases) {
    try {
      const measurement = measure(one, engine, peak);
      console.log(row(measurement));
      measurements.push(measurement);
    } catch (error) {
      if (!(error instanceof ResidualError)) throw error;
      console.error(error.message);
      process.exitCode = 1;
    }
  }
  return measurements;
}

function peakOf(peak: PeakSlice, dtype: FloatType): string {
  return `${medianOf(Array.from({ length: 9 }, () => peak(dtype))).toFixed(1)} GFLOP/s of ${dtype} multiply-adds`;
}

async function allCases(): Promise<Case[]> {
  const digits = await loadDigits();
  return [
    ...gemmCases(),
    ...convolutionCases(),
    ...imageCases(),
    ...elementwiseCases(),
    ...lossCases(),
    ...vectorCases(),
    ...linalgCases(),
    ...sparseCases(digits),
    ...gatherCases(digits),
    ...stepCases(digits),
    ...deepStepCases(digits),
    ...evaluationCases(digits),
  ];
}

function isBuild(text: string): text is Build {
  return BUILDS.includes(text);
}
