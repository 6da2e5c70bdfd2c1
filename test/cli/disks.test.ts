/** Disks that are full or read-only, from the start or from some moment on. Where none can be mounted, that is said. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { BUILD } from "../support/engine.ts";
import { digitsFolder, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train, and the disk");
const data = digitsFolder();
const QUICK = ["--data", data, "--batch-size", "16", "--iterations", "30"];

test("a full disk: the checkpoint before it stands, and later ones are tried again", async () => {
  const disk = newPath();
  mkdirSync(disk);
  if (!mount(disk, "8m")) return;
  try {
    const filler = join(disk, "filler");
    let phase: "before" | "full" | "after" = "before";
    const larger = digitsFolder({ count: 1000 });
    const args = ["--data", larger, "--batch-size", "50", "--iterations", "12000", "--checkpoint-every", "500"];
    const ended = await trainProcess([...args, "--out", join(disk, "run")], {
      onOutput(text, child) {
        if (phase === "before" && /iteration [1-9]\d00 {2}loss/.test(text)) {
          phase = "full";
          child.kill("SIGSTOP");
          fill(filler);
          child.kill("SIGCONT");
        } else if (phase === "full" && text.includes("no checkpoint saved")) {
          phase = "after";
          rmSync(filler);
        }
      },
    });
    assert.is(ended.code, 0, ended.stderr.slice(-500));
    assert.match(ended.stderr, /no checkpoint saved, training goes on: .*checkpoint-\d+\.safetensors: ENOSPC/);
    assert.match(ended.stderr, "checkpoints can be saved again");
    const names = readdirSync(join(disk, "run")).filter((name) => name.startsWith("checkpoint-"));
    assert.ok(names.includes("checkpoint-000012000.safetensors"), `${names}`);
    for (const name of names) decodeSafetensors(readFileSync(join(disk, "run", name)));
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("a disk that is full from the start refuses the run; one that is too small for the results leads to another place", async () => {
  const disk = newPath();
  mkdirSync(disk);
  if (!mount(disk, "64k")) return;
  try {
    const run = join(disk, "run");
    const ended = await train([...QUICK, "--hidden", "800", "--out", run]);
    assert.is(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /no checkpoint saved, training goes on: .*ENOSPC: no space left on device/);
    const [, rescue = ""] = /ENOSPC: no space left on device, write; the results are in (\S+)/.exec(ended.stderr) ?? [];
    assert.is(decodeSafetensors(readFileSync(join(rescue, "weights.safetensors"))).tensors.length, 4);
    rmSync(rescue, { recursive: true });
    assert.equal(
      readdirSync(run).filter((name) => name.endsWith(".safetensors") || name.includes(".part")),
      [],
    );

    fill(join(disk, "filler"));
    const refused = await train([...QUICK, "--out", join(disk, "other")]);
    assert.is(refused.code, 1);
    assert.match(
      refused.stderr,
      /cannot write to .*: ENOSPC: no space left on device, \w+; choose another folder with --out\n$/,
    );
    assert.not(existsSync(join(disk, "other/run.lock")));
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("a disk that becomes read-only: one warning, and the results elsewhere; then it is refused for what it is", async () => {
  const disk = newPath();
  mkdirSync(disk);
  if (!mount(disk, "8m")) return;
  try {
    const run = join(disk, "run");
    let isWritable = true;
    const larger = ["--data", digitsFolder({ count: 1000 }), "--hidden", "20"];
    const ended = await trainProcess(
      [...QUICK, ...larger, "--iterations", "6000", "--log-every", "1", "--checkpoint-every", "500", "--out", run],
      {
        onOutput(text) {
          if (isWritable && text.includes("iteration 1 ")) execFileSync("mount", ["-o", "remount,ro", disk]);
          isWritable &&= !text.includes("iteration 1 ");
        },
      },
    );
    assert.is(ended.code, 1, ended.stderr.slice(-500));
    assert.is(ended.stderr.match(/no checkpoint saved, training goes on: .*EROFS/g)?.length, 1);
    const [, rescue = ""] = /EROFS: read-only file system, .*; the results are in (\S+)\n$/.exec(ended.stderr) ?? [];
    assert.is((readJson(join(rescue, "history.json"))["losses"] as number[]).length, 6000, ended.stderr.slice(-500));
    rmSync(rescue, { recursive: true });

    const refused = await train([...QUICK, "--out", join(disk, "other")]);
    assert.is(refused.code, 1);
    assert.match(
      refused.stderr,
      /^train: cannot write to \S+: EROFS: read-only file system, .*; choose another folder with --out\n$/,
    );
  } finally {
    execFileSync("umount", [disk]);
  }
});

/** A file system in memory; false, and the reason said, where that is not allowed. */
function mount(folder: string, size: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "pipe" });
    return true;
  } catch (error) {
    console.log(
      `not tested: a file system of its own cannot be mounted: ${error instanceof Error ? error.message : error}`,
    );
    return false;
  }
}

/** Takes what is left. */
function fill(file: string): void {
  for (const size of [2 ** 20, 2 ** 16, 2 ** 12]) {
    try {
      for (;;) writeFileSync(file, new Uint8Array(size), { flag: "a" });
    } catch {} // full, to this size
  }
}

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
