import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { downloadMnist } from "../../src/data/download.ts";
import { type DownloadProgress, type FetchOptions, fetchFiles } from "../../src/data/mirrors.ts";
import type { RemoteFile } from "../../src/data/proof.ts";
import { DownloadError, OptionError } from "../../src/errors.ts";
import { type Answer, withServer } from "../platform/server.ts";
import { assertRejects } from "../support/throws.ts";
import { gzip, ramp, rejection, withFolder } from "./files.ts";

const test = suite("download");

/** Two files stand for MNIST's four; the first is long enough to arrive in pieces. */
const CONTENTS: { readonly [name: string]: Uint8Array<ArrayBuffer> } = {
  images: Uint8Array.from({ length: 300_000 }, (_, at) => (at * 2654435761) >>> 24),
  labels: ramp(10),
};

const FILES: readonly RemoteFile[] = Object.entries(CONTENTS).map(([name, content]) => ({
  name,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
}));

const IMAGES = FILES.slice(0, 1);

function contentOf(name: string): Uint8Array<ArrayBuffer> {
  const content = CONTENTS[name];
  if (content === undefined) throw new Error(`no file ${name}`);
  return content;
}

/** The archive that an address asks for: /mirror/images.gz → images, compressed. */
function archiveAt(url: string | undefined): Uint8Array<ArrayBuffer> {
  return gzip(contentOf(/\/(\w+)\.gz$/.exec(url ?? "")?.[1] ?? ""));
}

const BOMB = gzip(new Uint8Array(30_000_000));

/** How the mirrors of the test server behave; the first part of the address chooses. */
const ANSWERS: { readonly [mirror: string]: Answer } = {
  right: (request, response) => {
    const body = archiveAt(request.url);
    response.writeHead(200, { "content-length": body.length }).end(body);
  },
  unannounced: (request, response) => {
    const body = archiveAt(request.url);
    response.write(body.subarray(0, 10));
    response.end(body.subarray(10));
  },
  wrong: (_, response) => response.end(gzip(new Uint8Array(contentOf("images").length))),
  longer: (_, response) => response.end(BOMB),
  shorter: (_, response) => response.end(gzip(ramp(5))),
  damaged: (request, response) => {
    const body = archiveAt(request.url);
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    response.end(body);
  },
  trailing: (request, response) => response.end(Uint8Array.from([...archiveAt(request.url), 0, 1])),
  page: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"),
  half: (request, response) => {
    const body = archiveAt(request.url);
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  },
  quietHalf: (request, response) => {
    const body = archiveAt(request.url);
    response.end(body.subarray(0, body.length >> 1));
  },
  endless: (_, response) => {
    const send = (): void => {
      response.write(new Uint8Array(2 ** 20), (error) => (error ? undefined : setImmediate(send)));
    };
    send();
  },
  huge: (_, response) => {
    response.writeHead(200, { "content-length": 2 ** 24 + 1 });
    response.write(ramp(10));
  },
  refuses: (_, response) => response.writeHead(403).end("no"),
  partial: (request, response) => response.writeHead(206).end(archiveAt(request.url)),
  silent: () => undefined,
  stalls: (request, response) => {
    response.writeHead(200, { "content-length": archiveAt(request.url).length });
    response.write(archiveAt(request.url).subarray(0, 100));
  },
  slow: (request, response) => {
    const body = archiveAt(request.url);
    response.writeHead(200, { "content-length": body.length });
    for (let piece = 0; piece < 8; piece++) {
      const from = Math.floor((piece * body.length) / 8);
      const to = Math.floor(((piece + 1) * body.length) / 8);
      setTimeout(() => response.write(body.subarray(from, to)), 90 * piece);
    }
  },
  hangsUp: (request) => request.socket.destroy(),
  moved: (request, response) => {
    response.writeHead(302, { location: (request.url ?? "").replace("moved", "right") }).end();
  },
  circles: (request, response) => response.writeHead(302, { location: request.url }).end(),
  nowhere: (_, response) => response.writeHead(302, { location: "http://" }).end(),
};

type Scene = {
  readonly folder: string;
  /** The addresses of the named mirrors. */
  readonly at: (...mirrors: string[]) => string[];
  /** What was asked of the server, in order: "wrong/images.gz". */
  readonly asked: string[];
};

async function scene(body: (scene: Scene) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const answer: Answer = (request, response) => {
    const [, mirror = "", file = ""] = (request.url ?? "").split("/");
    asked.push(`${mirror}/${file}`);
    ANSWERS[mirror]?.(request, response);
  };
  await withServer(answer, async (address) => {
    const at = (...mirrors: string[]): string[] => mirrors.map((mirror) => `${address}${mirror}`);
    await withFolder({}, async (parent) => body({ folder: join(parent, "cache"), at, asked }));
  });
}

