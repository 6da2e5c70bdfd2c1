/**
 * Whether the package is well made: `npm run check:package`.
 *
 *   publint, attw   entries and their types, in the tarball
 *   knip            files, exports and dependencies that nothing uses
 *   command line    starts where the tarball is installed
 *   code            none is made of strings: the command line trains where the engine forbids it
 *   kernels         as files and as strings: the bytes whose SHA-256 is committed
 *   types           a strict program without skipLibCheck, by TypeScript 5, 6 and 7; the kernels by each way to resolve modules
 *   sizes           of the tarball, and of what bundles carry of it
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { copyWithPrograms, pack, projectWith, type Tarball } from "../../test/package/project.ts";
import { faultOfKernels } from "../../test/package/sums.ts";
import { installTools, ROOT, toolFile } from "../../test/package/tools.ts";
import { checkBundles } from "./bundle_sizes.ts";

/**
 * Bytes that an installation may take. Declarations are 515 KB of it, the library 355 and its source map 107, the worker in one file
 * 222, the builds as strings 140, the command line 75, raw kernels 72, figures 38, the reference kernels 35.
 */
const MOST_UNPACKED_BYTES = 2.2e6;

const COMPILERS = ["typescript-5", "typescript-6", "typescript-7"];
/** WebAssembly's own types are the DOM's, which TypeScript has in every project that does not say otherwise. */
const LIBRARIES: Readonly<Record<string, { readonly lib: readonly string[]; readonly types: readonly string[] }>> = {
  "a page": { lib: ["es2023", "esnext.disposable", "dom"], types: [] },
  "a page and Node": { lib: ["es2023", "esnext.disposable", "dom"], types: ["node"] },
};
/** Where a bundler compiles the kernels. */
const WITH_KERNELS = `import { Engine } from "lanegrad";
import kernels from "lanegrad/wasm/simd.wasm";
export const module: WebAssembly.Module = kernels;
export const engine: Promise<Engine> = Engine.load({ wasm: kernels });
`;

installTools();
const tarball = pack();
const project = copyWithPrograms(projectWith(tarball));
const steps: readonly (readonly [name: string, step: () => string | Promise<string>])[] = [
  ["publint", () => quiet(toolFile("publint/src/cli.js"), ["run", tarball.path, "--strict"], ROOT)],
  ["attw", () => quiet(toolFile("@arethetypeswrong/cli/dist/index.js"), ["--profile", "esm-only", tarball.path], ROOT)],
  ["knip", () => quiet(toolFile("knip/bin/knip.js"), [], ROOT)],
  ["command line", () => quiet(join(project, "node_modules/lanegrad/dist/cli/main.js"), ["--version"], project)],
  ["code", () => trainWithoutCodeFromStrings(join(project, "node_modules/lanegrad/dist"))],
  ["kernels", () => checkKernels(join(project, "node_modules/lanegrad/dist"))],
  ...typeSteps(),
  ...["bundler", "node16", "nodenext"].map(
    (name) => [`types of the kernels, ${name}`, () => kernelTypes(name)] as const,
  ),
  ["size of the tarball", () => checkSize(tarball)],
  ["sizes in bundles", () => checkBundles(project)],
];

let failed = 0;
for (const [name, step] of steps) {
  try {
    console.log(`${name}: ${(await step()) || "good"}`);
  } catch (error) {
    failed += 1;
    console.log(`${name}: failed\n${textOf(error)}`);
  }
}
console.log(`\n${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function typeSteps(): (readonly [string, () => string])[] {
  mkdirSync(join(project, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"]) symlinkSync(toolFile(name), join(project, "node_modules", name));
  return COMPILERS.flatMap((compiler) =>
    Object.entries(LIBRARIES).map(
      ([where, { lib, types }]) =>
        [
          `types, ${compiler}, ${where}`,
          () => {
            const compilerOptions = { strict: true, noEmit: true, module: "nodenext", target: "es2022", lib, types };
            const config = join(project, `tsconfig.${compiler}.json`);
            writeFileSync(config, JSON.stringify({ compilerOptions, files: ["types.ts"] }));
            return quiet(toolFile(`${compiler}/bin/tsc`), ["-p", config], project);
          },
        ] as const,
    ),
  );
}

/** `lanegrad/wasm/simd.wasm` is a module, however a compiler resolves it; without skipLibCheck. */
function kernelTypes(moduleResolution: string): string {
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: "es2022", lib: ["es2023", "esnext.disposable", "dom"], types: [] },
    ...{ module: moduleResolution === "bundler" ? "esnext" : moduleResolution, moduleResolution },
  };
  writeFileSync(join(project, "kernels.ts"), WITH_KERNELS);
  const config = join(project, `tsconfig.${moduleResolution}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ["kernels.ts"] }));
  return quiet(toolFile("typescript-7/bin/tsc"), ["-p", config], project);
}

/** Pages run under a policy that forbids it as well: `npm run test:package`. */
function trainWithoutCodeFromStrings(dist: string): string {
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".js"))) {
    const [found] = /\beval\(|\bnew Function\b|\bFunction\(/.exec(readFileSync(join(dist, name), "utf8")) ?? [];
    if (found !== undefined) throw new Error(`${name} has ${found}`);
  }
  const data = ["--data", join(ROOT, "data"), "--iterations", "20", "--quiet", "--out", join(project, "run")];
  return quiet("--disallow-code-generation-from-strings", [join(dist, "cli/main.js"), "train", ...data], project);
}

/** The kernels of an installed package, each of its forms. */
function checkKernels(dist: string): string {
  const files = readdirSync(join(dist, "wasm")).filter((name) => name.endsWith(".wasm"));
  const strings = readdirSync(join(dist, "wasm")).filter((name) => /^(simd|relaxed|debug)\.js$/.test(name));
  const faults = [
    ...files.map((name) =>
      faultOfKernels(name.slice(0, -".wasm".length), readFileSync(join(dist, "wasm", name)), name),
    ),
    ...strings.map((name) => {
      const [, base64 = ""] =
        /="([^"]*)"/.exec(readFileSync(join(dist, "wasm", name), "utf8").replaceAll("\\\n", "")) ?? [];
      return faultOfKernels(basename(name, ".js"), inflateRawSync(Buffer.from(base64, "base64")), name);
    }),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new Error(faults.join("\n"));
  if (files.length !== 1 || strings.length !== 3) throw new Error(`found ${[...files, ...strings].join(", ")}`);
  return `${[...files, ...strings].join(", ")}: as assembly/SHA256SUMS says`;
}

function checkSize({ packedBytes, unpackedBytes }: Tarball): string {
  const found = `${unpackedBytes} bytes unpacked, ${packedBytes} packed`;
  if (unpackedBytes <= MOST_UNPACKED_BYTES) return found;
  throw new Error(`${found}; expected at most ${MOST_UNPACKED_BYTES} unpacked`);
}

/** Runs a program of Node's, whose output is shown only when it fails. */
function quiet(file: string, args: readonly string[], cwd: string): string {
  execFileSync(process.execPath, [file, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return "";
}

/** What a program printed before it failed. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
  return `${stdout}${stderr}` || error.message;
}
