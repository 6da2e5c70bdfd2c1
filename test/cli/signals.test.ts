/** Signals: those that end a run end it after its step, with a checkpoint; those that stop the process for a while change nothing. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { endOf, longRun, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train, told by signals");
const ARGS = longRun();

let wanted: Readonly<Record<string, unknown>>;
test.before(async () => {
  wanted = endOf(await train([...ARGS, "--out", newPath()]));
});

for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const) {
  test(`${signal}: a checkpoint, exit code ${code}, and the same bits when it goes on`, async () => {
    const run = newPath();
    let isSent = false;
    const ended = await trainProcess([...ARGS, "--out", run], {
      onOutput(text, child) {
        if (!isSent && text.includes('"step"')) isSent = child.kill(signal);
      },
    });
    assert.is(ended.code, code, ended.stderr);
    assert.match(ended.stderr, `${signal}: finishing this step; Ctrl-C, after a second, quits at once`);
    assert.is(readJson(join(run, "history.json"))["outcome"], "aborted");
    assert.not(existsSync(join(run, "run.lock")));
    const gone = await train(["--resume", run, "--json", "--quiet"]);
    assert.is(gone.code, 0, gone.stderr);
    assert.is(endOf(gone)["weightsSha256"], wanted["weightsSha256"]);
  });
}

test("Ctrl-C through npm start, which sends it to every process of the group: the run is saved", async () => {
  for (let round = 0; round < 2; round++) {
    const run = newPath();
    const child = spawn("npm", ["start", "--", ...ARGS, "--iterations", "1000000", "--out", run], {
      ...{ cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "ignore"] },
    });
    let isSent = false;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (isSent || !text.includes('"step"')) return;
      isSent = process.kill(-Number(child.pid), "SIGINT");
    });
    await new Promise((resolve) => child.on("close", resolve));
    assert.is(readJson(join(run, "history.json"))["outcome"], "aborted");
    assert.ok(readdirSync(run).some((name) => name.startsWith("checkpoint-")));
    assert.not(existsSync(join(run, "run.lock")));
  }
});

test("no script of package.json starts the command line through a program that kills it when it is slow to answer", () => {
  const { scripts } = readJson(join(ROOT, "package.json")) as { scripts: Readonly<Record<string, string>> };
  const starting = Object.values(scripts).filter((script) => script.includes("src/cli/main.ts"));
  assert.is(starting.length, 3);
  for (const script of starting) assert.match(script, "&& node --import tsx src/cli/main.ts");
});

test("SIGSTOP and SIGCONT, three times: the same bits; the rate counts the time that went by", async () => {
  const PAUSE = 400;
  let stops = 0;
  let isStopped = false;
  const began = performance.now();
  const ended = await trainProcess([...ARGS, "--checkpoint-every", "500", "--out", newPath()], {
    onOutput(text, child) {
      const [, iteration] = /"iteration":(\d+)/.exec(text) ?? [];
      if (stops >= 3 || isStopped || Number(iteration ?? -1) < 1000 * stops) return;
      stops += 1;
      isStopped = child.kill("SIGSTOP");
      setTimeout(() => {
        isStopped = !child.kill("SIGCONT");
      }, PAUSE);
    },
  });
  const most = (performance.now() - began) / 1000;
  assert.is(ended.code, 0, ended.stderr);
  assert.is(stops, 3);
  const end = endOf(ended);
  assert.is(end["weightsSha256"], wanted["weightsSha256"]);
  const seconds = Number(end["seconds"]);
  assert.ok(seconds >= (3 * PAUSE) / 1000 && seconds < most, `${seconds} s of ${most}`);
  assert.ok(Math.abs(Number(end["stepsPerSecond"]) - 6000 / seconds) < 1e-6, `${end["stepsPerSecond"]}`);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
