/**
 * The page, end to end, in Chromium: from a drawn digit to a saved network. Every visit also holds that nothing was written
 * to the console and nothing was asked of another site.
 */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULTS } from "../../examples/browser/src/settings.ts";
import { NOTICES } from "../../examples/browser/vite/notices.ts";
import { floorScript } from "../support/floor.ts";
import { isRequired, launch, whyNot } from "./browser.ts";
import { trainedInNode } from "./node_run.ts";
import { type Site, startSite } from "./site.ts";
import { draw, drop, numberAt, probabilities, statusIs, stepsReach, visit } from "./visit.ts";

/** 68 KB are the page's script, 75 the worker, which loads the reference kernels only where it needs them, and 32 the kernels. */
const MOST_FIRST_LOAD_BYTES = 187_000;
/** A seven as one draws it. */
const SEVEN = [
  [
    [0.25, 0.25],
    [0.72, 0.25],
    [0.45, 0.8],
  ],
] as const;
/** So many epochs that a run does not end by itself. */
const LONG = "#layers=32&epochs=1000";

const test = suite("the page");
let browser: Browser;
let site: Site;

test.after(async () => {
  await browser.close();
  await site.close();
});

function visiting(name: string, body: (page: Page) => Promise<void>, options: Parameters<typeof visit>[3] = {}): void {
  test(name, () => visit(browser, site, body, options));
}

visiting("the first load is small", async () => {
  const files = [...site.asked].filter(([file]) => !file.startsWith("digits/"));
  const bytes = files.reduce((sum, [, content]) => sum + gzipSync(content, { level: 9 }).length, 0);
  assert.ok(files.length >= 5, `${files.map(([file]) => file)}`); // page, style, script, worker, kernels
  assert.ok(bytes < MOST_FIRST_LOAD_BYTES, `${bytes} bytes, compressed`);
  console.log(`first load: ${bytes} bytes, compressed, of ${files.length} files without the digits`);
});

test("the notices that licences ask for go along with the page", async () => {
  const read = async (file: string) => {
    const response = await fetch(site.address + file);
    assert.is(response.status, 200, file);
    return await response.text();
  };
  for (const [file, source] of NOTICES) {
    assert.is(await read(file), readFileSync(new URL(`../../${source}`, import.meta.url), "utf8"), file);
  }
  const bundled = await read("licences.md");
  for (const words of ["uplot", "Permission is hereby granted"]) assert.ok(bundled.includes(words), words);
});

visiting("train, draw, save, reload, load: the same answer to the same drawing", async (page) => {
  await page.click("#train");
  const said = await statusIs(page, /^Finished/);
  const accuracy = Number(/([\d.]+) %/.exec(said)?.[1]);
  assert.ok(accuracy > 90, said);
  assert.is(await page.locator("#mistakes li:visible").count(), 18);
  const confusion = (await page.locator("#confusion td").allTextContents()).map(Number);
  assert.is(sum(confusion), 2000);
  assert.is(await rightInTable(page), accuracy);

  await draw(page, SEVEN);
  await page.locator("#reading", { hasText: "Reads 7" }).waitFor();
  const before = await probabilities(page);
  assert.ok(before[7]! > 50, `${before}`);
  assert.ok(Math.abs(sum(before) - 100) < 1, `${before}`);

  const bytes = await saved(page);
  assert.ok(bytes.equals(await trainedInNode(DEFAULTS)), "the network is that of the same run in Node, bit by bit");

  await page.reload();
  await statusIs(page, /^Ready/);
  await page.setInputFiles("#model-file", { name: "mine.safetensors", mimeType: "", buffer: bytes });
  await statusIs(page, /is loaded/);
  await draw(page, SEVEN);
  await page.waitForFunction(
    (p) => document.querySelectorAll("#probabilities .number")[7]?.textContent === p,
    `${before[7]!.toFixed(1)} %`,
  );
  assert.equal(await probabilities(page), before);
  await page.waitForFunction((a) => document.getElementById("accuracy")?.textContent === a, `${accuracy.toFixed(1)} %`);
});

for (const [law, hash] of [
  ["steps after the last evaluation", "#epochs=1&batch=97"],
  ["a run too short for an evaluation", "#epochs=1&batch=4000"],
  ["a second run", "#epochs=3&batch=1900"],
] as const) {
  visiting(
    `what a finished run says of the test digits is what the network reads then: ${law}`,
    async (page) => {
      for (let run = 0; run < 2; run++) {
        await page.click("#train");
        const said = await statusIs(page, new RegExp(`^Finished after ${await stepsOf(page, run)} steps: [\\d.]+ %`));
        const accuracy = Number(/([\d.]+) %/.exec(said)?.[1]);
        await page.waitForTimeout(300);
        assert.is(await rightInTable(page), accuracy, said);
        assert.is(await numberAt(page, "accuracy"), accuracy);
        const curve = (await page.getAttribute("#accuracy-chart", "aria-label")) ?? "";
        assert.ok(curve.includes(`to ${accuracy.toFixed(1)} %`), curve);
      }
    },
    { hash },
  );
}

