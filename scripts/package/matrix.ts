/**
 * The package where it will be used: `npm run test:package`, `-- --all` to fail where something is missing.
 *
 * Packs it, installs the tarball into throw-away projects, and trains 100 steps in every runtime, and by every bundler in
 * every browser: one SHA-256 of the weights everywhere. Each runtime and each browser then trains the whole golden table,
 * which must be the committed one. Prints tables; exit code 1 on any difference.
 */
import { parseArgs } from "node:util";
import { type Browser, browsers, open } from "../../test/package/browsers.ts";
import { goldenRows } from "../../test/package/golden.ts";
import { type Expectation, type Found, faultOf } from "../../test/package/outcome.ts";
import { makePages } from "../../test/package/pages.ts";
import { copyWithFirst, copyWithPrograms, pack, projectWith } from "../../test/package/project.ts";
import { compiledFirst, runProgram, runtimes } from "../../test/package/runtimes.ts";
import { startServer } from "../../test/package/server.ts";
import { installTools } from "../../test/package/tools.ts";
import { Tour } from "../../test/package/tour.ts";

type Row = { readonly where: string; readonly how: string; readonly found: Found; readonly expectation: Expectation };

/** Whose `tsc --init` says what a new project's configuration is. */
const COMPILERS = ["typescript-5", "typescript-7"];

const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
// An interrupted run leaves no browser and no folder behind: both are cleared away on exit.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => process.exit(code));
}

const rows: Row[] = [];
const missing: string[] = [];

installTools();
const project = projectWith(pack());
await inRuntimes();
await inBrowsers();
const failures = print();
for (const name of missing) console.log(`skipped: ${name}`);
process.exitCode = failures > 0 || (values.all && missing.length > 0) ? 1 : 0;

async function inRuntimes(): Promise<void> {
  const folder = copyWithPrograms(project);
  const first = copyWithFirst(project);
  for (const runtime of runtimes()) {
    if (runtime.command === undefined) {
      missing.push(`${runtime.name}: no package of it for ${process.platform} ${process.arch}`);
      continue;
    }
    for (const [how, program, expectation] of [
      ["import", "import.mjs", "trains"],
      ["require", "require.cjs", "trains"],
      ["golden table", "golden_table.mjs", "golden table"],
      ["the README's first program", "first.mjs", "first program"],
      ["the same in TypeScript", "first.mts", "first program"],
    ] as const) {
      const found = await runProgram(runtime, expectation === "first program" ? first : folder, program);
      add({ where: runtime.name, how, found, expectation });
    }
  }
  for (const compiler of COMPILERS) {
    const found = await compiledFirst(compiler, copyWithFirst(project));
    add({ where: compiler, how: "the README's first program, tsc --init, tsc", found, expectation: "first program" });
  }
}

async function inBrowsers(): Promise<void> {
  const present = browsers().filter((browser) => browser.command !== undefined);
  for (const { name, command, install } of browsers()) {
    if (command === undefined) missing.push(`${name}: not on this machine; ${install}`);
  }
  const server = await startServer();
  const made = await makePages(project, server);
  for (const [how, failure] of made.broken) add({ where: "bundler", how, found: { failure }, expectation: "trains" });
  try {
    for (const browser of present) await goThrough(browser, new Tour(made.pages));
  } finally {
    server.close();
    await made.close();
  }

  async function goThrough(browser: Browser, tour: Tour): Promise<void> {
    server.tour = tour;
    const end = open(browser, `${server.origin}/run`);
    await tour.over;
    await end();
    for (const { name: how, expectation } of tour.pages) {
      const found = tour.found.get(how) ?? { failure: "the page did not answer" };
      add({ where: browser.name, how, found, expectation });
    }
  }
}

/** Says how a row came out as soon as it is known: all of them take minutes. */
function add(row: Row): void {
  rows.push(row);
  console.error(`${row.where}, ${row.how}: ${resultOf(row)}`);
}

function resultOf({ found, expectation }: Row): string {
  const fault = faultOf(found, expectation);
  if (fault !== undefined) return `failed: ${fault}`;
  const [expected] = rows.flatMap((row) => row.found.weightsSha256 ?? []);
  if (expectation === "first program") return "prints what the README shows";
  if (expectation === "answers") return "answers as in Node";
  if (expectation !== "golden table" && found.weightsSha256 !== expected) return "failed: other weights";
  return expectation === "forbidden" ? "refuses, and says why; trains by js" : "trains";
}

/** The tables; the number of rows that failed. */
function print(): number {
  const cells = rows.map((row) => [row.where, row.how, resultOf(row), row.found.weightsSha256 ?? ""]);
  table(["where", "how", "result", "weightsSha256"], cells);
  table(["golden table", "weightsSha256", "where"], goldenCells());
  const failed = cells.filter(([, , result]) => result?.startsWith("failed")).length;
  console.log(`${cells.length - failed} of ${cells.length} as expected`);
  return failed;
}

/** A line for each hash that was found for a network, and where: one line for each network, unless something is wrong. */
function goldenCells(): string[][] {
  return goldenRows().flatMap(({ name }) => {
    const places = new Map<string, string[]>();
    for (const { where, found } of rows) {
      const sha256 = found.golden?.find((result) => result.name === name)?.sha256;
      if (sha256 !== undefined) places.set(sha256, [...(places.get(sha256) ?? []), where]);
    }
    return [...places].map(([sha256, where]) => [name, sha256, where.join(", ")]);
  });
}

function table(header: readonly string[], cells: readonly (readonly string[])[]): void {
  const widths = header.map((_, column) => Math.max(...[header, ...cells].map((row) => row[column]?.length ?? 0)));
  for (const row of [header, widths.map((width) => "-".repeat(width)), ...cells]) {
    console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  }
  console.log("");
}
