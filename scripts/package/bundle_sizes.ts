/**
 * Bytes, gzipped, that a bundler makes of programs that use the installed package: with everything that they load before the
 * kernels, and without these, which are measured by themselves.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** Names that a program uses, and the bytes that it may have: a ratchet but for the first, which is a promise. */
const PROGRAMS = [
  ["lanegrad", "Engine, network, sequential, dense, relu, adam, Dataset, train, evaluate", 42 * 1024],
  ["lanegrad", "Engine, tensor, matmul", 12_000],
  ["lanegrad", "parseIdx, readIdx", 4_300],
  ["lanegrad", "numericalDiff, numericalGradient, gradientDescent, tangentLine", 2_750],
  ["lanegrad", "crossEntropyError, meanSquaredError", 3_450],
  ["lanegrad", "decodeSafetensors, encodeSafetensors", 6_400],
  ["lanegrad", "Dataset", 4_750],
  ["lanegrad", "RandomState", 4_100],
  ["lanegrad/random", "NumpyRandomState", 8_000],
  ["lanegrad/worker", "startWorker", 11_800],
] as const;

/** The kernels: as a file, which a server may compress, and as a string of their own chunk. */
const MOST_KERNEL_BYTES = { file: 16_384, string: 14_500 };

/** One line for each program; throws where one is too large. */
export async function checkBundles(project: string): Promise<string> {
  const found = [...kernels(project)];
  for (const [entry, names, most] of PROGRAMS) {
    found.push([names, await bundledBytes(entry, names, project), most] as const);
  }
  const lines = found.map(([what, bytes, most]) => `${what}: ${bytes} bytes of at most ${most}`);
  if (found.some(([, bytes, most]) => bytes > most)) throw new Error(lines.join("\n"));
  return lines.join("\n  ");
}

function kernels(project: string): readonly (readonly [what: string, bytes: number, most: number])[] {
  const dist = join(project, "node_modules/lanegrad/dist");
  const chunk = readdirSync(dist).find((name) => /^simd-\w+\.js$/.test(name));
  if (chunk === undefined) throw new Error("the kernels are not a chunk of their own");
  return [
    ["the kernels, a file", gzipped(readFileSync(join(dist, "wasm/simd.wasm"))), MOST_KERNEL_BYTES.file],
    ["the kernels, a string", gzipped(readFileSync(join(dist, chunk))), MOST_KERNEL_BYTES.string],
  ];
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
