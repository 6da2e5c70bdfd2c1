/**
 * Mutation tests of src: `npm run mutate -- sources --files src/numeric`.
 *
 *   --files PATH        what is changed: a file, or a folder; several times
 *   --tests PATH        the tests that should notice (those that mirror it); several times
 *   --static            also what runs when a file is imported: seconds a mutant
 *   --concurrency N     processes (1)
 *
 * Stryker changes one thing at a time in a copy of the project; a change that no test notices survives, and is printed.
 * The whole report is left in runs/mutation/ as JSON. docs/mutation.md says what was found.
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

const { values } = parseArgs({
  options: {
    files: { type: "string", multiple: true },
    tests: { type: "string", multiple: true },
    concurrency: { type: "string", default: "1" },
    static: { type: "boolean", default: false },
  },
});
if (values.files === undefined)
  throw new Error("usage: npm run mutate -- sources --files src/FOLDER [--tests test/FOLDER] …");
const files = values.files.map((path) => path.replace(/\/$/, ""));
const tests = values.tests ?? files.map((path) => path.replace(/^src/, "test").replace(/\.ts$/, ".test.ts"));
for (const path of [...files, ...tests])
  if (!existsSync(join(ROOT, path))) throw new Error(`${path}: no such file or folder`);

installTools();
const copy = mkdtempSync(join(tmpdir(), "lanegrad-mutation-"));
try {
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const report = join(ROOT, "runs/mutation", `${files.map((path) => basename(path)).join("-")}.json`);
  mkdirSync(join(ROOT, "runs/mutation"), { recursive: true });
  writeFileSync(join(copy, "stryker.json"), JSON.stringify(optionsFor(report)));
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
  process.exitCode = status ?? 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

function optionsFor(report: string): object {
  return {
    plugins: [join(copy, "scripts/mutation/sources/runner.ts")],
    testRunner: "uvu",
    testRunnerNodeArgs: ["--import", "tsx"],
    checkerNodeArgs: ["--import", "tsx"],
    ignorers: ["error-texts"],
    mutate: files.map((path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`)),
    lanegrad: { tests, atImport: values.static ? "tested" : "ignored" },
    coverageAnalysis: "perTest",
    ignoreStatic: !values.static, // mutants of what runs at import: each needs a process
    concurrency: Number(values.concurrency),
    inPlace: true, // in the copy
    timeoutMS: 10_000, // a machine may be busy: what loops is mostly met too often before
    timeoutFactor: 1.5,
    reporters: ["clear-text", "json", "progress-append-only"],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
    jsonReporter: { fileName: report },
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
