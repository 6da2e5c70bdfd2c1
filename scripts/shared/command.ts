/** What the scripts with flags have in common: usage, help, exit codes. */

/**
 * Runs a script to its exit code: 2 and its help where its flags are wrong, 0 after `--help`.
 *
 * @param read the flags; what it throws is a wrong usage
 */
export async function runCommand<Flags extends { readonly help: boolean }>(
  help: string,
  read: () => Flags,
  run: (flags: Flags) => Promise<number>,
): Promise<number> {
  let flags: Flags;
  try {
    flags = read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    return 2;
  }
  if (!flags.help) return await run(flags);
  process.stdout.write(help);
  return 0;
}

/** @throws {Error} not digits alone, or out of range */
export function wholeOf(flag: string, text: string, low: number, high: number = Number.MAX_SAFE_INTEGER): number {
  if (/^\d+$/.test(text) && Number(text) >= low && Number(text) <= high) return Number(text);
  const range = high === Number.MAX_SAFE_INTEGER ? `${low} on` : `${low} to ${high}`;
  throw new Error(`${flag}: expected an integer from ${range}, found "${text}"`);
}
