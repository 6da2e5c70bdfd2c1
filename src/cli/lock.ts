/**
 * One run at a time writes to a folder: `run.lock` holds its process's number. What a process that has ended left behind is
 * taken over.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OutputError, shown } from "./files.ts";

const NAME = "run.lock";

/**
 * Takes the folder for this process, until it ends or `release` is called.
 *
 * @throws {OutputError} another run, which lives, has it
 */
export function lock(folder: string): { readonly release: () => void } {
  const file = join(folder, NAME);
  const own = `${process.pid}\n`;
  for (let attempt = 0; attempt < 3 && !create(file, own); attempt++) {
    const found = contentOf(file);
    if (found !== undefined && isHeld(found)) throw new OutputError(shown(folder), taken(found, file));
    if (found !== undefined) setAside(file, found);
  }
  if (contentOf(file) !== own) throw new OutputError(shown(folder), taken(contentOf(file) ?? "", file));
  const release = () => {
    if (contentOf(file) === own) rmSync(file, { force: true });
  };
  process.on("exit", release);
  return { release };
}

function taken(content: string, file: string): string {
  return `another run writes there (process ${content.trim() || "unknown"}; if it is none, remove ${shown(file)})`;
}

/** Whether the file is new, and so ours. */
function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new OutputError(file, error);
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
  const pid = Number(content);
  if (!Number.isInteger(pid) || pid < 1) return false;
  if (pid === process.pid) return false; // ours is not written yet: another process had the number before us
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Moves a lock out of the way; where another process has been quicker and it is no longer the one that was read, back. */
function setAside(file: string, content: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (contentOf(aside) !== content) linkSync(aside, file);
  } catch {} // somebody else has moved it: the next attempt sees
  rmSync(aside, { force: true });
}
