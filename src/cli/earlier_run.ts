/** What is in a folder before a run writes to it: the files of an earlier run, which it would replace, and which run that was. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isFolder, OutputError, quoted, relativePath, statusOf } from "./files.ts";
import { UsageError } from "./flags.ts";
import { readJsonObject } from "./options.ts";
import { PROGRAM } from "./program.ts";
import { percent } from "./report.ts";

const CHECKPOINT = /^checkpoint-(\d+)\.safetensors$/;
/** What a run writes, but for its lock. */
const WRITTEN = new RegExp(
  [
    "^(config\\.json|log\\.txt|history\\.json|history\\.csv|network\\.json|weights\\.safetensors",
    "best\\.safetensors|checkpoint-\\d+\\.safetensors(\\.aside)?",
    "report\\.html|(loss|accuracy|confusion|weights|mistakes|predictions|residuals)\\.svg)$",
  ].join("|"),
);
/** Of a run that ended before its first checkpoint: nothing that took work. */
const BEFORE_WORK: ReadonlySet<string> = new Set(["config.json", "log.txt"]);
const MOST_NAMES = 3;

/**
 * The names of a run's files in a folder.
 *
 * @throws {OutputError} it cannot be read
 */
export function runFilesIn(folder: string): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (WRITTEN.test(entry.name) && !entry.isDirectory() ? [entry.name] : [])).sort();
  } catch (error) {
    throw new OutputError(relativePath(folder), error);
  }
}

/**
 * Refuses a folder that cannot be a new run's: a file, or a folder with an earlier run. A run that ended before its first
 * checkpoint is no reason, nor are files of other names, which no run touches.
 *
 * @param config the file of `--config`, which may be in the folder
 * @throws {UsageError} with the run that is there, and the cures
 */
export function checkNewFolder(out: string, config: string | undefined): void {
  const folder = resolve(out);
  const status = statusOf(folder);
  if (status === undefined) return;
  if (!status.isDirectory()) throw new UsageError(`--out ${out}: a file, expected a folder`);
  const names = runFilesIn(folder);
  const own = join(folder, "config.json");
  const isOurs = !names.includes("config.json") || isRunConfig(own) || (config !== undefined && isSame(own, config));
  if (isOurs && names.every((name) => BEFORE_WORK.has(name))) return;
  const others = "or choose another folder";
  if (!isOurs && !names.some((name) => CHECKPOINT.test(name))) {
    const some = `${names.slice(0, MOST_NAMES).join(", ")}${names.length > MOST_NAMES ? ", …" : ""}`;
    throw new UsageError(`--out ${out}: a run would replace ${some} there; --force does so, ${others}`);
  }
  const isResumable = names.some((name) => CHECKPOINT.test(name)) && names.includes("config.json");
  const resume = isResumable ? `${PROGRAM} train --resume ${quoted(relativePath(folder))} resumes it, ` : "";
  throw new UsageError(`--out ${out}: holds a run (${runIn(folder)}); ${resume}--force replaces it, ${others}`);
}

/**
 * Refuses the folder of the examples, by any of its names.
 *
 * @throws {UsageError} the folders are one
 */
export function checkNotData(out: string, data: string): void {
  if (isSame(out, data)) throw new UsageError(`--out ${out}: the folder of the examples; choose another folder`);
}

/**
 * Refuses a file that is there, or whose folder is not.
 *
 * @throws {UsageError} it is not to be replaced
 * @throws {OutputError} there is no such folder
 */
export function checkNewFile(output: string, force: boolean | undefined): void {
  const status = statusOf(output);
  if (status === undefined && !isFolder(dirname(output))) {
    throw new OutputError(output, "no such file or folder", "choose another file");
  }
  if (status === undefined || force) return;
  if (status.isDirectory()) throw new UsageError(`${output}: a folder, expected a file`);
  if (status.isFile()) throw new UsageError(`${output}: is there already; --force replaces it, or choose another file`);
}

/** Which run a folder holds, for a person: network, data, how far it came, when, how good it was. */
function runIn(folder: string): string {
  const config = readable(join(folder, "config.json"));
  const history = readable(join(folder, "history.json"));
  const facts = { ...config, ...recordOf(history["configuration"]) };
  const network = Array.isArray(facts["layers"])
    ? facts["layers"].join("-")
    : facts["hidden"] !== undefined && `${facts["hidden"]} hidden units`;
  const data = facts["data"] ?? facts["csv"] ?? facts["npz"] ?? facts["dataset"] ?? "bundled";
  const end = recordOf(history["end"]);
  const accuracy = end["testAccuracy"];
  return [
    network || "of an unknown network",
    data === "bundled" ? "the bundled digits" : `data ${data === "mnist" ? "MNIST" : data}`,
    progressIn(folder, facts, history),
    dateIn(folder),
    typeof accuracy === "number" && `test accuracy ${percent(accuracy)}`,
  ]
    .filter((part) => part !== false)
    .join(", ");
}

type Json = Readonly<Record<string, unknown>>;

function progressIn(folder: string, facts: Json, { end, losses, outcome }: Json): string {
  const saved = readdirSync(folder).map((name) => Number(CHECKPOINT.exec(name)?.[1] ?? 0));
  const made = Array.isArray(losses) && losses.length > 0 ? losses.length : Math.max(0, ...saved);
  const planned = facts["iterations"] ?? facts["steps"];
  const isEnded = typeof end === "object" && end !== null;
  const word = isEnded ? (outcome === "aborted" ? "interrupted" : String(outcome ?? "finished")) : "not finished";
  return `${made}${typeof planned === "number" ? ` of ${planned}` : ""} iterations, ${word}`;
}

/** When something of it was last written: day and time of the clock on the wall. */
function dateIn(folder: string): string {
  const times = runFilesIn(folder).map((name) => statusOf(join(folder, name))?.mtimeMs ?? 0);
  const time = new Date(Math.max(...times));
  const local = new Date(time.getTime() - 60_000 * time.getTimezoneOffset());
  return local.toISOString().slice(0, 16).replace("T", " ");
}

function readable(file: string): Json {
  try {
    return readJsonObject(file);
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function isRunConfig(file: string): boolean {
  return typeof readable(file)["lanegrad"] === "string";
}

/** Whether two paths lead to one file or folder, which may have several names. */
function isSame(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => (existsSync(path) ? realpathSync(path) : resolve(path)));
  return first === second;
}
