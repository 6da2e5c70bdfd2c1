/** Runtimes, bundlers and checkers, in a folder of their own under node_modules/.cache: `npm ci` of the project stays light. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const HERE = join(ROOT, "test/package");
const CACHE = join(ROOT, "node_modules/.cache/lanegrad-package");

/** Installs what the lockfile names, unless that is there. */
export function installTools(): void {
  const isInstalled = ["package.json", "package-lock.json"].every(
    (file) => existsSync(join(CACHE, file)) && contentOf(CACHE, file) === contentOf(HERE, file),
  );
  if (isInstalled && existsSync(join(CACHE, "node_modules/.package-lock.json"))) return;
  console.error("installing runtimes, bundlers and checkers, about 1.1 GB, once …");
  mkdirSync(CACHE, { recursive: true });
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) copyFileSync(join(HERE, file), join(CACHE, file));
  npm(["ci", "--prefer-offline"], CACHE);
}

/** A file of a package that is installed there. */
export function toolFile(path: string): string {
  return join(CACHE, "node_modules", path);
}

/** Runs npm; what it prints is shown only when it fails. */
export function npm(args: readonly string[], cwd: string): string {
  return execFileSync("npm", [...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function contentOf(folder: string, file: string): string {
  return readFileSync(join(folder, file), "utf8");
}
