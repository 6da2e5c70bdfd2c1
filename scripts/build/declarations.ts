/**
 * The declarations that the package needs: tsc writes one for every source. Those that no entry of package.json leads to
 * are removed, and imports name the files that there are, `./tensor.js`. Of comments those stay that an editor shows to
 * whoever imports an entry: not the heads of files, and none in a file whose names no entry passes on. Functions and constants
 * that no declaration names are left out: nobody can import them. Of the table of kernels the parameters' names stay, and not
 * what is said of them.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What stands first and is followed by an empty line or an import: about the file. */
const HEAD = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\n|import |export (?:type )?[{*])/;
const COMMENT = /^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/gm;
const IMPORT = /((?:from|import)\s*\(?\s*")(\.[^"]+)\.ts"/g;

/** A function or a constant with its comment, up to the next line that begins at the margin. */
const VALUE = /(?:^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export declare (?:function|const) (\w+)\b[\s\S]*?;\n(?![\s}])/gm;

/** In the table of kernels, how a call may be split, and the role in `"m, n: size"`. */
const SPLIT = /\n\t*readonly split: "[^"]*";(?=\n)/g;
const ROLE = /(?<=readonly parameters: readonly \[.*"\w[\w, ]*: )[^"]+(?=")/g;

/** What `exports` declares: a path for each entry that has types. */
type Manifest = { readonly exports: Readonly<Record<string, string | { readonly types?: string }>> };

/** What `import kernels from "lanegrad/wasm/simd.wasm"` gives where a bundler compiles it. */
writeFileSync(
  join(ROOT, "dist/wasm/module.d.ts"),
  "declare const kernels: WebAssembly.Module;\nexport default kernels;\n",
);

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const entries = Object.values(exports).flatMap((entry) => (typeof entry === "object" && entry.types) || []);
const shown = new Set(entries.flatMap((entry) => [normalize(entry), ...importsOf(entry)]));
const pending = [...entries];
/** Texts by path within the project. */
const needed = new Map<string, string>();

for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
  if (needed.has(normalize(file))) continue;
  pending.push(...importsOf(file));
  const text = readFileSync(join(ROOT, file), "utf8").replaceAll(IMPORT, '$1$2.js"');
  const lean = text
    .replace(HEAD, "")
    .replaceAll(/^ {4}/gm, "\t")
    .replaceAll(/^\t {4}/gm, "\t\t");
  const named = file.endsWith("wasm/table.d.ts") ? lean.replaceAll(SPLIT, "").replaceAll(ROLE, "") : lean;
  needed.set(normalize(file), shown.has(normalize(file)) ? named : named.replaceAll(COMMENT, ""));
}

const uses = countWords([...needed.values()].join("\n").replaceAll(COMMENT, ""));
const isEntry = (file: string) => entries.some((entry) => normalize(entry) === file);
for (const [file, text] of needed) {
  // Each overload names its function once.
  const isUnused = (name: string) =>
    uses.get(name) === text.match(new RegExp(`^export declare \\w+ ${name}\\b`, "gm"))?.length;
  const used = text.replaceAll(VALUE, (statement, name: string) => (!isEntry(file) && isUnused(name) ? "" : statement));
  writeFileSync(join(ROOT, file), used);
}

for (const file of readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })) {
  if (file.endsWith(".d.ts") && !needed.has(join("dist", file))) rmSync(join(ROOT, "dist", file));
}

/** The declarations that one of them refers to. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].map(([, , target = ""]) => normalize(join(dirname(file), `${target}.d.ts`)));
}

function countWords(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
