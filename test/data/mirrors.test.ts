/** What one mirror is asked, where it may send to, and what a download leaves behind in its caller. */
import { createHash } from "node:crypto";
import { getEventListeners } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downloadMnist } from "../../src/data/download.ts";
import { fetchFiles } from "../../src/data/mirrors.ts";
import type { RemoteFile } from "../../src/data/proof.ts";
import { DownloadError } from "../../src/errors.ts";
import { withServer } from "../platform/server.ts";
import { assertRejects } from "../support/throws.ts";
import { gzip, ramp, rejection, withFolder } from "./files.ts";

const test = suite("mirrors");

const CONTENT = ramp(200);
const ARCHIVE = gzip(CONTENT);
const FILE: RemoteFile = {
  name: "digits",
  bytes: CONTENT.length,
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
};

type Asked = { readonly address: string; readonly headers: Headers };

/** Mirrors that answer each address as they are told; an address that they are not told of is refused. */
function answering(answers: Readonly<Record<string, () => Response>>): { request: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const request = async (address: string | URL | Request, options?: RequestInit): Promise<Response> => {
    asked.push({ address: String(address), headers: new Headers(options?.headers) });
    return answers[String(address)]?.() ?? new Response(null, { status: 404 });
  };
  return { request, asked };
}

const moved = (location: string) => () => new Response(null, { status: 301, headers: { location } });
const right = () => new Response(ARCHIVE);

/** What the first mirror did wrong; undefined where the file came from it. */
async function problemOf(mirror: string, request: typeof fetch): Promise<string | undefined> {
  const problems: (string | undefined)[] = [];
  await withFolder({}, async (folder) => {
    const error = await fetchFiles([FILE], { folder, mirrors: [mirror], request }).catch((reason: unknown) => reason);
    if (error instanceof DownloadError) problems.push(error.attempts[0]?.reason);
    else if (error !== undefined) throw error;
    else assert.equal(await readdir(folder), ["digits.gz"]);
  });
  return problems[0];
}

test("five redirects are followed, and not a sixth", async () => {
  for (const [count, problem] of [
    [5, undefined],
    [6, "redirects more than 5 times"],
  ] as const) {
    const answers: Record<string, () => Response> = { [`https://a.test/${count}`]: right };
    for (let hop = 1; hop < count; hop++) answers[`https://a.test/${hop}`] = moved(`/${hop + 1}`);
    answers["https://a.test/digits.gz"] = moved("https://a.test/1");
    const { request, asked } = answering(answers);
    assert.is(await problemOf("https://a.test/", request), problem);
    assert.is(asked.length, 6);
  }
});

test("only an answer that redirects is followed, and only where it says to", async () => {
  const start = "http://a.test/digits.gz";
  const placed = answering({ [start]: () => new Response(ARCHIVE, { headers: { location: "https://b.test/" } }) });
  assert.is(await problemOf("http://a.test", placed.request), undefined);
  assert.is(placed.asked.length, 1);
  const lost = answering({ [start]: () => new Response(null, { status: 302 }) });
  assert.is(await problemOf("http://a.test", lost.request), "HTTP 302");
  assert.is(lost.asked.length, 1);
  const secured = answering({ [start]: moved("https://b.test/x"), "https://b.test/x": right });
  assert.is(await problemOf("http://a.test", secured.request), undefined);
});

test("what is asked for is the file as it is, not encoded once more", async () => {
  const { request, asked } = answering({ "https://a.test/digits.gz": right });
  assert.is(await problemOf("https://a.test/", request), undefined);
  assert.is(asked[0]?.headers.get("accept-encoding"), "identity");
});

test("a file of 16 MiB may be announced, and must then come", async () => {
  const headers = { "content-length": String(2 ** 24) };
  const { request } = answering({ "https://a.test/digits.gz": () => new Response(ARCHIVE, { headers }) });
  const problem = `announces ${2 ** 24} bytes but sends ${ARCHIVE.length}`;
  assert.is(await problemOf("https://a.test/", request), problem);
});

test("a mirror may be silent for as long as it was given, not for much longer, and the longest time is a time", async () => {
  await withServer(
    () => undefined,
    async (address) => {
      await withFolder({}, async (folder) => {
        const start = performance.now();
        const options = { folder, mirrors: [address], stallMilliseconds: 600 };
        await assertRejects(() => fetchFiles([FILE], options), DownloadError, "silent");
        const elapsed = performance.now() - start;
        assert.ok(elapsed > 590 && elapsed < 25_000, `${elapsed} ms, with a limit of 600; 30,000 is the default`);
      });
    },
  );
  await withFolder({}, async (folder) => {
    const { request } = answering({ "https://a.test/digits.gz": right });
    await fetchFiles([FILE], { folder, mirrors: ["https://a.test/"], request, stallMilliseconds: 2 ** 31 - 1 });
  });
});

test("a signal is let go of when a download has ended, well or not", async () => {
  const { signal } = new AbortController();
  for (const name of ["digits.gz", "other"]) {
    const { request } = answering({ [`https://a.test/${name}`]: right });
    await withFolder({}, async (folder) => {
      await fetchFiles([FILE], { folder, mirrors: ["https://a.test/"], request, signal }).catch(() => {});
    });
    assert.is(getEventListeners(signal, "abort").length, 0, name);
  }
});

