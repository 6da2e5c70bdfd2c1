/** Flags beside --resume: which may differ, and what becomes of both. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OutputError } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { parse } from "../../src/cli/options.ts";
import { type Resuming, resumedRun } from "../../src/cli/resume.ts";
import { TRAIN_FLAGS, type TrainValues } from "../../src/cli/train_flags.ts";
import { encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { loadEngine } from "../support/engine.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertRejects } from "../support/throws.ts";
import { checkpointAfter } from "./small_run.ts";

const test = suite("flags beside --resume");
const parent = makeTemporaryFolder();
const checkpoint = encodeCheckpoint(checkpointAfter(await loadEngine(), 2));
const CONFIG = { layers: [4, 5, 3], epochs: 6, seed: 4, data: "/some/data", keep: 2, logEvery: 7, optimizer: "adam" };
let folders = 0;

process.setMaxListeners(64); // each lock waits for the end of the process

/** The folder of a run with this config.json. */
function runWith(config: object): string {
  folders += 1;
  const folder = join(parent, String(folders));
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "checkpoint-000000002.safetensors"), checkpoint);
  return folder;
}

async function resumed(args: readonly string[], config: object = CONFIG): Promise<Resuming> {
  const resuming = await resumedRun(parse(TRAIN_FLAGS, ["--resume", runWith(config), ...args]), () => {});
  resuming.run.release();
  return resuming;
}

/** What is said of flags that do not go together. */
async function refusal(args: readonly string[], config: object = CONFIG): Promise<string> {
  const { message } = await assertRejects(() => resumed(args, config), UsageError, args.join(" "));
  return message.replace(/^--resume \S+\d: /, "");
}

function given(values: TrainValues): object {
  return JSON.parse(JSON.stringify(values)) as object;
}

test("a run goes on with its own flags and their defaults, from its checkpoint", async () => {
  const { run, checkpoint: found, values, dataSha256, remarks } = await resumed([], { ...CONFIG, dataSha256: "ab" });
  assert.is(found.iteration, 2);
  const { folder } = run;
  assert.match(folder, parent);
  const { resume, ...others } = given(values) as TrainValues;
  assert.is(resume, folder);
  assert.equal(others, {
    ...CONFIG,
    ...{ batchSize: 100, learningRate: 0.001, dtype: "float32", build: "simd", layout: "auto" },
  });
  assert.is(dataSha256, "ab");
  assert.equal(remarks, []);
  for (const config of [CONFIG, { ...CONFIG, dataSha256: null }]) {
    assert.is((await resumed([], config)).dataSha256, undefined);
  }
});

test("what changes no bits may differ; the same may be said again; more steps may be asked for", async () => {
  const { values } = await resumed([
    ...["--epochs", "8", "--seed", "4", "--layers", "4,5,3", "--log-every", "1", "--keep", "5"],
    ...["--checkpoint-every", "3", "--json", "--quiet", "--report"],
  ]);
  const { epochs, seed, logEvery, keep, checkpointEvery, json, quiet, report, data } = values;
  assert.equal(
    { epochs, seed, logEvery, keep, checkpointEvery, json, quiet, report, data },
    {
      ...{ epochs: 8, seed: 4, logEvery: 1, keep: 5, checkpointEvery: 3, json: true, quiet: true, report: true },
      data: "/some/data",
    },
  );
  assert.is((await resumed(["--iterations", "9"], { iterations: 9 })).values.iterations, 9);
});

test("the examples may have moved", async () => {
  const moved = (await resumed(["--data", "/other/data"])).values;
  assert.equal([moved.data, moved.dataset], ["/other/data", undefined]);
  const downloaded = (await resumed(["--dataset", "mnist"])).values;
  assert.equal([downloaded.data, downloaded.dataset], [undefined, "mnist"]);
  const found = (await resumed(["--data", "/here"], { dataset: "mnist" })).values;
  assert.equal([found.data, found.dataset], ["/here", undefined]);
  assert.is((await resumed([], { dataset: "mnist" })).values.dataset, "mnist");
});

test("what would change a run's bits is refused, all of it at once, with both values", async () => {
  assert.is(await refusal(["--seed", "5"]), "its bits would change: --seed 4 there, 5 here");
  assert.is(await refusal(["--optimizer", "sgd"]), "its bits would change: --optimizer adam there, sgd here");
  assert.is(
    await refusal(["--layers", "4,6,3", "--batch-size", "3", "--keep", "9"]),
    "its bits would change: --layers [4,5,3] there, [4,6,3] here; --batch-size not given there, 3 here",
  );
  assert.is(await refusal(["--epochs", "5"]), "its bits would change: --epochs 6 there, 5 here: it can only be raised");
  assert.is(
    await refusal(["--iterations", "5"]),
    "its bits would change: --iterations is not how the run counts: --epochs",
  );
  assert.is(
    await refusal(["--epochs", "5"], { iterations: 4 }),
    "its bits would change: --epochs is not how the run counts: --iterations",
  );
});

test("--config, --out and --force are refused beside it", async () => {
  const config = join(runWith(CONFIG), "config.json");
  assert.match(await refusal(["--config", config]), /^--resume and --config exclude each other/);
  assert.match(await refusal(["--out", "x"]), /^--resume and --out exclude each other/);
  assert.match(await refusal(["--force"]), /^--resume and --force exclude each other/);
});

test("the folder is this process's while it is read, and nobody's when it is refused", async () => {
  const folder = runWith(CONFIG);
  const lockFile = join(folder, "run.lock");
  const { run } = await resumedRun(parse(TRAIN_FLAGS, ["--resume", folder]), () => {});
  assert.match(readFileSync(lockFile, "utf8"), `${process.pid}`);
  run.release();
  assert.not(existsSync(lockFile));
  for (const args of [
    ["--seed", "9"],
    ["--momentum", "0.5"],
    ["--epochs", "1"],
  ]) {
    await assertRejects(
      () => resumedRun(parse(TRAIN_FLAGS, ["--resume", folder, ...args]), () => {}),
      UsageError,
      args[0]!,
    );
    assert.not(existsSync(lockFile), args[0]);
  }
  writeFileSync(lockFile, "1\n"); // a process that lives
  writeFileSync(join(folder, "checkpoint-000000003.safetensors"), "half written by that process, or damaged");
  const call = () => resumedRun(parse(TRAIN_FLAGS, ["--resume", folder]), () => {});
  assert.match(
    (await assertRejects(call, OutputError, "locked before it is read")).message,
    "another run writes there",
  );
});

test("a schedule that a longer run stretches is told of; a rate that stays is not", async () => {
  const remarks = async (args: readonly string[], config: object) => (await resumed(args, config)).remarks;
  const cosine = { schedule: "cosine", epochs: 6 };
  assert.equal(await remarks(["--epochs", "8"], cosine), ["the schedule cosine is worked out anew for the longer run"]);
  assert.equal(await remarks(["--iterations", "8"], { schedule: "step", iterations: 6 }), [
    "the schedule step is worked out anew for the longer run",
  ]);
  assert.equal(await remarks([], cosine), []);
  assert.equal(await remarks(["--epochs", "6"], cosine), []);
  assert.equal(await remarks(["--epochs", "8"], CONFIG), []);
  assert.equal(await remarks(["--epochs", "8"], { ...CONFIG, schedule: "constant" }), []);
});

test.run();