visiting(
  "a stopped run says how the network reads then, too",
  async (page) => {
    await page.click("#train");
    await stepsReach(page, 1);
    await page.click("#stop");
    const said = await statusIs(page, /^Stopped after .*: [\d.]+ % of the test digits/);
    const accuracy = Number(/([\d.]+) %/.exec(said)?.[1]);
    await page.waitForTimeout(300);
    assert.is(await rightInTable(page), accuracy, said);
  },
  { hash: LONG },
);

test("without built-ins that the oldest browsers lack the page trains, reads, saves and loads", async () => {
  const old = await startSite(floorScript());
  try {
    await visit(
      browser,
      old,
      async (page) => {
        assert.is(await page.evaluate(() => "with" in Array.prototype || "dispose" in Symbol), false);
        await page.click("#train");
        await statusIs(page, /^Finished/);
        await draw(page, SEVEN);
        await page.locator("#reading", { hasText: /^Reads/ }).waitFor();
        await page.click("#share");
        const bytes = await saved(page);
        assert.ok(bytes.equals(await trainedInNode({ ...DEFAULTS, epochs: 2 })), "the bits of Node");
        await page.setInputFiles("#model-file", { name: "mine.safetensors", mimeType: "", buffer: bytes });
        await statusIs(page, /is loaded/);
      },
      { hash: "#epochs=2" },
    );
  } finally {
    await old.close();
  }
});

visiting(
  "a broken file is refused in words, beside its control, and the run goes on",
  async (page) => {
    await page.click("#train");
    await stepsReach(page, 1);
    await drop(page, [{ name: "broken.safetensors", bytes: Uint8Array.of(1, 2, 3) }]);
    await page.locator("#model-message", { hasText: "broken.safetensors" }).waitFor();
    await drop(page, [{ name: "holiday.png", bytes: Uint8Array.of(1, 2, 3) }]);
    await page.locator("#data-message", { hasText: "holiday.png is none of MNIST’s four files" }).waitFor();
    const images = { name: "train-images-idx3-ubyte", bytes: Uint8Array.of(0, 0, 8, 3, 0, 0) };
    const others = ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
    await drop(page, [images]);
    await page.locator("#data-message", { hasText: `Still missing: ${others.join(", ")}` }).waitFor();
    await drop(
      page,
      others.map((name) => ({ name, bytes: Uint8Array.of(0) })),
    );
    await page.locator("#data-message", { hasText: "IDX" }).waitFor();
    const steps = await numberAt(page, "steps");
    await stepsReach(page, steps + 50);
    assert.is(await page.textContent("#status"), "Training.");
    assert.match((await page.textContent("#data-state")) ?? "", /^8,000 to learn, 2,000 to test/);
  },
  { hash: LONG },
);

visiting(
  "MNIST's files, dropped one by one, take the place of the page's",
  async (page) => {
    const names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
    for (const [i, name] of names.entries()) {
      // The test digits alone, as both parts: as small as it gets.
      const source = name.replace("train", "t10k");
      const bytes = readFileSync(new URL(`../../data/${source}-ubyte.gz`, import.meta.url));
      await drop(page, [{ name: `${name.replace("-idx", ".idx")}-ubyte.gz`, bytes }]);
      if (i < 3) await page.locator("#data-message", { hasText: names[i + 1]! }).waitFor();
    }
    await page.locator("#data-state", { hasText: "2,000 to learn, 2,000 to test" }).waitFor();
    await page.click("#train");
    await statusIs(page, /^Finished after 20 steps/);
  },
  { hash: "#epochs=1" },
);

visiting(
  "a setting counts that was written just before Train was pressed",
  async (page) => {
    await page.fill("#seed", "5");
    await page.click("#train");
    await statusIs(page, /^Finished/);
    assert.ok((await saved(page)).equals(await trainedInNode({ ...DEFAULTS, seed: 5, epochs: 1 })));
  },
  { hash: "#epochs=1" },
);

visiting("digits come from a folder of this site, and of no other", async (page) => {
  await page.click("summary");
  await page.fill("#data-folder", "https://example.com/mnist");
  await page.press("#data-folder", "Enter");
  await page.locator("#data-message", { hasText: "https://example.com is another" }).waitFor();
  await page.fill("#data-folder", "digits");
  await page.press("#data-folder", "Enter");
  await page.locator("#data-state", { hasText: "From /some/folder/digits/" }).waitFor();
  assert.is(await page.locator("#data-message").isVisible(), false);
});

