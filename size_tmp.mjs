import { build } from "esbuild"; import { gzipSync } from "node:zlib"; import { join, basename } from "node:path";
const ROOT = process.cwd();
for (const names of ["Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate", "Engine, tensor, matmul", "parseIdx, readIdx", "numericalDiff, numericalGradient, gradientDescent","RandomState"]) {
const { outputFiles, metafile } = await build({ stdin: { contents: `import { ${names} } from "lanegrad"; console.log(${names});`, resolveDir: ROOT }, absWorkingDir: ROOT,
  alias: { lanegrad: join(ROOT, "src/index.ts"), "#platform": join(ROOT, "src/platform/web.ts"), "#spawn": join(ROOT, "src/worker/spawn_web.ts") }, outdir: "out", bundle: true, splitting: true, minify: true, format: "esm", platform: "browser", write: false, metafile: true, logLevel: "silent", target: "es2022" });
const outputs = Object.entries(metafile.outputs); const pending = outputs.flatMap(([n, { entryPoint }]) => entryPoint === "<stdin>" ? [n] : []); const loaded = new Set();
for (let n = pending.pop(); n; n = pending.pop()) { if (loaded.has(n)) continue; loaded.add(n); pending.push(...metafile.outputs[n].imports.flatMap(({ kind, path }) => kind === "import-statement" ? [path] : [])); }
const files = new Set([...loaded].map((n) => basename(n)));
console.log(names.slice(0, 40), outputFiles.filter(({ path }) => files.has(basename(path))).reduce((s, { contents }) => s + gzipSync(contents, { level: 9 }).length, 0));
if (names.startsWith("Engine, network") && process.argv[2]) { const e = outputs.find(([n,o])=>o.entryPoint==="<stdin>")[1]; const all={}; for (const n of loaded) for (const [k,v] of Object.entries(metafile.outputs[n].inputs)) all[k]=(all[k]??0)+v.bytesInOutput; (await import("node:fs")).writeFileSync("sz.json", JSON.stringify(all)); }
}
