/** `kill -9`, again and again, at any moment of a run: what is found afterwards is whole, and the run goes on to the same bits. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { BUILD } from "../support/engine.ts";
import type { Ended } from "../support/script.ts";
import { digitsFolder, endOf, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train, killed");
const data = digitsFolder({ count: 1000 });

/** How often a process is killed; LANEGRAD_KILLS=200 for many. */
const KILLS = Number(process.env["LANEGRAD_KILLS"] ?? 4);
const ARGS = ["--data", data, "--hidden", "20", "--batch-size", "20", "--epochs", "160", "--checkpoint-every", "500"];
const FILES = ["config.json", "history.csv", "history.json", "log.txt", "network.json", "weights.safetensors"];

/** Whether a file is a whole checkpoint, and none that is being written beside its place. */
function isCheckpoint(name: string): boolean {
  return /^checkpoint-\d+\.safetensors$/.test(name);
}

/** Trains, and kills the process some milliseconds after it has said something; undefined where it was quicker. */
async function killed(args: readonly string[], milliseconds: number): Promise<Ended | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const ended = await trainProcess(args, {
    onOutput: (_, child) => {
      timer ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
    },
  });
  clearTimeout(timer);
  return ended.signal === "SIGKILL" ? undefined : ended;
}

/** Every file of a run that can be told to be whole or not. */
function assertWhole(run: string): void {
  for (const name of readdirSync(run)) {
    const bytes = readFileSync(join(run, name));
    if (name.endsWith(".safetensors")) decodeSafetensors(bytes, { file: name });
    if (name.endsWith(".json")) JSON.parse(bytes.toString());
  }
}

test(`killed ${KILLS} times while it trains and saves: the bits of an unbroken run, and nothing left behind`, async () => {
  const whole = newPath();
  const wanted = endOf(await train([...ARGS, "--json", "--quiet", "--out", whole]));
  const random = new RandomState(KILLS);
  for (let kills = 0; kills < KILLS; ) {
    const run = newPath();
    const isBegun = () => existsSync(run) && readdirSync(run).some(isCheckpoint);
    const args = () => (isBegun() ? ["--resume", run, "--json"] : [...ARGS, "--out", run, "--json"]);
    let ended: Ended | undefined;
    while (kills < KILLS && ended === undefined) {
      ended = await killed(args(), 400 * random.rand());
      if (ended === undefined) kills += 1;
      assertWhole(run);
    }
    ended ??= await train(args());
    assert.is(ended.code, 0, ended.stderr.slice(-500));
    assert.is(endOf(ended)["weightsSha256"], wanted["weightsSha256"]);
    assert.equal(readJson(join(run, "history.json"))["losses"], readJson(join(whole, "history.json"))["losses"]);
    const others = readdirSync(run).filter((name) => !isCheckpoint(name));
    assert.equal(others.sort(), FILES);
  }
});

test("killed before its first checkpoint: there is nothing to go on from, and the way to run it again is told", async () => {
  const run = newPath();
  await killed([...ARGS, "--epochs", "100000", "--checkpoint-every", "1000000", "--out", run], 0);
  assert.equal(
    readdirSync(run)
      .filter((name) => name !== "log.txt")
      .sort(),
    ["config.json", "run.lock"],
  );
  const { code, stderr } = await train(["--resume", run]);
  assert.is(code, 2);
  assert.match(stderr, /holds no checkpoint yet; run it again: --config \S+\/config\.json/);
  const again = await train(["--config", join(run, "config.json"), "--epochs", "1", "--out", run]);
  assert.is(again.code, 0, again.stderr);
});

test(`killed ${KILLS} times while it writes its results: each file is whole, the old one or the new one`, async () => {
  const run = newPath();
  const { code, stderr } = await train([...ARGS, "--out", run]);
  assert.is(code, 0, stderr);
  const wanted = readFileSync(join(run, "weights.safetensors"));
  const random = new RandomState(KILLS + 1);
  for (let kill = 0; kill < KILLS; kill++) {
    await killed(["--resume", run, "--json"], 60 * random.rand()); // nothing to train: the results are written at once
    assertWhole(run);
    assert.equal(readFileSync(join(run, "weights.safetensors")), wanted);
  }
  const last = await train(["--resume", run]);
  assert.is(last.code, 0, last.stderr);
  const others = readdirSync(run).filter((name) => !isCheckpoint(name));
  assert.equal(others.sort(), FILES);
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
