/** A resumed run ends with the bits of an unbroken one; and what is refused on the way. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { KINDS } from "../support/optimizers.ts";
import { digitsFolder, endOf, longRun, newPath, readJson, train, trainProcess } from "./lanegrad.ts";

const test = suite("train --resume");
const data = digitsFolder();
const SMALL = ["--data", data, "--batch-size", "16", "--json"];

const WAYS: Readonly<Record<string, readonly string[]>> = {
  dropout: ["--dropout", "0.3"],
  augmentation: ["--augment", "shift=1,rotate=20"],
  schedule: ["--schedule", "cosine"],
};
const OPTIMIZERS = KINDS;

for (const optimizer of OPTIMIZERS) {
  // One of them in another process, the others by another engine.
  const [resume, where] = optimizer === "adam" ? [trainProcess, "another process"] : [train, "this process"];
  test(`${optimizer}, resumed in ${where}: the same bits and the whole history`, async () => {
    const ways = Object.entries(WAYS).map(async ([way, flags]) => {
      const whole = newPath();
      const flagsOfAll = ["--layers", "36,8,10", "--epochs", "4", "--checkpoint-every", "5", "--keep", "9"];
      const args = [...SMALL, ...flagsOfAll, "--optimizer", optimizer, ...flags, "--out", whole];
      const unbroken = endOf(await train(args));
      const run = asKilledAt(5, whole);
      const gone = endOf(await resume(["--resume", run, "--json"]));
      assert.is(gone["weightsSha256"], unbroken["weightsSha256"], way);
      assert.equal(measured(run), measured(whole), way);
    });
    await Promise.all(ways);
  });
}

test("accumulation, batch normalisation, early stopping: the same bits, best weights restored", async () => {
  const whole = newPath();
  const flags = ["--accumulate", "2", "--batch-norm", "--validation", "0.2", "--patience", "3", "--optimizer", "adam"];
  const args = [...SMALL, "--epochs", "30", "--batch-size", "8", "--learning-rate", "3", "--checkpoint-every", "7"];
  const unbroken = endOf(await train([...args, ...flags, "--keep", "99", "--out", whole]));
  const run = asKilledAt(7, whole);
  const gone = endOf(await train(["--resume", run, "--json"]));
  assert.is(gone["weightsSha256"], unbroken["weightsSha256"]);
  assert.equal(measured(run), measured(whole));
  assert.is(readJson(join(whole, "history.json"))["outcome"], "stopped early");
  assert.ok(existsSync(join(whole, "best.safetensors")));
});

test("Ctrl-C, then --resume: the bits of an unbroken run", async () => {
  const [whole, run] = [newPath(), newPath()];
  const args = longRun();
  const unbroken = endOf(await train([...args, "--out", whole]));
  let isSent = false;
  const broken = await trainProcess([...args, "--out", run], {
    onOutput(text, child) {
      if (!isSent && text.includes('"step"')) isSent = child.kill("SIGINT");
    },
  });
  assert.is(broken.code, 130, broken.stderr);
  const { losses, outcome } = readJson(join(run, "history.json"));
  assert.is(outcome, "aborted");
  assert.ok((losses as number[]).length < 6000);
  const gone = await train(["--resume", run, "--json"]);
  assert.is(gone.code, 0, gone.stderr);
  assert.is(endOf(gone)["weightsSha256"], unbroken["weightsSha256"]);
});

test("two that are started at once: the steps are made once, the other is refused or finds them made", async () => {
  const base = newPath();
  await train([...SMALL, "--iterations", "100", "--checkpoint-every", "20", "--out", base]);
  for (let round = 0; round < 6; round++) {
    const run = newPath();
    cpSync(base, run, { recursive: true });
    const started = async (milliseconds: number) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return await trainProcess(["--resume", run, "--iterations", "200", "--log-every", "1", "--json"]);
    };
    const both = await Promise.all([started(0), started(40 * round)]);
    const trained = both.filter(({ code, stdout }) => code === 0 && stdout.includes('"type":"step"'));
    assert.is(trained.length, 1, both.map(({ stderr }) => stderr).join("\n"));
    for (const { code, stderr } of both) assert.ok(code === 0 || /another run writes there/.test(stderr), stderr);
    assert.equal(
      readdirSync(run).filter((name) => /aside|part|lock/.test(name)),
      [],
    );
  }
});

test("a finished run goes on to more epochs with the bits of one that was longer from the start", async () => {
  const [short, long] = [newPath(), newPath()];
  const args = [...SMALL, "--optimizer", "adam"];
  await train([...args, "--epochs", "2", "--out", short]);
  const wanted = endOf(await train([...args, "--epochs", "5", "--out", long]));
  assert.is(
    endOf(await train(["--resume", short, "--epochs", "5", "--json"]))["weightsSha256"],
    wanted["weightsSha256"],
  );
  assert.is(readJson(join(short, "config.json"))["epochs"], 5);
});

test("a schedule is worked out anew for a longer run, and a person is told so", async () => {
  const run = newPath();
  await train([...SMALL, "--schedule", "cosine", "--epochs", "2", "--out", run]);
  const { code, stderr } = await train(["--resume", run, "--epochs", "3"]);
  assert.is(code, 0, stderr);
  assert.match(stderr, "the schedule cosine is worked out anew for the longer run");
  assert.match(readFileSync(join(run, "log.txt"), "utf8"), "\nresuming after 8 steps\n");
});

test("config.json is a --config that trains the same weights", async () => {
  const [first, second] = [newPath(), newPath()];
  const args = [...SMALL, "--layers", "36,9,10", "--dropout", "0.1", "--augment", "--epochs", "2", "--seed", "3"];
  const wanted = endOf(await train([...args, "--out", first]));
  const again = await train(["--config", join(first, "config.json"), "--json", "--out", second]);
  assert.is(endOf(again)["weightsSha256"], wanted["weightsSha256"]);
  assert.equal(readJson(join(second, "config.json")), readJson(join(first, "config.json")));
});

const finished = newPath();
test.before(async () => {
  await train([...SMALL, "--iterations", "20", "--checkpoint-every", "6", "--out", finished]);
});

test("flags that would change a run's bits are refused with what differs", async () => {
  const other = digitsFolder({ seed: 9 });
  const cases: [string[], 1 | 2, RegExp][] = [
    [["--seed", "1"], 2, /bits would change: --seed 0 there, 1 here/],
    [["--optimizer", "adam"], 2, /--optimizer not given there, adam here/],
    [
      ["--batch-size", "8", "--dropout", "0.5"],
      2,
      /--batch-size 16 there, 8 here; --dropout not given there, 0.5 here/,
    ],
    [["--iterations", "10"], 2, /--iterations 20 there, 10 here: it can only be raised/],
    [["--epochs", "10"], 2, /--epochs is not how the run counts: --iterations/],
    [["--out", newPath()], 2, /--resume and --out exclude each other/],
    [["--data", other], 1, /other examples than those that .* was trained on/],
  ];
  for (const [args, code, text] of cases) {
    const ended = await train(["--resume", finished, ...args]);
    assert.is(ended.code, code, `${args}: ${ended.stderr}`);
    assert.match(ended.stderr, text);
    assert.is(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
  }
});

test("a damaged checkpoint is refused with the command for the one before it, which then sets it aside", async () => {
  const run = newPath();
  cpSync(finished, run, { recursive: true });
  const newest = join(run, "checkpoint-000000020.safetensors");
  writeFileSync(newest, readFileSync(newest).subarray(0, -100));
  const { code, stderr } = await train(["--resume", run, "--iterations", "25"]);
  assert.is(code, 1, stderr);
  const [, previous] = /the one before it is whole: lanegrad train --resume (\S+)\n$/.exec(stderr) ?? [];
  assert.match(String(previous), /checkpoint-000000018\.safetensors$/, stderr);
  const gone = await train(["--resume", join(run, "checkpoint-000000018.safetensors"), "--json"]);
  assert.is(gone.code, 0, gone.stderr);
  assert.match(gone.stderr, /checkpoint-000000020\.safetensors is renamed/);
  assert.equal(measured(run), measured(finished));
});

test("checkpoints of another version, of another network, and weights alone are refused with what differs", async () => {
  const change = (find: string, replacement: string) => {
    const run = newPath();
    cpSync(finished, run, { recursive: true });
    for (const name of checkpointsOf(run).slice(0, -1)) rmSync(join(run, name));
    const file = join(run, "checkpoint-000000020.safetensors");
    const { tensors, metadata } = decodeSafetensors(readFileSync(file));
    const changed = [...metadata].map(([key, text]) => [key, text.replace(find, replacement)]);
    writeFileSync(file, encodeSafetensors(tensors, Object.fromEntries(changed)));
    return run;
  };
  const cases: [string, RegExp][] = [
    [
      change('{"version":1,"plan"', '{"version":99,"plan"'),
      /checkpoint-000000020\.safetensors: expected a checkpoint of version 2, found 99/,
    ],
    [change('"name":"sigmoid"', '"name":"tanh"'), /of another run: network .* there, .* here/],
    [join(finished, "weights.safetensors"), /weights without a checkpoint/],
    [newPath(), /no such run/],
    [data, /the folder holds no run/],
  ];
  for (const [run, text] of cases) {
    const { code, stderr } = await train(["--resume", run]);
    assert.is(code, 1, stderr);
    assert.match(stderr, text);
    assert.is(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

/** A copy of a run's folder as it would be found if its process had been killed after so many steps. */
function asKilledAt(steps: number, whole: string): string {
  const run = newPath();
  cpSync(whole, run, { recursive: true });
  const newer = checkpointsOf(run).filter((name) => Number(/\d+/.exec(name)?.[0]) > steps);
  assert.ok(newer.length > 0 && checkpointsOf(run).length > newer.length, `${checkpointsOf(run)}`);
  for (const name of [...newer, "history.json", "history.csv", "weights.safetensors", "network.json"]) {
    rmSync(join(run, name));
  }
  return run;
}

function checkpointsOf(run: string): string[] {
  return readdirSync(run)
    .filter((name) => name.startsWith("checkpoint-"))
    .sort();
}

/** What a history has measured, without times. */
function measured(run: string) {
  const { losses, evaluations, epochs, best, outcome } = readJson(join(run, "history.json"));
  return { losses, evaluations, epochs, best, outcome };
}

test.run();
