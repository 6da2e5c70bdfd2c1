/** A folder that a new run is to write to: what is there already, what is said of it, and what is refused. */
import { mkdirSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkNewFile, checkNewFolder, checkNotData, runFilesIn } from "../../src/cli/earlier_run.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("an earlier run");
const parent = realpathSync(makeTemporaryFolder());
const CONFIG = JSON.stringify({ lanegrad: "0.1.0", hidden: 50, iterations: 1000, logEvery: 100 });
const FACTS = { layers: [784, 50, 10], iterations: 1000, data: "bundled" };
const CHECKPOINT = "checkpoint-000000600.safetensors";
/** In the afternoon, on the clock on the wall. */
const DATE = new Date(2026, 10, 25, 14, 5);
let paths = 0;

function newPath(): string {
  paths += 1;
  return join(parent, String(paths));
}

/** A folder with files of these contents, all written at one time. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newPath();
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    utimesSync(join(folder, name), DATE, DATE);
  }
  return folder;
}

/** What is said of a folder that is refused, without its name. */
function refusal(folder: string, config?: string): string {
  const { message } = assertThrows(() => checkNewFolder(folder, config), UsageError, folder);
  assert.ok(message.startsWith(`--out ${folder}: `), message);
  return message.slice(`--out ${folder}: `.length);
}

function historyOf(end: object | null, outcome?: string, steps = 3, facts: object = FACTS): string {
  return JSON.stringify({ configuration: facts, losses: new Array(steps).fill(1), outcome, end });
}

test("a finished run: its network, data, steps, date and accuracy, and the ways out", () => {
  const end = { testAccuracy: 0.8745 };
  const folder = folderWith({
    ...{ "config.json": CONFIG, "history.json": historyOf(end, "finished", 1000), [CHECKPOINT]: "x" },
    "weights.safetensors": "x",
  });
  const run =
    "784-50-10, the bundled digits, 1000 of 1000 iterations, finished, 2026-11-25 14:05, test accuracy 87.45 %";
  const resume = `npm run -s lanegrad -- train --resume ${folder} resumes it`;
  assert.is(refusal(folder), `holds a run (${run}); ${resume}, --force replaces it, or choose another folder`);
});

test("runs that were interrupted, stopped early, diverged, were killed, or are damaged", () => {
  const of = (history: string | undefined, others: Readonly<Record<string, string>> = { [CHECKPOINT]: "x" }) => {
    const files = { "config.json": CONFIG, ...(history === undefined ? {} : { "history.json": history }), ...others };
    return refusal(folderWith(files));
  };
  const facts = { ...FACTS, data: "/home/me/mnist" };
  assert.match(of(historyOf({ testAccuracy: 0.5 }, "aborted", 600)), "600 of 1000 iterations, interrupted, 2026-");
  assert.match(of(historyOf({}, "stopped early", 700)), "700 of 1000 iterations, stopped early, 2026-");
  const diverged = of(historyOf(null, undefined, 9, facts), {});
  assert.match(diverged, "784-50-10, data /home/me/mnist, 9 of 1000 iterations, not finished, 2026-11-25 14:05);");
  assert.not.match(diverged, "--resume", "there is no checkpoint");
  const killed = of(undefined);
  assert.match(killed, "holds a run (50 hidden units, the bundled digits, 600 of 1000 iterations, not finished, 2026-");
  assert.match(of("damaged"), "600 of 1000 iterations, not finished");
  assert.match(
    refusal(folderWith({ [CHECKPOINT]: "x" })),
    "(of an unknown network, the bundled digits, 600 iterations,",
  );
  const mnist = JSON.stringify({ lanegrad: "0.1.0", layers: [784, 10], dataset: "mnist", epochs: 2 });
  assert.match(
    refusal(folderWith({ "config.json": mnist, [CHECKPOINT]: "x" })),
    "(784-10, data MNIST, 600 iterations, not finished,",
  );
});

test("each file that a run replaces is a reason; other files, and folders, are none", () => {
  for (const name of [
    ...["weights.safetensors", "network.json", "history.json", "history.csv", "best.safetensors", CHECKPOINT],
    ...[`${CHECKPOINT}.aside`, "report.html", "loss.svg", "mistakes.svg"],
  ]) {
    refusal(folderWith({ "config.json": CONFIG, [name]: "x" }));
    assert.equal(runFilesIn(folderWith({ [name]: "x", "notes.txt": "x" })), [name]);
  }
  const foreign = folderWith({
    "notes.txt": "x",
    "my.svg": "x",
    "data.json": "x",
    "run.lock": "1",
    "x.safetensors": "x",
  });
  mkdirSync(join(foreign, "weights.svg"));
  checkNewFolder(foreign, undefined);
  checkNewFolder(folderWith({}), undefined);
  checkNewFolder(newPath(), undefined);
});

test("a run that ended before its first checkpoint is replaced: nothing of it took work", () => {
  checkNewFolder(folderWith({ "config.json": CONFIG, "log.txt": "x" }), undefined);
  checkNewFolder(folderWith({ "log.txt": "x" }), undefined);
});

test("a config.json of something else is not replaced, unless it is that of --config", () => {
  const folder = folderWith({ "config.json": '{"hidden":5}', "notes.txt": "x" });
  assert.is(refusal(folder), "a run would replace config.json there; --force does so, or choose another folder");
  checkNewFolder(folder, join(folder, "config.json"));
  assert.match(refusal(folder, join(parent, "config.json")), "config.json");
  const several = { "config.json": "{}", "history.json": "{}", "log.txt": "", "network.json": "{}" };
  assert.match(refusal(folderWith(several)), "a run would replace config.json, history.json, log.txt, … there;");
});

test("a file is no folder; a link is the folder that it leads to", () => {
  const file = newPath();
  writeFileSync(file, "x");
  assert.is(refusal(file), "a file, expected a folder");
  const folder = folderWith({ "config.json": CONFIG, [CHECKPOINT]: "x" });
  const link = newPath();
  symlinkSync(folder, link);
  assert.match(refusal(link), "600 of 1000 iterations");
  const loose = newPath();
  symlinkSync(join(parent, "nowhere"), loose);
  checkNewFolder(loose, undefined); // to be made, or refused by the system
});

test("the folder of the examples is refused by each of its names", () => {
  const data = folderWith({});
  const link = newPath();
  symlinkSync(data, link);
  for (const [out, path] of [
    [data, data],
    [link, data],
    [data, link],
    [`${data}/.`, data],
  ] as const) {
    const { message } = assertThrows(() => checkNotData(out, path), UsageError, out);
    assert.is(message, `--out ${out}: the folder of the examples; choose another folder`);
  }
  checkNotData(join(data, "run"), data);
  checkNotData(parent, data);
});

test("a file that is there is replaced with --force alone", () => {
  const file = join(folderWith({ x: "x" }), "x");
  const { message } = assertThrows(() => checkNewFile(file, undefined), UsageError, "there");
  assert.is(message, `${file}: is there already; --force replaces it, or choose another file`);
  checkNewFile(file, true);
  checkNewFile(newPath(), undefined);
  checkNewFile("/dev/null", undefined);
  assert.match(
    assertThrows(() => checkNewFile(parent, false), UsageError, "a folder").message,
    "a folder, expected a file",
  );
});

test.run();
