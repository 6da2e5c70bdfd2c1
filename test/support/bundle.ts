/** Programs of the project as one file of JavaScript each, made from the sources as they are. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Names that the sources have for the project's own entries, as in tsconfig.json. */
const ALIASES = {
  lanegrad: "./src/index.ts",
  "lanegrad/chapter": "./src/chapter/index.ts",
  "lanegrad/csv": "./src/data/csv.ts",
  "lanegrad/linalg": "./src/ops/linalg/index.ts",
  "lanegrad/plot": "./src/plot/index.ts",
  "lanegrad/random": "./src/random/index.ts",
  "lanegrad/worker": "./src/worker/index.ts",
  "lanegrad/worker/host": "./src/worker/host.ts",
  "#platform": "./src/platform/node.ts",
  "#spawn": "./scripts/build/spawn_source.ts",
};

/** A module of a bundle finds its neighbours where its source is. */
const places: Plugin = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.m?ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const place = JSON.stringify(pathToFileURL(path).href);
      return { contents: source.replaceAll(/(?<!")import\.meta\.url/g, () => place), loader: "ts" };
    });
  },
};

/** Bundles TypeScript files into `outdir`, with chunks for what they share. Gives the files to run, in the same order. */
async function bundle(files: readonly string[], outdir: string): Promise<readonly string[]> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(files.map((file, i) => [`main${i}`, file])),
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    alias: ALIASES,
    packages: "external",
    plugins: [places],
    sourcemap: "linked",
    tsconfig: join(ROOT, "tsconfig.json"),
    logLevel: "error",
  });
  return files.map((_, i) => join(outdir, `main${i}.mjs`));
}

const OUT = join(ROOT, `build/programs-${process.pid}`);
/** The bundle of each file: a program that a test starts twice is bundled once. */
const bundles = new Map<string, Promise<string>>();

/** Bundles programs that are about to be started in one go, which takes little longer than one of them. */
export function bundleTogether(files: readonly string[]): void {
  if (isFromSources()) return;
  const fresh = [...new Set(files)].filter((file) => !bundles.has(file));
  if (fresh.length === 0) return;
  if (bundles.size === 0) process.on("exit", () => rmSync(OUT, { recursive: true, force: true }));
  const made = bundle(fresh, join(OUT, String(bundles.size)));
  for (const [i, file] of fresh.entries()) {
    const one = made.then((all) => all[i] ?? "");
    one.catch(() => {}); // whoever starts it is told
    bundles.set(file, one);
  }
}

function isFromSources(): boolean {
  return process.env["NODE_V8_COVERAGE"] !== undefined;
}

/**
 * What Node is given to run a TypeScript file: its bundle, because most of a short program's time would be spent on
 * translating the sources file by file. Where coverage is counted it runs from its sources, so that V8's counts are of the
 * same scripts as in the other tests.
 */
export async function programOf(file: string, from: "bundle" | "sources" = "bundle"): Promise<readonly string[]> {
  if (from === "sources" || isFromSources()) return ["--import", import.meta.resolve("tsx"), file];
  bundleTogether([file]);
  return [(await bundles.get(file)) ?? ""];
}

/** What a program in JavaScript needs to import a TypeScript file: flags for Node, and the address of the module. */
export async function moduleOf(file: string): Promise<{ readonly flags: readonly string[]; readonly address: string }> {
  const program = await programOf(file);
  return { flags: program.slice(0, -1), address: pathToFileURL(program.at(-1) ?? "").href };
}
