/** `#thread`: the script of a team's threads as a string, here of the sources, as the package has it. */
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

let code: string | undefined;

/** src/threads/worker.ts in one piece. */
export function threadCode(): string {
  code ??= buildSync({
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
  }).outputFiles[0]?.text;
  return code ?? "";
}
