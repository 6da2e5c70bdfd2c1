/** The deletion of newer built-ins as a script: for a child process, and for pages, before anything else runs there. */
import { buildSync } from "esbuild";
import { ROOT } from "./script.ts";

/** Deletes what `newer.ts` lists; throws where something is still there. */
export function floorScript(): string {
  const contents = `
    import { removeNewer } from "./test/support/newer.ts";
    const kept = removeNewer();
    if (kept.length > 0) throw new Error("still there: " + kept);
    if ([].with || [].toReversed || Symbol.dispose || [].values().map) throw new Error("nothing was deleted");`;
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    format: "iife",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}
