/**
 * Workers in real browsers: one that does not start says why, whatever waits for one that ends is rejected; and what holds
 * in service workers and in the oldest browsers.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floorScript } from "../support/floor.ts";
import { isRequired, launch, launchFirefox, launchWith, whyNoFirefox, whyNot } from "./browser.ts";
import { startWorkshop, type Workshop } from "./workshop.ts";

/** As much of a page as both drivers have. */
type Page = {
  goto(address: string): Promise<unknown>;
  evaluate<A, R>(call: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
};
type Opened = { readonly newPage: () => Promise<Page>; readonly close: () => Promise<void> };
type Told = { readonly name: string; readonly kind?: string; readonly message: string };

const HEADERS = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'";

/** Makes what tests need, not in a hook, whose errors uvu keeps to itself, and gives what runs them. */
type Prepare = () => Promise<() => void>;

function testsIn(name: string, open: () => Promise<Opened>): Prepare {
  const test = suite(`workers in ${name}`);
  let browser: Opened;
  let workshop: Workshop;
  test.after(async () => {
    await browser.close();
    await workshop.close();
  });

  /** What a scenario finds on a fresh page. */
  async function found<R>(scenario: string, args: readonly unknown[] = [], query = "", folder = ""): Promise<R> {
    const page = await browser.newPage();
    try {
      await page.goto(`${workshop.origin}${folder}/page${query}`);
      return await page.evaluate(
        async ([wanted, given]) => {
          type Scenarios = Readonly<Record<string, (...given: readonly unknown[]) => Promise<unknown>>>;
          const { scenarios } = globalThis as unknown as { scenarios: Scenarios };
          return (await scenarios[wanted as string]?.(...(given as unknown[]))) as never;
        },
        [scenario, args] as const,
      );
    } finally {
      await page.close();
    }
  }

  test("a worker trains; also with a fraction for validation, and where a page has no locks", async () => {
    assert.is(await found("trains"), 10);
    assert.is(await found("trainsWithoutLocks"), 10);
  });

  test("a model's file answers in the page, from an address and from bytes, and in a worker of one's own", async () => {
    const answers = ["small", "large"];
    assert.equal(await found("model"), [answers, answers, answers, answers]);
  });

  test("a worker that never answers, or closes itself before, is waited for as long as the limit says", async () => {
    for (const scenario of ["silent", "closedBeforeAnAnswer"]) {
      const { name: error, kind, message } = await found<Told>(scenario);
      assert.equal([error, kind], ["WorkerError", "start"]);
      assert.match(message, /no answer within 1500 ms/);
    }
    assert.is((await found<Told>("aborted")).name, "TimeoutError");
  });

  test("a worker that is terminated by its maker, or closes itself, rejects all that waits", async () => {
    for (const scenario of ["terminated", "closesItself"]) {
      const ends = await found<Told[]>(scenario);
      assert.is(ends.length, 7);
      // What was asked before a worker closes itself is answered before; its runs and what comes later are not.
      const waiting = scenario === "terminated" ? ends : [ends[0], ends[1], ends[6]].map((told) => told as Told);
      for (const { name: error, kind, message } of waiting) {
        assert.equal([error, kind], ["WorkerError", "ended"], `${scenario}: ${message}`);
        assert.match(message, /terminated, or closed itself/);
      }
    }
    for (const { name: error } of await found<Told[]>("closed")) assert.is(error, "DisposedError");
  });

  test("a worker that computes for long is not taken for dead, and is heard of when it is", async () => {
    const [answered, ended] = await found<Told[]>("computesForLong");
    assert.is(answered?.name, "resolved");
    assert.equal([ended?.name, ended?.kind], ["WorkerError", "ended"]);
  });

  for (const [law, script, reason, query = "", folder = ""] of [
    ["a 404", "missing.js", /missing\.js, was not found: HTTP 404/],
    ["a 404 of the library's own", null, /\/elsewhere\/worker\.js, was not found: HTTP 404/, "", "/elsewhere"],
    ["a server's error", "worker.js?status=503", /worker\.js\?status=503, was not found: HTTP 503/],
    ["a wrong type", "worker.js?type=text/plain", /has the type text\/plain, not text\/javascript/],
    ["a page in place of the script", "worker.js?type=text/html", /has the type text\/html/],
    ["an error of the script", "throws.js", /boom \(http.*throws\.js:\d+\)/],
    ["a syntax error", "syntax.js", /SyntaxError|syntax\.js, is there, but did not start: it has a syntax error/],
    ["a missing import", "imports.js", /imports .*nowhere\.js: HTTP 404|a module that it imports is missing/],
    ["a syntax error of an import", "imports_syntax.js", /is there, but did not start: it has a syntax error/],
    [
      "a policy",
      "worker.js",
      /worker\.js, is forbidden by a Content-Security-Policy \(worker-src\)/,
      `?csp=${HEADERS}`,
    ],
    ["isolation", "worker.js", /Cross-Origin-Embedder-Policy: .*needs the header/, "?coep&coop"],
    ["an embedder policy alone", "worker.js", /Cross-Origin-Embedder-Policy: .*needs the header/, "?coep"],
  ] as const) {
    test(`a worker's script that does not start says why: ${law}`, async () => {
      const { name: error, kind, message } = await found<Told>("failing", [script], query, folder);
      assert.equal([error, kind], ["WorkerError", "start"], message);
      assert.match(message, reason);
      if (law !== "a policy") assert.not.match(message, /Content-Security-Policy/);
      if (!query.includes("coep")) assert.not.match(message, /Embedder/);
    });
  }

  test("workers that start at once have each their own reason, and leave the page's Worker as it was", async () => {
    const { ends, isSame } = await found<{ ends: [Told, Told, number]; isSame: boolean }>("twoAtOnce");
    assert.match(ends[0].message, /missing\.js, was not found: HTTP 404/);
    assert.match(ends[1].message, /boom/);
    assert.equal([ends[2], isSame], [10, true]);
  });

  return async () => {
    workshop = await startWorkshop();
    browser = await open();
    return () => test.run();
  };
}

/** Chromium alone: it has module service workers, and takes scripts that run before a page's own. */
async function inChromium(): Promise<() => void> {
  const test = suite("workers in Chromium alone");
  const browser = await launch();
  const workshops = { plain: await startWorkshop(), old: await startWorkshop(`${floorScript()}`) };
  test.after(async () => {
    await browser.close();
    for (const workshop of Object.values(workshops)) await workshop.close();
  });

  type Outcome = { readonly weights?: unknown; readonly kind?: string; readonly message?: string };

  async function inServiceWorker(script: string): Promise<Readonly<Record<string, Outcome>>> {
    const page = await browser.newPage();
    try {
      await page.goto(`${workshops.plain.origin}/page`);
      return await page.evaluate(async (address) => {
        const registration = await navigator.serviceWorker.register(address, { type: "module" });
        const answer = new Promise<MessageEvent>((resolve) => {
          navigator.serviceWorker.addEventListener("message", resolve, { once: true });
        });
        navigator.serviceWorker.startMessages();
        (registration.installing ?? registration.waiting ?? registration.active)?.postMessage("go");
        const { data } = await answer;
        await registration.unregister();
        return data;
      }, `/${script}`);
    } finally {
      await page.close();
    }
  }

  test("in a module service worker kernels are passed, and the error of an engine without them says so", async () => {
    const { bare, reference, url, response, bytes } = await inServiceWorker("service_worker.js");
    for (const refused of [bare, reference]) {
      assert.is(refused?.kind, "no-import", JSON.stringify(refused));
      assert.match(refused?.message ?? "", /service workers.*Engine\.load\(\{ wasm/);
    }
    assert.ok(url?.weights);
    assert.equal(response, url);
    assert.equal(bytes, url);
  });

  test("the background of an extension is such a service worker", async () => {
    const background = { service_worker: "service_worker.js", type: "module" };
    const content_security_policy = { extension_pages: "script-src 'self' 'wasm-unsafe-eval'" };
    const manifest = { manifest_version: 3, name: "lanegrad", version: "1", background, content_security_policy };
    writeFileSync(join(workshops.plain.folder, "manifest.json"), JSON.stringify(manifest));
    const context = await launchWith(workshops.plain.folder);
    try {
      const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker", { timeout: 0 }));
      const answer = worker.evaluate(
        () =>
          new Promise<unknown>((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => resolve(data);
            dispatchEvent(new MessageEvent("message", { source: port2 }));
          }),
      );
      const { bare, url, response } = (await answer) as Readonly<Record<string, Outcome>>;
      assert.is(bare?.kind, "no-import", JSON.stringify(bare));
      assert.ok(url?.weights, JSON.stringify(url));
      assert.equal(response, url);
    } finally {
      await context.close();
    }
  });

  test("a service worker of one file needs no kernels: nothing is imported", async () => {
    const outcomes = await inServiceWorker("service_worker_single.js");
    assert.ok(outcomes["url"]?.weights);
    for (const [way, outcome] of Object.entries(outcomes)) assert.equal(outcome, outcomes["url"], way);
  });

  test("without built-ins that the oldest browsers lack, in the page and in the worker, a worker trains", async () => {
    const page = await browser.newPage();
    const thrown: string[] = [];
    page.on("pageerror", (error) => thrown.push(String(error)));
    await page.goto(`${workshops.old.origin}/page`);
    const steps = await page.evaluate(async () => {
      const { scenarios } = globalThis as unknown as { scenarios: { trains: () => Promise<number> } };
      return scenarios.trains();
    });
    assert.is(steps, 10);
    assert.equal(thrown, []);
    assert.is(await page.evaluate(() => "with" in Array.prototype || "dispose" in Symbol), false);
    await page.close();
  });

  return () => test.run();
}

const prepared: Prepare[] = [];
for (const [name, reason, open] of [
  [
    "Chromium",
    whyNot(),
    async () => {
      const browser = await launch();
      const context = await browser.newContext();
      return { newPage: () => context.newPage() as unknown as Promise<Page>, close: () => browser.close() };
    },
  ],
  [
    "Firefox",
    whyNoFirefox(),
    async () => {
      const browser = await launchFirefox();
      return { newPage: () => browser.newPage() as unknown as Promise<Page>, close: () => browser.close() };
    },
  ],
] as const) {
  if (reason === undefined) prepared.push(testsIn(name, open));
  else if (isRequired && name === "Chromium") throw new Error(`no tests of workers: ${reason}`);
  else console.log(`workers: not tested in ${name}: ${reason}`);
}
if (whyNot() === undefined) prepared.push(inChromium);
const runs: (() => void)[] = [];
for (const prepare of prepared) runs.push(await prepare());
for (const run of runs) run();
