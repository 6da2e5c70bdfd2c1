/** Runs one of the project's scripts as a user would: another process, its output, its exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each piece of output, for scripts that are talked to while they run. */
  readonly onOutput?: (text: string, child: ChildProcess) => void;
};

const LIMIT_MILLISECONDS = 60_000;

/** Runs a TypeScript file of the project to its end. */
export function runScript(
  file: string,
  args: readonly string[],
  { environment = {}, onOutput }: RunOptions = {},
): Promise<Ended> {
  const flags = process.execArgv.filter((flag) => flag.startsWith("--experimental-wasm")); // what the relaxed build needs
  return runNode([...flags, "--import", "tsx", join(ROOT, file), ...args], ROOT, { environment, onOutput });
}

/** Runs Node with these arguments to its end. */
export function runNode(
  args: readonly string[],
  cwd: string,
  { environment = {}, onOutput }: { [K in keyof RunOptions]: RunOptions[K] | undefined } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT_MILLISECONDS,
    });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        onOutput?.(text, child);
      });
    }
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** A folder of its own for a test, removed when the process ends. */
export function makeTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-"));
  removeAtExit(folder);
  return folder;
}

const leftovers: string[] = [];

/** Removes a folder when the process ends. */
export function removeAtExit(folder: string): void {
  if (leftovers.length === 0) {
    process.on("exit", () => {
      for (const each of leftovers) rmSync(each, { recursive: true, force: true });
    });
  }
  leftovers.push(folder);
}
