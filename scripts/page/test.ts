/**
 * The page in a real browser: `tsx scripts/page/test.ts [pattern]`. Installs what drives it; without a browser it fails,
 * where `npm test` goes without these tests.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install } from "../shared/install.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

install(join(ROOT, "examples/browser"), "what builds the page (npm ci in examples/browser, 40 MB)");
install(join(ROOT, "test/browser"), "what drives browsers (npm ci in test/browser, 70 MB)");
const pattern = process.argv[2] ?? "browser/";
const { status } = spawnSync(process.execPath, ["--import", "tsx", "scripts/test.ts", pattern], {
  cwd: ROOT,
  stdio: "inherit",
  env: { ...process.env, LANEGRAD_BUILD: "simd", LANEGRAD_BROWSER_TESTS: "required" },
});
process.exitCode = status ?? 1;
