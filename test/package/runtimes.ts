/** The package in runtimes without a page. */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Found } from "./outcome.ts";
import { ROOT, toolFile } from "./tools.ts";

/** A way to run a file; undefined where this machine has no such runtime. */
export type Runtime = {
  readonly name: string;
  readonly command: string | undefined;
  readonly args: readonly string[];
  /** What it takes to run TypeScript. */
  readonly forTypes: readonly string[];
};

const LIMIT_MILLISECONDS = 120_000;

export function runtimes(): Runtime[] {
  const installed = (
    name: string,
    path: string,
    args: readonly string[] = [],
    forTypes: readonly string[] = [],
  ): Runtime => {
    const command = toolFile(path);
    return { name, command: existsSync(command) ? command : undefined, args, forTypes };
  };
  const node = (version: number, ...forTypes: readonly string[]) =>
    installed(`Node ${version}`, `node-${version}/bin/node`, [], forTypes);
  return [
    node(20, join(ROOT, "node_modules/tsx/dist/cli.mjs")),
    node(22, "--experimental-strip-types"),
    node(24),
    node(26),
    installed("Bun", "@oven/bun-linux-x64/bin/bun"),
    installed("Deno", "@deno/linux-x64-glibc/deno", ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"]),
  ];
}

/** Runs a program of a project, and reads the JSON that it prints last; of the README's first program, what it prints. */
export function runProgram({ command, args, forTypes }: Runtime, project: string, program: string): Promise<Found> {
  return new Promise((resolve) => {
    const parameters = [...args, ...(program.endsWith(".mts") ? forTypes : []), program, join(ROOT, "data")];
    const options = { cwd: project, timeout: LIMIT_MILLISECONDS, encoding: "utf8" } as const;
    execFile(command ?? "", parameters, options, (error, stdout, stderr) => {
      if (error !== null) resolve({ failure: firstError(stderr) ?? error.message });
      else resolve(program.startsWith("first.") ? { printed: stdout } : parsed(stdout));
    });
  });
}

/** Compiles the README's first program with the configuration that a compiler writes for a new project, and runs it. */
export async function compiledFirst(compiler: string, folder: string): Promise<Found> {
  rmSync(join(folder, "first.mjs"));
  try {
    for (const args of [["--init"], []]) {
      execFileSync(process.execPath, [toolFile(`${compiler}/bin/tsc`), ...args], { cwd: folder, encoding: "utf8" });
    }
  } catch (error) {
    return { failure: `${(error as { stdout?: string }).stdout ?? error}` };
  }
  return runProgram({ name: "Node", command: process.execPath, args: [], forTypes: [] }, folder, "first.mjs");
}

function parsed(stdout: string): Found {
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Found;
  } catch {
    return { failure: `printed ${JSON.stringify(stdout)}` };
  }
}

function firstError(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error/i.test(line)) ?? lines[0];
}
