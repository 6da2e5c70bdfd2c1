/**
 * The pictures of the page that README.md shows: `npx tsx test/browser/figure.ts` writes docs/figures/page-light.jpg and
 * page-dark.jpg, once `npm run test:browser` has installed what this needs.
 */
import { fileURLToPath } from "node:url";
import { launch } from "./browser.ts";
import { startSite } from "./site.ts";
import { draw, statusIs, visit } from "./visit.ts";

const WIDTH = 1280;
const HEIGHT = 950;
/** A seven, in parts of the field. */
const SEVEN = [
  [
    [0.28, 0.25],
    [0.72, 0.25],
    [0.5, 0.8],
  ],
] as const;

const site = await startSite();
const browser = await launch();
try {
  for (const scheme of ["light", "dark"] as const) {
    const path = fileURLToPath(new URL(`../../docs/figures/page-${scheme}.jpg`, import.meta.url));
    await visit(
      browser,
      site,
      async (page) => {
        await page.click("#train");
        await statusIs(page, /^Finished/);
        await draw(page, SEVEN);
        await page.locator("#reading", { hasText: "Reads 7" }).waitFor();
        await page.evaluate(() => window.scrollTo(0, 0));
        const clip = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
        await page.screenshot({ path, type: "jpeg", quality: 72, fullPage: true, clip });
      },
      { width: WIDTH, scheme, hash: "#epochs=10" },
    );
    console.log(path);
  }
} finally {
  await browser.close();
  await site.close();
}
