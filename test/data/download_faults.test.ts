/** Downloads whose process is killed or stopped, mirrors that lie about a length, and a disk without room. */
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fetchFiles } from "../../src/data/mirrors.ts";
import type { RemoteFile } from "../../src/data/proof.ts";
import { DownloadError } from "../../src/errors.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { type Answer, withServer } from "../platform/server.ts";
import { programOf } from "../support/bundle.ts";
import { ROOT } from "../support/script.ts";
import { gzip, rejection, withFolder } from "./files.ts";

const test = suite("download faults");

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 2654435761) >>> 24);
const ARCHIVE = gzip(CONTENT);
const IMAGES: readonly RemoteFile[] = [
  { name: "images", bytes: CONTENT.length, sha256: createHash("sha256").update(CONTENT).digest("hex") },
];

const right: Answer = (_, response) => {
  response.writeHead(200, { "content-length": ARCHIVE.length }).end(ARCHIVE);
};

type Downloader = { readonly folder: string; readonly stallMilliseconds: number; readonly mirrors: readonly string[] };

/** A process that downloads again and again; `onLine` hears what it prints. Resolves when it has ended. */
async function download({ folder, stallMilliseconds, mirrors }: Downloader, onLine: Listener): Promise<void> {
  const program = await programOf(join(ROOT, "test/data/downloader.ts"));
  return await new Promise((resolve, reject) => {
    const args = [folder, String(stallMilliseconds), JSON.stringify(IMAGES), ...mirrors];
    const child = spawn(process.execPath, [...program, ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.trim().split("\n")) onLine(line, (signal) => child.kill(signal));
    });
    child.on("error", reject).on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve();
      else reject(new Error("the downloader ended by itself"));
    });
  });
}

type Listener = (line: string, kill: (signal: NodeJS.Signals) => void) => void;

/** How often a process is killed; LANEGRAD_KILLS=200 for many. */
const KILLS = Number(process.env["LANEGRAD_KILLS"] ?? 4);

test(`killed ${KILLS} times while it downloads: what is there is whole, and the next download has the rest`, async () => {
  await withServer(right, async (mirror) => {
    await withFolder({}, async (folder) => {
      const random = new RandomState(KILLS);
      for (let kill = 0; kill < KILLS; kill++) {
        let isTimed = false;
        await download({ folder, stallMilliseconds: 5000, mirrors: [mirror] }, (_, stop) => {
          if (!isTimed) setTimeout(() => stop("SIGKILL"), 40 * random.rand());
          isTimed = true;
        });
        const names = (await readdir(folder)).filter((name) => !name.endsWith(".part"));
        for (const name of names) assert.equal(new Uint8Array(await readFile(join(folder, name))), ARCHIVE, name);
        await fetchFiles(IMAGES, { folder, mirrors: [mirror] });
        assert.equal(new Uint8Array(await readFile(join(folder, "images.gz"))), ARCHIVE);
      }
    });
  });
});

test("a process that was stopped for longer than a mirror may be silent goes on with what has come meanwhile", async () => {
  const half = ARCHIVE.length >> 1;
  const asked: (string | undefined)[] = [];
  let sendRest = (): void => {};
  const answer: Answer = (request, response) => {
    asked.push(request.url);
    if (request.url?.startsWith("/second")) return right(request, response);
    response.writeHead(200, { "content-length": ARCHIVE.length });
    response.write(ARCHIVE.subarray(0, half));
    sendRest = () => response.end(ARCHIVE.subarray(half));
  };
  await withServer(answer, async (address) => {
    await withFolder({}, async (folder) => {
      let isStopped = false;
      const mirrors = [`${address}first/`, `${address}second/`];
      await download({ folder, stallMilliseconds: 3000, mirrors }, (line, signal) => {
        if (line === "kept") signal("SIGKILL");
        if (line !== "received" || isStopped) return;
        isStopped = true;
        signal("SIGSTOP");
        sendRest();
        setTimeout(() => signal("SIGCONT"), 4000);
      });
      assert.equal(asked.slice(0, 1), ["/first/images.gz"]);
      assert.not.ok(asked.includes("/second/images.gz"), `${asked}`);
    });
  });
});

test("a mirror that sends more than it announces, or breaks off within a chunk, makes room for the next", async () => {
  const raw =
    (head: string, body: Uint8Array): Answer =>
    ({ socket }) =>
      socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), body]));
  const answers: Readonly<Record<string, readonly [Answer, RegExp]>> = {
    more: [raw("content-length: 1000", ARCHIVE), /broken gzip/],
    fewer: [raw(`content-length: ${ARCHIVE.length + 1}`, ARCHIVE), /terminated|aborted|other side closed/],
    negative: [raw("content-length: -5", ARCHIVE), /fetch failed/],
    chunk: [raw("transfer-encoding: chunked", Buffer.from("ffff\r\nabc")), /terminated|aborted|other side closed/],
  };
  const answer: Answer = (request, response) => {
    const [, mirror = ""] = (request.url ?? "").split("/");
    (answers[mirror]?.[0] ?? right)(request, response);
  };
  await withServer(answer, async (address) => {
    for (const [mirror, [, reason]] of Object.entries(answers)) {
      await withFolder({}, async (folder) => {
        const error = await rejection(fetchFiles(IMAGES, { folder, mirrors: [`${address}${mirror}/`] }));
        assert.ok(error instanceof DownloadError, String(error));
        assert.match(error.attempts[0]?.reason ?? "", reason, mirror);
        assert.equal(await readdir(folder), []);
        await fetchFiles(IMAGES, { folder, mirrors: [`${address}${mirror}/`, `${address}right/`] });
        assert.equal(await readdir(folder), ["images.gz"]);
      });
    }
  });
});

test("a disk without room is an error that says so, and nothing is left there", async () => {
  await withServer(right, async (mirror) => {
    await withFolder({}, async (parent) => {
      const folder = join(parent, "disk");
      await mkdir(folder);
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", folder], { stdio: "pipe" });
      } catch (error) {
        return console.log(`not tested: no file system of its own can be mounted: ${error}`);
      }
      try {
        const error = await rejection(fetchFiles(IMAGES, { folder, mirrors: [mirror] }));
        assert.ok(error instanceof DownloadError);
        assert.equal(error.attempts, [
          { address: `${folder}/images.gz`, reason: "ENOSPC: no space left on device, write" },
        ]);
        assert.match(error.message, "by hand: put images.gz into");
        assert.equal(await readdir(folder), []);
        execFileSync("mount", ["-o", "remount,ro", folder]);
        const readOnly = await rejection(fetchFiles(IMAGES, { folder: join(folder, "deep"), mirrors: [mirror] }));
        assert.match(String(readOnly), /EROFS: read-only file system, mkdir/);
      } finally {
        execFileSync("umount", [folder]);
      }
    });
  });
});

test.run();
