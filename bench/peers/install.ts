/** The engines' packages live in this folder alone, and are installed when they are first needed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Installs what the lockfile names, unless that has been done; says so, and also when it fails. */
export function installPeers(): void {
  const [lockfile, installed] = ["package-lock.json", "node_modules/.package-lock.json"].map((file) =>
    join(FOLDER, file),
  ) as [string, string];
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.error("installing the engines to compare with (npm ci in bench/peers, about 220 MB) …");
  try {
    execFileSync("npm", ["ci"], {
      cwd: FOLDER,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
  } catch (error) {
    console.error(`npm ci in bench/peers failed: ${firstLine((error as { stderr?: Buffer }).stderr)}`);
  }
}

/** The version of a package, as this folder's package.json pins it; of lanegrad, its own. */
export function versionOf(name: string): string {
  if (name === "lanegrad") return manifestIn("../..").version ?? "";
  return manifestIn(".").dependencies[name] ?? "";
}

type Manifest = { readonly version?: string; readonly dependencies: Readonly<Record<string, string>> };

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(FOLDER, folder, "package.json"), "utf8")) as Manifest;
}

function firstLine(text: Buffer | undefined): string {
  return (
    text
      ?.toString()
      .split("\n")
      .find((line) => line.includes("error")) ?? "npm could not be started"
  );
}
