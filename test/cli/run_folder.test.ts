/** The folder of a run: what is kept, what goes, and where results go when it is lost. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError, OutputError } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { RunFolder, readResumed, setNewerAside } from "../../src/cli/run_folder.ts";
import { CheckpointError } from "../../src/train/checkpoints/checkpoint_error.ts";
import { encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { openBelow } from "./faults.ts";
import { checkpointAfter } from "./small_run.ts";

const test = suite("a run's folder");
const parent = realpathSync(makeTemporaryFolder());
const engine = await loadEngine();
const [one, two, three] = [1, 2, 3].map((steps) => checkpointAfter(engine, steps));
const [name1, name2, name3] = [1, 2, 3].map((steps) => `checkpoint-00000000${steps}.safetensors`);
let paths = 0;

process.setMaxListeners(64); // each lock waits for the end of the process

function newPath(): string {
  paths += 1;
  return join(parent, String(paths));
}

/** A folder with files of these contents. */
function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = newPath();
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

/** A new run, and what it warns of. */
async function newRun(folder: string = newPath(), keep = 3): Promise<{ run: RunFolder; warnings: string[] }> {
  const warnings: string[] = [];
  const run = await RunFolder.create({ out: folder, keep }, (line) => warnings.push(line));
  return { run, warnings };
}

function read(folder: string, name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

function names(folder: string): readonly string[] {
  return readdirSync(folder).sort();
}

test("it is locked from its start to its end, and has the last checkpoints and the best one", async () => {
  const { run, warnings } = await newRun(newPath(), 2);
  const { folder } = run;
  assert.equal(names(folder), ["run.lock"]);
  await run.configure({ seed: 3 });
  assert.is(read(folder, "config.json"), '{\n  "seed": 3\n}\n');
  for (const checkpoint of [one, two, three]) assert.is(await run.save(checkpoint!), true);
  assert.is(await run.save(one!, "best"), true);
  assert.equal(names(folder), ["best.safetensors", name2, name3, "config.json", "run.lock"]);
  assert.is((await run.checkpoints.best())?.iteration, 1);
  run[Symbol.dispose]();
  assert.not(existsSync(join(folder, "run.lock")));
  assert.equal(warnings, []);
});

test("a checkpoint that cannot be saved is one warning, and so is the first that can again", async () => {
  const { run, warnings } = await newRun();
  await run.configure({ seed: 3 });
  await run.save(one!);
  rmSync(run.folder, { recursive: true });
  writeFileSync(run.folder, "a file in its place");
  assert.is(await run.save(two!), false);
  assert.is(await run.save(two!), false);
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /^no checkpoint saved, training goes on: cannot write to /);
  rmSync(run.folder);
  assert.is(await run.save(three!), true);
  assert.is(await run.save(three!), true);
  assert.equal(warnings.slice(1), ["checkpoints can be saved again"]);
  assert.equal(names(run.folder), [name3, "config.json", "run.lock"], "the folder is made anew, as a run's");
  assert.is(read(run.folder, "config.json"), '{\n  "seed": 3\n}\n');
  writeFileSync(join(run.folder, "config.json"), "changed by somebody");
  await run.save(three!);
  assert.is(read(run.folder, "config.json"), "changed by somebody");
  rmSync(run.folder, { recursive: true });
  writeFileSync(run.folder, "again");
  await run.save(three!);
  assert.is(warnings.length, 3, "and the next failure is a warning of its own");
});

test("a folder that is made anew before it was configured has no config.json", async () => {
  const above = newPath();
  const { run } = await newRun(join(above, "below"));
  rmSync(above, { recursive: true });
  assert.is(await run.save(one!), true);
  assert.equal(names(run.folder), [name1, "run.lock"]);
});

test("lines of the log are written when there are many, when a second has gone by, when the run ends", async () => {
  const { run } = await newRun();
  const log = () => (existsSync(join(run.folder, "log.txt")) ? read(run.folder, "log.txt") : undefined);
  await atTimes([0], async () => {
    run.flush();
    assert.is(log(), undefined, "no lines, no file");
    for (let i = 1; i < 200; i++) run.log(`${i}`);
    assert.is(log(), undefined);
    run.log("200");
    assert.equal(log()?.split("\n"), [...Array.from({ length: 200 }, (_, i) => `${i + 1}`), ""]);
  });
  await atTimes([1000], async () => {
    run.log("after a second");
    assert.not.match(log()!, "after");
  });
  await atTimes([1000.5], async () => {
    run.log("after more");
    assert.match(log()!, /200\nafter a second\nafter more\n$/);
    run.log("soon after that");
    assert.not.match(log()!, "soon");
    run.release();
    assert.match(log()!, /after more\nsoon after that\n$/);
    assert.equal(openBelow(run.folder), []);
    run.release();
    assert.is(log()!.split("soon").length, 2, "once");
  });
});

