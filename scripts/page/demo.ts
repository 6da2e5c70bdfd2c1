/**
 * The page in examples/browser: `tsx scripts/page/demo.ts serve|build|check [options of Vite]`.
 *
 *   serve   serves it from its sources, and takes changes up at once
 *   build   types, then static files in examples/browser/dist, which work from any folder of any server
 *   check   types alone, of the page and of its tests, where their packages are installed
 *
 * What it needs is installed in its folder when it is first asked for.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { install, isInstalled } from "../shared/install.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PAGE = join(ROOT, "examples/browser");
const TESTS = join(ROOT, "test/browser");

const [command, ...options] = process.argv.slice(2);
switch (command) {
  case "serve":
    install(PAGE, "what serves the page (npm ci in examples/browser, 40 MB)");
    run("vite/bin/vite.js", options);
    break;
  case "build":
    install(PAGE, "what builds the page (npm ci in examples/browser, 40 MB)");
    checkTypes(PAGE);
    run("vite/bin/vite.js", ["build", ...options]);
    break;
  case "check":
    for (const folder of [PAGE, TESTS]) {
      if ([PAGE, folder].every(isInstalled)) checkTypes(folder);
      else console.error(`not checked, because its packages are not installed: ${folder.slice(ROOT.length + 1)}`);
    }
    break;
  default:
    console.error("usage: tsx scripts/page/demo.ts serve|build|check [options of Vite]");
    process.exitCode = 2;
}

function checkTypes(folder: string): void {
  node(join(ROOT, "node_modules/typescript/bin/tsc"), ["-p", folder], ROOT);
}

function run(script: string, args: readonly string[]): void {
  node(join(PAGE, "node_modules", script), args, PAGE);
}

function node(script: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(process.execPath, [script, ...args], { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
