/** Checkpoints in a folder: what stays, what is refused, and what a process that is killed at any moment leaves. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { OptionError, SaveError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { type Checkpoint, checkpointOf } from "../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { CheckpointFolder } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { programOf } from "../support/bundle.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { lion } from "../support/lion.ts";
import { makeTemporaryFolder, ROOT } from "../support/script.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("checkpoint folder");

/** Checkpoints after 1, 2, … steps. */
function checkpoints(count: number, optimizer: Optimizer = momentum({ learningRate: 0.1 })): Checkpoint[] {
  using net = network(engine, sequential(dense(5, 3)), { seed: 1 });
  const data = clusters({ count: 8, size: 5, classes: 3, seed: 1 });
  const options = { epochs: count, batchSize: 8, optimizer };
  using trainer = new Trainer(net, { train: data }, options);
  return Array.from(trainer.steps(), () => checkpointOf(trainer));
}

test("the last few stay, the newest is found, and the best stays apart", async () => {
  const path = join(makeTemporaryFolder(), "new/folder");
  const folder = new CheckpointFolder(path, { keep: 2 });
  assert.equal([await folder.latest(), await folder.best(), await folder.names()], [undefined, undefined, []]);
  const made = checkpoints(12);
  for (const checkpoint of made) await folder.save(checkpoint);
  assert.is(await folder.save(made[3]!, { as: "best" }), "best.safetensors");
  const names = ["checkpoint-000000011.safetensors", "checkpoint-000000012.safetensors"];
  assert.equal(await folder.names(), names);
  assert.equal(readdirSync(path).sort(), ["best.safetensors", ...names]);
  assert.is((await folder.latest())?.iteration, 12);
  assert.is((await folder.best())?.iteration, 4);
  assert.equal(new Uint8Array(readFileSync(join(path, names[1]!))), encodeCheckpoint(made[11]!));
});

test("checkpoints of an optimizer of one's own are read where the folder is told of it", async () => {
  const path = makeTemporaryFolder();
  const [made] = checkpoints(1, lion());
  await new CheckpointFolder(path).save(made!);
  await assertRejects(() => new CheckpointFolder(path).latest(), OptionError, "missing");
  const read = await new CheckpointFolder(path, { optimizers: [lion] }).latest();
  assert.equal(read?.facts.plan.optimizer, lion());
  assertThrows(() => new CheckpointFolder(path, { optimizers: [lion()] as never }), OptionError, "a description");
});

test("a damaged newest one is refused, and the one before it is offered", async () => {
  const path = makeTemporaryFolder();
  const folder = new CheckpointFolder(path);
  for (const checkpoint of checkpoints(3)) await folder.save(checkpoint);
  truncateSync(join(path, "checkpoint-000000003.safetensors"), 500);
  const error = await assertRejects(() => folder.latest(), CheckpointError, "cut short");
  assert.is(error.previous, `${path}/checkpoint-000000002.safetensors`);
  assert.match(
    error.message,
    /checkpoint-000000003\.safetensors: damaged: .*; the one before it is whole: .*000000002/,
  );
  truncateSync(join(path, "checkpoint-000000002.safetensors"), 0);
  assert.match((await assertRejects(() => folder.latest(), CheckpointError, "both")).previous ?? "", /000000001/);
  await assertRejects(() => folder.read("checkpoint-000000099.safetensors"), CheckpointError, "missing");
});

test("weights without a checkpoint, and a checkpoint of another version, are refused like damage", async () => {
  const path = makeTemporaryFolder();
  const folder = new CheckpointFolder(path);
  const [first, second] = checkpoints(2) as [Checkpoint, Checkpoint];
  await folder.save(first);
  for (const [kind, bytes] of [
    ["no-checkpoint", encodeSafetensors([...second.arrays.values()])],
    ["version", encodeCheckpoint({ ...second, facts: { ...second.facts, version: 3 } })],
  ] as const) {
    writeFileSync(join(path, "checkpoint-000000002.safetensors"), bytes);
    const error = await assertRejects(() => folder.latest(), CheckpointError, kind);
    assert.is(error.fault.kind, kind);
    assert.is(error.file, `${path}/checkpoint-000000002.safetensors`);
    assert.is(error.previous, `${path}/checkpoint-000000001.safetensors`);
  }
});

test("names are in the order of the steps, however many digits those have; a name does not lead out of the folder", async () => {
  const path = makeTemporaryFolder();
  const steps = [10, 9_999_999_999, 1_000_000_000, 999_999_999, 20_000_000_000, 3].map((n) => `${n}`.padStart(9, "0"));
  for (const count of steps) writeFileSync(join(path, `checkpoint-${count}.safetensors`), "x");
  const folder = new CheckpointFolder(path);
  assert.equal(
    (await folder.names()).map((name) => Number(name.slice("checkpoint-".length, -".safetensors".length))),
    [3, 10, 999_999_999, 1_000_000_000, 9_999_999_999, 20_000_000_000],
  );
  for (const name of ["../best.safetensors", "a\\best.safetensors"]) {
    assert.is((await assertRejects(() => folder.read(name), OptionError, name)).option, "name");
  }
  const file = `${path}/checkpoint-000000003.safetensors`;
  const read = () => folder.read("checkpoint-000000003.safetensors");
  assert.is((await assertRejects(read, FormatError, "damaged")).file, file);
});

