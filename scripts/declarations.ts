/**
 * The declarations that the package needs: tsc writes one for every source. Those that no entry of package.json leads to
 * are removed, and imports name the files that there are, `./tensor.js`. Of comments those stay that an editor shows to
 * whoever imports an entry: not the heads of files, and none in a file whose names no entry passes on.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** What stands first and is followed by an empty line or an import: about the file. */
const HEAD = /^\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\n|import |export (?:type )?[{*])/;
const COMMENT = /^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n/gm;
const IMPORT = /((?:from|import)\s*\(?\s*")(\.[^"]+)\.ts"/g;

/** What `exports` declares: a path for each entry that has types. */
type Manifest = { readonly exports: Readonly<Record<string, string | { readonly types?: string }>> };

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const entries = Object.values(exports).flatMap((entry) => (typeof entry === "object" && entry.types) || []);
const shown = new Set(entries.flatMap((entry) => [normalize(entry), ...importsOf(entry)]));
const pending = [...entries];
const needed = new Set<string>();

for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
  const path = join(ROOT, file);
  if (needed.has(path)) continue;
  needed.add(path);
  pending.push(...importsOf(file));
  const text = readFileSync(path, "utf8").replaceAll(IMPORT, '$1$2.js"');
  const lean = text
    .replace(HEAD, "")
    .replaceAll(/^ {4}/gm, "\t")
    .replaceAll(/^\t {4}/gm, "\t\t");
  writeFileSync(path, shown.has(normalize(file)) ? lean : lean.replaceAll(COMMENT, ""));
}

for (const file of readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })) {
  const path = join(ROOT, "dist", file);
  if (file.endsWith(".d.ts") && !needed.has(path)) rmSync(path);
}

/** The declarations that one of them refers to. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].map(([, , target = ""]) => normalize(join(dirname(file), `${target}.d.ts`)));
}
