/**
 * The reference of the API: `tsx scripts/docs/reference.ts build|check`.
 *
 *   build   checks, then writes pages into build/api, which work from any folder, with no server and no network
 *   check   what is not documented, errors that comments do not tell, links that lead nowhere
 *
 * TypeDoc does not run on TypeScript 7, so it and a TypeScript 6 are installed in scripts/docs/reference when they are first needed.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../shared/install.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DOCS = join(ROOT, "scripts/docs/reference");

const [command] = process.argv.slice(2);
if (command === "build" || command === "check") {
  install(DOCS, "what makes the reference (npm ci in scripts/docs/reference, 46 MB)");
  if (command === "check") node([join(ROOT, "node_modules/typescript/bin/tsc"), "-p", DOCS]);
  node(["--import", "tsx", join(DOCS, "index.ts"), command]);
} else {
  console.error("usage: tsx scripts/docs/reference.ts build|check");
  process.exitCode = 2;
}

function node(args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
