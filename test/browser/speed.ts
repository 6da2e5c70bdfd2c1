/**
 * How fast the page trains, against Node on the same machine: `npx tsx test/browser/speed.ts [rounds]`.
 *
 * Both make the same run, 784-128-10 with Adam on the bundled digits, evaluated as often; the page also draws. They take
 * turns, because a machine's speed changes: what counts is the median of the rounds' quotients.
 */
import { DEFAULTS } from "../../examples/browser/src/settings.ts";
import { launch } from "./browser.ts";
import { NodeRun } from "./node_run.ts";
import { startSite } from "./site.ts";
import { statusIs, visit } from "./visit.ts";

const rounds = Number(process.argv[2] ?? 5);
const settings = { ...DEFAULTS, epochs: 50 };
const site = await startSite();
const browser = await launch();

try {
  const quotients: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [page, node] = [await inPage(), await inNode()];
    quotients.push(page / node);
    console.log(`${page.toFixed(0)} steps/s in Chromium, ${node.toFixed(0)} in Node: ${(page / node).toFixed(2)}`);
  }
  quotients.sort((a, b) => a - b);
  console.log(`median ${quotients[rounds >> 1]?.toFixed(2)}`);
} finally {
  await browser.close();
  await site.close();
}

/** Steps a second of the second run of a page. */
async function inPage(): Promise<number> {
  let speed = 0;
  await visit(
    browser,
    site,
    async (page) => {
      await page.click("#train");
      const first = Number(/[\d,]+/.exec(await statusIs(page, /^Finished/, 600_000))?.[0].replaceAll(",", ""));
      await page.click("#train");
      await statusIs(page, new RegExp(`^Finished after ${(2 * first).toLocaleString("en")} steps`), 600_000);
      const [start = 0, end = 0] = await page.evaluate(() =>
        ["train", "end"].map((name) => performance.getEntriesByName(name).at(-1)?.startTime ?? 0),
      );
      speed = (1000 * first) / (end - start);
    },
    { hash: `#epochs=${settings.epochs}` },
  );
  return speed;
}

/** Steps a second of the second run here, on the main thread. */
async function inNode(): Promise<number> {
  using run = await NodeRun.prepare(settings);
  await run.train();
  const start = performance.now();
  const steps = await run.train();
  return (1000 * steps) / (performance.now() - start);
}
