/**
 * Results on disk, written so that a reader finds the whole old file or the whole new one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";

/** A folder or file of results cannot be written: exit code 1. */
export class OutputError extends Error {
  override readonly name = "OutputError";

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot write to ${path}: ${reason}; choose another folder with --out`, { cause });
  }
}

/**
 * Makes the folder that a run writes to, and sees that it can be written, before any work is done.
 *
 * @param out the folder, or undefined for a new one under runs/
 * @returns its absolute path
 * @throws {OutputError} it cannot be made or written
 */
export function makeOutputFolder(out: string | undefined, now: Date): string {
  const folder = resolve(out ?? join("runs", now.toISOString().slice(0, 19).replaceAll(":", "-")));
  try {
    mkdirSync(folder, { recursive: true });
    const probe = join(folder, `.probe-${process.pid}`);
    closeSync(openSync(probe, "w"));
    rmSync(probe);
    return folder;
  } catch (error) {
    throw new OutputError(folder, error);
  }
}

/**
 * Writes a file whole or not at all: a temporary file beside it, flushed, then renamed.
 *
 * @throws {OutputError} it cannot be written; a file that was there stands as it was
 */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const part = `${file}.part-${process.pid}`;
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const descriptor = openSync(part, "w");
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new OutputError(file, error);
  }
}
