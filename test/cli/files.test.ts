/** Files: what is said of those that cannot be read, and that a reader never finds half of one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  FileError,
  isFolder,
  makeOutputFolder,
  OutputError,
  packageRoot,
  quoted,
  readFile,
  reasonOf,
  relativePath,
  version,
  writeFile,
} from "../../src/cli/files.ts";
import { makeTemporaryFolder, ROOT } from "../support/script.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { openBelow, opening, systemError, whilePromised } from "./faults.ts";

const test = suite("files");
const folder = realpathSync(makeTemporaryFolder());
const NOW = new Date(Date.UTC(2026, 10, 25, 4, 5, 6, 789));
let paths = 0;

/** A path that nothing has used yet. */
function newPath(name = ""): string {
  paths += 1;
  return join(folder, `${paths}${name}`);
}

function newFolder(): string {
  const path = newPath();
  mkdirSync(path);
  return path;
}

/** Runs the body in a folder. */
function within<T>(path: string, body: () => T): T {
  const before = process.cwd();
  process.chdir(path);
  const back = () => process.chdir(before);
  let result: T | undefined;
  try {
    result = body();
    return result instanceof Promise ? (result.finally(back) as T) : result;
  } finally {
    if (!(result instanceof Promise)) back();
  }
}

test("why something failed: in words for what the system says often, else as it says it", () => {
  for (const [cause, reason] of [
    [systemError("ENOENT"), "no such file or folder"],
    [systemError("EISDIR"), "a folder, expected a file"],
    [systemError("EACCES"), "EACCES: as the system says it"],
    [new Error("its own words"), "its own words"],
    [{ code: "ENOENT" }, "no such file or folder"],
    [{ code: 7 }, "[object Object]"],
    ["words", "words"],
    [null, "null"],
    [undefined, "undefined"],
  ] as const) {
    assert.is(reasonOf(cause), reason);
  }
});

test("errors say the file, the reason and the cure, and keep the cause", () => {
  const cause = systemError("ENOENT");
  const unread = new FileError("a.json", cause);
  assert.equal([unread.name, unread.message, unread.cause], ["FileError", "a.json: no such file or folder", cause]);
  const unwritten = new OutputError("runs/one", cause);
  assert.is(unwritten.name, "OutputError");
  assert.is(unwritten.cause, cause);
  assert.is(unwritten.message, "cannot write to runs/one: no such file or folder; choose another folder with --out");
  assert.match(new OutputError("x.npz", cause, "choose another file").message, /folder; choose another file$/);
});

test("a file is read whole; one that is not there, or is a folder, is named", () => {
  const file = newPath();
  writeFileSync(file, Uint8Array.of(1, 2, 3));
  assert.equal([...readFile(file)], [1, 2, 3]);
  const missing = newPath();
  assert.is(assertThrows(() => readFile(missing), FileError, "missing").message, `${missing}: no such file or folder`);
  assert.is(assertThrows(() => readFile(folder), FileError, "folder").message, `${folder}: a folder, expected a file`);
  assert.equal([isFolder(folder), isFolder(file), isFolder(missing)], [true, false, false]);
});

test("a run's folder is the one that is named, made with those above it, and left empty", async () => {
  const parent = newFolder();
  const made = await within(parent, () => makeOutputFolder("a/b/c", NOW));
  assert.is(made, join(parent, "a/b/c"));
  assert.equal(readdirSync(made), []);
  writeFileSync(join(made, "kept"), "x");
  assert.is(await makeOutputFolder(made, NOW), made, "it may be there");
  assert.equal(readdirSync(made), ["kept"]);
});

test("without a name it is a new one under runs/, called after the time; a number tells those of a second apart", async () => {
  const parent = newFolder();
  const make = () => makeOutputFolder(undefined, NOW);
  const made = await within(parent, () => Promise.all([make(), make(), make()])); // at once
  const name = join(parent, "runs/2026-11-25T04-05-06");
  assert.equal([...made].sort(), [name, `${name}-2`, `${name}-3`]);
  assert.equal(readdirSync(join(parent, "runs")).length, 3);
});

test("a folder that cannot be made or written is refused before any work is done", async () => {
  const file = newPath();
  writeFileSync(file, "a file");
  const inside = join(file, "inside");
  const { message } = await assertRejects(() => makeOutputFolder(inside, NOW), OutputError, "inside a file");
  assert.ok(
    message.startsWith(`cannot write to ${inside}: `) && message.endsWith("; choose another folder with --out"),
  );
  const taken = newFolder();
  mkdirSync(join(taken, `.probe-${process.pid}`));
  await assertRejects(() => makeOutputFolder(taken, NOW), OutputError, "it takes no new file");
});

test("a file system that is read-only is called so, where Node says first that the folder is not there", async () => {
  const path = newPath();
  const refused = async (first: string, second: string) => {
    const mkdir = () =>
      ((_: string, options?: object) =>
        Promise.reject(systemError(options === undefined ? second : first))) as typeof import("node:fs/promises").mkdir;
    return await whilePromised("mkdir", mkdir, () =>
      assertRejects(() => makeOutputFolder(path, NOW), OutputError, first),
    );
  };
  assert.match((await refused("ENOENT", "EROFS")).message, "EROFS: as the system says it");
  assert.match((await refused("EACCES", "ESECOND")).message, "EACCES: as the system says it");
});

