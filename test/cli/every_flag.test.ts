/** Every flag of train has a use: one that is only listed fails here. */
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flagOf } from "../../src/cli/flags.ts";
import { parse } from "../../src/cli/options.ts";
import { completed, descriptionOf, trainerOptions } from "../../src/cli/recipe.ts";
import { TRAIN_FLAGS, type TrainValues } from "../../src/cli/train_flags.ts";

const test = suite("every flag of train");
const SIZES = { size: 784, classes: 10 };

/** A value of each flag of the network and of training that is not its default, and the flags that it needs. */
const CHANGES: Readonly<Record<string, string>> = {
  model: "lenet",
  layers: "784,7,10",
  hidden: "7",
  activation: "tanh",
  dropout: "0.5",
  batchNorm: "",
  weightInitStd: "0.5",
  iterations: "7",
  epochs: "7",
  batchSize: "7",
  dropLast: " --epochs 7",
  accumulate: "7",
  optimizer: "adam",
  learningRate: "0.7",
  momentum: "0.5 --optimizer nesterov",
  decay: "0.5 --optimizer rmsProp",
  epsilon: "0.5 --optimizer adam",
  beta1: "0.5 --optimizer adam",
  beta2: "0.5 --optimizer adam",
  weightDecay: "0.5",
  clipNorm: "0.5",
  clipValue: "0.5",
  schedule: "cosine",
  warmup: "7 --schedule warmup-cosine",
  decayEvery: "7 --schedule step",
  decayFactor: "0.7 --schedule step",
  patience: "7 --validation 0.5",
  augment: "shift=2",
  layout: "dense",
};

/** Read when the network is made, not by its description. */
const WHEN_MADE: ReadonlySet<string> = new Set(["seed", "dtype"]);

/** What the flags ask the library for. */
function asked(args: readonly string[]): string {
  const values = completed(parse<TrainValues>(TRAIN_FLAGS, args).values);
  return JSON.stringify([descriptionOf(values, SIZES), trainerOptions(values, 1000)]);
}

/** The modules of the command line but for the table itself, without comments and texts. */
const SOURCES = readdirSync("src/cli")
  .filter((name) => name !== "train_flags.ts")
  .map((name) => readFileSync(`src/cli/${name}`, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g, ""))
  .join("\n");

for (const key of Object.keys(TRAIN_FLAGS) as (keyof TrainValues)[]) {
  test(`${flagOf(key)}: it does something`, () => {
    const { section } = TRAIN_FLAGS[key];
    const change = CHANGES[key];
    if (change === undefined) {
      assert.ok(WHEN_MADE.has(key) || !["network", "training"].includes(section ?? ""), "CHANGES has no value of it");
      assert.match(
        SOURCES,
        new RegExp(`\\b(values|options)\\.${key}\\b|\\{[^{}]*\\b${key}\\b[^{}]*\\} [=:]`),
        "nothing reads it",
      );
      return;
    }
    const [value = "", ...others] = change.split(" ");
    const flag = TRAIN_FLAGS[key].placeholder === undefined ? [flagOf(key)] : [flagOf(key), value];
    assert.is.not(asked([...flag, ...others]), asked(others), "the library is asked for the same");
  });
}

test.run();
