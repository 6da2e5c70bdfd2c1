/** What train can be told, and what a run's config.json keeps of it. */
import { resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { version } from "../../src/cli/files.ts";
import { UsageError } from "../../src/cli/flags.ts";
import { configOf, TRAIN_FLAGS, type TrainValues } from "../../src/cli/train_flags.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("train's flags");

test("config.json: the version, where the data is, the settings; not where results went and how they were told", () => {
  const values: TrainValues = {
    ...{ data: "some/folder", layers: [4, 2], seed: 0, batchNorm: false, augment: { shift: 2 }, hidden: undefined },
    ...{ logEvery: 7, checkpointEvery: 3, keep: 2 },
    ...{ out: "o", json: true, quiet: true, resume: "r", config: "c", report: true },
  };
  const config = configOf(values);
  assert.equal(config, {
    ...{ lanegrad: version(), data: resolve("some/folder"), layers: [4, 2], seed: 0, batchNorm: false },
    ...{ augment: { shift: 2 }, logEvery: 7, checkpointEvery: 3, keep: 2 },
  });
  assert.equal(Object.keys(config).slice(0, 2), ["lanegrad", "data"]);
  assert.is(Object.keys(config).at(-1), "logEvery");
});

test("an address stays as it is, and without data there is none", () => {
  assert.is(configOf({ data: "file:///some/folder" })["data"], "file:///some/folder");
  assert.is(configOf({ data: "some/file:x" })["data"], resolve("some/file:x"));
  assert.is(configOf({ data: "/some/folder" })["data"], resolve("/some/folder"));
  assert.not("data" in configOf({ dataset: "mnist" }));
  assert.is(configOf({ dataset: "mnist" })["dataset"], "mnist");
});

test("bounds of flags that only training has", () => {
  const parse = (key: keyof TrainValues, text: string) => TRAIN_FLAGS[key].parse(text, "--x");
  for (const [key, low, lowest, high] of [
    ["validation", "0", "1e-9", "1"],
    ["epsilon", "-1e-9", "0", "Infinity"],
    ["weightDecay", "-1e-9", "0", "Infinity"],
    ["seed", "-1", "0", "4294967296"],
    ["patience", "0", "1", "0.5"],
    ["keep", "0", "1", "0.5"],
  ] as const) {
    assertThrows(() => parse(key, low), UsageError, `${key} ${low}`);
    assertThrows(() => parse(key, high), UsageError, `${key} ${high}`);
    assert.is(parse(key, lowest), Number(lowest), key);
  }
  assert.is(parse("validation", "0.999"), 0.999);
  assert.is(parse("seed", "4294967295"), 4294967295);
});

test.run();
