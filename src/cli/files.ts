/**
 * Files: read with errors that name them, and written so that a reader finds the whole old file or the whole new one.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

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

/** Whether there is a folder of this name. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Makes the folder that a run writes to, and sees that it can be written, before any work is done.
 *
 * @param out the folder, or undefined for a new one under runs/
 * @returns its absolute path
 * @throws {OutputError} it cannot be made or written
 */
export function makeOutputFolder(out: string | undefined, now: Date): string {
  const folder = resolve(out ?? newName(join("runs", now.toISOString().slice(0, 19).replaceAll(":", "-"))));
  try {
    makeFolder(folder);
    const probe = join(folder, `.probe-${process.pid}`);
    closeSync(openNew(probe));
    rmSync(probe);
    return folder;
  } catch (error) {
    throw new OutputError(folder, error);
  }
}

/** Makes a folder and those above it. Where that fails on a file system that is read-only, Node says of it that it is not there. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(folder);
  }
}

/** The name, or with a number behind it where it is taken. */
function newName(folder: string): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? folder : `${folder}-${n}`;
    if (!existsSync(name)) return name;
  }
}

/**
 * Writes a file whole or not at all: a temporary file beside it, flushed, then renamed.
 *
 * @throws {OutputError} it cannot be written; a file that was there stands as it was
 */
export function writeWhole(file: string, content: string | Uint8Array, cure?: string): void {
  const part = `${file}.part-${process.pid}`;
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const descriptor = openNew(part);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
  } catch (error) {
    try {
      rmSync(part);
    } catch {} // its folder has gone, and so has it
    throw new OutputError(file, error, cure);
  }
}

/** A file that was not there: what another run left under this name goes, and no link is followed to a file elsewhere. */
function openNew(file: string): number {
  rmSync(file, { force: true });
  return openSync(file, "wx");
}

/** A path as a person who stands in the current folder would write it. */
export function shown(path: string): string {
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
