/** The lock of a run's folder: whose it is, and what is taken over. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OutputError } from "../../src/cli/files.ts";
import { type Lock, lock } from "../../src/cli/lock.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertThrows } from "../support/throws.ts";
import { openBelow, systemError, whileReplaced } from "./faults.ts";

const test = suite("a run's lock");
const parent = makeTemporaryFolder();
/** Linux tells when a process began. */
const TELLS = existsSync("/proc/self/stat");
/** A process that lives as long as the system does. */
const LIVING = 1;
let folders = 0;

type Place = { readonly folder: string; readonly file: string };

/** A new folder, with a lock of this content if there is one. */
function place(content?: string): Place {
  folders += 1;
  const folder = join(parent, String(folders));
  const file = join(folder, "run.lock");
  mkdirSync(folder);
  if (content !== undefined) writeFileSync(file, content);
  return { folder, file };
}

/** The lock, and what would be called at the end of the process, which no longer is. */
function taken(folder: string): Lock & { readonly atExit: () => void } {
  const before = process.listeners("exit");
  const held = lock(folder);
  const added = process.listeners("exit").filter((listener) => !before.includes(listener));
  for (const listener of added) process.off("exit", listener);
  const atExit = () => {
    for (const listener of added) listener.call(process, 0);
  };
  return { ...held, atExit };
}

function refused(content: string): string {
  const { folder, file } = place(content);
  const { message } = assertThrows(() => taken(folder), OutputError, content);
  assert.is(readFileSync(file, "utf8"), content, "it stays");
  assert.equal(readdirSync(folder), ["run.lock"]);
  return message;
}

function takenOver(content: string, wanted: string = own()): void {
  const { folder, file } = place(content);
  taken(folder);
  assert.is(readFileSync(file, "utf8"), wanted, JSON.stringify(content));
  assert.equal(readdirSync(folder), ["run.lock"], "nothing is left of the old one");
}

/** What a process writes: its number, and when it began. */
function own(pid: number = process.pid): string {
  return TELLS ? `${pid} ${beginningOf(pid)}\n` : `${pid}\n`;
}

/** Field 22, counted behind the name, which may have blanks and brackets in it. */
function beginningOf(pid: number): string {
  const [, fields = ""] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  return fields.split(" ")[22 - 3] ?? "";
}

