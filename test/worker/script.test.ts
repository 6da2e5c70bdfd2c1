/** Why a script did not start, asked of a server that answers as a test wants it to. Real browsers have tests of their own. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { noting, type ScriptWatch, watchScript } from "../../src/worker/script.ts";

const test = suite("worker: scripts that do not start");

const server = createServer(({ url = "/", method }, response) => {
  const { pathname, searchParams } = new URL(url, "http://site");
  if (searchParams.has("page") && method !== "HEAD") {
    response.destroy(); // a page is asked for its headers alone
    return;
  }
  if (searchParams.has("coep")) response.setHeader("cross-origin-embedder-policy", "require-corp");
  const type = searchParams.get("type");
  if (type !== null) response.setHeader("content-type", type);
  response.writeHead(pathname === "/missing.js" ? 404 : 200).end("content");
}).listen(0, "127.0.0.1");
await new Promise((listening) => server.once("listening", listening));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
test.after(() => {
  server.closeAllConnections();
  server.close();
});

class Worker {
  readonly script: unknown;
  readonly options: unknown;
  constructor(script: unknown, options?: unknown) {
    this.script = script;
    this.options = options;
  }
}

/** Runs `body` where the global object has these as well. */
async function withGlobals<T>(globals: Readonly<Record<string, unknown>>, body: () => Promise<T>): Promise<T> {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return await body();
  } finally {
    for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
  }
}

test("the address of a worker's script is noted, and Worker is what it was", async () => {
  await withGlobals({ Worker, location: { href: `${origin}/folder/page` } }, async () => {
    const watch: ScriptWatch = watchScript();
    const made = noting(watch, () => {
      const { Worker: Noted } = globalThis as unknown as { Worker: typeof Worker };
      return new Noted("./a.js", { type: "module" });
    });
    assert.is(watch.address, `${origin}/folder/a.js`);
    assert.instance(made, Worker);
    assert.equal([made.script, made.options], ["./a.js", { type: "module" }]);
    const fails = () =>
      noting(watch, () => {
        throw new TypeError("no");
      });
    assert.throws(fails, "no");
    assert.is((globalThis as unknown as { Worker: unknown }).Worker, Worker);
    watch.end();
  });
});

test("a script of another origin is imported by one of this origin, and a required policy is asked for the library's own", async () => {
  const asked: string[] = [];
  const trustedTypes = {
    createPolicy: (name: string) => ({
      createScriptURL(address: string) {
        asked.push(name);
        return address;
      },
    }),
  };
  await withGlobals({ Worker, trustedTypes, origin, location: { href: `${origin}/page` } }, async () => {
    const make = (address: string, type: "module" | "classic") => () => {
      const { Worker: Noted } = globalThis as unknown as { Worker: typeof Worker };
      return new Noted(address, { type });
    };
    for (const [type, text] of [
      ["module", 'import "https://cdn.example/worker.js";'],
      ["classic", 'importScripts("https://cdn.example/worker.js");'],
    ] as const) {
      const watch = watchScript();
      const { script } = noting(watch, make("https://cdn.example/worker.js", type));
      assert.is(watch.address, "https://cdn.example/worker.js", "errors name the script");
      assert.match(String(script), /^blob:/);
      assert.is(await (await fetch(String(script))).text(), text);
      watch.end();
    }
    assert.equal(asked, [], "a script of the program's is the program's to trust");
    const own = noting(watchScript(), make("./worker.js", "module"), true);
    assert.equal([own.script, asked], ["./worker.js", ["lanegrad"]]);
  });
});

test("without a Worker there is nothing to note, and the candidates are all that is said", async () => {
  const watch = watchScript();
  assert.is(
    noting(watch, () => 5),
    5,
  );
  watch.end();
  const reason = await watch.explain();
  for (const word of ["not found", "type", "Content-Security-Policy", "Embedder-Policy"]) assert.match(reason, word);
});

test("a status, a type and an embedder policy are told of; else what is left", async () => {
  for (const [path, reason, globals] of [
    ["missing.js", /missing\.js, was not found: HTTP 404$/],
    ["a.js", /a\.js, has the type unknown, not text\/javascript$/],
    ["a.js?type=text/html", /has the type text\/html, not text\/javascript$/],
    ["a.js?type=text/javascript", /is there, but did not start: it has a syntax error, or a module/],
    ["a.js?type=application/x-javascript", /is there, but did not start/],
    ["a.js?type=text/javascript", /blocked by the page's Cross-Origin-Embedder-Policy/, { crossOriginIsolated: true }],
    ["a.js?type=text/javascript&coep", /is there, but did not start/, { crossOriginIsolated: true }],
    ["a.js?type=text/javascript", /blocked by the page's/, { location: { href: `${origin}/?page&coep` } }],
  ] as const) {
    const script = `${origin}/${path}`;
    const withNote = { Worker, ...globals };
    const found = await withGlobals({ location: { href: `${origin}/page?page` }, ...withNote }, async () => {
      const watch = watchScript();
      noting(watch, () => new (globalThis as unknown as { Worker: typeof Worker }).Worker(script));
      watch.end();
      return watch.explain();
    });
    assert.match(found, reason);
    assert.match(found, /^its script, http/);
  }
  const gone = await withGlobals({ Worker, location: { href: origin } }, async () => {
    const watch = watchScript();
    watch.address = "http://127.0.0.1:9/a.js";
    watch.end();
    return watch.explain();
  });
  assert.match(gone, /cannot be fetched from this page \(.*\): .*worker-src/);
});

test("a policy that is violated meanwhile is the reason; one that only reports, or is of something else, is not", async () => {
  for (const [violation, isReason] of [
    [{ effectiveDirective: "worker-src", blockedURI: "x", disposition: "enforce" }, true],
    [{ effectiveDirective: "script-src-elem", blockedURI: `${origin}/missing.js`, disposition: "enforce" }, true],
    [{ effectiveDirective: "worker-src", blockedURI: "x", disposition: "report" }, false],
    [{ effectiveDirective: "img-src", blockedURI: "x", disposition: "enforce" }, false],
  ] as const) {
    const page = new EventTarget();
    const listening = {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    };
    const reason = await withGlobals({ ...listening, location: { href: `${origin}/?page` } }, async () => {
      const watch = watchScript();
      watch.address = `${origin}/missing.js`;
      page.dispatchEvent(Object.assign(new Event("securitypolicyviolation"), violation));
      watch.end();
      return watch.explain();
    });
    assert.is(/forbidden by a Content-Security-Policy \(worker-src\)$/.test(reason), isReason, reason);
  }
});

test.run();
