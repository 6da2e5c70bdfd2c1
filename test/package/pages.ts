/** The same page by every bundler, and without one. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { copyWithPrograms, temporaryFolder } from "./project.ts";
import type { PageServer } from "./server.ts";
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

/** Bundlers, as far as they are used here: they are not installed with the project. */
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

type Rollup = { readonly rollup: (options: object) => Promise<RollupBundle> };
type RollupBundle = { write(options: object): Promise<unknown>; close(): Promise<void> };
type NodeResolve = { readonly default: (options: object) => unknown };

const LIBRARY = "./node_modules/lanegrad/dist";
/** The README's first program, and what posts what it prints. */
const FIRST = ["./first_page.js", "./first.js"];
const NONCE = "bGFuZWdyYWQ";
const ANOTHER_ORIGIN = "another-origin";

/** Makes every page; of those that could not be made, it says why. */
export async function makePages(project: string, { otherOrigin }: PageServer): Promise<Pages> {
  const servers: ViteServer[] = [];
  const elsewhere = `script-src 'self' ${otherOrigin} 'wasm-unsafe-eval'; worker-src blob: ${otherOrigin}`;
  const answers = (script: string) => (folder: string) => answerPage(folder, script);
  const makers: readonly (readonly [string, Page["expectation"], Maker, policy?: string])[] = [
    ["import map", "trains", importMapPage],
    ["addresses alone", "trains", (folder) => addressesPage(folder, LIBRARY)],
    [ANOTHER_ORIGIN, "trains", (folder) => anotherOriginPage(folder, otherOrigin), elsewhere],
    ["nonce", "trains", noncePage, `script-src 'nonce-${NONCE}' 'self' 'wasm-unsafe-eval'`],
    ["nonce, strict-dynamic", "trains", noncePage, `script-src 'nonce-${NONCE}' 'strict-dynamic' 'wasm-unsafe-eval'`],
    ["audio worklet", "answers", answers("./worklet.js")],
    ["sandboxed frame", "answers", answers("./sandbox.js")],
    ["golden table", "golden table", (folder) => importMapPage(folder, ["./golden_page.js"])],
    ["first program, import map", "first program", (folder) => importMapPage(folder, FIRST)],
    ["first program, addresses alone", "first program", firstByAddresses],
    ["first program, Vite's template", "first program", (folder) => templatePage(folder, "vanilla")],
    ["first program, Vite's template in TypeScript", "first program", (folder) => templatePage(folder, "vanilla-ts")],
    ["esbuild", "trains", esbuildPage],
    ["webpack", "trains", webpackPage],
    ["Rollup", "trains", rollupPage],
    ["Parcel", "trains", parcelPage],
    ["Vite build", "trains", viteBuildPage],
    ["Vite dev", "trains", (folder) => viteDevPage(folder, servers)],
  ];
  const pages: Page[] = [];
  const broken = new Map<string, string>();
  for (const [name, expectation, make, policy] of makers) {
    try {
      const from = await make(copyWithPrograms(project));
      pages.push({ name, expectation, from, ...(policy !== undefined && { policy }) });
      if (make === importMapPage) pages.push({ name: "WebAssembly forbidden", expectation: "forbidden", from });
    } catch (error) {
      broken.set(name, textOf(error));
    }
  }
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return { pages, broken, close };
}

function textOf(error: unknown): string {
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  return `${stdout}${stderr}` || String(error);
}

/** With the import map that docs/browsers.md shows. */
async function importMapPage(folder: string, scripts: readonly string[] = ["./entry.js"]): Promise<Page["from"]> {
  const [map] =
    /<script type="importmap">[\s\S]*?<\/script>/.exec(readFileSync(join(ROOT, "docs/browsers.md"), "utf8")) ?? [];
  if (map === undefined) throw new Error("docs/browsers.md shows no import map");
  writeFileSync(join(folder, "index.html"), html(scripts, map));
  return { folder };
}

/** The same under a policy that allows scripts by a nonce. */
async function noncePage(folder: string): Promise<Page["from"]> {
  await importMapPage(folder);
  const page = join(folder, "index.html");
  writeFileSync(page, readFileSync(page, "utf8").replaceAll("<script ", `<script nonce="${NONCE}" `));
  return { folder };
}

/** Without an import map: modules are imported by their addresses. */
async function addressesPage(folder: string, library: string): Promise<Page["from"]> {
  const program = join(folder, "train.js");
  const text = readFileSync(program, "utf8")
    .replace('"lanegrad"', `"${library}/index.js"`)
    .replace('"lanegrad/worker"', `"${library}/worker/index.js"`);
  writeFileSync(program, text);
  writeFileSync(join(folder, "index.html"), html(["./entry.js"]));
  return { folder };
}

/** The package's files by their addresses on another server, as on a CDN. */
function anotherOriginPage(folder: string, origin: string): Promise<Page["from"]> {
  return addressesPage(folder, `${origin}/page/${ANOTHER_ORIGIN}/node_modules/lanegrad/dist`);
}