visiting(
  "what comes during a run waits for its end",
  async (page) => {
    const untrained = await saved(page);
    await page.click("#train");
    await stepsReach(page, 1);
    await drop(page, [{ name: "good.safetensors", bytes: untrained }]);
    await page.locator("#model-message", { hasText: "the file is good, but a training run is under way" }).waitFor();
    const parts = ["images-idx3", "labels-idx1"].flatMap((kind) =>
      ["train", "t10k"].map((part) => ({ name: `${part}-${kind}-ubyte.gz`, bytes: digitsFile(`t10k-${kind}`) })),
    );
    await drop(page, parts);
    await page.locator("#data-state", { hasText: "From the next run on: 2,000 to learn" }).waitFor();
    const steps = await numberAt(page, "steps");
    await stepsReach(page, steps + 50);
    await page.click("#stop");
    await statusIs(page, /^Stopped/);
    const stopped = await numberAt(page, "steps");
    await page.fill("#epochs", "1");
    await page.click("#train");
    await statusIs(page, new RegExp(`^Finished after ${(stopped + 20).toLocaleString("en")} steps`));
    await drop(page, [{ name: "good.safetensors", bytes: untrained }]);
    await statusIs(page, /^The network from good.safetensors is loaded/);
    assert.ok((await saved(page)).equals(untrained));
  },
  { hash: LONG },
);

visiting(
  "a run is paused, resumed and stopped, and another goes on from there",
  async (page) => {
    await page.click("#train");
    await stepsReach(page, 1);
    await page.click("#pause");
    const paused = Number(/[\d,]+/.exec(await statusIs(page, /^Paused after/))?.[0].replaceAll(",", ""));
    const before = await saved(page);
    await page.waitForTimeout(300);
    assert.ok((await saved(page)).equals(before), "the network stands still");
    assert.is(await numberAt(page, "steps"), paused);
    assert.is(await page.textContent("#pause"), "Resume");
    await page.click("#pause");
    await stepsReach(page, paused + 20);
    await page.click("#stop");
    await statusIs(page, /^Stopped after/);
    const stopped = await numberAt(page, "steps");
    assert.ok(stopped >= paused + 20);
    await page.waitForTimeout(300);
    assert.is(await numberAt(page, "steps"), stopped);
    assert.is(await page.textContent("#train"), "Train more");
    await page.click("#train");
    await stepsReach(page, stopped + 20);
    await page.click("#reset"); // in the middle of it
    await statusIs(page, /^A new network/);
    assert.is(await numberAt(page, "steps"), 0);
    assert.is(await page.textContent("#loss"), "–");
  },
  { hash: LONG },
);

visiting(
  "paused runs stop, too",
  async (page) => {
    await page.click("#train");
    await stepsReach(page, 1);
    await page.click("#pause");
    await statusIs(page, /^Paused/);
    await page.click("#stop");
    await statusIs(page, /^Stopped/);
  },
  { hash: LONG },
);

visiting(
  "an address gives the settings, and settings the address",
  async (page) => {
    const values = async () =>
      page.$$eval("#settings :is(input, select)", (all) => all.map((one) => (one as HTMLInputElement).value));
    assert.equal(await values(), ["64, 32", "tanh", "7", "sgd", "0.1", "50", "3"]);
    assert.match((await page.textContent("#network-state")) ?? "", /^784 – 64 – 32 – 10/);
    await page.fill("#batch", "200");
    await page.press("#batch", "Enter");
    await page.waitForFunction(() => location.hash.includes("batch=200"));
    await page.click("#share");
    await page.locator("#share-message", { hasText: "Copied" }).waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.is(link, `${site.address}#layers=64,32&activation=tanh&seed=7&optimizer=sgd&rate=0.1&batch=200&epochs=3`);
    await page.click("#train");
    await statusIs(page, /^Finished after 120 steps/);
  },
  { hash: "#layers=64,32&activation=tanh&seed=7&optimizer=sgd&rate=0.1&batch=50&epochs=3" },
);

visiting(
  "what cannot be meant is said beside its control, and the last good value stands",
  async (page) => {
    assert.match((await page.textContent("#optimizer-message")) ?? "", /found “magic”.*adam was taken instead/);
    assert.is(await page.inputValue("#optimizer"), "adam");
    await page.fill("#rate", "-1");
    await page.press("#rate", "Tab");
    assert.match((await page.textContent("#rate-message")) ?? "", /above 0.*found “-1”/);
    assert.is(await page.getAttribute("#rate", "aria-invalid"), "true");
    await page.click("#train");
    assert.is(await page.evaluate(() => document.activeElement?.id), "rate");
    assert.is(await page.textContent("#status"), "Ready.");
    await page.fill("#rate", "0.01");
    await page.fill("#rate", "100");
    await page.selectOption("#optimizer", "sgd");
    await page.click("#train");
    await page.locator("#rate-message", { hasText: "learning rate is too large" }).waitFor();
    await page.fill("#rate", "0.1");
    await page.click("#reset");
    await statusIs(page, /^A new network/);
    await page.click("#train");
    await statusIs(page, /^Finished/);
  },
  { hash: "#optimizer=magic&epochs=1&layers=64,64,64&activation=leakyRelu" },
);

