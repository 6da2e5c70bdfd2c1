/** The benchmark's command line: its names, its refusals and its JSON. How fast anything is, no test asks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { machine } from "../../bench/machine.ts";
import type { Measurement } from "../../bench/measure.ts";
import { BUILD } from "../support/engine.ts";
import { type Ended, makeTemporaryFolder, runScript } from "../support/script.ts";

/** Cases that documents and people name. */
const LASTING_NAMES = [
  "sgemm nn 512",
  "dgemm nn 512",
  "sgemm tn 784x100x50",
  "exp 1e6",
  "step 784-50-10 sparse",
  "step 784-50-10 dense",
  "step 784-512-512-10",
  "forward 10000x784",
];
/** The case that takes least. */
const SMALLEST = { name: "sgemm nn 8", flops: 2 * 8 ** 3 };

const test = suite("bench");

function bench(...args: string[]): Promise<Ended> {
  return runScript("bench/index.ts", args);
}

async function namesOf(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await bench("--list", ...args);
  assert.equal([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n");
}

test("--list prints each name once, those that are meant to last among them", async () => {
  const names = await namesOf();
  assert.is(new Set(names).size, names.length, "a name stands for one case");
  for (const name of names) assert.match(name, /^\S+( \S+)+$/);
  assert.equal(
    LASTING_NAMES.filter((name) => !names.includes(name)),
    [],
  );
});

test("--filter takes the case of that name, else all whose names contain it", async () => {
  assert.equal(await namesOf("--filter", "sgemm nn 512"), ["sgemm nn 512"]);
  const steps = await namesOf("--filter", "step 784-50");
  assert.ok(steps.length > 1 && steps.every((name) => name.includes("step 784-50")), `${steps}`);
});

test("wrong usage is one line above the usage, and exit code 2", async () => {
  const { stdout: usage } = await bench("--help");
  const cases: readonly (readonly [args: string[], line: string])[] = [
    [["--lst"], "Unknown option '--lst'"],
    [["--build", "fast"], '--build: expected simd or relaxed or debug or js, found "fast"'],
    [["--filter", "no such case"], '--filter: no name contains "no such case"'],
  ];
  for (const [args, line] of cases) {
    const { code, stdout, stderr } = await bench(...args);
    assert.equal([code, stdout, stderr], [2, "", `${line}\n${usage}`], `${args}`);
  }
});

test("--json writes what was measured, and the figures agree with each other", async () => {
  const file = join(makeTemporaryFolder(), "measurements.json");
  const { code, stdout, stderr } = await bench("--filter", SMALLEST.name, "--build", BUILD, "--json", file);
  assert.is(code, 0, stderr);
  assert.is(stdout.split("\n", 1)[0], `build ${BUILD}, ${machine()}`);
  assert.match(stdout, new RegExp(`^${SMALLEST.name} +[\\d.]+ `, "m"));

  const measurements = JSON.parse(readFileSync(file, "utf8")) as Measurement[];
  assert.equal(
    measurements.map(({ name }) => name),
    [SMALLEST.name],
  );
  for (const { opsPerSecond, medianSeconds, gflops, peakGflops, percentOfPeak, ...rest } of measurements) {
    for (const figure of [opsPerSecond, medianSeconds, peakGflops, rest.baselineRatio]) {
      assert.ok(figure > 0 && Number.isFinite(figure), `${figure}`);
    }
    assert.is(gflops, SMALLEST.flops / medianSeconds / 1e9);
    assert.is(percentOfPeak, (100 * (gflops ?? Number.NaN)) / peakGflops);
    assert.equal([rest.build, rest.machine], [BUILD, machine()]);
    assert.is(rest.millionElementsPerSecond, null, "a product is not counted in elements");
    assert.ok(rest.residual >= 0 && rest.residual <= rest.tolerance, `${rest.residual}`);
    assert.ok(rest.samples >= 3 && rest.rme >= 0);
  }
});

test.run();
