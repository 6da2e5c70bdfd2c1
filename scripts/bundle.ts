/**
 * Bundles src/ into dist/: few files, because a runtime takes about a millisecond to load each. The builds of the
 * kernels stay chunks of their own, loaded when an engine asks for one; what differs between Node and browsers stays
 * behind the condition of package.json.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

await build({
  absWorkingDir: ROOT,
  entryPoints: ["src/index.ts", "src/data/csv.ts", "src/plot/index.ts", "src/platform/node.ts", "src/platform/web.ts"],
  outbase: "src",
  outdir: join(ROOT, "dist"),
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "neutral",
  target: "es2022",
  external: [
    "#platform",
    "@assemblyscript/loader",
    "node:*",
    "papaparse",
    "@observablehq/plot",
    "linkedom",
    "@resvg/resvg-js",
  ],
  logLevel: "warning",
});
