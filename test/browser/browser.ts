/** The browsers that tests run in, and whether there are any. */
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext } from "playwright-core";
import type { Browser as Firefox } from "puppeteer-core";
import { isInstalled } from "../../scripts/shared/install.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(HERE, "../../examples/browser");
/** No updates, nothing fetched in the background: what is requested is the page's. */
const SWITCHES = [
  ...["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
  ...["--disable-sync", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"],
];

/** Why these tests cannot run here; undefined where they can, and run. */
export function whyNot(): string | undefined {
  if ((process.env["LANEGRAD_BUILD"] ?? "simd") !== "simd") return "the page is of the build simd";
  if (!isRequired) return "npm run test:browser runs these tests";
  if (chromium() === undefined) return "no Chromium (apt-get install chromium; LANEGRAD_CHROMIUM names another)";
  return whyNoTools();
}

/** The same of Firefox, which is not required. */
export function whyNoFirefox(): string | undefined {
  if ((process.env["LANEGRAD_BUILD"] ?? "simd") !== "simd") return "the page is of the build simd";
  if (!isRequired) return "npm run test:browser runs these tests";
  if (firefox() === undefined) return "no Firefox (apt-get install firefox-esr; LANEGRAD_FIREFOX names another)";
  return whyNoTools();
}

function whyNoTools(): string | undefined {
  if (!isInstalled(PAGE) || !isInstalled(HERE)) return "npm run test:browser has not installed what they need";
  return undefined;
}

/** Whether these tests were asked for: then to go without them is a failure. */
export const isRequired: boolean = process.env["LANEGRAD_BROWSER_TESTS"] === "required";

/** Starts a browser without a window. */
export async function launch(): Promise<Browser> {
  const playwright = await import("playwright-core");
  const executablePath = chromium();
  if (executablePath === undefined) throw new Error(whyNot());
  return playwright.chromium.launch({ executablePath, args: SWITCHES, chromiumSandbox: false });
}

/** Starts Chromium with an extension, the folder of its manifest. */
export async function launchWith(extension: string): Promise<BrowserContext> {
  const playwright = await import("playwright-core");
  const executablePath = chromium();
  if (executablePath === undefined) throw new Error(whyNot());
  return playwright.chromium.launchPersistentContext("", {
    executablePath,
    args: [...SWITCHES, `--load-extension=${extension}`],
    ignoreDefaultArgs: ["--disable-extensions"],
    chromiumSandbox: false,
  });
}

/** Starts Firefox without a window. */
export async function launchFirefox(): Promise<Firefox> {
  const puppeteer = await import("puppeteer-core");
  const executablePath = firefox();
  if (executablePath === undefined) throw new Error(whyNoFirefox());
  return puppeteer.launch({ browser: "firefox", executablePath, headless: true });
}

function chromium(): string | undefined {
  return found("LANEGRAD_CHROMIUM", ["chromium", "chromium-browser", "google-chrome"]);
}

function firefox(): string | undefined {
  return found("LANEGRAD_FIREFOX", ["firefox-esr", "firefox"]);
}

/** What a variable names, or the first of these that is on the path. */
function found(variable: string, names: readonly string[]): string | undefined {
  const named = process.env[variable];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