/** The folder holds exactly these files, and each of them its right content. */
async function holds(folder: string, ...names: string[]): Promise<void> {
  assert.equal((await readdir(folder)).sort(), names.map((name) => `${name}.gz`).sort());
  for (const name of names) {
    assert.equal(new Uint8Array(await readFile(join(folder, `${name}.gz`))), gzip(contentOf(name)));
  }
}

async function isEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.length === 0;
}

async function failure(options: FetchOptions & { folder: string; mirrors: string[] }): Promise<DownloadError> {
  const error = await rejection(fetchFiles(IMAGES, options));
  if (error instanceof DownloadError) return error;
  throw error;
}

test("brings every file from the first mirror, under its name", async () => {
  await scene(async ({ folder, at, asked }) => {
    await fetchFiles(FILES, { folder, mirrors: at("right", "wrong") });
    await holds(folder, "images", "labels");
    assert.equal(asked, ["right/images.gz", "right/labels.gz"]);
  });
});

test("an address may end in a slash or not, and a body may come unannounced or elsewhere", async () => {
  for (const mirror of ["right/", "unannounced", "moved"]) {
    await scene(async ({ folder, at }) => {
      await fetchFiles(FILES, { folder, mirrors: at(mirror) });
      await holds(folder, "images", "labels");
    });
  }
});

const FAILURES: readonly (readonly [string, RegExp])[] = [
  ["wrong", /^has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$/],
  ["longer", /holds more than the limit of 300000 bytes/],
  ["shorter", /^holds 5 bytes, not 300000$/],
  ["damaged", /broken gzip|SHA-256/],
  ["trailing", /broken gzip: 2 bytes follow its end/],
  ["page", /^is an HTML page, not gzip$/],
  ["half", /terminated|aborted|other side closed/],
  ["quietHalf", /broken gzip/],
  ["endless", /^sends more than 16777216 bytes$/],
  ["huge", /^announces 16777217 bytes$/],
  ["refuses", /^HTTP 403$/],
  ["partial", /^HTTP 206$/],
  ["hangsUp", /fetch failed/],
  ["circles", /^redirects more than 5 times$/],
  ["nowhere", /Invalid URL/],
];

test("whatever a mirror does wrong, the next one is asked and nothing wrong is kept", async () => {
  for (const [mirror] of FAILURES) {
    await scene(async ({ folder, at, asked }) => {
      const onProgress = ({ receivedBytes }: DownloadProgress): void => assert.ok(receivedBytes <= 2 ** 24);
      await fetchFiles(IMAGES, { folder, mirrors: at(mirror, "right"), onProgress });
      await holds(folder, "images");
      assert.is(asked[0], `${mirror}/images.gz`);
      assert.is(asked.at(-1), "right/images.gz");
    });
  }
});

test("when all fail, the error tells every attempt with its reason, and leaves no file", async () => {
  await scene(async ({ folder, at }) => {
    const mirrors = at(...FAILURES.map(([mirror]) => mirror));
    const error = await failure({ folder, mirrors });
    assert.is(error.file, "images.gz");
    assert.equal(
      error.attempts.map(({ address }) => address),
      mirrors.map((mirror) => `${mirror}/images.gz`),
    );
    for (const [i, [mirror, reason]] of FAILURES.entries()) {
      assert.match(error.attempts[i]?.reason ?? "", reason, mirror);
      assert.match(error.message, `${mirrors[i]}/images.gz (`);
    }
    assert.match(error.message, `by hand: put images.gz into ${folder}, and use it with --data ${folder}`);
    assert.ok(await isEmpty(folder));
  });
});

test("a mirror that falls silent, before or within the body, makes room for the next", async () => {
  await scene(async ({ folder, at }) => {
    const error = await failure({ folder, mirrors: at("silent", "stalls"), stallMilliseconds: 50 });
    assert.equal(
      error.attempts.map(({ reason }) => reason),
      ["sent nothing for 50 ms", "sent nothing for 50 ms"],
    );
    await fetchFiles(IMAGES, { folder, mirrors: at("silent", "stalls", "right"), stallMilliseconds: 500 });
    await holds(folder, "images");
  });
});

test("a mirror that sends slowly but steadily has not stalled", async () => {
  await scene(async ({ folder, at }) => {
    await fetchFiles(IMAGES, { folder, mirrors: at("slow"), stallMilliseconds: 500 });
    await holds(folder, "images");
  });
});

