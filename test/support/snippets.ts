/**
 * The code in pages and comments: taken out, type-checked, run.
 *
 *   snippetsOf(text, file)       the fenced blocks of a page, or of the text of a comment
 *   programOf(name, snippets)    blocks that share their names, in their order, as one module
 *   typeErrors(programs)         what the compiler says of all of them, in one go
 *   writeProgram(program)        a file, in an empty folder that has the bundled digits in `data`
 *   runFile(file, args, folder)  a process of its own
 *
 * A program has its blocks in the lines that they have in their file, so a complaint names the place to mend. A line
 *
 *   expression; // → value
 *
 * is a promise: the program ends with an error where the value is another. `…` stands for anything, and a tensor for its
 * nested numbers. `const x = expression; // → value` promises likewise.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOf as programToRun } from "./bundle.ts";
import { type Ended, makeTemporaryFolder, ROOT, runNode } from "./script.ts";

/** A fenced block. */
export type Snippet = {
  readonly file: string;
  /** The line that its first line of code is, from 1. */
  readonly line: number;
  /** What stands behind the fence, such as `ts`. */
  readonly language: string;
  readonly text: string;
};

export type SnippetProgram = {
  readonly name: string;
  readonly text: string;
};

const SHOWN = fileURLToPath(new URL("./shown.ts", import.meta.url));
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
/** A page is as strict as "strict" alone, may name what it does not use, and nothing is written from it. */
const COMPILER_OPTIONS = {
  noUncheckedIndexedAccess: false,
  noPropertyAccessFromIndexSignature: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
  isolatedDeclarations: false,
  declaration: false,
  rewriteRelativeImportExtensions: false,
  allowImportingTsExtensions: true,
  typeRoots: [join(ROOT, "node_modules/@types")],
};

/** The fenced blocks of a Markdown text. */
export function snippetsOf(text: string, file: string): readonly Snippet[] {
  const snippets: Snippet[] = [];
  let open: { readonly fence: string; readonly language: string; readonly line: number; lines: string[] } | undefined;
  for (const [i, line] of text.replaceAll("\r\n", "\n").split("\n").entries()) {
    const [, indent = "", fence, info = ""] = /^( {0,3})(`{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== undefined) open = { fence: indent + fence, language: info.trim(), line: i + 2, lines: [] };
    } else if (line === open.fence) {
      snippets.push({ file, line: open.line, language: open.language, text: open.lines.join("\n") });
      open = undefined;
    } else {
      open.lines.push(line.slice(open.fence.length - open.fence.trimStart().length));
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line}: the block has no end`);
  return snippets;
}

/** Blocks of one file as one module. The first line of a file is never code, so the import has room there. */
export function programOf(name: string, snippets: readonly Snippet[]): SnippetProgram {
  const lines = [`import { shows } from ${JSON.stringify(SHOWN)}; void shows;`];
  for (const { file, line, text } of snippets) {
    if (line <= lines.length) throw new Error(`${file}:${line}: no line is free above`);
    while (lines.length < line - 1) lines.push("");
    for (const code of text.split("\n")) lines.push(promising(code, `${file}:${lines.length + 1}`));
  }
  return { name, text: `${lines.join("\n")}\n` };
}

/** A line whose promise, if it has one, is kept or else an error. */
function promising(line: string, place: string): string {
  const [, code, value] = /^(.*;)\s*\/\/ → (.*)$/.exec(line) ?? [];
  if (code === undefined || value === undefined) {
    if (line.includes("// →")) throw new Error(`${place}: a promise stands behind a statement that is one line`);
    return line;
  }
  const [, name] = /^\s*(?:const|let|using) (\w+)\b/.exec(code) ?? [];
  const promise = (of: string) => `shows(${of}, ${JSON.stringify(value)}, ${JSON.stringify(place)});`;
  return name === undefined ? promise(code.trim().slice(0, -1)) : `${code} ${promise(name)}`;
}

/** The compiler's complaints of all programs, with the lines of their files; none: "". */
export async function typeErrors(programs: readonly SnippetProgram[]): Promise<string> {
  const folder = makeTemporaryFolder();
  for (const program of programs) write(folder, program);
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: COMPILER_OPTIONS,
    include: ["**/*.mts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { code, stdout, stderr } = await run([TSC, "-p", "tsconfig.json", "--pretty", "false"], folder);
  return code === 0 ? "" : `${stdout}${stderr}`;
}

/** Writes a program into a folder of its own; the file to run there. */
export function writeProgram(program: SnippetProgram): { readonly file: string; readonly folder: string } {
  const folder = emptyFolder();
  return { file: write(folder, program), folder };
}

/** Runs a TypeScript file anywhere in a folder, with the project's names for its own entries. */
export async function runFile(file: string, args: readonly string[], folder: string): Promise<Ended> {
  return await run([...(await programToRun(file)), ...args], folder);
}

/** A folder that has nothing but the bundled digits, under `data`, and the installed packages. */
export function emptyFolder(): string {
  const folder = makeTemporaryFolder();
  for (const name of ["data", "node_modules"]) symlinkSync(join(ROOT, name), join(folder, name), "junction");
  return folder;
}

function write(folder: string, { name, text }: SnippetProgram): string {
  const file = join(folder, `${name}.mts`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function run(args: readonly string[], cwd: string): Promise<Ended> {
  return runNode(args, cwd, { environment: { TSX_TSCONFIG_PATH: join(ROOT, "tsconfig.json") } });
}
