/**
 * Tests while one works: `npm run dev`, until Ctrl-C.
 *
 * Watches assembly/, src/ and test/. When a file is saved, the tests of the change run, those next to it first (affected.ts);
 * when another file is saved meanwhile, they start again.
 *
 * Where kernels have changed, all builds are compiled in this process first, without optimization: the same arithmetic in a tenth
 * of the time. The tests next to the change run on these, then the builds are compiled as they are published, for all others.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BUILDS, isCurrent, stampOf, writeBuild, writeTable } from "../shared/builds.ts";
import { affectedBy, changesBetween, type Sources } from "./affected.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WATCHED = ["assembly", "src", "test"];
/** What watched files import or start. */
const READ = [...WATCHED, "scripts", "bench", "data", "examples"];
/** An editor may write a file in several steps. */
const QUIET_MILLISECONDS = 100;
/** Until the compiler is loaded, which takes seconds once. */
const WARM_UP_MILLISECONDS = 500;

let sources = readSources();
/** Changed files whose own tests have not run to their end. */
const pending = new Set<string>();
let child: ChildProcess | undefined;
let isBusy = false;
let timer: NodeJS.Timeout | undefined;

process.on("SIGINT", () => end());
process.on("SIGTERM", () => end());
writeTable();
await compileKernels();
watchFolders(WATCHED);
console.log(`watching ${WATCHED.map((folder) => `${folder}/`).join(", ")}; Ctrl-C ends`);
setTimeout(warmUp, WARM_UP_MILLISECONDS);

function watchFolders(folders: readonly string[]): void {
  const watched = new Set<string>();
  const watchAll = () => {
    for (const folder of folders.flatMap(withFoldersBelow)) {
      if (watched.has(folder)) continue;
      watched.add(folder);
      // One watcher a folder: a recursive one loses files that an editor replaces.
      const watcher = watch(join(ROOT, folder), () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          watchAll();
          void look();
        }, QUIET_MILLISECONDS);
      });
      watcher.on("error", () => watched.delete(folder)); // the folder is gone
    }
  };
  watchAll();
}

/** Looks for changes, and tests them unless a run is under way, which is started again then. */
async function look(): Promise<void> {
  const now = readSources();
  const changed = changesBetween(sources, now).filter((path) =>
    WATCHED.some((folder) => path.startsWith(`${folder}/`)),
  );
  sources = now;
  for (const path of changed) pending.add(path);
  if (changed.length === 0) return;
  if (isBusy) {
    child?.kill("SIGINT");
    return;
  }
  isBusy = true;
  while (pending.size > 0) await testChange();
  isBusy = false;
}

async function testChange(): Promise<void> {
  const start = performance.now();
  const changed = [...pending];
  pending.clear();
  console.log(`\n${changed.join(", ")}`);
  // By another process: this one has imported the table as it was.
  if (changed.includes("src/wasm/table.ts") && !(await run("scripts/kernels.ts", ["--table"]))) return;
  if (!(await compileKernels())) return;
  const { near, far } = affectedBy(changed, sources, aliases());
  if (near.length + far.length === 0) console.log("no test reaches it");
  const ends = near.length === 0 || (await runTests(near));
  if (pending.size > 0) {
    for (const path of changed) pending.add(path);
    return;
  }
  console.log(
    `${near.length} test files next to it: ${((performance.now() - start) / 1000).toFixed(1)} s after the change`,
  );
  if (!ends) return;
  if (!BUILDS.every((name) => isCurrent(name)) && !(await run("scripts/kernels.ts"))) return;
  if (far.length === 0) return;
  console.log(`${far.length} more reach it`);
  await runTests(far);
}

/** Compiles what is not current; whether it compiles. */
async function compileKernels(): Promise<boolean> {
  const stale = BUILDS.filter((name) => !isCurrent(name, ["published", "plain"]));
  if (stale.length === 0) return true;
  const start = performance.now();
  const { compileBuild, readKernels } = await import("../mutation/kernels/compile.ts");
  const [stamp, kernels] = [stampOf("plain"), readKernels()];
  for (const name of stale) {
    const { bytes, messages } = await compileBuild(name, kernels, "plain");
    if (bytes === undefined) {
      console.error(messages);
      return false;
    }
    writeBuild(name, bytes, stamp);
  }
  console.log(`compiled the kernels in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return true;
}

/** Compiles once for nothing while nothing is asked for: the compiler's own code is optimized by the runtime as it runs. */
async function warmUp(): Promise<void> {
  if (isBusy) return;
  const { compileBuild, readKernels } = await import("../mutation/kernels/compile.ts");
  await compileBuild("simd", readKernels(), "plain");
}

/** Whether all pass. */
function runTests(files: readonly string[]): Promise<boolean> {
  const names = files.map((file) => file.replace(/^test\//, "").replace(/\.test\.ts$/, ""));
  return run("scripts/test.ts", [`^(${names.join("|")})(?=\\.test\\.ts$)`]);
}

/** Runs a script of the project; whether it ends well, which it does not where a change interrupts it. */
function run(script: string, args: readonly string[] = []): Promise<boolean> {
  if (pending.size > 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    child = spawn(process.execPath, ["--import", "tsx", join(ROOT, script), ...args], {
      cwd: ROOT,
      stdio: "inherit",
      env: { ...process.env, LANEGRAD_BUILD: "simd" },
    });
    child.once("close", (code) => {
      child = undefined;
      resolve(code === 0);
    });
  });
}

/** Ends when what is running has ended. */
function end(): void {
  if (child === undefined) process.exit(0);
  child.once("close", () => process.exit(0));
  child.kill("SIGINT");
}

function readSources(): Sources {
  const files = READ.flatMap(withFoldersBelow).flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name}`),
  );
  return new Map(files.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));
}

function withFoldersBelow(folder: string): string[] {
  const below = readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !/^(node_modules|fixtures|builds|dist)$/.test(entry.name))
    .flatMap((entry) => withFoldersBelow(`${folder}/${entry.name}`));
  return [folder, ...below];
}

/** As tsconfig.json has them. */
function aliases(): Readonly<Record<string, string>> {
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8")) as {
    readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly string[]>> };
  };
  return Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, [file = ""]]) => [name, file.replace(/^\.\//, "")]),
  );
}