test("a redirect from https to http is refused, one within https is followed", async () => {
  const asked: string[] = [];
  const request =
    (target: string) =>
    async (address: string | URL | Request): Promise<Response> => {
      asked.push(String(address));
      if (String(address) === "https://other.test/moved") return new Response(gzip(contentOf("images")));
      return new Response(null, { status: 307, headers: { location: target } });
    };
  await scene(async ({ folder }) => {
    const mirrors = ["https://mirror.test/"];
    for (const target of ["http://other.test/moved", "data:,images"]) {
      const error = await rejection(fetchFiles(IMAGES, { folder, mirrors, request: request(target) }));
      assert.match(String(error), `(redirects from https: to ${target})`);
    }
    assert.equal(asked, ["https://mirror.test/images.gz", "https://mirror.test/images.gz"]);
    await fetchFiles(IMAGES, { folder, mirrors, request: request("https://other.test/moved") });
    await holds(folder, "images");
  });
});

test("a right file is kept and not asked for, plain or compressed", async () => {
  await scene(async ({ folder, at, asked }) => {
    await mkdir(folder);
    await writeFile(join(folder, "images"), contentOf("images"));
    await writeFile(join(folder, "labels.gz"), gzip(contentOf("labels")));
    const { mtimeMs } = await stat(join(folder, "labels.gz"));
    await fetchFiles(FILES, { folder, mirrors: at("refuses") });
    assert.equal(asked, []);
    assert.is((await stat(join(folder, "labels.gz"))).mtimeMs, mtimeMs);
  });
});

test("a wrong archive in the folder is fetched anew", async () => {
  const wrong = [gzip(ramp(5)), ramp(5), new Uint8Array(0), gzip(contentOf("images")).subarray(0, -1), gzip(ramp(9e5))];
  for (const bytes of [...wrong, new Uint8Array(2 ** 24 + 1)]) {
    await scene(async ({ folder, at }) => {
      await mkdir(folder);
      await writeFile(join(folder, "images.gz"), bytes);
      await fetchFiles(IMAGES, { folder, mirrors: at("right") });
      await holds(folder, "images");
    });
  }
});

test("a wrong plain file, which would be read instead, is named and left alone", async () => {
  for (const bytes of [ramp(5), new Uint8Array(300_000), new Uint8Array(300_001)]) {
    await scene(async ({ folder, at, asked }) => {
      await mkdir(folder);
      await writeFile(join(folder, "images"), bytes);
      const error = await failure({ folder, mirrors: at("right") });
      assert.match(error.message, `${folder}/images (`);
      assert.match(error.message, /remove it: it would be read instead$/);
      assert.equal(asked, []);
      assert.is((await readFile(join(folder, "images"))).length, bytes.length);
    });
  }
});

test("a folder that cannot be written ends the download without asking the other mirrors", async () => {
  await scene(async ({ folder, at, asked }) => {
    await mkdir(join(folder, "images.gz", "in the way"), { recursive: true });
    const error = await failure({ folder, mirrors: at("right", "right") });
    assert.match(error.message, `${folder}/images.gz (`);
    assert.match(error.message, "by hand: ");
    assert.equal(asked, ["right/images.gz"]);
    assert.equal(await readdir(folder), ["images.gz"]);
  });
});

test("progress counts up to the whole, and tells the total where the mirror does", async () => {
  const whole = gzip(contentOf("images")).length;
  for (const [mirror, totalBytes] of [
    ["slow", whole],
    ["unannounced", undefined],
  ] as const) {
    await scene(async ({ folder, at }) => {
      const seen: DownloadProgress[] = [];
      await fetchFiles(IMAGES, { folder, mirrors: at(mirror), onProgress: (progress) => seen.push(progress) });
      assert.ok(seen.length >= (mirror === "slow" ? 2 : 1));
      assert.is(seen.at(-1)?.receivedBytes, whole);
      for (const [i, progress] of seen.entries()) {
        assert.is(progress.file, "images");
        assert.is(progress.totalBytes, totalBytes);
        assert.ok(progress.receivedBytes > (seen[i - 1]?.receivedBytes ?? 0));
      }
    });
  }
});

test("what the progress callback throws ends the download and comes out as it is", async () => {
  await scene(async ({ folder, at, asked }) => {
    const reason = new Error("the caller's own");
    const onProgress = (): void => {
      throw reason;
    };
    assert.is(await rejection(fetchFiles(FILES, { folder, mirrors: at("right", "right"), onProgress })), reason);
    assert.equal(asked, ["right/images.gz"]);
    assert.ok(await isEmpty(folder));
  });
});

