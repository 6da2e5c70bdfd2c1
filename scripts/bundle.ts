/**
 * Bundles src/ into dist/: few files, because a runtime takes about a millisecond to load each. The builds of the
 * kernels stay chunks of their own, loaded when an engine asks for one; what differs between Node and browsers stays
 * behind the condition of package.json.
 *
 * The command line is bundled by itself: it uses the library as any other program does, by the package's name.
 */
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
  logLevel: "warning",
};

await build({
  ...OPTIONS,
  entryPoints: ["src/index.ts", "src/data/csv.ts", "src/plot/index.ts", "src/platform/node.ts", "src/platform/web.ts"],
  outbase: "src",
  outdir: join(ROOT, "dist"),
  platform: "neutral",
  external: ["#platform", "@assemblyscript/loader", "node:*", ...PEERS],
});

await build({
  ...OPTIONS,
  entryPoints: ["src/cli/main.ts"],
  outdir: join(ROOT, "dist/cli"),
  platform: "node",
  external: ["lanegrad", "lanegrad/*", ...PEERS],
});
