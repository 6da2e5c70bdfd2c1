/** What a run meets: folders that go away, another run in its place. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { BUILD } from "../support/engine.ts";
import { digitsFolder, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train, when something goes wrong");
const data = digitsFolder();
const QUICK = ["--data", data, "--batch-size", "16", "--iterations", "30"];
/** Long enough to be met while it runs: it prints more lines than a pipe holds. */
const LONG = [
  ...["--data", digitsFolder({ count: 1000 }), "--hidden", "20", "--batch-size", "10"],
  ...["--iterations", "6000", "--log-every", "1"],
];

function checkpointsIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^checkpoint-\d+\.safetensors$/.test(name)) : [];
}

/** Does something once, when the first step has been told. */
function atFirstStep(act: () => void) {
  let isDone = false;
  return {
    onOutput(text: string) {
      if (isDone || !text.includes("iteration 1 ")) return;
      isDone = true;
      act();
    },
  };
}

test("a folder that goes away: checkpoints fail with one warning, training goes on, results are saved elsewhere", async () => {
  const run = newPath();
  const gone = newPath();
  const ended = await trainProcess(
    [...LONG, "--checkpoint-every", "500", "--out", run],
    atFirstStep(() => {
      renameSync(run, gone);
      writeFileSync(run, "a file where the folder was");
    }),
  );
  assert.is(ended.code, 1, ended.stderr.slice(-500));
  assert.is(ended.stderr.match(/no checkpoint saved, training goes on: /g)?.length, 1);
  const [, rescue = ""] = /; the results are in (\S+)/.exec(ended.stderr) ?? [];
  assert.ok(rescue.startsWith(tmpdir()), ended.stderr.slice(-500));
  const history = readJson(join(rescue, "history.json"));
  assert.is((history["losses"] as number[]).length, 6000);
  assert.is(decodeSafetensors(readFileSync(join(rescue, "weights.safetensors"))).tensors.length, 4);
  assert.match(ended.stdout, `are in ${rescue}`);
  rmSync(rescue, { recursive: true });
});

test("a folder that is removed while a run writes there is made again, and the run can be gone on with", async () => {
  const [whole, run, gone] = [newPath(), newPath(), newPath()];
  await train([...LONG, "--quiet", "--out", whole]);
  let stage: "whole" | "removed" | "killed" = "whole";
  const killed = await trainProcess([...LONG, "--checkpoint-every", "500", "--out", run], {
    onOutput(text, child) {
      if (stage === "whole" && text.includes("iteration 700 ")) {
        stage = "removed";
        renameSync(run, gone); // at once: what is written meanwhile would keep the folder from being removed
        rmSync(gone, { recursive: true });
      } else if (stage === "removed" && checkpointsIn(run).length > 1) {
        stage = "killed";
        child.kill("SIGKILL");
      }
    },
  });
  assert.is(killed.signal, "SIGKILL", killed.stderr.slice(-300));
  const { code, stderr } = await train(["--resume", run, "--quiet"]);
  assert.is(code, 0, stderr);
  const file = "weights.safetensors";
  assert.equal(readFileSync(join(run, file)), readFileSync(join(whole, file)));
});

test("a run whose folder another run has taken meanwhile leaves it alone", async () => {
  const run = newPath();
  const ended = await trainProcess(
    [...LONG, "--checkpoint-every", "500", "--out", run],
    atFirstStep(() => {
      writeFileSync(join(run, "run.lock"), `${process.pid}\n`);
    }),
  );
  assert.is(ended.code, 1, ended.stderr.slice(-500));
  assert.match(
    ended.stderr,
    `no checkpoint saved, training goes on: cannot write to ${basename(run)}: another run writes there`,
  );
  const [, rescue = ""] = /; the results are in (\S+)\n$/.exec(ended.stderr) ?? [];
  rmSync(rescue, { recursive: true });
  assert.equal(readdirSync(run).sort(), ["config.json", "log.txt", "run.lock"]);
  assert.is(readFileSync(join(run, "run.lock"), "utf8"), `${process.pid}\n`);
});

test("a lock whose process has ended is taken over, also when another process has its number", async () => {
  if (!existsSync("/proc/self/stat")) return console.log("not tested: this system does not tell when a process began");
  const run = newPath();
  mkdirSync(run);
  writeFileSync(join(run, "run.lock"), `${process.pid} 1\n`); // this process lives, and began later than that
  const { code, stderr } = await trainProcess([...QUICK, "--out", run]);
  assert.is(code, 0, stderr);
  const stat = readFileSync("/proc/self/stat", "utf8");
  const began = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  writeFileSync(join(run, "run.lock"), `${process.pid} ${began}\n`);
  const refused = await trainProcess([...QUICK, "--force", "--out", run]);
  assert.is(refused.code, 1);
  assert.match(refused.stderr, `another run writes there (process ${process.pid}; if it is none, remove`);
});

