/**
 * How much of src the suite reaches: `npm run coverage`, on the build simd; `npm run coverage -- data/idx` for part of the suite;
 * `npm run coverage -- --counts FOLDER` of a run that has been (`npm test -- --coverage FOLDER`).
 *
 * V8 counts, in the tests' process and in every process and thread that they start, and c8 maps its counts to the sources.
 * Prints each file that is not reached whole, with what is not; fails under 95 % of lines or branches. The last line is the
 * suite's own `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Report } from "c8";
import { transformSync } from "esbuild";

const LEAST_PERCENT = 95;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What no Node process runs from its source, and what does instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "src/cli/main.ts": "starts src/cli/commands.ts, in processes of their own",
  "src/worker/spawn_node.ts": "starts dist/worker/thread.js: npm run test:package",
  "src/worker/spawn_web.ts": "starts a browser's worker: npm run test:browser, npm run test:package",
  "src/worker/worker.ts": "is a browser's worker: npm run test:browser, npm run test:package",
};

/**
 * What the compiler asks for behind an indexed access, `at[0]?.pointer ?? 0`, where the index is known to be there. One that
 * is never reached is counted apart, and not as a branch.
 */
const FALLBACK = /(?:\]|\?\.\w+(?:\.\w+|\[\w+\])*)\)? \?\? (?:-?\d+|\[\]|""|Number\.NaN)/g;

type Place = { readonly line: number; readonly column: number };
type Location = { readonly start: Place; readonly end: Place };

/** Of a file, in Istanbul's terms. A statement is a line, as c8 counts. */
type FileCoverage = {
  readonly s: Readonly<Record<string, number>>;
  readonly statementMap: Readonly<Record<string, Location>>;
  readonly b: Readonly<Record<string, readonly number[]>>;
  readonly branchMap: Readonly<Record<string, { readonly locations: readonly Location[] }>>;
  readonly f: Readonly<Record<string, number>>;
  readonly fnMap: Readonly<Record<string, { readonly loc: Location }>>;
};

/** Places of one sort: how many, and the lines of those that nothing reached. */
type Count = { readonly total: number; readonly missed: readonly number[] };
type Counts = {
  readonly lines: Count;
  readonly branches: Count;
  readonly functions: Count;
  readonly fallbacks: number;
};

const { values, positionals } = parseArgs({ options: { counts: { type: "string" } }, allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), "lanegrad-coverage-"));
try {
  const status = values.counts === undefined ? await runSuite(join(folder, "v8")) : { code: 0, lastLine: "" };
  const counts = countsByFile(await report(folder, values.counts ?? join(folder, "v8")));
  const isEnough = print(counts);
  if (status.lastLine !== "") console.log(`\n${status.lastLine}`);
  process.exitCode = status.code === 0 && (isEnough || positionals.length > 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the suite, whose lines are printed as they come. */
async function runSuite(counts: string): Promise<{ readonly code: number | null; readonly lastLine: string }> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(ROOT, "scripts/test.ts"), "--coverage", counts, ...positionals],
    { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, LANEGRAD_BUILD: "simd" } },
  );
  let lastLine = "";
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    lastLine = line;
  }
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once("close", resolve)));
  return { code, lastLine };
}

async function report(
  reportsDirectory: string,
  tempDirectory: string,
): Promise<Readonly<Record<string, FileCoverage>>> {
  await new Report({
    ...{
      include: "src/**/*.ts",
      exclude: Object.keys(ELSEWHERE),
      extension: ".ts",
      resolve: "",
      all: true,
      src: [ROOT],
    },
    ...{ reporter: ["json"], reportsDirectory, tempDirectory, excludeNodeModules: true },
  }).run();
  return JSON.parse(readFileSync(join(reportsDirectory, "coverage-final.json"), "utf8"));
}

function countsByFile(coverage: Readonly<Record<string, FileCoverage>>): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Counts>();
  for (const [path, file] of Object.entries(coverage)) {
    const source = readFileSync(path, "utf8");
    if (transformSync(source, { loader: "ts" }).code.trim() === "") continue; // types alone
    const lines = source.split("\n");
    // On Node 20 `using` becomes functions that stand before the first import, and V8's counts of them are mapped there.
    const isOwn = ({ start }: Location) => lines[start.line - 1]?.startsWith("import ") !== true;
    const all = Object.entries(file.branchMap).flatMap(([id, { locations }]) =>
      locations.map((place, i) => [place, file.b[id]?.[i] ?? 0] as const).filter(([place]) => isOwn(place)),
    );
    const branches = all.filter(([place, times]) => times > 0 || !isFallback(place, lines[place.start.line - 1] ?? ""));
    const functions = Object.entries(file.fnMap).map(([id, { loc }]) => [loc, file.f[id] ?? 0] as const);
    counts.set(relative(ROOT, path), {
      lines: count(Object.entries(file.statementMap).map(([id, place]) => [place, file.s[id] ?? 0])),
      branches: count(branches),
      functions: count(functions.filter(([place]) => isOwn(place))),
      fallbacks: all.length - branches.length,
    });
  }
  return counts;
}

function isFallback({ start, end }: Location, line: string): boolean {
  return [...line.matchAll(FALLBACK)].some(
    ({ 0: text, index }) => start.line === end.line && start.column < index + text.length && end.column > index,
  );
}

function count(places: readonly (readonly [Location, times: number])[]): Count {
  const missed = places.filter(([, times]) => times === 0).map(([{ start }]) => start.line);
  return { total: places.length, missed: [...missed].sort((a, b) => a - b) };
}

/** Whether that is enough. */
function print(counts: ReadonlyMap<string, Counts>): boolean {
  for (const [file, { lines, branches, functions }] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const percents = [lines, branches, functions].map((one) => percentOf([one]).toFixed(1).padStart(7)).join("");
    const missed = [...new Set([...lines.missed, ...branches.missed])].sort((a, b) => a - b);
    if (missed.length > 0) console.log(`${file.padEnd(36)}${percents}   ${stretches(missed)}`);
  }
  for (const [file, reason] of Object.entries(ELSEWHERE)) console.log(`${file.padEnd(36)} not counted: ${reason}`);
  const [lines, branches, functions] = (["lines", "branches", "functions"] as const).map((sort) =>
    percentOf([...counts.values()].map((file) => file[sort])),
  ) as [number, number, number];
  const found = `${lines.toFixed(2)} % of lines, ${branches.toFixed(2)} % of branches, ${functions.toFixed(2)} % of functions`;
  const fallbacks = [...counts.values()].reduce((sum, file) => sum + file.fallbacks, 0);
  const unreached = { total: fallbacks, missed: new Array<number>(fallbacks).fill(0) };
  const whole = percentOf([...[...counts.values()].map((file) => file.branches), unreached]).toFixed(2);
  console.log(
    `\n${fallbacks} fallbacks behind an index that is there, as in x[i] ?? 0, are no branches: ${whole} % with them`,
  );
  console.log(`${counts.size} files: ${found}; expected ${LEAST_PERCENT} % of lines and of branches`);
  return lines >= LEAST_PERCENT && branches >= LEAST_PERCENT;
}

function percentOf(counts: readonly Count[]): number {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const total = sum(counts.map((one) => one.total));
  return total === 0 ? 100 : 100 - (100 * sum(counts.map((one) => one.missed.length))) / total;
}

/** 1, 2, 3, 7 as 1-3, 7. */
function stretches(lines: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const line of lines) {
    const last = parts.at(-1);
    if (last?.[1] === line - 1) last[1] = line;
    else parts.push([line, line]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}
