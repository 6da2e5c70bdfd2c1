/**
 * Reads a command line, and a configuration file under it, by a table of flags; and writes the page that --help prints.
 */
import { readFileSync } from "node:fs";
import { nearest } from "../nearest.ts";
import { FileError } from "./files.ts";
import { type Flag, type Flags, type FlagsOf, flagOf, named, UsageError } from "./flags.ts";
import { calledHere, PROGRAM } from "./program.ts";

/** What every command understands. */
const COMMON_FLAGS: ReadonlySet<string> = new Set(["--help", "-h", "--debug"]);

/** A parsed command line. */
export type Parsed<V> = {
  readonly values: V;
  /** Positional arguments: files, folders. */
  readonly operands: readonly string[];
  /** The keys that the command line itself has, without those of the configuration file. */
  readonly given: ReadonlySet<string>;
};

/** Keys of a configuration file that are not flags: what a run has written about itself. */
const REMARKS: ReadonlySet<string> = new Set(["lanegrad", "dataSha256"]);
/** Flags that no configuration file has. */
const NOT_IN_FILES: ReadonlySet<string> = new Set(["config", "resume", "force"]);

/** The flag for such a file. */
export const CONFIG_FLAG: Flag<string> = named(
  "FILE",
  "flags as JSON, such as a run's config.json; flags given here come before them",
);

/**
 * Reads the arguments.
 *
 * @throws {UsageError} an unknown flag, a value outside its range, an unknown key of the configuration file
 * @throws {FileError} the configuration file cannot be read
 */
export function parse<V>(table: FlagsOf<V>, args: readonly string[]): Parsed<V> {
  const flags = table as Flags;
  const { texts, operands } = split(flags, args);
  const values = new Map<string, unknown>();
  for (const [key, text] of texts) values.set(key, flags[key]?.parse(text, flagOf(key)));
  const given = new Set(texts.keys());
  const config = values.get("config");
  const merged = typeof config === "string" ? new Map([...readConfig(flags, config), ...values]) : values;
  return { values: Object.fromEntries(merged) as V, operands, given };
}

/** The text of each flag, and the rest. */
function split(flags: Flags, args: readonly string[]): { texts: Map<string, string>; operands: string[] } {
  const keys = new Map(Object.keys(flags).map((key) => [flagOf(key), key]));
  const texts = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      continue;
    }
    const [, name = arg, inline] = /^([^=]*)=([\s\S]*)/.exec(arg) ?? [];
    if (COMMON_FLAGS.has(name)) continue;
    const key = keys.get(name);
    if (key === undefined)
      throw new UsageError(`unknown flag ${name}${suggestion(name, [...keys.keys(), ...COMMON_FLAGS])}`);
    const { placeholder, bare } = flags[key] as Flags[string];
    const next = args[i + 1];
    if (inline !== undefined || placeholder === undefined) {
      texts.set(key, inline ?? "");
    } else if (bare !== undefined) {
      const isValue = next !== undefined && /^\w+=/.test(next);
      texts.set(key, isValue ? next : bare);
      if (isValue) i += 1;
    } else {
      if (next === undefined || /^--\w/.test(next)) throw new UsageError(`${name}: a value is missing: ${placeholder}`);
      texts.set(key, next);
      i += 1;
    }
  }
  return { texts, operands };
}

/** `; did you mean --epochs?`, where there is something near. */
export function suggestion(written: string, words: readonly string[]): string {
  const meant = nearest(written, words);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

/**
 * The values in a configuration file.
 *
 * @throws {FileError} it cannot be read or is not a JSON object
 * @throws {UsageError} an unknown key, or a value that its flag refuses
 */
export function readConfig(flags: Flags, file: string): Map<string, unknown> {
  const keys = Object.keys(flags).filter((key) => !NOT_IN_FILES.has(key));
  const values = new Map<string, unknown>();
  for (const [key, value] of Object.entries(readJsonObject(file))) {
    if (REMARKS.has(key) || value === null) continue;
    if (!keys.includes(key)) throw new UsageError(`${file}: unknown key "${key}"${suggestion(key, keys)}`);
    if (value === false) continue;
    values.set(key, flags[key]?.parse(textOf(value, `${file}: ${key}`), `${file}: ${key}`));
  }
  return values;
}

/** @throws {FileError} it cannot be read or is not a JSON object */
export function readJsonObject(file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new FileError(file, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new FileError(file, "expected a JSON object");
}

/**
 * A value as the command line would have it: a list or an object of words and numbers, or one of these.
 *
 * @throws {UsageError} nested more deeply
 */
function textOf(value: unknown, name: string): string {
  if (Array.isArray(value)) return value.map((part) => wordOf(part, name)).join(",");
  if (typeof value !== "object" || value === null) return wordOf(value, name);
  return Object.entries(value)
    .map(([key, amount]) => `${key}=${wordOf(amount, name)}`)
    .join(",");
}

function wordOf(value: unknown, name: string): string {
  if (typeof value !== "object" || value === null) return String(value);
  throw new UsageError(`${name}: expected words or numbers, found a list or an object within another`);
}

const COLUMN = 25;
const WIDTH = 110;

/** What --help prints. */
export type Page = {
  readonly about: string;
  readonly usage: string;
  readonly flags: Flags;
  readonly examples: readonly string[];
};

/** The page for one command. */
export function helpText({ about, usage, flags, examples }: Page): string {
  const sections = new Map<string, string[]>();
  const put = (section: string, flag: string, text: string) => {
    sections.set(section, [...(sections.get(section) ?? []), ...entry(flag, text)]);
  };
  for (const [key, { placeholder, about: text, section = "options" }] of Object.entries(flags)) {
    put(section, placeholder === undefined ? flagOf(key) : `${flagOf(key)} ${placeholder}`, text);
  }
  const last = [...sections.keys()].at(-1) ?? "options";
  put(last, "--debug", "show the stack of an error");
  put(last, "--help", "this page");
  const tables = [...sections].map(([title, lines]) => `${title}\n${lines.join("\n")}`);
  const parts = [about, `usage: ${PROGRAM} ${usage}`, ...tables];
  if (examples.length > 0) parts.push(`examples\n${examples.map((line) => `  ${calledHere(line)}`).join("\n")}`);
  return `${parts.join("\n\n")}\n`;
}

/** A flag in its column and its text next to it, in as many lines as it needs. */
function entry(flag: string, text: string): string[] {
  const lines: string[] = [];
  for (const part of text.split(" ")) {
    const line = lines.at(-1);
    if (line === undefined || line.length + part.length + 1 > WIDTH - COLUMN - 2) lines.push(part);
    else lines[lines.length - 1] = `${line} ${part}`;
  }
  const head = `  ${flag}`;
  const indented = lines.map((line) => `  ${" ".repeat(COLUMN - 2)}${line}`);
  if (head.length > COLUMN - 1) return [head, ...indented];
  return [`${head.padEnd(COLUMN)}${lines[0] ?? ""}`, ...indented.slice(1)];
}
