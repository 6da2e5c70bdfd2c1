/**
 * One run at a time writes to a folder: `run.lock` says which process does.
 *
 *   12345 6789012    its number and, where the system tells (Linux), when it began
 *
 * What a process that has ended left behind is taken over, also when another process has got its number since.
 */
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OutputError, relativePath } from "./files.ts";

const NAME = "run.lock";

export type Lock = {
  /**
   * Sees that the folder is still this process's, and takes it again where the lock has gone.
   *
   * @throws {OutputError} another run has it by now, or it cannot be written
   */
  readonly hold: () => void;
  readonly release: () => void;
};

/**
 * Takes the folder for this process, until it ends or `release` is called.
 *
 * @throws {OutputError} another run, which lives, has it
 */
export function lock(folder: string): Lock {
  const file = join(folder, NAME);
  const own = contentFor(process.pid);
  take(file, own, folder);
  const release = () => {
    try {
      if (contentOf(file) === own) rmSync(file);
    } catch {} // the folder cannot be written any more; the next run sees that this process has ended
  };
  process.on("exit", release);
  return { hold: () => take(file, own, folder), release };
}

function take(file: string, own: string, folder: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    const found = contentOf(file);
    if (found === own) return;
    if (found !== undefined && isHeld(found)) throw new OutputError(relativePath(folder), taken(found, file));
    if (found !== undefined) setAside(file, found);
    create(file, own);
  }
  const found = contentOf(file);
  if (found !== own) throw new OutputError(relativePath(folder), taken(found ?? "", file));
}

function taken(content: string, file: string): string {
  const [pid = ""] = content.trim().split(" ");
  return `another run writes there (process ${pid || "unknown"}; if it is none, remove ${relativePath(file)})`;
}

/** Writes the file unless there is one. */
function create(file: string, content: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "wx");
    writeFileSync(descriptor, content);
  } catch (error) {
    if (descriptor !== undefined) rmSync(file, { force: true }); // a full disk takes a name and no content
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw new OutputError(file, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether the process lives. One that we may not ask does. */
function isHeld(content: string): boolean {
  const pid = Number(content.split(" ")[0]);
  if (!Number.isInteger(pid) || pid < 1) return false;
  if (pid === process.pid) return false; // ours is not written yet: another process had the number before us
  const isSame = !content.includes(" ") || beginningOf(pid) === undefined || contentFor(pid) === content;
  try {
    process.kill(pid, 0);
    return isSame;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM" && isSame;
  }
}

function contentFor(pid: number): string {
  const beginning = beginningOf(pid);
  return `${pid}${beginning === undefined ? "" : ` ${beginning}`}\n`;
}

/** When a process began, in ticks since the system did: the 22nd field of /proc/PID/stat. Its 2nd, in brackets, is a name. */
function beginningOf(pid: number): string | undefined {
  const text = contentOf(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}

/** Moves a lock out of the way; where another process has been quicker and it is no longer the one that was read, back. */
function setAside(file: string, content: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (contentOf(aside) !== content) linkSync(aside, file);
  } catch {} // another process has moved it: the next attempt sees
  rmSync(aside, { force: true });
}
