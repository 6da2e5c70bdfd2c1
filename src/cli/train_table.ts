/**
 * `lanegrad train --csv FILE --target COLUMN`: a model of any table, by the library's `classifier` or `regressor`. Its file has the
 * columns, their scaling and the names of the classes in it.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Build,
  type Classifier,
  classifier,
  Engine,
  type Evaluation,
  type FloatType,
  fitPreprocessing,
  parseOptimizer,
  type Regressor,
  regressor,
} from "lanegrad";
import { type Command, command } from "./command.ts";
import { checkNewFolder } from "./earlier_run.ts";
import { OutputError, quoted, relativePath, version } from "./files.ts";
import {
  type FlagsOf,
  flagOf,
  named,
  positive,
  real,
  section,
  sizes,
  toggle,
  UsageError,
  whole,
  word,
} from "./flags.ts";
import { layerSizes } from "./model.ts";
import { CONFIG_FLAG, type Parsed, readJsonObject } from "./options.ts";
import { whenLost } from "./output.ts";
import { PROGRAM } from "./program.ts";
import { print, printJson, say } from "./report.ts";
import { resultsOf } from "./results.ts";
import { RunFolder } from "./run_folder.ts";
import { listenForSignals } from "./signals.ts";
import {
  columnOf,
  listed,
  type NamedTable,
  readTable,
  recordsOf,
  sha256OfTable,
  splitRows,
  TABLE_FLAGS,
  type TableSource,
  type Task,
  taskOf,
} from "./table.ts";
import { measured, measuresText } from "./table_measures.ts";
import { OPTIMIZERS } from "./train_flags.ts";

export type Model = Classifier | Regressor;

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

export type TableValues = TableSource &
  Given<{
    target: string;
    inputs: readonly string[];
    task: Task | "auto";
    missing: "refuse" | "drop" | "mean" | "mostFrequent";
    test: number;
    layers: readonly number[];
    epochs: number;
    batchSize: number;
    optimizer: keyof typeof OPTIMIZERS;
    learningRate: number;
    validation: number;
    patience: number;
    seed: number;
    dtype: FloatType;
    build: Build;
    out: string;
    force: boolean;
    report: boolean;
    config: string;
    json: boolean;
    quiet: boolean;
  }>;

const MISSING = ["refuse", "drop", "mean", "mostFrequent"] as const;
const DEFAULT_TEST = 0.2;

export const TABLE_TRAIN_FLAGS: FlagsOf<TableValues> = {
  ...section("table", {
    ...TABLE_FLAGS,
    target: named("COLUMN", "what is to be predicted: the name of a column, or its position from 0"),
    inputs: {
      placeholder: "COLUMN,…",
      about: "the columns that are learned from (all others that can be)",
      parse: (text: string) => text.split(",").map((part) => part.trim()),
    },
    task: word(
      "TASK",
      ["auto", "classification", "regression"],
      "auto, classification or regression (auto: words and a few integers are classes)",
    ),
    missing: word("M", MISSING, `rows with missing inputs: ${MISSING.join(", ")} (refuse)`),
    test: real(
      "a number from 0 to below 1",
      (x) => x >= 0 && x < 1,
      `share of the rows that is kept for the test, by the seed (${DEFAULT_TEST})`,
    ),
    validation: real(
      "a number between 0 and 1",
      (x) => x > 0 && x < 1,
      "share of the other rows that decides when to stop (0.2)",
    ),
  }),
  ...section("model", {
    layers: sizes("64,64", 1, "sizes of the hidden layers (by the number of rows)"),
    seed: whole(0, "0 to 4294967295: rows of the test, weights and minibatches (0)", 2 ** 32 - 1),
    dtype: word("T", ["float32", "float64"], "float32 or float64 (float32)"),
    build: word("B", ["simd", "relaxed", "debug", "js"], "kernels (simd)"),
  }),
  ...section("training", {
    epochs: whole(1, "the most passes over the rows (by the number of rows)"),
    batchSize: whole(1, "rows in a step (by the number of rows)"),
    optimizer: word("NAME", Object.keys(OPTIMIZERS) as (keyof typeof OPTIMIZERS)[], "(adamW, its rate falling to 0)"),
    learningRate: positive("(that of the optimizer)"),
    patience: whole(1, "stops after so many epochs without a better validation loss"),
  }),
  ...section("run and output", {
    out: named("DIR", "the run's folder: model, history, configuration (a new folder under runs/)"),
    force: toggle("replaces the run that is in the folder of --out"),
    report: toggle("figures as SVG and report.html, one page with all of them, in the run's folder"),
    config: CONFIG_FLAG,
    json: toggle("one JSON object a line on standard output"),
    quiet: toggle("no progress"),
  }),
};

/** What is not a property of the run, and so not in its config.json. */
const PASSING: ReadonlySet<string> = new Set(["out", "force", "report", "config", "json", "quiet"]);

