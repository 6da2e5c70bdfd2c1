/**
 * What programs that use the installed package come to in a bundle: gzipped, with everything that they load before the
 * kernels, and without these.
 */
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Names of the first entry, and the bytes that a program of them may have: a ratchet but for the first, which is a promise. */
const MOST_BYTES = [
  ["Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate", 42 * 1024],
  ["Engine, tensor, matmul", 12_000],
  ["parseIdx, readIdx", 4_300],
  ["numericalDiff, numericalGradient, gradientDescent", 2_750],
  ["RandomState", 4_100],
] as const;

/** One line for each program; throws where one is too large. */
export async function checkBundles(project: string): Promise<string> {
  const lines: string[] = [];
  let isTooLarge = false;
  for (const [names, most] of MOST_BYTES) {
    const bytes = await bundledBytes(names, project);
    isTooLarge ||= bytes > most;
    lines.push(`${names}: ${bytes} bytes of at most ${most}`);
  }
  if (isTooLarge) throw new Error(lines.join("\n"));
  return lines.join("\n  ");
}

async function bundledBytes(names: string, project: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `import { ${names} } from "lanegrad"; console.log(${names});`, resolveDir: project },
    absWorkingDir: project,
    outdir: "out",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const outputs = Object.entries(metafile.outputs);
  const pending = outputs.flatMap(([name, { entryPoint }]) => (entryPoint === "<stdin>" ? [name] : []));
  const loaded = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    const imports = metafile.outputs[name]?.imports ?? [];
    pending.push(...imports.flatMap(({ kind, path }) => (kind === "import-statement" ? [path] : [])));
  }
  const files = new Set([...loaded].map((name) => basename(name)));
  return outputFiles
    .filter(({ path }) => files.has(basename(path)))
    .reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0);
}
