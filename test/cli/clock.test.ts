/**
 * Clocks that jump. A run reads `performance.now`, which counts on whatever the date is set to, and the date only for a name;
 * so that neither a date that is a year off, before or behind, nor a machine that has slept for a year changes what it does.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import { digitsFolder, endOf, lanegrad, lanegradProcess, newPath, readJson } from "./lanegrad.ts";

const test = suite("train, when clocks jump");
const data = digitsFolder({ count: 1000 });
const ARGS = ["train", "--data", data, "--hidden", "20", "--batch-size", "10", "--iterations", "3000", "--json"];
const YEAR = 365 * 86_400_000;

/** Runs before the program: at its 100th, 200th, … reading, the clock is so much further. */
function jumping(target: "Date" | "performance", jumps: readonly number[]): Readonly<Record<string, string>> {
  const script = `
    const target = ${target}, now = target.now.bind(target), jumps = ${JSON.stringify(jumps)};
    let readings = 0, offset = 0;
    const jump = () => { if (++readings % 100 === 0 && jumps.length > 0) offset += jumps.shift(); };
    const step = performance.now.bind(performance);
    target.now = () => { jump(); return now() + offset; };
    if (target === Date) {
      performance.now = () => { jump(); return step(); };
      globalThis.Date = class extends target { constructor(...args) { super(...(args.length > 0 ? args : [target.now()])); } };
    }
    process.on("exit", () => process.stderr.write("jumps left: " + jumps.length + "\\n"));`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

const whole = newPath();
let wanted: Readonly<Record<string, unknown>>;
test.before(async () => {
  wanted = endOf(await lanegrad([...ARGS, "--out", whole]));
});

for (const [name, target, jumps] of [
  ["the date, back by a year and forward by two", "Date", [-YEAR, 2 * YEAR]],
  ["the date, forward by a year and back by two", "Date", [YEAR, -2 * YEAR]],
  ["a machine that sleeps for a year", "performance", [YEAR]],
] as const) {
  test(`${name}: the same bits, and no time that is negative`, async () => {
    const cwd = newPath();
    mkdirSync(cwd);
    const ended = await lanegradProcess([...ARGS, "--checkpoint-every", "500"], {
      cwd,
      environment: jumping(target, jumps),
    });
    assert.is(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, "jumps left: 0");
    const end = endOf(ended);
    assert.is(end["weightsSha256"], wanted["weightsSha256"]);
    assert.ok(Number(end["seconds"]) > 0 && Number(end["stepsPerSecond"]) > 0, JSON.stringify(end));
    const [run = ""] = readdirSync(join(cwd, "runs"));
    assert.equal(
      readJson(join(cwd, "runs", run, "history.json"))["losses"],
      readJson(join(whole, "history.json"))["losses"],
    );
  });
}

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