test("a log that cannot be written ends with one warning; a link in its place leads nowhere else", async () => {
  const { run, warnings } = await newRun();
  const elsewhere = newPath();
  writeFileSync(elsewhere, "elsewhere\n");
  symlinkSync(elsewhere, join(run.folder, "log.txt"));
  for (const line of ["a", "b"]) {
    run.log(line);
    run.flush();
  }
  assert.is(readFileSync(elsewhere, "utf8"), "elsewhere\n");
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /^log\.txt ends here: /);
  rmSync(join(run.folder, "log.txt"));
  run.log("c");
  run.flush();
  assert.not(existsSync(join(run.folder, "log.txt")), "it does not begin in its middle");
});

test("a log goes on where the run before it ended", async () => {
  const folder = folderWith({ "log.txt": "before\n" });
  const run = await RunFolder.open(folder, () => {});
  run.log("after");
  run.release();
  assert.is(read(folder, "log.txt"), "before\nafter\n");
});

test("results are written into the folder, with what waits of the log", async () => {
  const { run, warnings } = await newRun();
  run.log("a line");
  const files = new Map<string, string | Uint8Array>([
    ["history.json", "{}"],
    ["weights.safetensors", Uint8Array.of(1)],
  ]);
  assert.is(await run.results(files), run.folder);
  assert.equal(names(run.folder), ["history.json", "log.txt", "run.lock", "weights.safetensors"]);
  rmSync(run.folder, { recursive: true });
  assert.is(await run.results(files), run.folder, "a folder that has gone is made anew");
  assert.equal(warnings, []);
});

test("where the folder cannot take results, they go among temporary files, and a person is told", async () => {
  const { run, warnings } = await newRun();
  rmSync(run.folder, { recursive: true });
  writeFileSync(run.folder, "a file in its place");
  const files = new Map([["history.json", "{}"]]);
  const temporary = newPath();
  mkdirSync(temporary);
  const rescue = await withTemporary(temporary, () => run.results(files));
  assert.is(dirname(rescue), temporary);
  assert.match(basename(rescue), /^lanegrad-run-\w+$/);
  assert.is(read(rescue, "history.json"), "{}");
  assert.is(warnings.length, 1);
  assert.match(warnings[0]!, /^cannot write to .*: ENOTDIR.*; the results are in /);
  assert.ok(warnings[0]!.endsWith(rescue));
  const error = await withTemporary(run.folder, () => assertRejects(() => run.results(files), OutputError, "neither"));
  assert.ok(error.message.startsWith(`cannot write to ${run.folder}: `), error.message);
});

test("--force removes what a run left, what was half written, and nothing else; without it nothing but the latter goes", async () => {
  const left = [name1!, `${name2}.aside`, "best.safetensors", "log.txt", "history.csv", "loss.svg", "report.html"];
  left.push("config.json", "history.json", "network.json", "weights.safetensors", "weights.svg");
  const uuid = "0b1a3c64-0f53-4f7c-9e8e-2f1f0b7d5a10";
  const half = [".probe-12", "run.lock.12", "config.json.part-7", "history.csv.part-7", "history.json.part-7"];
  half.push("network.json.part-7", "weights.safetensors.part-7", `${name3}.12.part`);
  half.push(`history.json.${uuid}.part`, `weights.safetensors.${uuid}.part`, `loss.svg.${uuid}.part`);
  half.push(`report.html.${uuid}.part`, `${name3}.${uuid}.part`);
  const kept = ["checkpoint.safetensors", "my-best.safetensors", "best.safetensors.txt", "my-log.txt", "log.txt.gz"];
  kept.push(
    "report.html.bak",
    "x.probe-1",
    ".probe-x",
    "run.lock.12.x",
    "my-weights.safetensors.part-7",
    "notes.part-7",
  );
  kept.push("config.json.part-7x", "loss.svg.gz", "history.csv.old", "checkpoint-1.txt", "notes.svg", "a.json.part-7");
  kept.push(`notes.json.${uuid}.part`, `history.json.${uuid}.partial`);
  const folder = folderWith(Object.fromEntries([...left, ...half, ...kept].map((name) => [name, "x"])));
  const run = await RunFolder.create({ out: folder, force: true, keep: 3 }, () => {});
  assert.equal(names(folder), [...kept, "run.lock"].sort());
  run.release();
  for (const name of [...left, ...half]) writeFileSync(join(folder, name), "x");
  await assertRejects(() => newRun(folder), UsageError, "a run is there");
  assert.equal(names(folder), [...kept, ...left].sort(), "and the lock is released");
  for (const name of half) writeFileSync(join(folder, name), "x");
  const opened = await RunFolder.open(folder, () => {});
  assert.equal(names(folder), [...kept, ...left, "run.lock"].sort(), "one that is resumed keeps its files");
  opened.release();
});

