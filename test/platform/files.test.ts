/** What is asked of the system, in which order, and what happens where it refuses. */
import { promises } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename, join } from "node:path";
import zlib from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { files, gunzip, inflateRaw, readBytes } from "../../src/platform/node.ts";
import { gzip, ramp, rejection, withFolder } from "../data/files.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("files");

const { mkdir: makeFolder, open } = promises;
const { gunzipSync, inflateRawSync } = zlib;
type File = Awaited<ReturnType<typeof open>>;

/** Runs `body` while functions of Node are others. */
async function withNode(change: () => void, body: () => Promise<void>): Promise<void> {
  change();
  syncBuiltinESMExports();
  try {
    await body();
  } finally {
    Object.assign(promises, { mkdir: makeFolder, open });
    Object.assign(zlib, { gunzipSync, inflateRawSync });
    syncBuiltinESMExports();
  }
}

function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: as a test wants it`), { code });
}

const store = files!;
const CAN_OPEN_FOLDERS = process.platform !== "win32";

/** Opened files tell what is done with them. */
function openAnd(told: string[], change: (file: File, name: string) => void = () => {}): void {
  promises.open = async (...args) => {
    const file = await open(...args);
    const name = basename(String(args[0])).replace(/\..*\.part$/, ".part");
    for (const [verb, method] of Object.entries({ write: "writeFile", sync: "sync", close: "close" })) {
      const call = Reflect.get(file, method) as (...operands: unknown[]) => Promise<void>;
      const telling = (...operands: unknown[]) => {
        told.push(`${verb} ${name}`);
        return Reflect.apply(call, file, operands);
      };
      Reflect.set(file, method, telling);
    }
    change(file, name);
    return file;
  };
}

test("names in a folder are told, of a missing one none; what is missing is removed already", async () => {
  await withFolder({ a: ramp(1), b: ramp(2) }, async (folder) => {
    assert.equal([...(await store.names(folder))].sort(), ["a", "b"]);
    assert.equal(await store.names(join(folder, "none")), []);
    assert.match(String(await rejection(store.names(join(folder, "a")))), /ENOTDIR/);
    await store.remove(folder, "a");
    await store.remove(folder, "a");
    await store.remove(join(folder, "none"), "a");
    assert.equal(await readdir(folder), ["b"]);
  });
});

test("bytes are on the disk before they have their name, and the name before a write is done", async () => {
  await withFolder({}, async (folder) => {
    const told: string[] = [];
    await withNode(
      () => openAnd(told),
      () => store.write(folder, "digits", ramp(9)),
    );
    const parent = basename(folder);
    const ofFolder = CAN_OPEN_FOLDERS ? [`sync ${parent}`, `close ${parent}`] : [];
    assert.equal(told, ["write digits.part", "sync digits.part", "close digits.part", ...ofFolder]);
    assert.equal(new Uint8Array(await readFile(join(folder, "digits"))), ramp(9));
  });
});

test("a folder that cannot be synced, as on some systems, is left to them; any other failure is told", async () => {
  for (const code of ["EISDIR", "EPERM", "EINVAL", "ENOTSUP", "EIO"]) {
    await withFolder({}, async (folder) => {
      const told: string[] = [];
      const fail = (file: File, name: string) => {
        if (name === basename(folder)) file.sync = () => Promise.reject(refusal(code));
      };
      let error: unknown;
      await withNode(
        () => openAnd(told, fail),
        async () => {
          error = await store.write(folder, "digits", ramp(9)).catch((reason: unknown) => reason);
        },
      );
      if (!CAN_OPEN_FOLDERS) return;
      assert.is((error as { code?: string } | undefined)?.code, code === "EIO" ? code : undefined);
      assert.is(told.at(-1), `close ${basename(folder)}`);
    });
  }
});

test("a file that fails to be written is closed and removed; one that was never made is not missed", async () => {
  await withFolder({}, async (folder) => {
    const told: string[] = [];
    const fail = (file: File) => {
      file.writeFile = () => Promise.reject(refusal("ENOSPC"));
    };
    await withNode(
      () => openAnd(told, fail),
      async () => assert.match(String(await rejection(store.write(folder, "digits", ramp(9)))), /ENOSPC/),
    );
    assert.equal(told, ["close digits.part"]);
    const never = () => {
      promises.open = () => Promise.reject(refusal("EMFILE"));
    };
    await withNode(never, async () => {
      assert.match(String(await rejection(store.write(folder, "digits", ramp(9)))), /EMFILE/);
    });
    assert.equal(await readdir(folder), []);
  });
});

test("where Node says that a folder to be made is not there, the system is asked why", async () => {
  for (const [code, why] of [
    ["ENOENT", /EROFS/],
    ["EACCES", /EACCES/],
  ] as const) {
    const refuse = () => {
      promises.mkdir = ((_: string, options?: { recursive: boolean }) =>
        Promise.reject(refusal(options?.recursive ? code : "EROFS"))) as unknown as typeof makeFolder;
    };
    await withNode(refuse, async () => {
      assert.match(String(await rejection(store.write("/none", "digits", ramp(9)))), why);
    });
  }
});

test("a file that holds less than it says is read as far as it goes, and closed", async () => {
  await withFolder({ file: ramp(100) }, async (folder) => {
    const told: string[] = [];
    const stopAt30 = (file: File) => {
      const { read } = file;
      file.read = ((block: Uint8Array, offset: number, length: number) =>
        Reflect.apply(read, file, [block, offset, Math.min(length, 30 - offset), null])) as unknown as typeof read;
    };
    await withNode(
      () => openAnd(told, stopAt30),
      async () => assert.equal(await readBytes(join(folder, "file"), 100), ramp(30)),
    );
    assert.equal(told, ["close file"]);
  });
});

test("why a file cannot be read is told, with the system's own error", async () => {
  await withFolder({}, async (folder) => {
    await mkdir(join(folder, "sub"));
    assert.equal(await readBytes(join(folder, "sub"), 9), { kind: "unreadable", reason: "a folder, not a file" });
    await writeFile(join(folder, "file"), "1");
    await withNode(
      () => {
        promises.open = () => Promise.reject(refusal("EMFILE"));
      },
      async () => {
        const fault = await readBytes(join(folder, "file"), 9);
        assert.ok(fault !== undefined && "kind" in fault && fault.kind === "unreadable");
        assert.match(fault.reason, "EMFILE: as a test wants it");
        assert.is((fault.cause as { code?: string }).code, "EMFILE");
      },
    );
  });
});

test("a runtime whose zlib does not tell how much it has read is refused", async () => {
  const buffer = Buffer.from([1]);
  const engine = { bytesWritten: 9 };
  const results = [
    ...[undefined, "a word", null, 5, {}, buffer, { buffer }, { engine }],
    ...[
      { buffer: "a word", engine },
      { buffer, engine: null },
      { buffer, engine: 5 },
      { buffer, engine: undefined },
    ],
    ...[
      { buffer, engine: {} },
      { buffer, engine: { bytesWritten: "9" } },
    ],
  ];
  for (const [i, result] of results.entries()) {
    const lie = () => void Object.assign(zlib, { gunzipSync: () => result, inflateRawSync: () => result });
    await withNode(lie, async () => {
      const reason = "this runtime's zlib does not tell how much it has read";
      assert.equal(await gunzip(gzip(ramp(1)), 9), { kind: "gzip", reason }, `${i}`);
      assert.is((await assertRejects(() => inflateRaw(ramp(1), 9), Error, `${i}`)).message, reason);
    });
  }
});

test.run();
