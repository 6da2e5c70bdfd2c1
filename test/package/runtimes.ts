/** The package in runtimes without a page. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Found } from "./outcome.ts";
import { ROOT, toolFile } from "./tools.ts";

/** A way to run a file; undefined where this machine has no such runtime. */
export type Runtime = {
  readonly name: string;
  readonly command: string | undefined;
  readonly args: readonly string[];
};

const LIMIT_MILLISECONDS = 120_000;

export function runtimes(): Runtime[] {
  const installed = (name: string, path: string, args: readonly string[] = []): Runtime => {
    const command = toolFile(path);
    return { name, command: existsSync(command) ? command : undefined, args };
  };
  return [
    ...["20", "22", "24", "26"].map((version) => installed(`Node ${version}`, `node-${version}/bin/node`)),
    installed("Bun", "@oven/bun-linux-x64/bin/bun"),
    installed("Deno", "@deno/linux-x64-glibc/deno", ["run", "--allow-all", "--no-lock", "--node-modules-dir=manual"]),
  ];
}

/** Runs a program of a project, and reads the JSON that it prints last; of the README's first program, what it prints. */
export function runProgram({ command, args }: Runtime, project: string, program: string): Promise<Found> {
  return new Promise((resolve) => {
    const parameters = [...args, program, join(ROOT, "data")];
    const options = { cwd: project, timeout: LIMIT_MILLISECONDS, encoding: "utf8" } as const;
    execFile(command ?? "", parameters, options, (error, stdout, stderr) => {
      if (error !== null) resolve({ failure: firstError(stderr) ?? error.message });
      else resolve(program === "first.mjs" ? { printed: stdout } : parsed(stdout));
    });
  });
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