test("the run to resume is a folder, whose last checkpoint is read, or one of its checkpoints", async () => {
  const checkpoints = { [name1!]: encodeCheckpoint(one!), [name2!]: encodeCheckpoint(two!) };
  const folder = folderWith({ "config.json": "{}", ...checkpoints });
  for (const [path, iteration] of [
    [folder, 2],
    [join(folder, name1!), 1],
  ] as const) {
    const { run, config, checkpoint } = await readResumed(path, () => {});
    assert.equal([run.folder, config, checkpoint.iteration], [folder, join(folder, "config.json"), iteration]);
    assert.ok(existsSync(join(folder, "run.lock")), "it is locked before it is read");
    run.release();
  }
});

test("where there is no run to resume, what is missing is said", async () => {
  const missing = newPath();
  assert.match(
    (await assertRejects(() => readResumed(missing, () => {}), FileError, "missing")).message,
    `${missing}: no such run`,
  );
  const bare = folderWith({ [name1!]: encodeCheckpoint(one!) });
  const noConfig = `${join(bare, "config.json")}: no such file: the folder holds no run of lanegrad train`;
  for (const path of [bare, join(bare, name1!)]) {
    assert.is((await assertRejects(() => readResumed(path, () => {}), FileError, path)).message, noConfig);
  }
  const early = folderWith({ "config.json": "{}" });
  const { message } = await assertRejects(() => readResumed(early, () => {}), UsageError, "no checkpoint");
  const again = `--config ${join(early, "config.json")}`;
  assert.is(message, `--resume: ${early} holds no checkpoint yet; run it again: ${again}`);
});

test("a checkpoint that cannot be read is told with the command for the one before it, if that is whole", async () => {
  const later = encodeCheckpoint({ ...two!, facts: { ...two!.facts, version: 99 } });
  const folder = folderWith({ "config.json": "{}", [name1!]: encodeCheckpoint(one!), [name2!]: later });
  const { message } = await assertRejects(() => readResumed(folder, () => {}), FileError, "damaged");
  const alone = await assertRejects(() => readResumed(join(folder, name2!), () => {}), CheckpointError, "by its name");
  const again = `npm run -s lanegrad -- train --resume ${folder}/${name1}`;
  assert.is(message, `${alone.message}; the one before it is whole: ${again}`);
  const single = folderWith({ "config.json": "{}", [name2!]: "damaged" });
  const error = await assertRejects(() => readResumed(single, () => {}), CheckpointError, "none before it");
  assert.is(error.file, `${single}/${name2}`);
});

test("checkpoints that are newer than the one that a run resumes from are renamed; those of a process that has ended go", () => {
  const others = [
    "best.safetensors",
    "my-checkpoint-000000009.safetensors.aside",
    "my-checkpoint-000000009.safetensors",
  ];
  others.push("checkpoint-9.safetensorsx", "checkpoint-x.safetensors");
  const folder = folderWith(Object.fromEntries([name1!, name2!, name3!, ...others].map((name) => [name, name])));
  writeFileSync(join(folder, "checkpoint-000000009.safetensors.aside"), "of a process that has ended");
  assert.equal(setNewerAside(folder, 2), [name3]);
  assert.equal(names(folder), [name1, name2, `${name3}.aside`, ...others].sort());
  assert.is(read(folder, `${name3}.aside`), name3);
  assert.equal(setNewerAside(folder, 2), []);
  assert.equal(names(folder), [name1, name2, ...others].sort());
});

/** Runs the body while the clock stands at one of these times after another, and then at the last. */
async function atTimes(times: readonly number[], body: () => Promise<void>): Promise<void> {
  const { now } = performance;
  let reading = 0;
  performance.now = () => times[Math.min(reading++, times.length - 1)] ?? 0;
  try {
    await body();
  } finally {
    performance.now = now;
  }
}

/** Runs the body where the system's temporary files are in another folder. */
async function withTemporary<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    return await body();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

test.run();
