/** `report`: the figures of a run that has ended, from its folder alone. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError, OutputError } from "../../src/cli/files.ts";
import { reportCommand } from "../../src/cli/report_command.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { BUILD } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { digitsFolder, newPath, ran } from "./ran.ts";

const test = suite("report");
const data = digitsFolder();
const ARGS = ["--data", data, "--hidden", "5", "--batch-size", "10", "--epochs", "2", "--validation", "0.2"];
const finished = newPath();

process.setMaxListeners(64); // each lock waits for the end of the process

/** A copy of the finished run, changed. */
function copyOf(change: (folder: string) => void = () => {}): string {
  const folder = newPath();
  cpSync(finished, folder, { recursive: true });
  change(folder);
  return folder;
}

function reportsIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => /\.(svg|html)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

test.before(async () => {
  assert.is((await ran(trainCommand, [...ARGS, "--report", "--out", finished])).code, 0);
});

test("it is byte for byte what --report draws at the end of the run, and is drawn again where it is there", async () => {
  const wanted = reportsIn(finished);
  assert.equal(Object.keys(wanted).length, 6);
  const folder = copyOf((run) => {
    for (const name of Object.keys(wanted)) rmSync(join(run, name));
  });
  const { code, stdout, stderr } = await ran(reportCommand, [folder]);
  assert.equal([code, stderr], [0, ""]);
  assert.match(stdout, /^report\.html and its figures are in .*\d\n$/);
  assert.equal(reportsIn(folder), wanted);
  writeFileSync(join(folder, "report.html"), "old");
  const { rows } = await ran(reportCommand, [folder, "--json"]);
  const [{ folder: told, files } = {}] = rows;
  assert.equal([told, [...(files as string[])].sort()], [folder, Object.keys(wanted).sort()]);
  assert.equal(reportsIn(folder), wanted);
  assert.not(existsSync(join(folder, "run.lock")));
});

test("the examples may have moved, and must be the same", async () => {
  const moved = digitsFolder();
  assert.is((await ran(reportCommand, [copyOf(), "--data", moved])).code, 0);
  const { message } = await assertRejects(
    () => ran(reportCommand, [copyOf(), "--data", digitsFolder(7)]),
    FileError,
    "other examples",
  );
  assert.match(message, /other examples than those that .* was trained on/);
});

test("what is no run, or has not ended, is said", async () => {
  const refusal = async (folder: string) =>
    (await assertRejects(() => ran(reportCommand, [folder]), FileError, folder)).message.replace(/^.*?\d+: /, "");
  const missing = newPath();
  assert.match((await assertRejects(() => ran(reportCommand, [missing]), FileError, "missing")).message, "no such run");
  const file = newPath();
  writeFileSync(file, "x");
  assert.is(await refusal(file), "a file, expected a run");
  const empty = newPath();
  mkdirSync(empty);
  assert.is(await refusal(empty), "no run: config.json is missing");
  for (const name of ["history.json", "weights.safetensors"]) {
    const folder = copyOf((run) => rmSync(join(run, name)));
    assert.is(
      await refusal(folder),
      `no ${name}: the run has not ended; npm run -s lanegrad -- train --resume ${folder} may end it`,
    );
  }
  for (const text of ["[]", "{}", "damaged", '{"configuration":{},"losses":[],"evaluations":[],"epochs":[]}']) {
    const folder = copyOf((run) => writeFileSync(join(run, "history.json"), text));
    await assertRejects(() => ran(reportCommand, [folder]), FileError, text);
    assert.not(existsSync(join(folder, "run.lock")), text);
  }
});

test("a folder that a run writes to at the moment is left alone", async () => {
  const folder = copyOf((run) => writeFileSync(join(run, "run.lock"), "1\n"));
  const { message } = await assertRejects(() => ran(reportCommand, [folder]), OutputError, "locked");
  assert.match(message, "another run writes there");
});

test("an interrupted run has a report of what there is; measures that were not finite are not drawn", async () => {
  const folder = copyOf((run) => {
    const history = JSON.parse(readFileSync(join(run, "history.json"), "utf8"));
    history.outcome = "aborted";
    history.evaluations[0].validationLoss = null;
    history.evaluations[0].testAccuracy = null;
    writeFileSync(join(run, "history.json"), JSON.stringify(history));
  });
  assert.is((await ran(reportCommand, [folder])).code, 0);
  assert.not.match(reportsIn(folder)["accuracy.svg"]!, "NaN");
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
