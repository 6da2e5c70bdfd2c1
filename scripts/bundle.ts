/**
 * Bundles src/ into dist/: few files, because a runtime takes about a millisecond to load each. The builds of the
 * kernels stay chunks of their own, loaded when an engine asks for one; what differs between Node and browsers stays
 * behind the conditions of package.json.
 *
 * The command line is bundled by itself: it uses the library as any other program does, by the package's name.
 *
 * A browser's worker is one file without imports: import maps do not reach workers, and a bundler would have to split it.
 * It gets the kernels from the program that starts it, so that they are not in it.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PEERS = ["papaparse", "@observablehq/plot", "linkedom", "@resvg/resvg-js", "fast-png"];
const OPTIONS: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120, // so that a stack trace leads somewhere: names stay
  logLevel: "warning",
};

await build({
  ...OPTIONS,
  entryPoints: [
    ...["src/index.ts", "src/data/csv.ts", "src/plot/index.ts", "src/platform/node.ts", "src/platform/web.ts"],
    ...["index", "host", "spawn_node", "spawn_web", "thread"].map((name) => `src/worker/${name}.ts`),
  ],
  outbase: "src",
  outdir: join(ROOT, "dist"),
  platform: "neutral",
  external: ["#platform", "#spawn", "@assemblyscript/loader", "node:*", ...PEERS],
});

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
  banner: {
    js: "/*! lanegrad, MIT; with @assemblyscript/loader, Apache-2.0, Copyright The AssemblyScript Authors */",
  },
  plugins: [
    {
      name: "no kernels",
      setup({ onLoad }) {
        onLoad({ filter: /src[\\/]wasm[\\/]builds[\\/]/ }, () => ({ contents: 'export default "";' }));
      },
    },
  ],
});

// Without `debug`, which is for a look at what goes wrong, and is in the package as a string.
mkdirSync(join(ROOT, "dist/wasm"), { recursive: true });
for (const name of ["simd", "relaxed"]) {
  copyFileSync(join(ROOT, `build/${name}.wasm`), join(ROOT, `dist/wasm/${name}.wasm`));
}
