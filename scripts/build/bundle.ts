/**
 * Bundles src/ into dist/: minified, with source maps, and few files, because a runtime takes about a millisecond to load each.
 *
 *   core.js      what entries share; the builds of the kernels stay chunks of their own, loaded when an engine asks for one
 *   index.js …   the entries, for browsers and everything like them: plain files, which import one another by their addresses
 *   node/        the same entries for Node: they put Node's platform in the place of the browser's, and pass on the core
 *   workerd/     for runtimes that compile no WebAssembly: the kernels are a module that their bundler has compiled
 *
 * The command line is bundled by itself: it uses the library as any other program does, by the package's name.
 *
 * A browser's worker is one file without imports: import maps do not reach workers, and a bundler would have to split it.
 * It gets the kernels from the program that starts it, so that they are not in it; the reference kernels, which are code, are the
 * file beside it, which it loads where WebAssembly is forbidden.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { isLean, lean, marked } from "./lean.ts";
import { partsOf } from "./parts.ts";
import { thinned } from "./source_maps.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const SRC = join(ROOT, "src");
const DIST = join(ROOT, "dist");
const PEERS = ["papaparse", "@resvg/resvg-js", "fast-png"];
const OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } }, // fields that constructors set need no line of their own
  // Browsers that lack the symbol get one, for the library alone: it changes nothing of theirs.
  define: { "Symbol.dispose": "disposeKey", "Symbol.asyncDispose": "asyncDisposeKey" },
  inject: [join(ROOT, "scripts/build/dispose_keys.ts")],
  minify: true,
  lineLimit: 120, // Node shows the line that threw
  logLevel: "warning",
};

const LIBRARY: BuildOptions = {
  ...OPTIONS,
  outbase: "src",
  outdir: DIST,
  platform: "neutral",
  sourcemap: "linked",
  sourcesContent: false,
  external: ["@assemblyscript/loader", "node:*", ...PEERS],
};

/** The builds of the kernels, as strings. */
const BUILDS = ["simd", "relaxed", "debug"];

/** Beside the worker, which loads it as well. */
const REFERENCE = "./worker/reference.js";
/**
 * What the library loads when it is asked for: files of their own, which share nothing with it. A chunk that both used would be
 * loaded by every program.
 */
const LATER: Readonly<Record<string, string>> = {
  "../reference/index.ts": REFERENCE,
  "./debugging.ts": "./wasm/debugging.js",
  "./progress.ts": "./train/loop/progress.js",
  "./tile.ts": "./wasm/tile.js",
  "./members.ts": "./platform/members.js",
  "../threads/index.ts": "./threads/index.js",
  "./what_it_is.ts": "./formats/what_it_is.js",
  ...Object.fromEntries(BUILDS.map((name) => [`./builds/${name}.ts`, `./wasm/${name}.js`])),
};
const later: Plugin = {
  name: "later",
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ path, kind }) => {
      const file = kind === "dynamic-import" ? LATER[path] : undefined;
      return file === undefined ? undefined : { path: file, external: true };
    });
  },
};