test("what cannot be read is no damage: the error is the system's; and where nothing is whole, nothing is offered", async () => {
  const path = makeTemporaryFolder();
  const folder = new CheckpointFolder(path);
  for (const checkpoint of checkpoints(2)) await folder.save(checkpoint);
  for (const steps of [1, 2]) truncateSync(join(path, `checkpoint-00000000${steps}.safetensors`), 10);
  assert.is((await assertRejects(() => folder.latest(), CheckpointError, "both damaged")).previous, undefined);
  rmSync(join(path, "checkpoint-000000001.safetensors"));
  mkdirSync(join(path, "checkpoint-000000001.safetensors")); // a folder where a file should be
  assert.is((await assertRejects(() => folder.latest(), DatasetError, "the older one")).fault.kind, "unreadable");
  mkdirSync(join(path, "checkpoint-000000003.safetensors"));
  const error = await assertRejects(() => folder.latest(), DatasetError, "the newest");
  assert.match(error.message, /checkpoint-000000003\.safetensors: cannot be read/);
});

test("other files in the folder are left alone; what a crash left is removed", async () => {
  const path = makeTemporaryFolder();
  const others = ["a.part", "checkpoint-x.safetensors", "notes.txt", "w.safetensors.gz"];
  others.push("checkpoint-000000001.safetensors.gz", "my-checkpoint-000000001.safetensors", "checkpoint-1.safetensors");
  for (const name of [...others, "checkpoint-000000007.safetensors.1-2.part"]) writeFileSync(join(path, name), "x");
  const folder = new CheckpointFolder(path, { keep: 1 });
  for (const checkpoint of checkpoints(2)) await folder.save(checkpoint);
  await folder.clean();
  assert.equal(readdirSync(path).sort(), [...others, "checkpoint-000000002.safetensors"].sort());
});

test("a folder that cannot be written is an error that says so, and the checkpoints before stand", async () => {
  const path = makeTemporaryFolder();
  const [first, second] = checkpoints(2) as [Checkpoint, Checkpoint];
  const folder = new CheckpointFolder(path);
  await folder.save(first);
  mkdirSync(join(path, "checkpoint-000000002.safetensors")); // a folder where the file should go, as root may write anywhere
  const error = await assertRejects(() => folder.save(second), SaveError, "not writable");
  assert.is(error.file, `${path}/checkpoint-000000002.safetensors`);
  assert.match(error.message, /^cannot write .*; free space there, or choose another folder$/);
  assert.equal(
    readdirSync(path).filter((name) => name.endsWith(".part")),
    [],
  );
  assert.is((await folder.read("checkpoint-000000001.safetensors")).iteration, 1);
  const file = join(path, "file");
  writeFileSync(file, "");
  chmodSync(file, 0o400);
  await assertRejects(() => new CheckpointFolder(file).save(first), SaveError, "a file for a folder");
  assertThrows(() => new CheckpointFolder(""), OptionError, "no name");
  assertThrows(() => new CheckpointFolder(path, { keep: 0 }), OptionError, "keep");
});

/** How often a process is killed; LANEGRAD_KILLS=200 for many. */
const KILLS = Number(process.env["LANEGRAD_KILLS"] ?? 5);

test(`killed ${KILLS} times while it saves: nothing unreadable, nothing acknowledged lost`, async () => {
  const path = makeTemporaryFolder();
  const random = new RandomState(KILLS);
  let acknowledged = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    acknowledged = Math.max(acknowledged, await killed(path, 5 + 60 * random.rand()));
    const folder = new CheckpointFolder(path);
    for (const name of await folder.names()) await folder.read(name);
    const { iteration = 0 } = (await folder.latest()) ?? {};
    assert.ok(iteration >= acknowledged, `kill ${kill}: ${iteration} found, ${acknowledged} acknowledged`);
  }
  assert.ok(acknowledged >= KILLS, `only ${acknowledged} saved`);
});

test.run();

/** Lets a process train and save, kills it some milliseconds after its first save, and says what it had acknowledged. */
async function killed(path: string, milliseconds: number): Promise<number> {
  const program = await programOf(join(ROOT, "test/train/checkpoint_writer.ts"));
  return await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...program, path], {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    let isTimed = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (isTimed) return;
      isTimed = true;
      setTimeout(() => child.kill("SIGKILL"), milliseconds);
    });
    child.on("error", reject).on("close", (code) => {
      if (code !== null) reject(new Error(`the writer ended by itself, exit code ${code}`));
      resolve(Number(output.split("\n").at(-2) ?? 0));
    });
  });
}
