import { execFileSync } from "node:child_process";
import { promises } from "node:fs";
import { appendFile, mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { cache, readBytes } from "../../src/platform/node.ts";
import { ramp, rejection, withFolder } from "../data/files.ts";

const test = suite("node");

test("reads a whole file, by path and by URL", async () => {
  await withFolder({ "some file": ramp(1000), empty: ramp(0) }, async (folder) => {
    const path = join(folder, "some file");
    assert.equal(await readBytes(path, 1000), ramp(1000));
    assert.equal(await readBytes(pathToFileURL(path).href, 1000), ramp(1000));
    assert.equal(await readBytes(join(folder, "empty"), 1000), ramp(0));
    await symlink(path, join(folder, "link"));
    assert.equal(await readBytes(join(folder, "link"), 1000), ramp(1000));
  });
});

test("what is not there is undefined", async () => {
  await withFolder({ file: ramp(1) }, async (folder) => {
    assert.is(await readBytes(join(folder, "nothing"), 9), undefined);
    assert.is(await readBytes(join(folder, "no", "folder"), 9), undefined);
    assert.is(await readBytes(join(folder, "file", "below"), 9), undefined);
  });
});

test("a file above the limit is refused before it is read", async () => {
  await withFolder({ large: ramp(10) }, async (folder) => {
    const path = join(folder, "large");
    assert.is(((await readBytes(path, 10)) as Uint8Array).length, 10);
    assert.equal(await readBytes(path, 9), { kind: "too-large", limit: 9 });
    await truncate(path, 2 ** 33);
    const before = process.memoryUsage().arrayBuffers;
    assert.equal(await readBytes(path, 10), { kind: "too-large", limit: 10 });
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
  });
});

test("folders, pipes and broken addresses are unreadable, and do not hang", async () => {
  await withFolder({}, async (folder) => {
    const pipe = join(folder, "pipe");
    const hasPipes = process.platform !== "win32";
    if (hasPipes) execFileSync("mkfifo", [pipe]);
    for (const location of [folder, ...(hasPipes ? [pipe] : []), "file://elsewhere/x", "a\0b"]) {
      const fault = await readBytes(location, 9);
      assert.ok(fault !== undefined && "kind" in fault && fault.kind === "unreadable", location);
    }
  });
});

test("a file that changes while it is read is refused, not half of each", async () => {
  const changes: Readonly<Record<string, (file: string) => Promise<void>>> = {
    "cut short": (file) => truncate(file, 1000),
    longer: (file) => appendFile(file, ramp(10)),
    "longer, its time put back": async (file) => {
      await appendFile(file, ramp(10));
      await utimes(file, 1e9, 1e9);
    },
    "other bytes in place": (file) => writeFile(file, new Uint8Array(5000).fill(1), { flag: "r+" }),
  };
  const { open } = promises;
  for (const [name, change] of Object.entries(changes)) {
    for (const moment of ["before it is open", "when it is open", "when it has been read"]) {
      await withFolder({ file: new Uint8Array(5000) }, async (folder) => {
        const path = join(folder, "file");
        await utimes(path, 1e9, 1e9);
        let isDone = false;
        const at = async (now: string) => {
          if (now === moment) {
            await change(path);
            isDone = true;
          }
        };
        promises.open = async (...args) => {
          await at("before it is open");
          const source = await open(...args);
          const { read } = source;
          source.read = (async (...into: Parameters<typeof read>) => {
            await at("when it is open");
            const result = await Reflect.apply(read, source, into);
            await at("when it has been read");
            return result;
          }) as typeof read;
          return source;
        };
        syncBuiltinESMExports();
        try {
          const outcome = await readBytes(path, 1e6);
          assert.ok(isDone);
          const isEarly = name === "other bytes in place" && moment === "before it is open";
          const changed = { kind: "unreadable", reason: "it changed while it was read" };
          if (isEarly) assert.equal(new Set(outcome as Uint8Array), new Set([1]));
          else assert.equal(outcome, changed, `${name} ${moment}`);
        } finally {
          promises.open = open;
          syncBuiltinESMExports();
        }
      });
    }
  }
});

function store(): NonNullable<typeof cache> {
  if (cache === undefined) throw new Error("expected a cache in Node");
  return cache;
}

test("writes a whole file into a folder that it makes, and leaves nothing beside it", async () => {
  await withFolder({}, async (folder) => {
    const deep = join(folder, "a", "b");
    await store().write(deep, "digits", ramp(1000));
    assert.equal(await readdir(deep), ["digits"]);
    assert.equal(new Uint8Array(await readFile(join(deep, "digits"))), ramp(1000));
  });
});

test("replaces a file at once: a reader sees the old bytes or the new ones", async () => {
  await withFolder({ digits: new Uint8Array(100_000).fill(1) }, async (folder) => {
    const writes = Array.from({ length: 20 }, (_, i) =>
      store().write(folder, "digits", new Uint8Array(100_000).fill(i)),
    );
    const written = Promise.all(writes);
    for (let i = 0; i < 50; i++) {
      const seen = await readFile(join(folder, "digits"));
      assert.is(seen.length, 100_000);
      assert.ok(seen.every((byte) => byte === seen[0]));
    }
    await written;
    assert.equal(await readdir(folder), ["digits"]);
  });
});

test("an aborted or failed write leaves no trace", async () => {
  await withFolder({ digits: ramp(3) }, async (folder) => {
    const reason = new Error("enough");
    const late = new AbortController();
    const writing = store().write(folder, "digits", ramp(9), late.signal);
    late.abort(reason);
    assert.is(await rejection(writing), reason);
    assert.is(await rejection(store().write(folder, "digits", ramp(9), AbortSignal.abort(reason))), reason);
    assert.equal(await readdir(folder), ["digits"]);
    assert.equal(new Uint8Array(await readFile(join(folder, "digits"))), ramp(3));

    await mkdir(join(folder, "taken"));
    await writeFile(join(folder, "taken", "by"), "something");
    await rejection(store().write(folder, "taken", ramp(9)));
    assert.equal((await readdir(folder)).sort(), ["digits", "taken"]);
  });
});

test.run();
