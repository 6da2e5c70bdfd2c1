/** Standard output that is lost: its reader goes away, or the disk that it goes to is full. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUILD } from "../support/engine.ts";
import {
  digitsFolder,
  endOf,
  lanegrad,
  lanegradProcess,
  longRun,
  newPath,
  program,
  train,
  trainProcess,
} from "./lanegrad.ts";

const test = suite("output that is lost");
const data = digitsFolder({ count: 1000 });
const ARGS = longRun(data);

/** Runs `lanegrad` with its standard output on a device; its exit code, and what it says. */
async function onDevice(device: string, args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const start = await program();
  return await new Promise((resolve, reject) => {
    const descriptor = openSync(device, "w");
    const child = spawn(process.execPath, [...start, ...args], { stdio: ["ignore", descriptor, "pipe"] });
    closeSync(descriptor);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject).on("close", (code) => resolve({ code, stderr }));
  });
}

test("a run whose reader goes away ends after its step, with a checkpoint, and goes on to the same bits", async () => {
  const [whole, run] = [newPath(), newPath()];
  const wanted = endOf(await train([...ARGS, "--out", whole]));
  const ended = await trainProcess([...ARGS, "--out", run], { onOutput: (_, child) => child.stdout?.destroy() });
  assert.is(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, "standard output: nobody reads it any more: finishing this step");
  assert.not(existsSync(join(run, "run.lock")));
  const gone = await train(["--resume", run, "--json", "--quiet"]);
  assert.is(gone.code, 0, gone.stderr);
  assert.is(endOf(gone)["weightsSha256"], wanted["weightsSha256"]);
});

test("a full disk under standard output is said, and a run keeps a checkpoint", async () => {
  if (!existsSync("/dev/full")) return console.log("not tested: this system has no /dev/full");
  const run = newPath();
  const { code, stderr } = await onDevice("/dev/full", ["train", ...ARGS, "--out", run]);
  assert.is(code, 1);
  assert.match(stderr, /standard output: ENOSPC: no space left on device, write: finishing this step/);
  assert.is((await train(["--resume", run, "--json", "--quiet"])).code, 0);

  for (const args of [
    ["--help"],
    ["--version"],
    ["train", "--help"],
    ["inspect", join(data, "t10k-labels-idx1-ubyte")],
  ]) {
    const ended = await onDevice("/dev/full", args);
    assert.is(ended.code, 1, `${args}`);
    assert.is(ended.stderr, "cannot write to standard output: ENOSPC: no space left on device, write\n", `${args}`);
  }
});

test("standard error on a full disk changes nothing", async () => {
  if (!existsSync("/dev/full")) return console.log("not tested: this system has no /dev/full");
  const run = newPath();
  const descriptor = openSync("/dev/full", "w");
  const child = spawn(
    process.execPath,
    [...(await program()), "train", ...ARGS.slice(0, -3), "--iterations", "30", "--out", run],
    {
      stdio: ["ignore", "ignore", descriptor],
    },
  );
  closeSync(descriptor);
  assert.is(await new Promise((resolve) => child.on("close", resolve)), 0);
  assert.ok(existsSync(join(run, "weights.safetensors")));
});

test("a file that cannot be exported to is named, with a cure that the command has", async () => {
  const run = newPath();
  await train([...ARGS.slice(0, -3), "--iterations", "3", "--out", run]);
  const out = join(newPath(), "missing/net.onnx");
  const { code, stderr } = await lanegrad(["export", run, out]);
  assert.is(code, 1);
  assert.is(stderr, `export: cannot write to ${out}: no such file or folder; choose another file\n`);
});

test("other commands end quietly when their reader goes away", async () => {
  for (const args of [["--help"], ["inspect", join(data, "t10k-labels-idx1-ubyte")]]) {
    const { code, stderr } = await lanegradProcess(args, { onStart: (child) => child.stdout?.destroy() });
    assert.is(code, 0, stderr);
    assert.is(stderr, "");
  }
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
