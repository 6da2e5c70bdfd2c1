/**
 * Files: read with errors that name them, and written so that a reader finds the whole old file or the whole new one.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, type Stats, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, writeWhole } from "../platform/write_whole.ts";

/** A file cannot be read, or is not what it should be: exit code 1. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(file: string, cause: unknown) {
    super(`${file}: ${reasonOf(cause)}`, { cause });
  }
}

const OTHER_FOLDER = "choose another folder with --out";

/** A folder or file of results cannot be written: exit code 1. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(path: string, cause: unknown, cure: string = OTHER_FOLDER) {
    super(`cannot write to ${path}: ${reasonOf(cause)}; ${cure}`, { cause });
  }
}

/** Why something failed, for the middle of a line. */
export function reasonOf(cause: unknown): string {
  if (typeof cause === "object" && cause !== null && "code" in cause) {
    if (cause.code === "ENOENT") return "no such file or folder";
    if (cause.code === "EISDIR") return "a folder, expected a file";
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** @throws {FileError} it cannot be read */
export function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new FileError(file, error);
  }
}

/** What is at a path; undefined if it does not exist or cannot be reached: opening it reports why. */
export function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether there is a folder of this name. */
export function isFolder(path: string): boolean {
  return statusOf(path)?.isDirectory() === true;
}

/**
 * Makes the folder that a run writes to, and sees that it can be written, before any work is done.
 *
 * @param out the folder, or undefined for a new one under runs/
 * @returns its absolute path
 * @throws {OutputError} it cannot be made or written
 */
export async function makeOutputFolder(out: string | undefined, now: Date): Promise<string> {
  const named = resolve(out ?? join("runs", now.toISOString().slice(0, 19).replaceAll(":", "-")));
  try {
    const folder = out === undefined ? await makeNew(named) : named;
    await makeFolder(folder);
    const probe = join(folder, `.probe-${process.pid}`);
    closeSync(openNew(probe));
    rmSync(probe);
    return folder;
  } catch (error) {
    throw new OutputError(named, error);
  }
}

/** Makes a folder that was not there: of this name, or with a number behind it where that is taken. */
async function makeNew(named: string): Promise<string> {
  await makeFolder(dirname(named));
  for (let n = 1; ; n++) {
    const folder = n === 1 ? named : `${named}-${n}`;
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/**
 * Writes a file whole or not at all, through to the disk.
 *
 * @throws {OutputError} it cannot be written; a file that was there is unchanged
 */
export async function writeFile(file: string, content: string | Uint8Array, cure?: string): Promise<void> {
  try {
    await writeWhole(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  } catch (error) {
    throw new OutputError(file, error, cure);
  }
}

/** A file that was not there: what another run left under this name goes, and no link is followed to a file elsewhere. */
function openNew(file: string): number {
  rmSync(file, { force: true });
  return openSync(file, "wx");
}

/** A path as written from the current folder. */
export function relativePath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" ? "." : near.startsWith("..") ? path : near;
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The folder of the package, or of the clone: where package.json is. */
export function packageRoot(): string {
  return join(dirname(fileURLToPath(import.meta.url)), "../..");
}

/** lanegrad's version. */
export function version(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  return manifest.version;
}
