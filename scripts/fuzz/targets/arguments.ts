/** The command line: arguments (`parse`, and what `train` fills in), and configuration files (`readConfig`). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../../src/cli/command.ts";
import { downloadCommand } from "../../../src/cli/download.ts";
import { evaluateCommand } from "../../../src/cli/evaluate.ts";
import { exportCommand } from "../../../src/cli/export.ts";
import { FileError } from "../../../src/cli/files.ts";
import { type FlagsOf, flagOf, UsageError } from "../../../src/cli/flags.ts";
import { inspectCommand } from "../../../src/cli/inspect.ts";
import { parse, readConfig } from "../../../src/cli/options.ts";
import { predictCommand } from "../../../src/cli/predict.ts";
import { completed, descriptionOf, trainerOptions } from "../../../src/cli/recipe.ts";
import { trainCommand } from "../../../src/cli/train.ts";
import { configOf, TRAIN_FLAGS, type TrainValues } from "../../../src/cli/train_flags.ts";
import { type Draw, EDGES } from "../draw.ts";
import { damagedJson, type JsonValue, jsonText } from "../json.ts";
import { caseOfText, type Target } from "../target.ts";

const COMMANDS: readonly Command[] = [
  ...[trainCommand, trainCommand, trainCommand, evaluateCommand, predictCommand],
  ...[inspectCommand, exportCommand, downloadCommand],
];
const TRAIN_KEYS = Object.keys(TRAIN_FLAGS);
const VALUES = [
  ...["", " ", "0", "1", "-1", "+5", "0.5", "1e-3", "1e999", "-0", "NaN", "Infinity", "0x10", "1_000", "true", "false"],
  ...["adam", "sgd", "relu", "cosine", "warmup-cosine", "float64", "dense", "__proto__", "constructor", "toString"],
  ...["784,50,10", "784,,10", "1,", ",", "2147483648,1", "shift=2", "shift=2,rotate", "scale==1", "__proto__=1", "a=b"],
  ...["--", "-", "-h", "--help", "\0", "é", "../x", "mnist", "\ud800", "\n"],
];

function value(draw: Draw): string {
  if (draw.chance(0.2)) return String(draw.pick(EDGES) * draw.pick([1, -1, 0.5]));
  if (draw.chance(0.01)) return draw.pick(["9", "1,", "x", "-", "="]).repeat(draw.pick([10, 1000, 5000]));
  return draw.pick(VALUES);
}

function argument(draw: Draw, keys: readonly string[]): readonly string[] {
  const key = draw.chance(0.97) ? draw.pick(keys.length > 0 ? keys : TRAIN_KEYS) : draw.pick(VALUES);
  const flag = flagOf(key);
  switch (draw.below(12)) {
    case 0:
      return [`${flag}=${value(draw)}`];
    case 1:
      return [flag];
    case 2:
      return [value(draw)];
    case 3: // a slip of the keyboard
      return [flag.slice(0, draw.between(1, flag.length)) + draw.pick(["", "x", "-"])];
    default:
      return [flag, draw.chance(0.4) ? plausible(draw, key) : value(draw)];
  }
}

/** What a flag of this name may take. */
function plausible(draw: Draw, key: string): string {
  const words = /\b(?:NAME|T|B|L)\b/.test((TRAIN_FLAGS as never)[key]?.["placeholder"] ?? "");
  if (words)
    return draw.pick(["adam", "adamW", "momentum", "relu", "gelu", "step", "cosine", "float32", "sparse", "debug"]);
  return key === "layers" ? draw.pick(["784,30,10", "784,10", "5,10"]) : draw.pick(["1", "2", "0.5", "0.1", "100"]);
}

/** What comes after `parse` in `train`, up to the point where files are opened. */
function plan(values: TrainValues): void {
  const whole = completed(values);
  configOf(whole);
  descriptionOf(whole, { size: 784, classes: 10 });
  trainerOptions(whole, 8000);
}

export const argumentsTarget: Target = {
  name: "arguments",
  about: "the command line's arguments, and the plan that train makes of them",
  refusals: [UsageError],
  bytesPerByte: 4096, // an argument of two letters is compared with every flag
  open: () => ({
    next(draw) {
      const { name, page } = draw.pick(COMMANDS);
      const { flags } = page([]);
      const keys = Object.keys(flags).filter((key) => key !== "config");
      const args = Array.from({ length: draw.below(6) }, () => argument(draw, keys)).flat();
      const table = Object.fromEntries(keys.map((key) => [key, flags[key]])) as FlagsOf<TrainValues>;
      return caseOfText([name, ...args].join("\n"), () => {
        const { values } = parse<TrainValues>(table, args);
        if (name === "train") plan(values);
      });
    },
  }),
};

export const configuration: Target = {
  name: "config",
  about: "configuration files of the command line, and the plan that train makes of them",
  refusals: [UsageError, FileError],
  bytesPerByte: 4096,
  open() {
    const folder = mkdtempSync(join(tmpdir(), "lanegrad-fuzz-"));
    const file = join(folder, "config.json");
    return {
      next(draw) {
        const keys = Array.from({ length: draw.below(5) }, () => draw.pick(TRAIN_KEYS));
        const config = Object.fromEntries(
          keys.map((key) => [key, draw.pick([1, 2, 0.5, true, "adam", "relu", [784, 10]])]),
        );
        const text = jsonText(draw.chance(0.7) ? damagedJson(draw, config as JsonValue) : (config as JsonValue));
        return caseOfText(text, () => {
          writeFileSync(file, text);
          plan(Object.fromEntries(readConfig(TRAIN_FLAGS, file)) as TrainValues);
        });
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};