test("files go into the folder that is named, or else into that of $LANEGRAD_CACHE", async () => {
  const before = process.env["LANEGRAD_CACHE"];
  await withFolder({}, async (parent) => {
    const [named, variable] = [join(parent, "named"), join(parent, "variable")];
    try {
      process.env["LANEGRAD_CACHE"] = variable;
      for (const [cacheFolder, wanted] of [
        [{ cacheFolder: named }, named],
        [{}, variable],
      ] as const) {
        await withServer(
          (_, response) => response.writeHead(404).end(),
          async (address) => {
            const call = () => downloadMnist({ ...cacheFolder, mirrors: [address] });
            const { message } = await assertRejects(call, DownloadError, wanted);
            assert.match(message, "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images");
            assert.match(message, ` into ${wanted}, `);
          },
        );
      }
    } finally {
      if (before === undefined) delete process.env["LANEGRAD_CACHE"];
      else process.env["LANEGRAD_CACHE"] = before;
    }
  });
});

/** Runs `body` while all that is fetched comes from here, and digests are these. */
async function withNetwork(
  { request, digest }: { request: typeof fetch; digest?: (content: Uint8Array) => Uint8Array },
  body: () => Promise<void>,
): Promise<void> {
  const { fetch, crypto } = globalThis;
  globalThis.fetch = request;
  if (digest !== undefined) {
    const value = async (_: string, content: Uint8Array) => digest(content).buffer;
    Object.defineProperty(crypto.subtle, "digest", { configurable: true, value });
  }
  try {
    await body();
  } finally {
    globalThis.fetch = fetch;
    Reflect.deleteProperty(crypto.subtle, "digest");
  }
}

test("a defect is no problem of a file's, and comes out as it is", async () => {
  const defect = new Error("a defect");
  const digest = () => {
    throw defect;
  };
  for (const [name, bytes] of Object.entries({ digits: CONTENT, "digits.gz": ARCHIVE })) {
    await withFolder({ [name]: bytes }, (folder) =>
      withNetwork({ request: answering({}).request, digest }, async () => {
        assert.is(await rejection(fetchFiles([FILE], { folder, mirrors: ["https://a.test/"] })), defect, name);
      }),
    );
  }
});

test("where no mirrors are named, some are asked over https, one after another", async () => {
  const { request, asked } = answering({});
  await withFolder({}, (folder) =>
    withNetwork({ request }, async () => {
      await assertRejects(() => downloadMnist({ cacheFolder: folder }), DownloadError, "nothing there");
    }),
  );
  const hosts = asked.map(({ address }) => /^https:\/\/([^/]+)\/.*\/train-images-idx3-ubyte\.gz$/.exec(address)?.[1]);
  assert.ok(hosts.length >= 2 && !hosts.includes(undefined) && new Set(hosts).size === hosts.length, `${hosts}`);
});

test("MNIST is four files, each held to its size and a digest of its own", async () => {
  const images = (count: number) => 16 + count * 28 * 28;
  const sizes = new Map([
    ["train-images-idx3-ubyte.gz", images(60_000)],
    ["train-labels-idx1-ubyte.gz", 8 + 60_000],
    ["t10k-images-idx3-ubyte.gz", images(10_000)],
    ["t10k-labels-idx1-ubyte.gz", 8 + 10_000],
  ]);
  /** By size; what is not known yet is said when it is not met. */
  const digests = new Map<number, string>();
  const digest = ({ length }: Uint8Array) =>
    Uint8Array.from(Buffer.from(digests.get(length) ?? "00".repeat(32), "hex"));
  const request = async (address: string | URL | Request): Promise<Response> =>
    new Response(gzip(new Uint8Array(sizes.get(String(address).replace(/.*\//, "")) ?? 0)));
  await withFolder({}, (folder) =>
    withNetwork({ request, digest }, async () => {
      const options = { cacheFolder: folder, mirrors: ["https://a.test/"] };
      for (const [name, size] of sizes) {
        const error = await assertRejects(() => downloadMnist(options), DownloadError, name);
        const [, wanted] = /has SHA-256 0{64}, not ([0-9a-f]{64})$/.exec(error.attempts[0]?.reason ?? "") ?? [];
        assert.ok(error.file === name && wanted !== undefined, error.message);
        digests.set(size, wanted);
      }
      assert.is(new Set(digests.values()).size, 4);
      assert.is(await downloadMnist(options), folder);
      assert.equal((await readdir(folder)).sort(), [...sizes.keys()].sort());
    }),
  );
});

test("a page has no folder: it is told what to do, before anything is asked", async () => {
  const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
  await withFolder({}, async (folder) => {
    const outfile = join(folder, "page.mjs");
    const exported = ["data/download.ts", "data/mirrors.ts"].map(
      (path) => `export * from ${JSON.stringify(source(path))};`,
    );
    await build({
      stdin: { contents: exported.join("\n"), resolveDir: folder },
      outfile,
      bundle: true,
      format: "esm",
      alias: { "#platform": source("platform/web.ts") },
    });
    const page = (await import(pathToFileURL(outfile).href)) as {
      downloadMnist: typeof downloadMnist;
      fetchFiles: typeof fetchFiles;
    };
    const attemptsOf = (error: unknown) => (error as DownloadError).attempts;
    for (const options of [{}, { cacheFolder: "here" }, { cacheFolder: "here", mirrors: [] }]) {
      const error = await rejection(page.downloadMnist(options));
      assert.match(String(error), "DownloadError: could not download MNIST: ");
      assert.match(String(error), "pass their address to loadMnist");
      assert.equal(attemptsOf(error), [{ address: "the cache", reason: "a page has no folder for downloads" }]);
    }
    const { request } = answering({ "https://a.test/digits.gz": right });
    await withNetwork({ request: answering({}).request }, async () => {
      const options = { folder: "here", mirrors: ["https://a.test/"], request };
      const error = await rejection(page.fetchFiles([FILE], options));
      assert.equal(attemptsOf(error), [{ address: "here", reason: "no files here" }]);
    });
  });
});

test.run();
