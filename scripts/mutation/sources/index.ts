/**
 * Mutation testing of src: Stryker changes one thing at a time in a copy of the project. Exit code: 0 unless it fails, 2 wrong
 * usage.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand, wholeOf } from "../../shared/command.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HERE = join(ROOT, "scripts/mutation/sources");
const TOOLS = join(ROOT, "node_modules/.cache/lanegrad-mutation");
/** What the tests of src need. */
const COPIED = [
  "asconfig.json",
  "assembly",
  "bench",
  "build",
  "data",
  "package.json",
  "scripts",
  "src",
  "test",
  "tsconfig.json",
];

type Flags = ReturnType<typeof read>;

/** Runs it with the flags of the command line, to its exit code. */
export function mutateSources(help: string): Promise<number> {
  return runCommand(help, read, main);
}

/** @throws {Error} wrong usage */
function read() {
  const { values } = parseArgs({
    options: {
      files: { type: "string", multiple: true },
      tests: { type: "string", multiple: true },
      concurrency: { type: "string", default: "1" },
      static: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const files = (values.files ?? []).map((path) => path.replace(/\/$/, ""));
  const tests = values.tests ?? files.map((path) => path.replace(/^src/, "test").replace(/\.ts$/, ".test.ts"));
  if (files.length === 0 && !values.help) throw new Error("--files: expected a file or folder of src");
  const missing = [...files, ...tests].find((path) => !existsSync(join(ROOT, path)));
  if (missing !== undefined) throw new Error(`${missing}: no such file or folder`);
  return { ...values, files, tests, concurrency: wholeOf("--concurrency", values.concurrency, 1) };
}

async function main(flags: Flags): Promise<number> {
  installTools();
  const copy = mkdtempSync(join(tmpdir(), "lanegrad-mutation-"));
  try {
    for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    writeFileSync(join(copy, "stryker.json"), JSON.stringify(optionsFor(flags, copy)));
    const { status } = spawnSync(
      process.execPath,
      ["--import", "tsx", join(TOOLS, "node_modules/@stryker-mutator/core/bin/stryker.js"), "run", "stryker.json"],
      {
        cwd: copy,
        stdio: "inherit",
        env: {
          ...process.env,
          LANEGRAD_BUILD: "simd",
          TSX_TSCONFIG_PATH: join(copy, "scripts/mutation/sources/tsconfig.json"),
        },
      },
    );
    return status ?? 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function optionsFor({ files, tests, concurrency, ...flags }: Flags, copy: string): object {
  const reports = join(ROOT, "runs/mutation");
  mkdirSync(reports, { recursive: true });
  return {
    plugins: [join(copy, "scripts/mutation/sources/runner.ts")],
    testRunner: "uvu",
    testRunnerNodeArgs: ["--import", "tsx"],
    checkerNodeArgs: ["--import", "tsx"],
    ignorers: ["error-texts"],
    mutate: files.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`)),
    lanegrad: { tests, atImport: flags.static ? "tested" : "ignored" },
    coverageAnalysis: "perTest",
    ignoreStatic: !flags.static, // mutants of what runs at import: each needs a process
    concurrency,
    inPlace: true, // in the copy
    timeoutMS: 10_000, // a machine may be busy: what loops is mostly met too often before
    timeoutFactor: 1.5,
    reporters: ["clear-text", "json", "progress-append-only"],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
    jsonReporter: { fileName: join(reports, `${files.map((path) => basename(path)).join("-")}.json`) },
    warnings: { unknownOptions: false },
    allowEmpty: false,
  };
}

/** Installs what the lockfile names, unless that is there. */
function installTools(): void {
  const isSame = (file: string) =>
    existsSync(join(TOOLS, file)) && readFileSync(join(TOOLS, file), "utf8") === readFileSync(join(HERE, file), "utf8");
  if (["package.json", "package-lock.json"].every(isSame) && existsSync(join(TOOLS, "node_modules"))) return;
  mkdirSync(TOOLS, { recursive: true });
  for (const file of ["package.json", "package-lock.json", ".npmrc"]) copyFileSync(join(HERE, file), join(TOOLS, file));
  const { status } = spawnSync("npm", ["ci", "--prefer-offline"], { cwd: TOOLS, stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci failed");
}