visiting(
  "everything works by keyboard alone",
  async (page) => {
    const tabTo = async (id: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.id)) === id) return;
      }
      throw new Error(`Tab does not lead to #${id}`);
    };
    await tabTo("train");
    await page.keyboard.press("Enter");
    await stepsReach(page, 1);
    await tabTo("pause");
    await page.keyboard.press("Space");
    await statusIs(page, /^Paused/);
    await page.keyboard.press("Space"); // the focus has stayed
    await statusIs(page, /^Training goes on/);
    await stepsReach(page, 800);
    await tabTo("stop");
    await page.keyboard.press("Enter");
    await statusIs(page, /^Stopped/);
    await tabTo("field");
    for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"]) await page.keyboard.press(key);
    await page.keyboard.press("Space");
    for (let i = 0; i < 11; i++) await page.keyboard.press("ArrowRight");
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press("ArrowDown");
      if (i % 3 === 0) await page.keyboard.press("ArrowLeft");
    }
    await page.keyboard.press("Space");
    await page.locator("#reading", { hasText: "Reads 7" }).waitFor();
    await page.keyboard.press("Delete");
    await page.locator("#reading", { hasText: "Nothing drawn" }).waitFor();
  },
  { hash: LONG },
);

visiting(
  "a finger draws without moving the page",
  async (page) => {
    await page.locator("#pad").scrollIntoViewIfNeeded();
    const scrolled = await page.evaluate(() => scrollY);
    const client = await page.context().newCDPSession(page);
    const { x = 0, y = 0, width = 0 } = (await page.locator("#pad").boundingBox()) ?? {};
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
      client.send("Input.dispatchTouchEvent", { type, touchPoints: points });
    await touch("touchStart", [{ x: x + 0.5 * width, y: y + 0.15 * width }]);
    for (let i = 1; i <= 10; i++) await touch("touchMove", [{ x: x + 0.5 * width, y: y + (0.15 + 0.07 * i) * width }]);
    await touch("touchEnd", []);
    await page.locator("#reading", { hasText: "Reads" }).waitFor();
    assert.is(await page.evaluate(() => scrollY), scrolled);
  },
  { width: 360 },
);

for (const width of [360, 768, 1280]) {
  for (const scheme of ["light", "dark"] as const) {
    visiting(
      `nothing sticks out at ${width} px, ${scheme}, and every control has a name`,
      async (page) => {
        await page.click("#train");
        await statusIs(page, /^Finished/);
        await page.click("summary");
        await draw(page, SEVEN);
        await page.locator("#reading", { hasText: "Reads" }).waitFor();
        assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width);
        const nameless = await page.$$eval("button, input, select, canvas[role], [role=application]", (all) =>
          all
            .filter(
              (one) =>
                !one.getAttribute("aria-label") &&
                !one.textContent?.trim() &&
                !(one as HTMLInputElement).labels?.length,
            )
            .map(({ id }) => id),
        );
        assert.equal(nameless, []);
        const folder = process.env["LANEGRAD_SCREENSHOTS"];
        if (folder !== undefined) await page.screenshot({ path: `${folder}/${width}-${scheme}.png`, fullPage: true });
      },
      { width, scheme, hash: "#epochs=5" },
    );
  }
}

/** What the confusion matrix says of the 2,000 test digits, in percent, as the page rounds it. */
async function rightInTable(page: Page): Promise<number> {
  const right = (await page.locator("#confusion td.right").allTextContents()).map(Number);
  return Number((100 * (sum(right) / 2000)).toFixed(1));
}

/** How the page writes the steps of so many runs as the settings describe, and one more. */
async function stepsOf(page: Page, runs: number): Promise<string> {
  const [batch, epochs] = [Number(await page.inputValue("#batch")), Number(await page.inputValue("#epochs"))];
  return ((runs + 1) * epochs * Math.ceil(8000 / batch)).toLocaleString("en");
}

/** The file that the page gives when it is asked to save. */
async function saved(page: Page): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
  return readFileSync(await download.path());
}

/** One of the bundled files. */
function digitsFile(name: string): Buffer {
  return readFileSync(new URL(`../../data/${name}-ubyte.gz`, import.meta.url));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

const reason = whyNot();
if (reason === undefined) {
  // Not in a hook, whose errors uvu keeps to itself.
  site = await startSite();
  browser = await launch();
  test.run();
} else if (isRequired) throw new Error(`no tests of the page: ${reason}`);
else console.log(`the page: not tested in a browser: ${reason}`);
