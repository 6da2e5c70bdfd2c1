/** A visit to the page: what a person does there, and everything that must not happen meanwhile. */
import type { Browser, Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { Site } from "./site.ts";

export type VisitOptions = {
  /** What follows the page's address. */
  readonly hash?: string;
  readonly width?: number;
  readonly scheme?: "light" | "dark";
};

/** Milliseconds that a step of a visit may take: on a slow machine that has other work, training takes a minute. */
const PATIENCE = 300_000;

/**
 * Opens the page, waits until it is ready, and lets `body` loose on it. Afterwards: nothing was written to the console,
 * nothing was thrown, and nothing was asked of anybody but the page's own site.
 */
export async function visit(
  browser: Browser,
  { address }: Site,
  body: (page: Page) => Promise<void>,
  { hash = "", width = 1280, scheme = "light" }: VisitOptions = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    acceptDownloads: true,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(PATIENCE);
  const heard: string[] = [];
  const strangers: string[] = [];
  context.on("request", (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && !url.startsWith(address)) strangers.push(url);
  });
  try {
    const page = await context.newPage();
    page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => heard.push(`uncaught: ${error.stack}`));
    await page.goto(`${address}${hash}`);
    await statusIs(page, /^Ready\.$/);
    await body(page);
  } finally {
    await context.close();
  }
  assert.equal(heard, [], "the console");
  assert.equal(strangers, [], "requests to elsewhere");
}

/** Waits until the status says something. */
export async function statusIs(page: Page, words: RegExp, timeout = PATIENCE): Promise<string> {
  const status = page.locator("#status").filter({ hasText: words });
  await status.waitFor({ timeout });
  return (await status.textContent()) ?? "";
}

/** A number that the page shows: `12,345`, `94.3 %`. */
export async function numberAt(page: Page, id: string): Promise<number> {
  return Number.parseFloat(((await page.textContent(`#${id}`)) ?? "").replaceAll(",", ""));
}

/** Waits until so many steps were made. */
export async function stepsReach(page: Page, steps: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.getElementById("steps")?.textContent?.replaceAll(",", "")) >= wanted,
    steps,
    { timeout: PATIENCE },
  );
}

/** The ten percentages beside the drawing. */
export async function probabilities(page: Page): Promise<number[]> {
  return (await page.locator("#probabilities .number").allTextContents()).map((text) => Number.parseFloat(text));
}

/** Draws lines, each through points in parts of the field, as a pointer would. */
export async function draw(page: Page, lines: readonly (readonly (readonly [number, number])[])[]): Promise<void> {
  const field = page.locator("#pad");
  await field.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await field.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  for (const [start = [0, 0], ...rest] of lines) {
    await page.mouse.move(x + start[0] * width, y + start[1] * height);
    await page.mouse.down();
    for (const [px, py] of rest) await page.mouse.move(x + px * width, y + py * height, { steps: 8 });
    await page.mouse.up();
  }
}

/** Lets files fall on the page, as from a folder of the system. */
export async function drop(
  page: Page,
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, bytes: [...bytes] }));
  await page.evaluate((named) => {
    const dataTransfer = new DataTransfer();
    for (const { name, bytes } of named) dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
    for (const type of ["dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, given);
}
