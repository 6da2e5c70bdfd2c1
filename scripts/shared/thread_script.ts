/** The script of a team's threads as a string, src/threads/script.ts: no bundler has to find a file, and no server to have it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FILE = join(ROOT, "src/threads/script.ts");

/** Writes src/threads/worker.ts in one piece, where that is another than before. */
export async function writeThreadScript(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["src/threads/worker.ts"],
    write: false,
    bundle: true,
    minify: true,
    format: "iife",
    platform: "neutral",
    target: "es2022",
    tsconfigRaw: {},
    logLevel: "silent",
  });
  const code = JSON.stringify(outputFiles[0]?.text.trim());
  const text = `/** src/threads/worker.ts in one piece, as scripts/kernels.ts writes it. */\nexport const SCRIPT: string = ${code};\n`;
  if (!existsSync(FILE) || readFileSync(FILE, "utf8") !== text) writeFileSync(FILE, text);
}
