/** The page in Firefox, by WebDriver BiDi: it trains to the same bits as Node, and reads what is drawn. */
import { createHash } from "node:crypto";
import type { Browser } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULTS } from "../../examples/browser/src/settings.ts";
import { launchFirefox, whyNoFirefox } from "./browser.ts";
import { trainedInNode } from "./node_run.ts";
import { type Site, startSite } from "./site.ts";

const EPOCHS = 5;
/** The corners of a seven, in parts of the field. */
const SEVEN = [
  [0.25, 0.25],
  [0.72, 0.25],
  [0.45, 0.8],
] as const;

const test = suite("the page in Firefox");
let browser: Browser;
let site: Site;

test.after(async () => {
  await browser.close();
  await site.close();
});

test("train, draw, save: the same bits as in Node", async () => {
  const page = await browser.newPage();
  page.setDefaultTimeout(300_000); // as a visit's
  const heard: string[] = [];
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  // What would be saved is kept: BiDi has no downloads.
  await page.evaluateOnNewDocument(() => {
    const create = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      Object.assign(globalThis, { saved: blob });
      return create.call(URL, blob);
    };
  });
  await page.goto(`${site.address}#epochs=${EPOCHS}`);
  await page.waitForFunction(() => document.getElementById("status")?.textContent === "Ready.");
  await page.click("#train");
  await page.waitForFunction(() => document.getElementById("status")?.textContent?.startsWith("Finished"));
  const accuracy = Number.parseFloat((await page.$eval("#accuracy", (one) => one.textContent)) ?? "");
  assert.ok(accuracy > 90, `${accuracy} %`);

  const field = await page.$("#pad");
  await field?.scrollIntoView();
  const { x = 0, y = 0, width = 0 } = (await field?.boundingBox()) ?? {};
  const [start, ...rest] = SEVEN.map(([px, py]) => [x + px * width, y + py * width] as const);
  await page.mouse.move(...start!);
  await page.mouse.down();
  for (const corner of rest) await page.mouse.move(...corner, { steps: 8 });
  await page.mouse.up();
  await page.waitForFunction(() => document.getElementById("reading")?.textContent === "Reads 7");

  await page.evaluate(() => document.getElementById("save")?.click());
  await page.waitForFunction(() => "saved" in globalThis);
  const digest = await page.evaluate(async () => {
    const bytes = await (globalThis as unknown as { saved: Blob }).saved.arrayBuffer();
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))];
  });
  const wanted = createHash("sha256").update(await trainedInNode({ ...DEFAULTS, epochs: EPOCHS }));
  assert.is(Buffer.from(digest).toString("hex"), wanted.digest("hex"));
  assert.equal(heard, [], "the console");
});

const reason = whyNoFirefox();
if (reason === undefined) {
  // Not in a hook, whose errors uvu keeps to itself.
  site = await startSite();
  browser = await launchFirefox();
  test.run();
} else console.log(`the page: not tested in Firefox: ${reason}`);
