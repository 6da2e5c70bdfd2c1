/** No name from a file, a folder, a mirror or a request leads out of the folder that it belongs to. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downloadMnist } from "../../src/data/download.ts";
import { DownloadError, OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { crc32 } from "../../src/platform/crc32.ts";
import { CheckpointFolder } from "../../src/train/checkpoints/checkpoint_folder.ts";
import { digitsFolder, lanegrad, newPath, train } from "../cli/lanegrad.ts";
import { startServer } from "../package/server.ts";
import type { Tour } from "../package/tour.ts";
import { withServer } from "../platform/server.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const SECRET = "nobody may read or change this";
const NAMES_OUT = ["../out", "a/../../out", "/out", "\\out", "..\\out", "C:out", "a\0b", "a\nb"];

const test = suite("names that lead elsewhere");

/** A folder with a file beside it that must stay as it is, and may not be read. */
function folderBesideSecret(): { readonly folder: string; readonly secret: string } {
  const above = makeTemporaryFolder();
  const folder = join(above, "folder");
  mkdirSync(folder);
  const secret = join(above, "secret");
  writeFileSync(secret, SECRET);
  return { folder, secret };
}

test("npz: archives with such entries are neither written nor read", async () => {
  const array = { shape: [1], data: Float32Array.of(1) };
  for (const name of NAMES_OUT) {
    assertThrows(() => encodeNpz([{ name, ...array }]), OptionError, name);
    await assertRejects(() => decodeNpz(zipOfOne(`${name}.npy`, encodeNpy(array))), FormatError, name);
  }
  assert.is((await decodeNpz(zipOfOne("a/b.npy", encodeNpy(array))))[0]?.name, "a/b", "the archive itself is read");
});

test("checkpoints: a name within the folder, or none", async () => {
  const { folder } = folderBesideSecret();
  for (const name of ["../secret", "a/b", "..\\secret", "/etc/passwd"]) {
    const error = await assertRejects(() => new CheckpointFolder(folder).read(name), OptionError, name);
    assert.is(error.option, "name");
  }
});

test("mirrors say nothing of where a file goes: nothing is written but what is proved, under its own name", async () => {
  const { folder, secret } = folderBesideSecret();
  const asked: string[] = [];
  const answer: Parameters<typeof withServer>[0] = ({ url = "" }, response) => {
    asked.push(url);
    response.setHeader("content-disposition", `attachment; filename="../secret"`);
    if (asked.length === 1) response.writeHead(302, { location: "/%2e%2e/../secret.gz" }).end();
    else response.end("not what it should be");
  };
  await withServer(answer, async (address) => {
    await assertRejects(() => downloadMnist({ cacheFolder: folder, mirrors: [address] }), DownloadError, "no mirror");
  });
  assert.ok(asked.length >= 2);
  assert.equal(filesUnder(folder), []);
  assert.is(readFileSync(secret, "utf8"), SECRET);
});

test("a run's folder that came with links: results and the log take their places, and what they lead to stays", async () => {
  if (process.platform === "win32") return; // where links need rights of their own
  const { folder, secret } = folderBesideSecret();
  const small = ["--data", digitsFolder(), "--batch-size", "8", "--quiet", "--checkpoint-every", "2"];
  const first = await train([...small, "--iterations", "4", "--out", folder]);
  assert.is(first.code, 0, first.stderr);
  const links = [
    "log.txt",
    "history.json",
    "history.csv",
    "weights.safetensors",
    "network.json",
    "checkpoint-000000006.safetensors",
  ];
  for (const name of links) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(secret, join(folder, name));
  }
  const { code, stderr } = await train([
    "--resume",
    join(folder, "checkpoint-000000004.safetensors"),
    "--iterations",
    "8",
    "--keep",
    "9",
  ]);
  assert.is(readFileSync(secret, "utf8"), SECRET);
  assert.is(code, 0, stderr);
  assert.match(stderr, /log\.txt ends here/);
  for (const name of links.slice(1)) assert.ok(lstatSync(join(folder, name)).isFile(), `${name} is a file of its own`);
});

test("a file's words cannot command a terminal: control characters and changes of direction are written out", async () => {
  const file = newPath(".safetensors");
  const hostile = "\u001b]0;title\u0007\u001b[2J\u009b31m\r\u202etxt";
  const tensor = { name: hostile, shape: [1], data: Float32Array.of(1) };
  writeFileSync(file, encodeSafetensors([tensor], { [hostile]: hostile }));
  for (const args of [
    ["inspect", file],
    ["predict", file, file],
    ["evaluate", hostile],
    [hostile],
    ["train", `--${hostile}`],
  ]) {
    const { stdout, stderr } = await lanegrad(args);
    assert.not.match(stdout + stderr, /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/u, args[0]);
    assert.match(stdout + stderr, /\\u001b/, args[0]);
  }
});

test("the server of pages gives what is in its folders, whatever the form of the path", async () => {
  const { folder } = folderBesideSecret();
  writeFileSync(join(folder, "index.html"), "the page");
  mkdirSync(`${folder}-of-others`);
  writeFileSync(`${folder}-of-others/secret`, SECRET);
  const server = await startServer();
  try {
    server.tour = { pages: [{ name: "x", expectation: "trains", from: { folder } }] } as unknown as Tour;
    const get = (path: string) => statusAndBody(server.origin, path);
    assert.equal(await get("/page/x/"), [200, "the page"]);
    for (const out of ["../secret", "../folder-of-others/secret", "../../../../../../etc/passwd"]) {
      const encoded = [
        out,
        out.replaceAll("/", "%2f"),
        out.replaceAll(".", "%2e"),
        encodeURIComponent(out).replaceAll(".", "%2E"),
      ];
      for (const form of [...encoded, out.replaceAll("/", "\\"), `%00${out}`, `${out}%00`, `/${out}`, `${out}%`]) {
        for (const area of ["/page/x/", "/digits/", "/kernels/"]) {
          const [status, body] = await get(area + form);
          assert.is(status, 404, area + form);
          assert.is(body, "");
        }
      }
    }
  } finally {
    server.close();
  }
});

test.run();

/** A zip archive with one stored entry of any name. */
function zipOfOne(name: string, content: Uint8Array): Uint8Array {
  const letters = new TextEncoder().encode(name);
  const facts = new DataView(new ArrayBuffer(26));
  facts.setUint16(0, 20, true);
  facts.setUint16(2, 2048, true);
  facts.setUint32(10, crc32(content), true);
  facts.setUint32(14, content.length, true);
  facts.setUint32(18, content.length, true);
  facts.setUint16(22, letters.length, true);
  const fields = new Uint8Array(facts.buffer);
  const local = Uint8Array.of(0x50, 0x4b, 3, 4, ...fields, ...letters, ...content);
  const record = Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0, ...fields, ...new Uint8Array(14), ...letters);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  for (const at of [8, 10]) end.setUint16(at, 1, true);
  end.setUint32(12, record.length, true);
  end.setUint32(16, local.length, true);
  return Uint8Array.of(...local, ...record, ...new Uint8Array(end.buffer));
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? entry.name : [],
  );
}

/** Asked for as it is written: fetch would tidy the path up. */
function statusAndBody(origin: string, path: string): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    request({ hostname, port, path }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () => resolve([response.statusCode, body]));
    })
      .on("error", reject)
      .end();
  });
}