test("two runs into one folder: the second is refused; the lock of a process that has ended is taken over", async () => {
  const run = newPath();
  let second: Promise<{ code: number | null; stderr: string }> | undefined;
  // The first one ends when the second has ended, and not before.
  const first = await trainProcess([...LONG, "--iterations", "1000000", "--out", run], {
    onOutput(text, child) {
      if (second !== undefined || !text.includes("iteration 1 ")) return;
      second = trainProcess([...QUICK, "--out", run]);
      void second.finally(() => child.kill("SIGINT"));
    },
  });
  assert.is(first.code, 130, first.stderr.slice(-300));
  const refused = await second;
  assert.is(refused?.code, 1);
  assert.match(String(refused?.stderr), /another run writes there \(process \d+; if it is none, remove .*run\.lock\)/);
  assert.not(existsSync(join(run, "run.lock")));

  const dead = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => dead.on("close", resolve));
  writeFileSync(join(run, "run.lock"), `${dead.pid}\n`);
  const taken = await train([...QUICK, "--force", "--out", run]);
  assert.is(taken.code, 0, taken.stderr);
  assert.not(existsSync(join(run, "run.lock")));
});

test("a folder with a run, finished or not, is not written over: exit code 2, and what is there; --force replaces it", async () => {
  const run = newPath();
  await train([...QUICK, "--checkpoint-every", "7", "--out", run]);
  const names = () => readdirSync(run).filter((name) => name.startsWith("checkpoint-"));
  const before = names();
  for (const state of ["30 of 30 iterations, finished", "30 of 30 iterations, not finished"]) {
    const { code, stderr } = await train([...QUICK, "--out", run]);
    assert.is(code, 2, stderr);
    assert.match(stderr, state);
    assert.match(stderr, /; lanegrad train --resume \S+ resumes it, --force replaces it, or choose another folder;/);
    assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
    assert.equal(names(), before);
    rmSync(join(run, "history.json"), { force: true });
  }
  const replaced = await train([...QUICK, "--iterations", "3", "--force", "--out", run]);
  assert.is(replaced.code, 0, replaced.stderr);
  assert.equal(names(), ["checkpoint-000000003.safetensors"]);
});

test("two runs that are started at once into one new folder: one is trained", async () => {
  for (let round = 0; round < 3; round++) {
    const run = newPath();
    const both = await Promise.all([0, 1].map((seed) => trainProcess([...QUICK, "--seed", `${seed}`, "--out", run])));
    const codes = both.map(({ code }) => code);
    const winner = codes.indexOf(0);
    assert.ok(winner !== -1 && codes[1 - winner] !== 0, both.map(({ stderr }) => stderr).join("\n"));
    assert.is(readJson(join(run, "config.json"))["seed"], winner);
  }
});

test("flags that do not fit the examples leave a finished run as it was", async () => {
  const run = newPath();
  await train([...QUICK, "--out", run]);
  const before = readdirSync(run).map((name) => readFileSync(join(run, name)).toString("latin1"));
  for (const flags of [
    ["--layers", "35,10"],
    ["--augment", "scale=0.9"],
  ]) {
    const { code } = await train([...QUICK, ...flags, "--force", "--out", run]);
    assert.is(code, 2);
  }
  assert.equal(
    readdirSync(run).map((name) => readFileSync(join(run, name)).toString("latin1")),
    before,
  );
});

test("a signal that is forwarded is the same request: the run is saved; a second one, after a second, quits at once", async () => {
  const forwarded = newPath();
  let sent = 0;
  const once = await trainProcess([...LONG, "--iterations", "1000000", "--out", forwarded], {
    onOutput(text, child) {
      if (sent > 0 || !text.includes("iteration 1 ")) return;
      sent = 1;
      for (const [milliseconds, signal] of [
        [0, "SIGINT"],
        [0, "SIGINT"],
        [5, "SIGINT"],
        [40, "SIGTERM"],
        [200, "SIGINT"],
      ] as const) {
        setTimeout(() => child.kill(signal), milliseconds);
      }
    },
  });
  // The last signal may come while the process is ending, where Node no longer hears it: a shell calls both 130.
  assert.ok(once.code === 130 || once.signal === "SIGINT", `${once.code} ${once.signal} ${once.stderr.slice(-300)}`);
  assert.is(readJson(join(forwarded, "history.json"))["outcome"], "aborted");
  assert.not(existsSync(join(forwarded, "run.lock")));
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