/** The worker that comes with the library is started by a file of its own, which the entry for Node puts another into. */
const spawning: Plugin = {
  name: "spawning",
  setup({ onResolve }) {
    onResolve({ filter: /^#spawn$/ }, () => ({ path: "./current_spawn.js", external: true }));
  },
};

/** What files of another folder take from that of the worker. */
const inWorkerFolder: Plugin = {
  name: "in the worker's folder",
  setup({ onResolve }) {
    onResolve({ filter: /(^|\/)(host|current_spawn)\.ts$/ }, ({ path }) => {
      return { path: `../worker/${basename(path, ".ts")}.js`, external: true };
    });
  },
};
/**
 * The reference kernels in the worker: the file beside it. Bundlers see its address, where it is on one line, and take the file
 * along as it is; they are not to follow the import, which would make several files of the worker. esbuild drops such comments.
 */
const FROM_BESIDE = 'export const { start } = await import(new URL("./reference.js", import.meta.url).href);';
const BESIDE = /import\(new URL\("\.\/reference\.js",\s*import\.\s*meta\.\s*url\)\.\s*href\)/;
const BESIDE_FOR_BUNDLERS =
  'import(/* webpackIgnore: true *//* @vite-ignore */new URL("./reference.js",import.meta.url).href)';

type Wrapper = ({ readonly contents: string } | { readonly entry: string }) & {
  readonly banner?: string;
  readonly footer?: string;
};

const alias = { "#platform": join(SRC, "platform/current.ts") };
const parts = await partsOf(SRC, { ...LIBRARY, alias, sourcemap: false, plugins: [later] });
const { core, rest, errors } = parts;
for (const { file, contents } of [core, rest]) {
  await build({
    ...LIBRARY,
    stdin: { contents, resolveDir: SRC, sourcefile: file.replace(".js", ".ts") },
    entryNames: basename(file, ".js"),
    alias: file === core.file ? alias : {},
    plugins: [marked, later, ...(file === core.file ? [] : [parts.shared(0, core)])],
  });
}
const passedOn = (up: string) => `export{${core.names}}from"${up}core.js";export{${rest.names}}from"${up}rest.js";`;
write("index", passedOn("./"));
write("errors", `export{${errors}}from"./core.js";`);

for (const file of Object.values(LATER)) {
  const name = basename(file, ".js");
  const own = { entryNames: file.slice(0, -".js".length), plugins: [marked] };
  if (BUILDS.includes(name)) {
    await build({ ...LIBRARY, ...own, entryPoints: [`src/wasm/builds/${name}.ts`], inject: [], sourcemap: false });
  } else {
    const source = file === REFERENCE ? "reference/index.ts" : file.replace(".js", ".ts");
    // Bundlers copy the reference kernels for the worker without their map.
    await build({
      ...LIBRARY,
      ...own,
      entryPoints: [`src/${source}`],
      ...(file === REFERENCE && { sourcemap: false }),
    });
  }
}

for (const [folder, names] of Object.entries({
  chapter: ["index"],
  data: ["csv"],
  "ops/linalg": ["index"],
  plot: ["index"],
  random: ["index"],
  worker: ["index", "host"],
})) {
  await build({
    ...LIBRARY,
    entryPoints: names.map((name) => `src/${folder}/${name}.ts`),
    chunkNames: `${folder}/[name]-[hash]`,
    plugins: [marked, spawning, parts.shared(folder.split("/").length)],
  });
}

await build({ ...LIBRARY, entryPoints: ["src/worker/current_spawn.ts"] });

// The entries for Node: its platform is put in place by the first, which the others import.
const NODES = "cache, files, gunzip, inflateOwn, inflateRaw, kernelFile, nextTurn, readBytes, start";
const platform = `import { ${NODES} } from "./platform/node.ts";
  import { usePlatform } from "./platform/current.ts";
  usePlatform({ ${NODES} });`;
await forNode("platform", { contents: platform });
// Messages have the names of functions and classes.
const named = `function named(values) {
    for (const [name, value] of Object.entries(values))
      if (typeof value === "function" && value.name !== name) Object.defineProperty(value, "name", { value: name });
  }`;
const both = [...core.names, ...rest.names];
await forNode("index", {
  contents: `import { ${core.names} } from "../core.js"; import { ${rest.names} } from "../rest.js";
    ${named}
    named({ ${both} });
    export { ${both} };`,
  banner: 'import"./platform.js";',
});
// Where Node runs it and no bundler has: what a program does not call is not loaded.
await forNode("lazy", {
  contents: `${platform}
    import { ${core.names} } from "../core.js";
    ${named}
    named({ ${core.names} });
    import { createRequire } from "node:module";
    import { laterClass } from "./platform/later_class.ts";
    let values;
    function rest() {
      if (values !== undefined) return values;
      values = createRequire(import.meta.url)("../rest.js");
      named({ ${rest.names.filter((name) => !parts.isFunction(name)).map((name) => `${name}: values.${name}`)} });
      return values;
    }
    ${rest.names.map(calledLater).join("\n")}`,
  footer: `export{${core.names}}from"../core.js";`,
});
await forNode("worker", {
  contents: `import { spawn } from "./worker/spawn_node.ts";
    import { useSpawn } from "./worker/current_spawn.ts";
    useSpawn(spawn);`,
  banner: 'import"./platform.js";',
  footer: 'export*from"../worker/index.js";',
});
await forNode("thread", { entry: "worker/thread.ts", banner: 'import"./platform.js";' });
write("node/host", 'import"./platform.js";export*from"../worker/host.js";');
write("node/csv", 'import"./platform.js";export*from"../data/csv.js";');

mkdirSync(join(DIST, "workerd"), { recursive: true });
write(
  "workerd/index",
  `import simd from"../wasm/simd.wasm";import{useKernels}from"../core.js";useKernels(b=>b==="simd"?simd:void 0);${passedOn("../")}`,
);

for (const name of readdirSync(DIST, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"))) {
  const path = join(DIST, name);
  const code = lean(readFileSync(path, "utf8"));
  if (!isLean(code))
    throw new Error(`${name}: esbuild's text for \`using\`, or for a pure call, is another than expected`);
  writeFileSync(path, code);
  if (existsSync(`${path}.map`)) writeFileSync(`${path}.map`, thinned(readFileSync(`${path}.map`, "utf8")));
}

await build({
  ...OPTIONS,
  entryPoints: ["src/cli/main.ts"],
  outdir: join(DIST, "cli"),
  platform: "node",
  external: ["lanegrad", "lanegrad/*", ...PEERS],
});

await build({
  ...OPTIONS,
  splitting: false,
  entryPoints: ["src/worker/worker.ts"],
  outdir: join(DIST, "worker"),
  platform: "browser",
  alias: { "#platform": join(SRC, "platform/web.ts") },
  plugins: [
    {
      name: "no kernels, no threads of its own",
      setup({ onLoad }) {
        onLoad({ filter: /src[\\/]wasm[\\/]builds[\\/]/ }, () => ({ contents: 'export default "";' }));
        onLoad({ filter: /src[\\/]reference[\\/]index\.ts$/ }, () => ({ contents: FROM_BESIDE }));
        onLoad({ filter: /src[\\/]threads[\\/]index\.ts$/ }, () => ({ contents: "export {};" }));
      },
    },
  ],
});

const worker = join(DIST, "worker/worker.js");
const code = readFileSync(worker, "utf8");
if (!BESIDE.test(code)) throw new Error("worker.js: expected the import of reference.js in it");
writeFileSync(worker, code.replace(BESIDE, BESIDE_FOR_BUNDLERS));

// The build that nearly everyone uses, for Node and for servers of one's own; the others are in the package as strings.
mkdirSync(join(DIST, "wasm"), { recursive: true });
copyFileSync(join(ROOT, "build/simd.wasm"), join(DIST, "wasm/simd.wasm"));

/** Stands for a value of the rest, which is loaded when it is used. */
function calledLater(name: string): string {
  if (parts.isFunction(name)) return `export function ${name}(...values) { return rest().${name}(...values); }`;
  return `export const ${name} = laterClass(() => rest().${name});`;
}

/** Writes a file of few words. */
function write(name: string, code: string): void {
  writeFileSync(join(DIST, `${name}.js`), `${code}\n`);
}

/** A file of `dist/node`, whose own sources take the rest from the core. */
async function forNode(name: string, { banner = "", footer = "", ...source }: Wrapper): Promise<void> {
  await build({
    ...LIBRARY,
    ...("entry" in source
      ? { entryPoints: [join(SRC, source.entry)] }
      : { stdin: { contents: source.contents, resolveDir: SRC, sourcefile: `${name}.ts` } }),
    ...{ minify: false, minifyWhitespace: true, minifySyntax: true }, // functions keep the names that programs know
    entryNames: `node/${name}`,
    banner: { js: banner },
    footer: { js: footer },
    plugins: [inWorkerFolder, parts.shared(1, core)], // what the rest has of it is small
  });
}
