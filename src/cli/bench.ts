/** `lanegrad bench`: the repository's benchmarks, with whatever flags they have. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./command.ts";
import { packageRoot } from "./files.ts";
import { say } from "./report.ts";

export const benchCommand: Command = {
  name: "bench",
  page: {
    about:
      "Measures every kernel family against the machine's peak and plain JavaScript. Flags are the benchmarks' own.",
    usage: "bench [options]",
    flags: {},
    examples: ["lanegrad bench", "lanegrad bench --filter gemm"],
  },
  execute: bench,
};

async function bench(args: readonly string[]): Promise<number> {
  const script = join(packageRoot(), "bench/index.ts");
  if (!existsSync(script)) {
    say("the benchmarks are in lanegrad's repository: npm run bench there");
    return 1;
  }
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], { stdio: "inherit", cwd: packageRoot() });
  return await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve(code ?? 1));
  });
}
