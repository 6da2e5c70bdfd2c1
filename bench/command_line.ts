/** What the benchmarks' command lines have in common. */
import { type ParseArgsConfig, parseArgs } from "node:util";

type Flags = NonNullable<ParseArgsConfig["options"]>;

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The flags by name.
 *
 * @throws {UsageError} an unknown flag, or one without its value
 */
export function readFlags<const T extends Flags>(options: T): ReturnType<typeof parseArgs<{ options: T }>>["values"] {
  try {
    return parseArgs({ options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [message = "wrong usage"] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(message);
  }
}

/**
 * What has exactly the name that is asked for, else all whose names contain it.
 *
 * @throws {UsageError} there is none
 */
export function chosen<T extends { readonly name: string }>(all: readonly T[], filter: string): readonly T[] {
  const exact = all.filter(({ name }) => name === filter);
  const found = exact.length > 0 ? exact : all.filter(({ name }) => name.includes(filter));
  if (found.length === 0) throw new UsageError(`--filter: no name contains "${filter}"`);
  return found;
}

/** Runs a command; wrong usage becomes one line, the usage and exit code 2. */
export async function runCommand(usage: string, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n${usage}` : error);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