export const trainTableCommand: Command = command<TableValues>({
  name: "train",
  about:
    "Trains a network on a table: which columns are numbers and which are categories is found out; both are scaled, and the model's\n" +
    "file keeps how. Without --csv or --npz, `train` is for images.",
  usage: "train --csv FILE --target COLUMN [options]",
  flags: TABLE_TRAIN_FLAGS,
  examples: [
    "lanegrad train --csv iris.csv --target species",
    "lanegrad train --csv houses.csv --target price --missing mean --report --out runs/houses",
    "lanegrad train --npz data.npz --target y --task regression",
  ],
  run: trainTable,
});

async function trainTable({ values }: Parsed<TableValues>): Promise<number> {
  const interruption = listenForSignals();
  whenLost((reason) => interruption.interrupt(1, `standard output: ${reason}`));
  const { out, force, config, seed = 0, test: share = DEFAULT_TEST, build = "simd", json, quiet } = values;
  if (force && out === undefined) throw new UsageError("--force: replaces the run in the folder of --out");
  if (out !== undefined && !force) checkNewFolder(out, config);
  const table = await readTable(values);
  const target = targetOf(table, values.target);
  const inputs = values.inputs?.map((column) => columnOf(table, column, "--inputs"));
  const { task = "auto" } = values;
  const known = task === "auto" ? taskOf(table.rows.map((row) => row[target])) : task;
  const parts = await splitRows(table, { target, task: known, share, seed });

  const { missing } = values;
  fitPreprocessing(recordsOf(parts.train), {
    task: known,
    target,
    ...(inputs && { inputs }),
    ...(missing && { missing }),
  }); // before a folder is made
  using engine = await Engine.load({ build });
  using run = await RunFolder.create({ out, force, config, keep: 1 }, say);
  await run.configure({
    ...configOf(values, { target: table.names[target], task: known }),
    dataSha256: sha256OfTable(table),
  });
  const opening = [
    `lanegrad ${version()}: ${known} of ${table.names[target]} in ${relativePath(table.file)}, seed ${seed}`,
    `${parts.train.rows.length} rows to learn from, ${parts.test.rows.length} for the test`,
  ];
  if (!json && !quiet) print(opening);
  const started = performance.now();
  using model = await fitted(known, parts.train, {
    ...{ target, engine, seed, signal: interruption.signal },
    ...optionsOf(values),
    ...(inputs && { inputs }),
    progress({ epoch, epochs, loss, accuracy, validationLoss }) {
      const parts = {
        ...(accuracy !== undefined && { accuracy }),
        ...(validationLoss !== undefined && { validationLoss }),
      };
      if (json) printJson({ type: "epoch", epoch, loss, ...parts });
      const isShown = epoch % Math.ceil(epochs / MOST_LINES) === 0 || epoch === epochs;
      if (!isShown) return;
      const right = accuracy === undefined ? "" : `, accuracy ${(100 * accuracy).toFixed(1)} %`;
      const held = validationLoss === undefined ? "" : `, validation ${validationLoss.toPrecision(4)}`;
      const line = `epoch ${epoch} of at most ${epochs}  loss ${loss.toPrecision(4)}${right}${held}`;
      run.log(line);
      if (!json && !quiet) say(line);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const measures = parts.test.rows.length === 0 ? undefined : await measured(model, parts.test);
  const trained = await measured(model, parts.train);
  const facts = factsOf(values, { table, target, task: known, model, parts });
  const { history } = model;
  const steps = history.losses.length;
  const end = {
    ...{ iterations: steps, seconds, stepsPerSecond: steps / seconds, loss: history.losses.at(-1) ?? null },
    ...endOf("train", trained),
    ...(measures && endOf("test", measures)),
  };
  const files = resultsOf(model.network, { facts, history, end });
  const folder = await run.results(new Map([...files, ["weights.safetensors", model.encode()]]));
  if (json) printJson({ type: "end", folder, ...end });
  else {
    print([
      `${steps} steps in ${seconds.toFixed(1)} s`,
      measures === undefined
        ? `${measuresText(trained)} on the rows that it learned from`
        : `${measuresText(measures)} on the test`,
      `the model is ${quoted(relativePath(join(folder, "weights.safetensors")))}`,
    ]);
  }
  if (values.report)
    await report(folder, {
      model,
      table: parts.test.rows.length > 0 ? parts.test : parts.train,
      target,
      history,
      facts,
      end,
    });
  if (!json && !quiet && interruption.exitCode() === 0) for (const line of nextOf(folder, values)) say(line);
  return folder === run.folder ? interruption.exitCode() : 1;
}

const MOST_LINES = 20;

/** @throws {UsageError} no target, or no column of this name: with those that there are */
function targetOf(table: NamedTable, target: string | undefined): number {
  if (target !== undefined) return columnOf(table, target, "--target");
  throw new UsageError(
    `--target: which column is to be predicted; ${relativePath(table.file)} has ${listed(table.names)}`,
  );
}

type FitOptions = NonNullable<Parameters<typeof classifier>[1]>;

async function fitted(task: Task, table: NamedTable, options: FitOptions): Promise<Model> {
  return await (task === "classification" ? classifier : regressor)(recordsOf(table), options);
}

function optionsOf(values: TableValues): Partial<FitOptions> {
  const { layers, epochs, batchSize, optimizer: kind, learningRate, validation, patience, missing, dtype } = values;
  const facts = kind && OPTIMIZERS[kind];
  const numbers = Object.entries(facts?.hyperparameters ?? {}).map(([name, standard]) => [name, standard.default]);
  const optimizer =
    facts &&
    parseOptimizer({ kind, ...Object.fromEntries(numbers), ...facts.defaults, ...(learningRate && { learningRate }) });
  return {
    ...(layers && { layers }),
    ...(epochs !== undefined && { epochs }),
    ...(batchSize !== undefined && { batchSize }),
    ...(optimizer ? { optimizer } : learningRate !== undefined && { learningRate }),
    ...(validation !== undefined && { validation }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    ...(missing && { missing }),
    ...(dtype && { dtype }),
  };
}

/** What config.json keeps: the flags that were given, with paths that hold anywhere, and what was found out. */
function configOf(values: TableValues, found: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { csv, npz, ...others } = values;
  const kept = Object.entries(others).filter(([key, value]) => value !== undefined && !PASSING.has(key));
  const files = { ...(csv && { csv: resolve(csv) }), ...(npz && { npz: resolve(npz) }) };
  return { lanegrad: version(), ...files, ...Object.fromEntries(kept), ...found };
}

type Found = {
  readonly table: NamedTable;
  readonly target: number;
  readonly task: Task;
  readonly model: Model;
  readonly parts: Awaited<ReturnType<typeof splitRows>>;
};

function factsOf(values: TableValues, { table, target, task, model, parts }: Found): Readonly<Record<string, unknown>> {
  const { lanegrad, csv, npz, ...settings } = configOf(values, { target: table.names[target], task });
  const { inputs } = model.preprocessing;
  return {
    ...{ version: lanegrad, layers: layerSizes(model.network), data: csv ?? npz, ...settings },
    ...(inputs.kind === "columns" && { inputs: inputs.columns.map(({ name, position }) => name ?? position) }),
    ...(inputs.kind === "columns" &&
      inputs.ignored.length > 0 && {
        ignored: inputs.ignored.map(({ name, position, reason }) => `${name ?? position}: ${reason}`),
      }),
    ...{ seed: values.seed ?? 0, trainExamples: parts.train.rows.length, testExamples: parts.test.rows.length },
  };
}

function endOf(part: "train" | "test", { accuracy, regression }: Evaluation): Readonly<Record<string, number>> {
  const { r2, rmse, mae } = regression ?? {};
  return {
    ...(accuracy !== undefined && { [`${part}Accuracy`]: accuracy }),
    ...(r2 !== undefined && { [`${part}R2`]: r2 }),
    ...(rmse !== undefined && { [`${part}Rmse`]: rmse }),
    ...(mae !== undefined && { [`${part}Mae`]: mae }),
  };
}

type Reported = Parameters<typeof import("./table_report.ts").writeTableReport>[1];

async function report(folder: string, parts: Reported): Promise<void> {
  const { writeTableReport } = await import("./table_report.ts");
  try {
    await writeTableReport(folder, parts);
    say(
      `report.html and its figures are in ${relativePath(folder)}: ${pathToFileURL(join(folder, "report.html")).href}`,
    );
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    say(`no report: ${error.message}; later: ${PROGRAM} report ${quoted(relativePath(folder))}`);
  }
}

function nextOf(folder: string, { report: hasReport, csv }: TableValues): string[] {
  const run = quoted(relativePath(folder));
  const rows = csv === undefined ? "rows.csv" : quoted(csv);
  const commands = [
    ...(hasReport ? [] : [["draw its page", `report ${run}`] as const]),
    ["evaluate it", `evaluate ${run}`],
    ["predict rows", `predict ${run} ${rows} --out answers.csv`],
    ["look into it", `inspect ${run}`],
  ] as const;
  return ["next:", ...commands.map(([aim, line]) => `  ${`${aim}:`.padEnd(15)}  ${PROGRAM} ${line}`)];
}

/** Whether arguments, or the configuration that they name, ask for a table. */
export function isForTables(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const words = end === -1 ? args : args.slice(0, end);
  const names = words.map((arg) => arg.split("=", 1)[0] ?? "");
  if (names.includes("--csv") || names.includes("--npz")) return true;
  const at = names.indexOf("--config");
  const [, inline] = /^--config=(.*)/.exec(words[at] ?? "") ?? [];
  const file = at === -1 ? undefined : (inline ?? words[at + 1]);
  if (file === undefined || !existsSync(file)) return false;
  try {
    const config = readJsonObject(file);
    return config["csv"] !== undefined || config["npz"] !== undefined;
  } catch {
    return false; // whoever reads it says what is wrong
  }
}

/** Flags of tables alone. */
export const TABLE_ONLY: readonly string[] = [
  "target",
  "inputs",
  "task",
  "missing",
  "test",
  "delimiter",
  "decimal",
  "header",
].map(flagOf);
