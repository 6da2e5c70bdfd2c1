/**
 * Writes a file whole or not at all, and durably; for Node alone. The library, its downloads and the command line write by it.
 *
 *   write FILE.….part → flush it → rename it to FILE → flush the folder
 */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { PART_SUFFIX } from "./types.ts";

/**
 * Writes a file, in a folder that is made where it is missing. A reader finds the whole old file or the whole new one; when it
 * returns, the new one outlives a crash of the system.
 *
 * @throws {Error} the system's: it cannot be written, or the signal was aborted; the old file is unchanged, nothing else is left
 */
export async function writeWhole(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const folder = dirname(path);
  await makeFolder(folder);
  // In the same folder, because a rename is atomic only within one file system.
  const partial = `${path}.${crypto.randomUUID()}${PART_SUFFIX}`;
  try {
    await writeThrough(partial, bytes);
    signal?.throwIfAborted();
    await rename(partial, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {}); // its folder has gone, and so has it
    throw error;
  }
}

/**
 * Makes a folder and those above it.
 *
 * @throws {Error} the system's
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = resolve(path); made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  } catch (error) {
    // Node calls a file system that is read-only missing: a second call reports the actual error.
    if (codeOf(error) !== "ENOENT") throw error;
    await mkdir(path);
  }
}

/** Writes, and returns when the bytes are on the disk: renamed before that, a crash could leave an empty file. */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const target = await open(path, "wx"); // follows no link
  try {
    await target.writeFile(bytes);
    await target.sync();
  } finally {
    await target.close();
  }
}

/** A file's new name is on the disk when its folder is. Some systems cannot open folders; theirs is on the way. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!UNSUPPORTED.has(codeOf(error))) throw error;
  }
}

const UNSUPPORTED: ReadonlySet<unknown> = new Set(["EACCES", "EISDIR", "EPERM", "EINVAL", "ENOTSUP"]);

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
