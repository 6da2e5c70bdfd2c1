/**
 * The suite: `npm test`, on the build `simd`, without the slow files; `npm test -- data/idx` for all files whose path has that in it.
 *
 *   --builds A,B       on these builds: simd, relaxed, debug, js; LANEGRAD_BUILD=A,B does the same
 *   --all              on simd; of relaxed and debug what computes, of js the tests of the kernels and the golden table
 *   --nodes            in Node 20, 22, 24 and 26, without the version that runs this script: npm's packages of them
 *   --coverage FOLDER  V8's counts of the build simd are written there, for `npm run coverage -- --counts FOLDER`
 *
 * Files are spread over the cores, and one process more. There is a line for each when it has ended, with what failed in it. The last line is
 * `N passed, N failed`; a build on which no test ran has failed. What a file may take is not limited, but it has timed out
 * when no test has ended and nothing was printed for 10 minutes (LANEGRAD_TEST_LIMIT, in seconds).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { supports } from "../src/wasm/load.ts";
import { installTools, toolFile } from "../test/package/tools.ts";
import { type Result, runFiles, type TestFile } from "./suite/pool.ts";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, "test");
const BUILDS: readonly string[] = ["simd", "relaxed", "debug", "js"];
const NODES: readonly string[] = ["20", "22", "24", "26"];
/**
 * What `--all` runs on each build. What computes nothing by the kernels, or the same as other tests do, needs them on no second
 * build; on the build js, which is slow, the whole suite is a command of its own: `npm run test:js`.
 */
const OF_ALL: Readonly<Record<string, RegExp>> = {
  simd: /^/,
  relaxed: /^(autodiff|files|kernels(?!\/tiles)|linalg|nn|ops|tensor|train|wasm|worker)\/|^(fuzz|soak)$/,
  debug: /^(autodiff|files|kernels(?!\/tiles)|linalg|nn|ops|tensor|train|wasm|worker)\/|^(fuzz|soak)$/,
  js: /^(kernels(?!\/tiles)|linalg|ops|reference)\/|^files\/|^train\/same_bits/,
};
/**
 * What `npm test` leaves to `npm run test:all`, unless a pattern names it: each file takes more than 5 s of a processor, for the
 * processes that it starts or the steps that it runs.
 */
const SLOW =
  /^(cli\/(disks|failures|final_evaluation|kills|resume|signals|train_command)|examples\/(chapter_04|doc_comments|markdown)|fuzz|kernels\/unary|nn\/allocation|platform\/gzip|plot\/figures|reference\/same_bits|soak|threads\/kills)$/;
/** What reads the sources, tries the tools of the project or computes alike everywhere: not run again on other versions of Node. */
const OF_PROJECT =
  /^(suite|mutation|examples)\/|^(dependencies|layers|kernels\/unary|plot\/figures|reference\/same_bits|threads\/kills|cli\/(final_evaluation|train_command))$/;
/** Processes more than there are cores: some files wait for timers, and for processes that they have started. */
const WAITING = 1;
/** Seconds of each file, from the last run: the longest come first. */
const TIMES = join(ROOT, "build/test-seconds.json");
/** Files that take long whatever starts them, in seconds, for a clone without times. */
const LONG: ReadonlyMap<string, number> = new Map([["train/same_bits", 60]]);
const LIMIT_SECONDS = 10 * 60;

/** A file, and the seconds that it may take where nothing is known of it: those that start other processes take long. */
type Listed = TestFile & { readonly guess: number };
/** A run of the suite. */
type Pass = {
  readonly title: string;
  readonly build: string;
  /** Node's program. */
  readonly node: string;
  readonly flags: readonly string[];
  readonly files: readonly Listed[];
  /** Where V8 writes its counts, if it counts. */
  readonly counts?: string | undefined;
};

const { values, positionals } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    builds: { type: "string", default: process.env["LANEGRAD_BUILD"] ?? "simd" },
    nodes: { type: "boolean", default: false },
    coverage: { type: "string" },
  },
  allowPositionals: true,
});
const limitSeconds = Number(process.env["LANEGRAD_TEST_LIMIT"] ?? LIMIT_SECONDS);
const times = readTimes();
const files = filesOf(positionals[0] ?? "");
// An interrupted run leaves no process behind: they are ended on exit.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => process.exit(code));
}
let passed = 0;
let failed = 0;
for (const pass of passesOf()) await run(pass);
writeTimes();
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @throws {Error} an unknown build */
function passesOf(): Pass[] {
  const builds = values.all ? BUILDS : values.builds.split(",");
  check("build", builds, BUILDS);
  if (!values.nodes) {
    return builds.map((build) => {
      const flags = build === "relaxed" && !supports("relaxed") ? ["--experimental-wasm-relaxed-simd"] : [];
      const own = values.all ? files.filter(({ name }) => OF_ALL[build]?.test(name)) : files.filter(isDaily);
      const counts = build === "simd" ? values.coverage : undefined;
      return { title: `build ${build}`, build, node: process.execPath, flags, files: own, counts };
    });
  }
  const versions = NODES.filter((version) => version !== process.versions.node.split(".")[0]);
  installTools();
  return versions.flatMap((version) => {
    const node = toolFile(`node-${version}/bin/node`);
    const exact = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    return builds.map((build) => {
      const flags = build === "relaxed" && version === "20" ? ["--experimental-wasm-relaxed-simd"] : [];
      const own = files.filter(({ name }) => !OF_PROJECT.test(name));
      return { title: `build ${build}, Node ${exact}`, build, node, flags, files: own };
    });
  });
}

