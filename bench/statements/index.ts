/**
 * How many statements the same four programs take with lanegrad, brain.js and TensorFlow.js' layers: a classifier of XOR, a regressor
 * of a CSV file, a classifier of a CSV file with a split, a report, a file and another process, and a bag of words.
 *
 *   npx tsx bench/statements/index.ts
 *
 * Installs the libraries in this folder, runs every program, and counts what the parser acorn calls a statement or a declaration,
 * blocks aside: imports, and statements within functions and loops too. lanegrad's programs are those of examples/.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const ROOT = join(FOLDER, "../..");

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  XOR: ["xor_table"],
  "regression on a CSV": ["houses"],
  "classification with split, report, file, process": ["flowers", "flowers_again"],
  "bag of words": ["opinions"],
};
const LIBRARIES = ["lanegrad", "brain", "tfjs"] as const;

/** Of an ESTree: nodes have a type, and nodes or lists of nodes. */
type Node = { readonly type?: string; readonly [key: string]: unknown };
type Acorn = { parse(text: string, options: { ecmaVersion: "latest"; sourceType: "module" }): Node };

if (!existsSync(join(FOLDER, "node_modules"))) {
  execFileSync("npm", ["install", "--ignore-scripts", "--no-package-lock"], {
    cwd: FOLDER,
    stdio: "ignore",
    shell: process.platform === "win32",
  });
}
const acorn = (await import(new URL("node_modules/acorn/dist/acorn.mjs", import.meta.url).href)) as Acorn;
const cwd = mkdtempSync(join(tmpdir(), "lanegrad-statements-"));
try {
  symlinkSync(join(ROOT, "data"), join(cwd, "data"), "junction");
  console.log(`| statements | ${LIBRARIES.map((library) => `${titleOf(library)}`).join(" | ")} |`);
  console.log(`| --- |${" --: |".repeat(LIBRARIES.length)}`);
  for (const [title, names] of Object.entries(PROGRAMS)) {
    const counts = LIBRARIES.map((library) => {
      const files = names.map((name) => fileOf(library, name));
      for (const file of files) run(file);
      return files
        .map((file) =>
          countIn(acorn.parse(readFileSync(file, "utf8"), { ecmaVersion: "latest", sourceType: "module" })),
        )
        .reduce((a, b) => a + b);
    });
    console.log(`| ${title} | ${counts.join(" | ")} |`);
  }
} finally {
  rmSync(cwd, { recursive: true });
}

function fileOf(library: (typeof LIBRARIES)[number], name: string): string {
  return library === "lanegrad" ? join(ROOT, "examples", `${name}.ts`) : join(FOLDER, library, `${name}.mjs`);
}

function titleOf(library: (typeof LIBRARIES)[number]): string {
  const [name, folder] = {
    lanegrad: ["lanegrad", ROOT],
    brain: ["brain.js", FOLDER],
    tfjs: ["@tensorflow/tfjs", FOLDER],
  }[library];
  const manifest = JSON.parse(readFileSync(join(folder ?? "", "package.json"), "utf8"));
  return `${name} ${manifest.version ?? manifest.dependencies[name ?? ""]}`;
}

/** @throws {Error} it fails */
function run(file: string): void {
  const tsx = file.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [];
  const env = { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") };
  const printed = execFileSync(process.execPath, [...tsx, file], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  console.error(`${file.slice(ROOT.length)}\n${printed}`);
}

function countIn(node: Node | readonly Node[]): number {
  const children = Object.values(node).filter((child) => typeof child === "object" && child !== null) as Node[];
  const own = "type" in node && node.type !== "BlockStatement" && /(?:Statement|Declaration)$/.test(node.type ?? "");
  return children.reduce((sum, child) => sum + countIn(child), own ? 1 : 0);
}