/** A network's answer where little of a page is there, and the answer of Node. */
async function answerPage(folder: string, script: string): Promise<Page["from"]> {
  const answer = execFileSync(process.execPath, ["answer_here.mjs"], { cwd: folder, encoding: "utf8" });
  writeFileSync(join(folder, "answer.json"), answer);
  copyFileSync(join(folder, LIBRARY, "wasm/simd.wasm"), join(folder, "simd.wasm"));
  writeFileSync(join(folder, "index.html"), html([script]));
  return { folder };
}

/** The README's first program with the package's address in place of its name. */
async function firstByAddresses(folder: string): Promise<Page["from"]> {
  const program = join(folder, "first.js");
  writeFileSync(program, readFileSync(program, "utf8").replace('"lanegrad"', `"${LIBRARY}/index.js"`));
  writeFileSync(join(folder, "index.html"), html(FIRST));
  return { folder };
}

/** The README's first program as the program of Vite's template, which is built as its package.json says. */
async function templatePage(folder: string, template: string): Promise<Page["from"]> {
  cpSync(toolFile(`create-vite/template-${template}`), folder, { recursive: true });
  const isTyped = template.endsWith("ts");
  copyFileSync(join(folder, "first.js"), join(folder, `src/main.${isTyped ? "ts" : "js"}`));
  for (const name of ["first_page.js", "post.js"]) copyFileSync(join(folder, name), join(folder, "src", name));
  const page = join(folder, "index.html");
  const before = '<script type="module" src="/src/first_page.js"></script>';
  writeFileSync(page, readFileSync(page, "utf8").replace("<script ", `${before}<script `));
  if (isTyped) {
    symlinkSync(toolFile("vite"), join(folder, "node_modules/vite")); // whose types the configuration names
    runTool("typescript-7/bin/tsc", [], folder);
  }
  const outdir = temporaryFolder();
  runTool("vite/bin/vite.js", ["build", "--base", "./", "--outDir", join(outdir, "dist")], folder);
  return { folder: join(outdir, "dist") };
}

/** What docs/browsers.md says to copy. */
function copyWorker(folder: string, outdir: string): void {
  for (const name of ["worker.js", "reference.js"]) {
    copyFileSync(join(folder, LIBRARY, "worker", name), join(outdir, name));
  }
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
  copyWorker(folder, outdir);
  writeFileSync(join(outdir, "index.html"), html(["./main.js"]));
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
  writeFileSync(join(outdir, "index.html"), html(["./main.js"]));
  return { folder: outdir };
}

/** What plugin-node-resolve finds by the conditions of browsers; the worker is put beside the bundle. */
async function rollupPage(folder: string): Promise<Page["from"]> {
  const [{ rollup }, { default: nodeResolve }] = await Promise.all([
    import(pathToFileURL(toolFile("rollup/dist/es/rollup.js")).href) as Promise<Rollup>,
    import(pathToFileURL(toolFile("@rollup/plugin-node-resolve/dist/es/index.js")).href) as Promise<NodeResolve>,
  ]);
  const outdir = temporaryFolder();
  const input = { main: join(folder, "entry_own_worker.js") };
  const bundle = await rollup({ input, plugins: [nodeResolve({ browser: true })], onLog() {} });
  await bundle.write({ dir: outdir, format: "es" });
  await bundle.close();
  copyWorker(folder, outdir);
  writeFileSync(join(outdir, "index.html"), html(["./main.js"]));
  return { folder: outdir };
}

/** With the line of package.json that docs/browsers.md shows. */
async function parcelPage(folder: string): Promise<Page["from"]> {
  const [setting] =
    /"@parcel\/resolver-default": \{.*\}/.exec(readFileSync(join(ROOT, "docs/browsers.md"), "utf8")) ?? [];
  if (setting === undefined) throw new Error("docs/browsers.md shows no setting of Parcel's");
  const manifest = join(folder, "package.json");
  writeFileSync(manifest, readFileSync(manifest, "utf8").replace("{", `{${setting},`));
  writeFileSync(join(folder, "index.html"), html(["./entry_parcel.js"]));
  const outdir = temporaryFolder();
  const options = ["--public-url", "./", "--no-cache", "--no-source-maps", "--log-level", "error"];
  runTool("parcel/lib/bin.js", ["build", "index.html", "--dist-dir", outdir, ...options], folder);
  return { folder: outdir };
}

async function viteBuildPage(folder: string): Promise<Page["from"]> {
  writeFileSync(join(folder, "index.html"), html(["./entry.js"]));
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
  writeFileSync(join(folder, "index.html"), html(["./entry.js"]));
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

/** Runs a program of the tools in a folder; what it prints is in the error when it fails. */
function runTool(file: string, args: readonly string[], cwd: string): void {
  execFileSync(process.execPath, [toolFile(file), ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function html(scripts: readonly string[], before = ""): string {
  const modules = scripts.map((script) => `<script type="module" src="${script}"></script>`);
  return `<!doctype html><meta charset="utf-8"><title>lanegrad</title><body>${before}${modules.join("")}`;
}
