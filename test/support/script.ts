/** Runs one of the project's scripts as a user would: another process, its output, its exit code. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOf } from "./bundle.ts";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  /** Translated and bundled first, as by default, or by tsx as it runs, which takes longer. */
  readonly from?: "bundle" | "sources";
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each piece of output, for scripts that are talked to while they run. */
  readonly onOutput?: (text: string, child: ChildProcess) => void;
};

/** A process that prints nothing for so long has failed; one that works takes as long as the machine needs. */
const LIMIT_SECONDS = 600;

/** Runs a TypeScript file of the project to its end. */
export async function runScript(
  file: string,
  args: readonly string[],
  { environment = {}, onOutput, from = "bundle" }: RunOptions = {},
): Promise<Ended> {
  const flags = process.execArgv.filter((flag) => flag.startsWith("--experimental-wasm")); // what the relaxed build needs
  const program = await programOf(join(ROOT, file), from);
  return await runNode([...flags, ...program, ...args], ROOT, { environment, onOutput });
}

/** Runs Node with these arguments to its end. */
export function runNode(
  args: readonly string[],
  cwd: string,
  { environment = {}, onOutput }: { [K in keyof RunOptions]: RunOptions[K] | undefined } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return endOfProcess(child, onOutput);
}

/**
 * What a process prints, and how it ends; `onOutput` is called with each piece of output.
 *
 * @throws {Error} (rejects) it cannot be started, or prints nothing for ten minutes: it is killed then
 */
export function endOfProcess(
  child: ChildProcess,
  onOutput?: (text: string, child: ChildProcess) => void,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    let timer: NodeJS.Timeout | undefined;
    const listen = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        child.kill("SIGKILL");
        const said = `${child.spawnargs.join(" ")}\n${output.stdout}${output.stderr}`;
        reject(new Error(`timed out after ${LIMIT_SECONDS} s without output: ${said}`));
      }, 1000 * LIMIT_SECONDS);
    };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (text: string) => {
        listen();
        output[stream] += text;
        onOutput?.(text, child);
      });
    }
    listen();
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...output });
    });
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
