/**
 * The declarations that the package needs: tsc writes one for every source. Those that no entry of package.json leads to
 * are removed, and imports name the files that there are, `./tensor.js`.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const IMPORT = /((?:from|import)\s*\(?\s*")(\.[^"]+)\.ts"/g;

/** What `exports` declares: a path for each entry that has types. */
type Manifest = { readonly exports: Readonly<Record<string, string | { readonly types?: string }>> };

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const pending = Object.values(exports).flatMap((entry) => (typeof entry === "object" && entry.types) || []);
const needed = new Set<string>();

for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
  const path = join(ROOT, file);
  if (needed.has(path)) continue;
  needed.add(path);
  const text = readFileSync(path, "utf8");
  for (const [, , target = ""] of text.matchAll(IMPORT)) pending.push(normalize(join(dirname(file), `${target}.d.ts`)));
  writeFileSync(path, text.replace(IMPORT, '$1$2.js"'));
}

for (const file of readdirSync(join(ROOT, "dist"), { recursive: true, encoding: "utf8" })) {
  const path = join(ROOT, "dist", file);
  if (file.endsWith(".d.ts") && !needed.has(path)) rmSync(path);
}
