/**
 * The declarations that the package needs: tsc writes one for every source. Those that no entry of package.json leads to
 * are removed, and imports name the files that there are, `./tensor.js`.
 *
 * What stays is made smaller: without the words at the top of a file, which are for who reads its source; without functions
 * and constants that no declaration names, which nobody can import; with tabs.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const IMPORT = /((?:from|import)\s*\(?\s*")(\.[^"]+)\.ts"/g;

/** The first comment of a file, where it is not that of a declaration. */
const HEADER = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=import|export (?:type )?\{|\/\*\*)/;
/** A function or a constant with its comment, up to the next line that begins at the margin. */
const VALUE = /(?:^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export declare (?:function|const) (\w+)\b[\s\S]*?;\n(?![\s}])/gm;
const COMMENT = /\/\*[\s\S]*?\*\//g;

/** What `exports` declares: a path for each entry that has types. */
type Manifest = { readonly exports: Readonly<Record<string, string | { readonly types?: string }>> };

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const entries = Object.values(exports).flatMap((entry) => (typeof entry === "object" && entry.types) || []);
const pending = [...entries];
/** Texts by path. */
const needed = new Map<string, string>();

for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
  const path = join(ROOT, file);
  if (needed.has(path)) continue;
  const text = readFileSync(path, "utf8");
  needed.set(path, text.replace(IMPORT, '$1$2.js"').replace(HEADER, ""));
  for (const [, , target = ""] of text.matchAll(IMPORT)) pending.push(normalize(join(dirname(file), `${target}.d.ts`)));
}

const uses = countWords([...needed.values()].join("\n").replaceAll(COMMENT, ""));
for (const [path, text] of needed) {
  const isEntry = entries.some((entry) => join(ROOT, entry) === path);
  // Each overload names its function once.
  const isUnused = (name: string) =>
    uses.get(name) === text.match(new RegExp(`^export declare \\w+ ${name}\\b`, "gm"))?.length;
  const used = text.replaceAll(VALUE, (statement, name: string) => (!isEntry && isUnused(name) ? "" : statement));
  writeFileSync(
    path,
    used.replaceAll(/^(?: {4})+/gm, (spaces) => "\t".repeat(spaces.length / 4)),
  );
}

for (const file of readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })) {
  const path = join(ROOT, "dist", file);
  if (file.endsWith(".d.ts") && !needed.has(path)) rmSync(path);
}

function countWords(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
