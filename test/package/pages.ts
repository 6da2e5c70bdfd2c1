/** The same page by every bundler, and without one. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { copyWithPrograms, temporaryFolder } from "./project.ts";
import { ROOT, toolFile } from "./tools.ts";
import type { Page } from "./tour.ts";

/** Pages, why others could not be made, and what ends the servers that some of them need. */
export type Pages = {
  readonly pages: readonly Page[];
  readonly broken: ReadonlyMap<string, string>;
  close(): Promise<void>;
};

/** What a page is made by; the folder is a copy of the project, with the programs in it. */
type Maker = (project: string) => Promise<Page["from"]>;

/** Vite and webpack, as far as they are used here: they are not installed with the project. */
type Vite = {
  readonly build: (options: object) => Promise<unknown>;
  readonly createServer: (options: object) => Promise<ViteServer>;
};
type ViteServer = {
  listen(): Promise<unknown>;
  close(): Promise<void>;
  readonly resolvedUrls: { readonly local: readonly string[] } | null;
};
type Webpack = (options: object, done: (error: Error | null, stats?: WebpackStats) => void) => void;
type WebpackStats = { hasErrors(): boolean; toString(form: object): string };

const LIBRARY = "./node_modules/lanegrad/dist";
/** Makes every page; of those that could not be made, it says why. */
export async function makePages(project: string): Promise<Pages> {
  const servers: ViteServer[] = [];
  const makers: readonly (readonly [name: string, make: Maker])[] = [
    ["import map", importMapPage],
    ["addresses alone", addressesPage],
    ["golden table", (folder) => importMapPage(folder, "./golden_page.js")],
    ["first program, import map", (folder) => importMapPage(folder, "./first_page.js")],
    ["first program, addresses alone", firstByAddresses],
    ["first program, Vite build", (folder) => viteBuildPage(folder, "./first_page.js")],
    ["esbuild", esbuildPage],
    ["webpack", webpackPage],
    ["Vite build", (folder) => viteBuildPage(folder)],
    ["Vite dev", (folder) => viteDevPage(folder, servers)],
  ];
  const pages: Page[] = [];
  const broken = new Map<string, string>();
  for (const [name, make] of makers) {
    try {
      const from = await make(copyWithPrograms(project));
      const expectation =
        name === "golden table" ? name : name.startsWith("first program") ? "first program" : "trains";
      pages.push({ name, expectation, from });
      if (make === importMapPage) pages.push({ name: "WebAssembly forbidden", expectation: "forbidden", from });
    } catch (error) {
      broken.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return { pages, broken, close };
}

/** With the import map that docs/browsers.md shows. */
async function importMapPage(folder: string, script = "./entry.js"): Promise<Page["from"]> {
  const [map] =
    /<script type="importmap">[\s\S]*?<\/script>/.exec(readFileSync(join(ROOT, "docs/browsers.md"), "utf8")) ?? [];
  if (map === undefined) throw new Error("docs/browsers.md shows no import map");
  writeFileSync(join(folder, "index.html"), html(script, map));
  return { folder };
}

/** Without an import map: modules are imported by their addresses. */
async function addressesPage(folder: string): Promise<Page["from"]> {
  const program = join(folder, "train.js");
  const text = readFileSync(program, "utf8")
    .replace('"lanegrad"', `"${LIBRARY}/index.js"`)
    .replace('"lanegrad/worker"', `"${LIBRARY}/worker/index.js"`);
  writeFileSync(program, text);
  writeFileSync(join(folder, "index.html"), html("./entry.js"));
  return { folder };
}

/** The README's first program with the package's address in place of its name. */
async function firstByAddresses(folder: string): Promise<Page["from"]> {
  const program = join(folder, "first.js");
  writeFileSync(program, readFileSync(program, "utf8").replace('"lanegrad"', `"${LIBRARY}/index.js"`));
  writeFileSync(join(folder, "index.html"), html("./first_page.js"));
  return { folder };
}

async function esbuildPage(folder: string): Promise<Page["from"]> {
  const outdir = temporaryFolder();
  await build({
    absWorkingDir: folder,
    entryPoints: { main: "entry_own_worker.js" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    logLevel: "silent",
  });
  copyFileSync(join(folder, LIBRARY, "worker/worker.js"), join(outdir, "worker.js"));
  writeFileSync(join(outdir, "index.html"), html("./main.js"));
  return { folder: outdir };
}

async function webpackPage(folder: string): Promise<Page["from"]> {
  const { default: webpack } = (await import(pathToFileURL(toolFile("webpack/lib/index.js")).href)) as {
    default: Webpack;
  };
  const outdir = temporaryFolder();
  const options = {
    mode: "production",
    context: folder,
    entry: "./entry.js",
    output: { path: outdir, filename: "main.js" },
    performance: { hints: false },
  };
  await new Promise<void>((resolve, reject) => {
    webpack(options, (error, stats) => {
      if (error !== null) reject(error);
      else if (stats?.hasErrors()) reject(new Error(stats.toString({ all: false, errors: true })));
      else resolve();
    });
  });
  writeFileSync(join(outdir, "index.html"), html("./main.js"));
  return { folder: outdir };
}

async function viteBuildPage(folder: string, script = "./entry.js"): Promise<Page["from"]> {
  writeFileSync(join(folder, "index.html"), html(script));
  const { build: bundle } = await vite();
  const outdir = temporaryFolder();
  await bundle({
    root: folder,
    base: "./",
    configFile: false,
    logLevel: "error",
    build: { outDir: join(outdir, "dist"), modulePreload: { polyfill: false } },
  });
  return { folder: join(outdir, "dist") };
}

async function viteDevPage(folder: string, servers: ViteServer[]): Promise<Page["from"]> {
  writeFileSync(join(folder, "index.html"), html("./entry.js"));
  const { createServer } = await vite();
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: "error",
    server: { host: "127.0.0.1", port: 0, hmr: false },
  });
  servers.push(server);
  await server.listen();
  const [address] = server.resolvedUrls?.local ?? [];
  if (address === undefined) throw new Error("Vite says no address");
  return { address };
}

async function vite(): Promise<Vite> {
  return (await import(pathToFileURL(toolFile("vite/dist/node/index.js")).href)) as Vite;
}

function html(script: string, before = ""): string {
  return `<!doctype html><meta charset="utf-8"><title>lanegrad</title>${before}<script type="module" src="${script}"></script>`;
}
