/** The browser that tests run in, and whether there is one. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { isInstalled } from "../../scripts/install.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(HERE, "../../examples/browser");
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
/** No updates, nothing fetched in the background: what is requested is the page's. */
const SWITCHES = [
  ...["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
  ...["--disable-sync", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
];

/** Why these tests cannot run here; undefined where they can, and run. */
export function whyNot(): string | undefined {
  if ((process.env["LANEGRAD_BUILD"] ?? "simd") !== "simd") return "the page is of the build simd";
  if (chromium() === undefined) return "no Chromium (apt-get install chromium; LANEGRAD_CHROMIUM names another)";
  if (!isInstalled(PAGE) || !isInstalled(HERE)) return "npm run test:browser has not installed what they need";
  return undefined;
}

/** Whether to go without these tests is a failure. */
export const isRequired: boolean = process.env["LANEGRAD_BROWSER_TESTS"] === "required";

/** Starts a browser without a window. */
export async function launch(): Promise<Browser> {
  const playwright = await import("playwright-core");
  const executablePath = chromium();
  if (executablePath === undefined) throw new Error(whyNot());
  return playwright.chromium.launch({ executablePath, args: SWITCHES, chromiumSandbox: false });
}

function chromium(): string | undefined {
  const named = process.env["LANEGRAD_CHROMIUM"];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
