/**
 * Bundles src/ into dist/: few files, because a runtime takes about a millisecond to load each, and one for the first entry. The builds of the
 * kernels stay chunks of their own, loaded when an engine asks for one; what differs between Node and browsers stays
 * behind the conditions of package.json.
 *
 * The command line is bundled by itself: it uses the library as any other program does, by the package's name.
 *
 * A browser's worker is one file without imports: import maps do not reach workers, and a bundler would have to split it.
 * It gets the kernels from the program that starts it, so that they are not in it; the reference kernels, which are code, are.
 */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { makeLean } from "./lean.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
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
  inject: ["scripts/build/dispose_keys.ts"],
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120, // so that a stack trace leads somewhere: names stay
  logLevel: "warning",
};

/** A file of its own: entries that need errors alone load no more. */
const ERRORS = "src/worker/library_errors.ts";

const LIBRARY: BuildOptions = {
  ...OPTIONS,
  outbase: "src",
  outdir: join(ROOT, "dist"),
  platform: "neutral",
  external: ["#platform", "#spawn", "@assemblyscript/loader", "node:*", ...PEERS],
};

/**
 * What the library loads when it is asked for: files of their own, which share nothing with it. A chunk that both used would be
 * loaded by every program.
 */
const LATER: Readonly<Record<string, string>> = {
  "../reference/index.ts": "./reference/index.js",
  "./debugging.ts": "./wasm/debugging.js",
  "./members.ts": "./members.js", // by platform/web.js
  "./what_it_is.ts": "./formats/what_it_is.js",
};

await build({
  ...LIBRARY,
  entryPoints: {
    ...{ index: "src/index.ts", errors: ERRORS, "chapter/index": "src/chapter/index.ts" },
    "ops/linalg/index": "src/ops/linalg/index.ts",
    ...{ "platform/node": "src/platform/node.ts", "platform/web": "src/platform/web.ts" },
  },
  plugins: [
    {
      name: "later",
      setup({ onResolve }) {
        onResolve({ filter: /\.ts$/ }, ({ path, kind }) => {
          const file = kind === "dynamic-import" ? LATER[path] : undefined;
          return file === undefined ? undefined : { path: file, external: true };
        });
      },
    },
  ],
});

// The reference kernels are as much of a black box as the kernels are.
for (const name of ["reference/index", "wasm/debugging", "platform/members", "formats/what_it_is"]) {
  await build({ ...LIBRARY, minify: true, entryPoints: [`src/${name}.ts`] });
}

makeLean(join(ROOT, "dist"), join(ROOT, "src"));

/** Sources of engines, and of classes whose instances pass from one entry to another: a second copy would not know them. */
const ONCE = /^src\/(wasm\/(engine|load|memory)|tensor\/(tensor|expression|sparse)|nn\/network|data\/dataset)\.ts$/;
const surface = surfaceOf(join(ROOT, "src/index.ts"));
// The other entries take from the first what it exports, so that its classes are one and the same. `lanegrad/chapter` and
// `lanegrad/linalg` are built with the first, because they use what that does not export.
for (const [folder, names] of Object.entries({
  data: ["csv"],
  plot: ["index"],
  random: ["index"],
  worker: ["index", "host", "spawn_node", "spawn_web", "thread"],
})) {
  const { metafile } = await build({
    ...LIBRARY,
    minify: folder === "plot", // what goes wrong there is told by its own errors
    entryPoints: names.map((name) => `src/${folder}/${name}.ts`),
    chunkNames: `${folder}/[name]-[hash]`,
    plugins: [surface],
    metafile: true,
  });
  const twice = Object.keys(metafile.inputs).filter((file) => ONCE.test(file));
  if (twice.length > 0) throw new Error(`${folder}: bundled a second time: ${twice.join(", ")}`);
}

await build({
  ...OPTIONS,
  minify: true, // a program, not a library: nobody steps through it
  entryPoints: ["src/cli/main.ts"],
  outdir: join(ROOT, "dist/cli"),
  platform: "node",
  external: ["lanegrad", "lanegrad/*", ...PEERS],
});

await build({
  ...OPTIONS,
  splitting: false,
  minify: true,
  entryPoints: ["src/worker/worker.ts"],
  outdir: join(ROOT, "dist/worker"),
  platform: "browser",
  alias: { "#platform": join(ROOT, "src/platform/web.ts") },
  plugins: [
    {
      name: "no kernels",
      setup({ onLoad }) {
        onLoad({ filter: /src[\\/]wasm[\\/]builds[\\/]/ }, () => ({ contents: 'export default "";' }));
      },
    },
  ],
});

// The build that nearly everyone uses, for Node and for servers of one's own; the others are in the package as strings.
mkdirSync(join(ROOT, "dist/wasm"), { recursive: true });
copyFileSync(join(ROOT, "build/simd.wasm"), join(ROOT, "dist/wasm/simd.wasm"));

/** Turns imports of names that the package's first entry exports into imports of that entry. */
function surfaceOf(index: string): Plugin {
  const exported = exportsOf(readFileSync(index, "utf8"));
  const errors = errorFiles();
  return {
    name: "surface",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) => {
        const file = relative(dirname(index), join(resolveDir, path)).replaceAll("\\", "/");
        if (errors.has(file)) return { path: "../errors.js", external: true }; // some take all of them, by name
        const names = importer === "" ? [] : namesFrom(readFileSync(importer, "utf8"), path);
        const isPublic = names.length > 0 && names.every((name) => exported.get(file)?.has(name));
        return isPublic ? { path: "../index.js", external: true } : undefined;
      });
    },
  };
}

/** The files that declare errors, and the one that passes all of them on. */
function errorFiles(): ReadonlySet<string> {
  const targets = [...readFileSync(join(ROOT, ERRORS), "utf8").matchAll(/from "([^"]+)"/g)].map(
    ([, path = ""]) => path,
  );
  const files = targets.map((path) => join(dirname(ERRORS), path));
  return new Set([ERRORS, ...files].map((file) => relative("src", file).replaceAll("\\", "/")));
}

/** Which values of which files the surface passes on. */
function exportsOf(index: string): ReadonlyMap<string, ReadonlySet<string>> {
  const statements = index.matchAll(/^export \{([^}]*)\} from "\.\/([^"]+)"/gm);
  return new Map([...statements].map(([, names = "", file = ""]) => [file, new Set(valuesIn(names))]));
}

/** The values that a source imports from a path, or passes on. */
function namesFrom(source: string, path: string): string[] {
  const statements = source.matchAll(/^(?:import|export) \{([^}]*)\} from "([^"]+)"/gm);
  return [...statements].flatMap(([, names = "", from]) => (from === path ? valuesIn(names) : []));
}

/** Names in braces that are no types; a renamed one is not known, so that its file is bundled. */
function valuesIn(names: string): string[] {
  return names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !name.startsWith("type "));
}
