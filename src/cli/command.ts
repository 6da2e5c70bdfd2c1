/**
 * A subcommand, and how it is run: its arguments read, its errors said in one line, its exit code found.
 *
 *   0 done    1 something went wrong    2 wrong usage    129, 130, 143 ended by SIGHUP, by Ctrl-C, by SIGTERM
 */
import { pathToFileURL } from "node:url";
import { LanegradError, OptionError } from "lanegrad";
import { FileError, OutputError } from "./files.ts";
import { type Flags, type FlagsOf, UsageError } from "./flags.ts";
import { helpText, type Page, type Parsed, parse } from "./options.ts";
import { quitWhenLost } from "./output.ts";
import { PROGRAM } from "./program.ts";
import { visible } from "./visible.ts";

/** A subcommand whose flags have been forgotten: what `main` deals with. */
export type Command = {
  readonly name: string;
  /** What --help prints, which may depend on the arguments. */
  readonly page: (args: readonly string[]) => Page;
  readonly execute: (args: readonly string[]) => Promise<number>;
};

export type CommandParts<V> = Omit<Page, "flags"> & {
  readonly name: string;
  readonly flags: FlagsOf<V>;
  /** How many operands there may be, at least and at most. */
  readonly operands?: readonly [least: number, most: number];
  /** Does it, and gives the exit code. */
  readonly run: (parsed: Parsed<V>) => Promise<number>;
};

/** Makes a subcommand of its parts. */
export function command<V>(parts: CommandParts<V>): Command {
  const { name, flags, operands: [least, most] = [0, 0], run } = parts;
  return {
    name,
    page: () => ({ ...parts, flags: flags as Flags }),
    async execute(args) {
      const parsed = parse<V>(flags, args);
      const { operands } = parsed;
      if (operands.length > most) throw new UsageError(`unexpected argument ${operands[most]}`);
      if (operands.length < least) throw new UsageError(`an argument is missing: ${PROGRAM} ${parts.usage}`);
      return await run(parsed);
    },
  };
}

/** Runs a subcommand to its exit code, which the process then has. */
export async function runCommand({ name, page, execute }: Command, args: readonly string[]): Promise<void> {
  quitWhenLost();
  try {
    if (asksForHelp(args)) process.stdout.write(helpText(page(args)));
    else process.exitCode = await execute(args);
  } catch (error) {
    process.exitCode = fail(name, error, args.includes("--debug"));
  }
}

/** Whether a file is what Node was started with. */
export function isScript(address: string): boolean {
  return address === pathToFileURL(process.argv[1] ?? "").href;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

/** One line for a person, and the exit code: 2 for wrong usage, 1 for what else went wrong. */
export function fail(name: string, error: unknown, withStack: boolean): 1 | 2 {
  const isUsage = error instanceof UsageError || error instanceof OptionError;
  const isExpected =
    isUsage || error instanceof LanegradError || error instanceof FileError || error instanceof OutputError;
  const message = error instanceof Error ? error.message : String(error);
  const line = `${name}: ${message}${error instanceof UsageError ? "; --help lists the flags" : ""}`;
  process.stderr.write(`${visible(withStack && error instanceof Error ? (error.stack ?? line) : line)}\n`);
  if (!isExpected && !withStack) process.stderr.write("this is a defect: --debug shows where\n");
  return isUsage ? 2 : 1;
}
