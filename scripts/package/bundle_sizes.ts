/**
 * Bytes, gzipped, that a bundler makes of programs that use the installed package: with everything that they load before the
 * kernels, and without these, which are a chunk of their own. Their size is tested in test/wasm/sums.test.ts.
 */
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/**
 * Names that a program uses, and the bytes that it may have: a ratchet. The first is 42 KiB, and 570 bytes for the
 * accuracy of epochs, weights of examples, progress, and to ask for threads. Some 130 bytes of each are
 * esbuild's own, for a CommonJS module that a program may load later.
 */
const PROGRAMS = [
  ["lanegrad", "Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate", 42 * 1024 + 570],
  ["lanegrad", "Engine, tensor, matmul", 14_000],
  ["lanegrad", "parseIdx, readIdx", 4_300],
  ["lanegrad/chapter", "numericalDiff, numericalGradient, gradientDescent, tangentLine", 2_750],
  ["lanegrad/chapter", "crossEntropyError, meanSquaredError", 3_300],
  ["lanegrad", "decodeSafetensors, encodeSafetensors", 6_400],
  ["lanegrad", "Dataset", 4_750],
  ["lanegrad", "RandomState", 4_100],
  ["lanegrad/random", "NumpyRandomState", 8_000],
  ["lanegrad/worker", "startWorker", 11_800],
] as const;

/** One line for each program; throws where one is too large. */
export async function checkBundles(project: string): Promise<string> {
  const found: (readonly [names: string, bytes: number, most: number])[] = [];
  for (const [entry, names, most] of PROGRAMS) found.push([names, await bundledBytes(entry, names, project), most]);
  const lines = found.map(([what, bytes, most]) => `${what}: ${bytes} bytes of at most ${most}`);
  if (found.some(([, bytes, most]) => bytes > most)) throw new Error(lines.join("\n"));
  return lines.join("\n  ");
}

function gzipped(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}

async function bundledBytes(entry: string, names: string, project: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `import { ${names} } from "${entry}"; console.log(${names});`, resolveDir: project },
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
    .reduce((sum, { contents }) => sum + gzipped(contents), 0);
}