test("a body that is encoded once more has no total", async () => {
  await scene(async ({ folder }) => {
    const totals = new Set<number | undefined>();
    const onProgress = ({ totalBytes }: DownloadProgress) => void totals.add(totalBytes);
    const headers = { "content-length": "7", "content-encoding": "br" };
    const fetched = async () => new Response(gzip(contentOf("images")), { headers });
    await fetchFiles(IMAGES, { folder, mirrors: ["https://mirror.example"], request: fetched, onProgress });
    assert.equal([...totals], [undefined]);
    await holds(folder, "images");
  });
});

test("a mirror that sends another number of bytes than it announces has failed", async () => {
  await scene(async ({ folder }) => {
    const fetched = async () => new Response(gzip(ramp(10)), { headers: { "content-length": "7" } });
    const options = { folder, mirrors: ["https://mirror.example"], request: fetched };
    const error = await assertRejects(() => fetchFiles(IMAGES, options), DownloadError, "announced");
    assert.match(error.attempts[0]!.reason, /announces 7 bytes but sends \d+/);
  });
});

test("an abort ends the download at once, at any moment, and leaves no file", async () => {
  const reason = new Error("enough");
  for (const mirror of ["silent", "stalls", "slow", "endless"]) {
    await scene(async ({ folder, at, asked }) => {
      const controller = new AbortController();
      let aborted = Number.NaN;
      const abort = () => {
        aborted = performance.now();
        controller.abort(reason);
      };
      const look = setInterval(() => {
        if (asked.length === 0) return; // a busy machine takes its time to ask
        clearInterval(look);
        setTimeout(abort, 30);
      }, 1);
      const mirrors = at(mirror, "right");
      assert.is(await rejection(fetchFiles(FILES, { folder, mirrors, signal: controller.signal })), reason);
      assert.ok(performance.now() - aborted < 20_000, "sooner than a silent mirror is left");
      assert.equal(asked, [`${mirror}/images.gz`]);
      assert.ok(await isEmpty(folder));
    });
  }
});

test("an abort between two files keeps the first", async () => {
  await scene(async ({ folder, at }) => {
    const controller = new AbortController();
    const onProgress = ({ file }: DownloadProgress): void => {
      if (file === "labels") controller.abort();
    };
    const error = await rejection(
      fetchFiles(FILES, { folder, mirrors: at("right"), onProgress, signal: controller.signal }),
    );
    assert.ok(error instanceof DOMException && error.name === "AbortError");
    await holds(folder, "images");
  });
});

test("an aborted signal asks nothing", async () => {
  await scene(async ({ folder, at, asked }) => {
    const reason = new Error("before it began");
    const signal = AbortSignal.abort(reason);
    assert.is(await rejection(fetchFiles(FILES, { folder, mirrors: at("right"), signal })), reason);
    assert.equal(asked, []);
  });
});

test("options that cannot be meant are refused before anything is asked", async () => {
  await scene(async ({ folder, at, asked }) => {
    const mirrors = at("right");
    for (const wrong of [[], ["nonsense"], ["ftp://x/"], ["file:///etc/"], [...mirrors, ""]]) {
      const error = await rejection(fetchFiles(FILES, { folder, mirrors: wrong }));
      assert.ok(error instanceof OptionError && error.option === "mirrors");
    }
    for (const stallMilliseconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
      const error = await rejection(fetchFiles(FILES, { folder, mirrors, stallMilliseconds }));
      assert.ok(error instanceof OptionError && error.option === "stallMilliseconds");
    }
    assert.ok((await rejection(downloadMnist({ cacheFolder: "", mirrors }))) instanceof OptionError);
    assert.equal(asked, []);
  });
});

test("downloadMnist asks for MNIST's own files and refuses any other content", async () => {
  await withFolder({}, async (folder) => {
    const asked: (string | undefined)[] = [];
    const answer: Answer = (request, response) => {
      asked.push(request.url);
      response.end(gzip(ramp(9)));
    };
    await withServer(answer, async (address) => {
      const mirrors = [`${address}a/`, `${address}b/`];
      const error = await rejection(downloadMnist({ cacheFolder: folder, mirrors }));
      assert.ok(error instanceof DownloadError);
      assert.is(error.file, "train-images-idx3-ubyte.gz");
      assert.match(error.message, "(holds 9 bytes, not 47040016)");
      for (const name of ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]) {
        assert.match(error.message, `${name}-ubyte.gz`);
      }
      assert.equal(asked, ["/a/train-images-idx3-ubyte.gz", "/b/train-images-idx3-ubyte.gz"]);
      assert.equal(await readdir(folder), []);
    });
  });
});

test.run();
