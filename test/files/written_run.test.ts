/** The folder of an earlier version's run: it is evaluated, and resumed with the same bits. */
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { endOf, lanegrad, newPath, readJson } from "../cli/lanegrad.ts";
import type { Expected, ExpectedRun } from "./measure.ts";

const FILES = fileURLToPath(new URL("../fixtures/files/", import.meta.url));

const test = suite("run folders of earlier versions");

for (const entry of readdirSync(FILES, { withFileTypes: true }).filter((found) => found.isDirectory())) {
  const folder = join(FILES, entry.name);
  const expected = (JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Expected).run;
  if (expected === undefined) continue;

  test(`${entry.name}: evaluate reads the run`, async () => {
    const { correct, loss } = endOf(await lanegrad(["evaluate", join(folder, "run"), "--json"]));
    assert.equal({ correct, loss }, { correct: expected.correct, loss: expected.loss });
  });

  test(`${entry.name}: train --resume makes the steps that the version itself made`, async () => {
    const run = newPath();
    cpSync(join(folder, "run"), run, { recursive: true });
    assert.is(
      (readJson(join(run, "history.json"))["end"] as ExpectedRun & { weightsSha256: string }).weightsSha256,
      expected.weights,
    );
    const end = endOf(await lanegrad(["train", "--resume", run, "--iterations", "12", "--json"]));
    assert.is(end["weightsSha256"], expected.resumed);
    assert.equal(readJson(join(run, "history.json"))["losses"], expected.losses);
  });
}

test.run();