test("the file that is written to see whether it can be follows no link, and does not stay open", async () => {
  const target = newPath();
  writeFileSync(target, "elsewhere");
  const made = newFolder();
  symlinkSync(target, join(made, `.probe-${process.pid}`));
  await makeOutputFolder(made, NOW);
  assert.equal(openBelow(folder), []);
  assert.is(readFileSync(target, "utf8"), "elsewhere");
  assert.equal(readdirSync(made), []);
});

test("text and bytes are written whole over what was there; nothing is left beside them or open", async () => {
  const file = join(newFolder(), "x");
  await writeFile(file, "größer");
  assert.is(readFileSync(file, "utf8"), "größer");
  await writeFile(file, Uint8Array.of(7, 8));
  assert.equal([...readFileSync(file)], [7, 8]);
  await writeFile(file, "");
  assert.is(readFileSync(file, "utf8"), "");
  assert.equal(readdirSync(dirname(file)), ["x"]);
  assert.equal(openBelow(folder), []);
});

test("what is written is flushed before it takes the old file's place, and then its folder is", async () => {
  const parent = newFolder();
  const file = join(parent, "below/x");
  const order: string[] = [];
  const tell = (call: string, path: string) => {
    if (call !== "sync") return;
    const what = path === dirname(file) ? "its folder" : path === parent ? "the folder above" : "the file";
    order.push(`${what}, ${existsSync(file) ? "renamed" : "not renamed"}`);
  };
  const write = () => writeFile(file, "x");
  await whilePromised("open", (original) => opening(original, tell), write);
  assert.equal(order, ["the folder above, not renamed", "the file, not renamed", "its folder, renamed"]);
});

test("what cannot be written leaves the old file and nothing half written, and says the cure", async () => {
  const parent = newFolder();
  const file = join(parent, "x");
  writeFileSync(file, "old");
  const full = (call: string) => {
    if (call === "writeFile") throw systemError("ENOSPC");
  };
  const write = () => assertRejects(() => writeFile(file, "new", "make room"), OutputError, "full");
  const error = await whilePromised("open", (original) => opening(original, full), write);
  assert.is(error.message, `cannot write to ${file}: ENOSPC: as the system says it; make room`);
  assert.is(readFileSync(file, "utf8"), "old");
  assert.equal(readdirSync(parent), ["x"]);
  assert.equal(openBelow(folder), []);
  const unnamed = await assertRejects(() => writeFile(join(file, "inside"), "new"), OutputError, "inside a file");
  assert.match(unnamed.message, /choose another folder with --out$/);
  mkdirSync(join(parent, "folder/full"), { recursive: true });
  await assertRejects(() => writeFile(join(parent, "folder"), "new"), OutputError, "over a folder");
  assert.equal(readdirSync(parent).sort(), ["folder", "x"]);
});

test("a link under the name of what is half written is not followed", async () => {
  const target = newPath();
  writeFileSync(target, "elsewhere");
  const file = newPath();
  const racing = (original: typeof import("node:fs/promises").open) =>
    (async (path: string, flags: string) => {
      if (path.endsWith(".part")) symlinkSync(target, path); // between the choice of its name and the opening
      return await original(path, flags);
    }) as typeof import("node:fs/promises").open;
  const write = () => assertRejects(() => writeFile(file, "new"), OutputError, "a link");
  await whilePromised("open", racing, write);
  assert.is(readFileSync(target, "utf8"), "elsewhere");
});

test("a path is shown from the current folder where it lies in it", () => {
  const parent = newFolder();
  within(parent, () => {
    assert.is(relativePath(parent), ".");
    assert.is(relativePath(join(parent, "runs/one")), "runs/one");
    assert.is(relativePath("runs/one"), "runs/one");
    assert.is(relativePath(folder), folder);
    assert.is(relativePath("/elsewhere/x"), "/elsewhere/x");
  });
});

test("a path is quoted where a shell would take it apart", () => {
  for (const plain of ["runs/one", "a.b-c_d", "x+y:1@2%3", "/r/2026-11-25T04-05-06"]) assert.is(quoted(plain), plain);
  for (const [path, wanted] of [
    ["a b", "'a b'"],
    [" a", "' a'"],
    ["a ", "'a '"],
    ["", "''"],
    ["$HOME", "'$HOME'"],
    ["a;b", "'a;b'"],
    ["it's 'so'", "'it'\\''s '\\''so'\\'''"],
    ["a\nb", "'a\nb'"],
  ] as const) {
    assert.is(quoted(path), wanted);
  }
});

test("the package is where its package.json is", () => {
  assert.is(resolve(packageRoot()), resolve(ROOT));
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  assert.is(version(), manifest.version);
});

test.run();
