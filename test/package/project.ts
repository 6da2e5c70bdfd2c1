/**
 * The package as others get it: built, packed, and installed from the tarball into throw-away folders.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { firstOf } from "./first_program.ts";
import { GOLDEN_FILE } from "./golden.ts";
import { npm, ROOT } from "./tools.ts";

/** What npm says of a tarball. */
export type Tarball = { readonly path: string; readonly packedBytes: number; readonly unpackedBytes: number };

type NpmPack = { readonly filename: string; readonly size: number; readonly unpackedSize: number };

/** Builds the package and packs it. */
export function pack(): Tarball {
  const folder = temporaryFolder();
  npm(["run", "build"], ROOT);
  const [packed] = JSON.parse(
    npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], ROOT),
  ) as NpmPack[];
  if (packed === undefined) throw new Error("npm pack wrote no tarball");
  return { path: join(folder, packed.filename), packedBytes: packed.size, unpackedBytes: packed.unpackedSize };
}

/** A project that has the tarball, and nothing else, as a dependency. */
export function projectWith(tarball: Tarball): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", tarball.path], folder);
  return folder;
}

/** The same project once more, with the programs in it, and the golden table as golden.json. */
export function copyWithPrograms(project: string): string {
  const folder = temporaryFolder();
  cpSync(project, folder, { recursive: true });
  const programs = join(ROOT, "test/package/programs");
  cpSync(programs, folder, { recursive: true });
  const { code } = transformSync(readFileSync(join(programs, "golden.ts"), "utf8"), { loader: "ts" });
  writeFileSync(join(folder, "golden.js"), code); // what the test suite runs as TypeScript
  cpSync(GOLDEN_FILE, join(folder, "golden.json"));
  writeFileSync(join(folder, "first.js"), firstOf("ts"));
  return folder;
}

/** The same packages in a project as `npm init -y` makes it, with the README's first program as JavaScript and as TypeScript. */
export function copyWithFirst(project: string): string {
  const folder = temporaryFolder();
  npm(["init", "-y"], folder);
  cpSync(join(project, "node_modules"), join(folder, "node_modules"), { recursive: true });
  for (const name of ["first.mjs", "first.mts"]) writeFileSync(join(folder, name), firstOf("ts"));
  return folder;
}

/** Removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-package-"));
  if (folders.length === 0) process.on("exit", removeFolders);
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