/** The number of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("it says which process has the folder, until that gives it back or ends", () => {
  const { folder, file } = place();
  const held = taken(folder);
  assert.is(readFileSync(file, "utf8"), own());
  assert.is(taken(folder).release(), undefined, "this process may take it again");
  assert.not(existsSync(file));
  held.hold();
  assert.is(readFileSync(file, "utf8"), own(), "and where it has gone, holds it anew");
  held.atExit();
  assert.not(existsSync(file));
});

test("what lives is not disturbed, and the way out is told", () => {
  const message = refused(own(LIVING));
  assert.match(
    message,
    /cannot write to .*: another run writes there \(process 1; if it is none, remove .*run\.lock\)/,
  );
  assert.match(refused(`${LIVING}\n`), "(process 1; if");
  refused(`${LIVING}`);
});

test("what no process can have written, or one that has ended, is taken over", () => {
  for (const content of ["", "\n", "words", "0\n", "-1\n", "1.5\n", "NaN 1\n"]) takenOver(content);
  takenOver(`${endedPid()} 1\n`);
  takenOver(`${endedPid()}\n`);
});

test("a number that another process has got since holds nothing", () => {
  takenOver(`${process.pid}\n`);
  takenOver(`${process.pid} 1\n`);
  if (TELLS) takenOver(`${LIVING} ${Number(beginningOf(LIVING)) + 1}\n`);
});

test("a process that we may not ask lives", () => {
  const kill = process.kill;
  const answering = (code: string, body: () => void) => {
    process.kill = () => {
      throw systemError(code);
    };
    try {
      body();
    } finally {
      process.kill = kill;
    }
  };
  answering("EPERM", () => refused(own(LIVING)));
  if (TELLS) answering("EPERM", () => takenOver(`${LIVING} 0\n`));
  answering("ESRCH", () => takenOver(own(LIVING)));
});

test("a process whose beginning nothing tells holds by its number", () => {
  const kill = process.kill;
  const beyond = 2 ** 22 + 1; // no system numbers its processes so
  process.kill = (pid) => {
    if (pid !== beyond) throw systemError("ESRCH");
    return true;
  };
  try {
    refused(`${beyond} 77\n`);
  } finally {
    process.kill = kill;
  }
});

test("where the system does not tell when a process began, its number alone holds", () => {
  const read = (original: typeof import("node:fs").readFileSync) =>
    ((path: string, encoding: "utf8") => {
      if (path.startsWith("/proc/")) throw systemError("ENOENT");
      return original(path, encoding);
    }) as typeof import("node:fs").readFileSync;
  whileReplaced("readFileSync", read, () => {
    const { folder, file } = place();
    taken(folder);
    assert.is(readFileSync(file, "utf8"), `${process.pid}\n`);
    refused(`${LIVING}\n`);
    takenOver(`${endedPid()}\n`, `${process.pid}\n`);
  });
});

test("a lock that is held stays where it is", () => {
  const { folder } = place();
  const held = taken(folder);
  let moves = 0;
  const rename = (original: typeof import("node:fs").renameSync) =>
    ((from: string, to: string) => {
      moves += 1;
      original(from, to);
    }) as typeof import("node:fs").renameSync;
  whileReplaced("renameSync", rename, held.hold);
  assert.is(moves, 0, "for a moment the folder were nobody's");
});

test("what another run has by now is neither held nor given back", () => {
  const { folder, file } = place();
  const held = taken(folder);
  writeFileSync(file, own(LIVING));
  assertThrows(held.hold, OutputError, "another run's");
  held.release();
  assert.is(readFileSync(file, "utf8"), own(LIVING));
  writeFileSync(file, `${endedPid()} 1\n`);
  held.hold();
  assert.is(readFileSync(file, "utf8"), own(), "of one that has ended it is taken back");
});

test("a folder that has gone, or cannot be written, is said where it is held and nothing where it is given back", () => {
  const { folder, file } = place();
  const held = taken(folder);
  rmSync(folder, { recursive: true });
  const { message } = assertThrows(held.hold, OutputError, "gone");
  assert.ok(message.startsWith(`cannot write to ${file}: no such file or folder`), message);
  held.release();
  mkdirSync(file, { recursive: true });
  const { message: unknown } = assertThrows(held.hold, OutputError, "a folder for a lock");
  assert.match(unknown, "(process unknown;");
  held.release();
  assert.ok(existsSync(file));
});

test("a full disk leaves no lock without a content", () => {
  const { folder, file } = place();
  const full = () => () => {
    throw systemError("ENOSPC");
  };
  const error = whileReplaced("writeFileSync", full, () => assertThrows(() => taken(folder), OutputError, "full"));
  assert.match(error.message, "ENOSPC: as the system says it");
  assert.not(existsSync(file));
  const gone = () => () => {
    rmSync(file);
    throw systemError("ENOSPC");
  };
  whileReplaced("writeFileSync", gone, () => assertThrows(() => taken(folder), OutputError, "full, and gone"));
  taken(folder);
  assert.equal(openBelow(folder), []);
});

test("of two processes that find the lock of one that has ended, one gets the folder", () => {
  const { folder, file } = place(`${endedPid()} 1\n`);
  /** The other one takes it over between the look and the move. */
  let races = 0;
  const rename = (original: typeof import("node:fs").renameSync) =>
    ((from: string, to: string) => {
      races += 1;
      writeFileSync(file, own(LIVING));
      original(from, to);
    }) as typeof import("node:fs").renameSync;
  whileReplaced("renameSync", rename, () => assertThrows(() => taken(folder), OutputError, "the other one's"));
  assert.is(races, 1);
  assert.is(readFileSync(file, "utf8"), own(LIVING), "its lock is put back");
  assert.equal(readdirSync(folder), ["run.lock"]);
});

test("a lock that another process moves away first is no failure", () => {
  const { folder, file } = place(`${endedPid()} 1\n`);
  const rename = (original: typeof import("node:fs").renameSync) =>
    ((from: string, to: string) => {
      rmSync(file, { force: true });
      original(from, to);
    }) as typeof import("node:fs").renameSync;
  whileReplaced("renameSync", rename, () => taken(folder));
  assert.is(readFileSync(file, "utf8"), own());
});

test("where another lock comes each time that one is moved away, it gives up; where one no longer does, it is taken", () => {
  const dead = `${endedPid()} 1\n`;
  const { folder, file } = place(dead);
  let attempts = 0;
  const opening = (most: number) => (original: typeof import("node:fs").openSync) =>
    ((path: string, flags: string) => {
      if (path === file && flags === "wx") {
        attempts += 1;
        if (attempts <= most) writeFileSync(file, dead);
      }
      return original(path, flags);
    }) as typeof import("node:fs").openSync;
  const error = whileReplaced("openSync", opening(1000), () =>
    assertThrows(() => taken(folder), OutputError, "every time"),
  );
  assert.match(error.message, `(process ${dead.split(" ")[0]};`);
  const most = attempts;
  assert.ok(most > 1 && most < 10, `${most} attempts`);
  attempts = 0;
  whileReplaced("openSync", opening(most - 1), () => taken(folder));
  assert.is(readFileSync(file, "utf8"), own());
});

test.run();