/** Whether a file belongs to a run without `--all`: any file does on another build, named, or for coverage. */
function isDaily({ name }: Listed): boolean {
  const isWhole = values.builds !== "simd" || positionals.length > 0 || values.coverage !== undefined;
  return isWhole || !SLOW.test(name);
}

function check(what: string, words: readonly string[], known: readonly string[]): void {
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new Error(`unknown ${what} ${unknown}; expected ${known.join(", ")}`);
}

async function run({ title, build, node, flags, files, counts }: Pass): Promise<void> {
  console.log(`\n${title}`);
  const began = performance.now();
  const results: Result[] = [];
  await runFiles(longestFirst(files, build), {
    node,
    flags,
    environment: { LANEGRAD_BUILD: build, ...(counts === undefined ? {} : { NODE_V8_COVERAGE: counts }) },
    processes: Math.max(1, Math.min(availableParallelism() + WAITING, files.length)),
    limitSeconds,
    onResult(result) {
      results.push(result);
      print(result);
      times[`${build} ${result.file.name}`] = Math.round(10 * result.seconds) / 10;
    },
  });
  const good = sum(results.map((result) => result.passed));
  const bad = sum(results.map((result) => result.failed)) + (results.some(({ passed }) => passed > 0) ? 0 : 1);
  const skipped = sum(results.map((result) => result.skipped));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const outcome = `${good} passed, ${bad} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  console.log(good + bad === 1 && good === 0 ? `${title}: no test ran` : `${title}: ${outcome} in ${seconds} s`);
  for (const { file, failed } of results) if (failed > 0) console.log(`  ${file.name}: ${failed} failed`);
  passed += good;
  failed += bad;
}

/** A line for a file, and what failed in it. */
function print({ file, passed, failed, skipped, seconds, errors, output }: Result): void {
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (skipped > 0) counts.push(`${skipped} skipped`);
  console.log(`${file.name.padEnd(38)} ${seconds.toFixed(1).padStart(6)} s  ${counts.join(", ")}`);
  if (failed === 0) return;
  console.log(`${errors.trimEnd()}\n`);
  const printed = output.replaceAll(/[•✘] /g, "").trim();
  if (printed !== "") console.log(`  printed by ${file.name}:\n${printed.replaceAll(/^/gm, "    ")}\n`);
}

/** The test files whose path, below test/, has the pattern in it. */
function filesOf(pattern: string): Listed[] {
  const expression = new RegExp(`${pattern.replace(/^(\.\/)?test\//, "")}.*\\.test\\.ts$`, "i");
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => expression.test(path) && !/node_modules|(^|\/)(support|fixtures)\//.test(path))
    .sort()
    .map((path) => {
      const source = readFileSync(join(FOLDER, path), "utf8");
      const name = path.replace(/\.test\.ts$/, "");
      const isMeasuring = /memoryUsage\(|setFlagsFromString|expose-gc/.test(source);
      return {
        path: join(FOLDER, path),
        name,
        process: isMeasuring ? "alone" : "shared",
        guess: LONG.get(name) ?? (/runScript|runNode|runCommand|lanegrad\.ts|spawn/.test(source) ? 10 : 0.1),
      };
    });
}

/** The files in the order of the seconds that they took on this build, on another one, or as guessed. */
function longestFirst(files: readonly Listed[], build: string): Listed[] {
  const weight = ({ name, guess }: Listed) => times[`${build} ${name}`] ?? times[`simd ${name}`] ?? guess;
  return [...files].sort((a, b) => weight(b) - weight(a));
}

function readTimes(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(TIMES, "utf8")) as Record<string, number>;
  } catch {
    return {};
  }
}

function writeTimes(): void {
  mkdirSync(dirname(TIMES), { recursive: true });
  writeFileSync(TIMES, `${JSON.stringify(times, undefined, 1)}\n`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
