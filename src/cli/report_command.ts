/** `lanegrad report`: figures and report.html of a run that has ended, from what it left in its folder. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Engine, type EvaluationRecord, type MnistVariant, type TrainHistory } from "lanegrad";
import { type Command, command } from "./command.ts";
import { DATA_FLAGS, examplesOf, loadDigits, NOT_MNIST, type Source, sha256Of } from "./digits.ts";
import { checkFit } from "./evaluate.ts";
import type { ReportEnd } from "./figures.ts";
import { FileError, isFolder, quoted, relativePath } from "./files.ts";
import { section, toggle } from "./flags.ts";
import { lock } from "./lock.ts";
import { openModel } from "./model.ts";
import { type Parsed, readJsonObject } from "./options.ts";
import { PROGRAM } from "./program.ts";
import { downloadReporter, print, printJson, say } from "./report.ts";
import { TABLE_FLAGS, type TableSource } from "./table.ts";
import { openTableModel } from "./table_measures.ts";
import { readRunTable, tableConfigOf } from "./table_run.ts";

type ReportValues = Source & Pick<TableSource, "csv" | "npz"> & { readonly json?: boolean | undefined };

export const reportCommand: Command = command<ReportValues>({
  name: "report",
  about:
    "Draws a run that has ended: report.html and its figures, in the run's folder, where they replace those of before.",
  usage: "report RUN [options]",
  operands: [1, 1],
  flags: {
    ...section("data", {
      ...DATA_FLAGS,
      data: { ...DATA_FLAGS.data, about: "the run's examples, where they are elsewhere by now: the four MNIST files" },
      csv: { ...TABLE_FLAGS.csv, about: "the run's table, where it is elsewhere by now" },
      npz: { ...TABLE_FLAGS.npz, about: "the same, of arrays" },
    }),
    ...section("output", { json: toggle("one JSON object") }),
  },
  examples: ["lanegrad report runs/one", "lanegrad report runs/one --data ~/mnist"],
  run: report,
});

async function report({ values, operands: [run = ""] }: Parsed<ReportValues>): Promise<number> {
  const { writeReport } = await import("./figures.ts");
  const folder = resolve(run);
  checkEnded(folder);
  const { release } = lock(folder);
  try {
    const { facts, history, end } = readHistory(join(folder, "history.json"));
    const config = readJsonObject(join(folder, "config.json"));
    if (tableConfigOf(folder) !== undefined) {
      await reportTable(folder, { config, facts, history, end }, values);
      return 0;
    }
    const digits = await loadDigits(sourceOf(values, config), downloadReporter(values));
    if (typeof config["dataSha256"] === "string" && config["dataSha256"] !== sha256Of(digits)) {
      throw new FileError(digits.folder, `other examples than those that ${relativePath(folder)} was trained on`);
    }
    using engine = await Engine.load();
    const { net: opened, file } = await openModel(engine, join(folder, "weights.safetensors"), {});
    using net = opened;
    checkFit(net, file, digits.test, examplesOf(digits, "test"));
    const files = await writeReport(folder, { net, history, test: digits.test, facts, end });
    if (digits.note) say(NOT_MNIST);
    tell(folder, files, values);
    return 0;
  } finally {
    release();
  }
}

function tell(folder: string, files: readonly string[], { json }: ReportValues): void {
  if (json) printJson({ folder, files });
  else print([`report.html and its figures are in ${relativePath(folder)}`]);
}

type Config = Readonly<Record<string, unknown>>;

/** Of a run on a table. */
async function reportTable(
  folder: string,
  { config, facts, history, end }: Read & { readonly config: Config },
  values: ReportValues,
): Promise<void> {
  const { csv, npz } = values;
  const { train, test, target } = await readRunTable(config, { csv, npz });
  using engine = await Engine.load();
  const file = join(folder, "weights.safetensors");
  using model = await openTableModel(engine, file);
  if (model === undefined) throw new FileError(relativePath(file), "not the model of a table");
  const { writeTableReport } = await import("./table_report.ts");
  const table = test.rows.length > 0 ? test : train;
  tell(folder, await writeTableReport(folder, { model, table, target, history, facts, end }), values);
}

/** @throws {FileError} there is no run, or it has not ended: a report is of its history and its weights */
function checkEnded(folder: string): void {
  if (!isFolder(folder))
    throw new FileError(relativePath(folder), existsSync(folder) ? "a file, expected a run" : "no such run");
  for (const name of ["config.json", "history.json", "weights.safetensors"]) {
    if (existsSync(join(folder, name))) continue;
    const isRun = existsSync(join(folder, "config.json"));
    const cure = `${PROGRAM} train --resume ${quoted(relativePath(folder))} may end it`;
    throw new FileError(
      relativePath(folder),
      isRun ? `no ${name}: the run has not ended; ${cure}` : `no run: ${name} is missing`,
    );
  }
}

/** The examples that the flags name, or the run's configuration. */
function sourceOf({ data, dataset, variant }: Source, config: Readonly<Record<string, unknown>>): Source {
  const recorded = typeof config["variant"] === "string" ? (config["variant"] as MnistVariant) : undefined;
  if (data !== undefined || dataset !== undefined) return { data, dataset, variant };
  return {
    data: typeof config["data"] === "string" ? config["data"] : undefined,
    dataset: config["dataset"] === "mnist" ? "mnist" : undefined,
    variant: variant ?? recorded,
  };
}

type Read = {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly history: TrainHistory;
  readonly end: ReportEnd | undefined;
};

/** @throws {FileError} it is not a history of a run */
function readHistory(file: string): Read {
  const { configuration: facts, end, ...history } = readJsonObject(file);
  const { losses, evaluations, epochs } = history;
  const isList = Array.isArray(losses) && losses.every((loss) => typeof loss === "number" || loss === null);
  const isOfRun = isRecord(facts) && Array.isArray(facts["layers"]);
  if (!isList || !isRecords(evaluations) || !isRecords(epochs) || !isOfRun) {
    throw new FileError(relativePath(file), "expected the history of a run");
  }
  const read = { ...history, evaluations: evaluations.map(measured) } as unknown as TrainHistory;
  return { facts, history: read, end: isEnd(end) ? end : undefined };
}

/** JSON has null for what was not finite: it is not drawn. */
function measured(record: Readonly<Record<string, unknown>>): EvaluationRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as EvaluationRecord;
}

function isEnd(value: unknown): value is ReportEnd {
  if (!isRecord(value)) return false;
  return ["seconds", "stepsPerSecond"].every((key) => typeof value[key] === "number");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRecords(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) && value.every(isRecord);
}
